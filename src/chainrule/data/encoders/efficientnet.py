"""EfficientNet-lite0 as an ONNX graph: 1,280 numbers at each of 7 x 7 places of a photo.

    photo (224, 224, 3) -> stem -> 16 inverted bottlenecks -> head (7, 7, 1280), its mean (1280,)

An inverted bottleneck widens its channels, looks at each alone over k x k pixels, and narrows them
again (Sandler et al. 2018, MobileNetV2); where neither size nor channels change it adds its input.
The table is that of EfficientNet-B0 (Tan & Le 2019, table 1) without squeeze-and-excitation and
with ReLU6 in the place of swish (Liu 2020, EfficientNet-Lite). Normalizations of the training are
folded into the convolutions: W' = W g / sqrt(v + e), b' = beta - mu g / sqrt(v + e).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from chainrule.files.onnx_graph import OnnxBuilder

Array = np.ndarray
SIDE, FEATURES, PLACES = 224, 1280, 7
EPSILON = 1e-3  # of the normalizations
# Of ImageNet's pixels in [0, 1], by which the weights were trained.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Stage(NamedTuple):
    """Blocks of a kind; the first of them has the stride, and the change of channels."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
STEM = 32  # channels


class EfficientNetLite0:
    """Adds the network to a graph. weights : by the names of the PyTorch file."""

    def __init__(self, make: OnnxBuilder, weights: Mapping[str, Array]) -> None:
        self._make, self._weights = make, weights
        self._ends = make.constant(0.0), make.constant(6.0)

    def __call__(self, photos: str) -> tuple[str, str]:
        """The names of the head (N, 1280, 7, 7) and its mean (N, 1280), of photos
        (N, 224, 224, 3) in bytes."""
        make = self._make
        x = make.node("Transpose", make.cast(photos, make.dtype), perm=[0, 3, 1, 2])
        shift, divisor = (255 * np.reshape(a, (1, 3, 1, 1)) for a in (MEAN, DEVIATION))
        x = make.node("Sub", x, make.constant(shift))
        x, side = make.node("Div", x, make.constant(divisor)), SIDE
        x = self._clipped(self._convolved(x, "_conv_stem", "_bn0", side, stride=2))
        channels, side, block = STEM, side // 2, 0
        for stage in STAGES:
            for k in range(stage.repeats):
                stride = stage.stride if k == 0 else 1
                x = self._block(x, f"_blocks.{block}.", stage, channels, stride, side)
                channels, side, block = stage.channels, side // stride, block + 1
        head = self._clipped(self._convolved(x, "_conv_head", "_bn1", side))
        mean = make.node("GlobalAveragePool", head)
        return head, make.node("Flatten", mean)

    def _block(self, x: str, name: str, stage: Stage, channels: int, stride: int, side: int) -> str:
        start = x
        if stage.expansion > 1:
            x = self._clipped(self._convolved(x, f"{name}_expand_conv", f"{name}_bn0", side))
        each = channels * stage.expansion  # channels, each alone
        x = self._convolved(x, f"{name}_depthwise_conv", f"{name}_bn1", side, stride, each)
        x = self._convolved(self._clipped(x), f"{name}_project_conv", f"{name}_bn2", side // stride)
        same = stride == 1 and channels == stage.channels
        return self._make.node("Add", x, start) if same else x

    def _convolved(
        self,
        x: str,
        convolution: str,
        normalization: str,
        side: int,
        stride: int = 1,
        group: int = 1,
    ) -> str:
        """A convolution and its normalization as one. side : of its square input, in pixels."""
        W = self._weights[f"{convolution}.weight"]
        weight, bias, mean, variance = (
            self._weights[f"{normalization}.{each}"]
            for each in ("weight", "bias", "running_mean", "running_var")
        )
        factor = weight / np.sqrt(variance + EPSILON)
        W, b = W * factor[:, None, None, None], bias - mean * factor
        kernel = W.shape[-1]
        # As much border as makes side / stride places, the odd pixel at the end.
        border = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        before = border // 2
        return self._make.node(
            "Conv",
            x,
            self._make.weight(W),
            self._make.weight(b),
            strides=[stride] * 2,
            pads=[before, before, border - before, border - before],
            group=group,
        )

    def _clipped(self, x: str) -> str:
        """ReLU6: min(6, max(0, z))."""
        return self._make.node("Clip", x, *self._ends)
