"""An ONNX graph as it is made: nodes and constants, then the file."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule._version import __version__
from chainrule.errors import InputError, needing

if TYPE_CHECKING:
    import onnx

Array = np.ndarray
Value = tuple[Any, Sequence[int | str]]  # dtype and shape of an input or output
# Newer ones exist, but not every onnxruntime in use reads them: 1.31 refuses onnx 1.23's default.
IR_VERSION, OPSET = 10, 21
MOST_BYTES, LARGE_BYTES = 2**31, 2**20  # of a file (protobuf's limit), and of a constant


class OnnxBuilder:
    """Collects nodes and constants; each method returns the name of its result.

    dtype : of the arithmetic. stored : of the weights and the answers.
    """

    def __init__(self, dtype: np.dtype, stored: np.dtype) -> None:
        with needing("export", "onnx", "onnx"):
            import onnx.helper
            import onnx.numpy_helper
        self.onnx, self.dtype, self.stored = onnx, dtype, stored
        self.nodes: list[Any] = []
        self.constants: dict[str, Array] = {}

    def of(self, dtype: np.dtype, stored: np.dtype) -> "OnnxBuilder":
        """One that adds to the same graph, in another arithmetic."""
        other = copy(self)
        other.dtype, other.stored = dtype, stored
        return other

    def constant(self, value: Any, dtype: Any = None) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value, dtype or self.dtype)
        return name

    def weight(self, value: Array) -> str:
        """Float32 weights are cast by the file: in float64 they would take twice its size."""
        name = self.constant(value, self.stored)
        return name if self.stored == self.dtype else self.cast(name, self.dtype)

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"t{len(self.nodes)}"
        made = self.onnx.helper.make_node(kind, list(inputs), [output], **attributes)
        self.nodes.append(made)
        return output

    def cast(self, x: str, dtype: Any, output: str | None = None) -> str:
        to = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.node("Cast", x, to=to, output=output)

    def squashed(self, pictures: str, side: int) -> str:
        """Pictures (N, side, side, 3) of such of any size (N, height, width, 3), in bytes, as
        Pillow makes them: bicubic with a = -0.5 (Keys 1981), wider where it shrinks, of what is
        inside the picture only; first their rows, then their columns, rounded after either."""
        x = self.node("Transpose", self.cast(pictures, np.float32), perm=[0, 3, 1, 2])
        sides = self.constant([side], np.int64)
        half, *ends = (self.constant(value, np.float32) for value in (0.5, 0, 255))
        for axis in (3, 2):
            sizes = self.node("Shape", x, end=axis), *[sides] * (4 - axis)
            x = self.node(
                *("Resize", x, "", "", self.node("Concat", *sizes, axis=0)),
                mode="cubic",
                cubic_coeff_a=-0.5,
                antialias=1,
                exclude_outside=1,
            )
            x = self.node("Clip", self.node("Floor", self.node("Add", x, half)), *ends)
        return self.node("Transpose", self.cast(x, np.uint8), perm=[0, 2, 3, 1])

    def finished(
        self, inputs: Mapping[str, Value], outputs: Mapping[str, Value], facts: dict[str, str]
    ) -> "onnx.ModelProto":
        """The model, checked. inputs, outputs : by name. facts : its metadata.

        InputError for more than the format holds. The large constants stand in the model that is
        checked as inputs, since onnx copies what it is given five times.
        """
        helper = self.onnx.helper
        if (n_bytes := sum(array.nbytes for array in self.constants.values())) >= MOST_BYTES:
            expected = "weights of less than 2 GiB, which is what an ONNX file holds"
            fix = "Train with --dtype float32, fewer units or fewer features."
            raise InputError("export_onnx", expected, f"{n_bytes / 2**30:.3g} GiB", fix)
        large = {name: a for name, a in self.constants.items() if a.nbytes > LARGE_BYTES}
        small = [
            self.onnx.numpy_helper.from_array(array, name)
            for name, array in self.constants.items()
            if name not in large
        ]

        def value(name: str, dtype: Any, shape: Sequence[int | str]) -> Any:
            kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
            return helper.make_tensor_value_info(name, kind, list(shape))

        given = {**inputs, **{name: (a.dtype, a.shape) for name, a in large.items()}}
        ends = ([value(name, *of) for name, of in each.items()] for each in (given, outputs))
        found = helper.make_model(
            helper.make_graph(self.nodes, "chainrule", *ends, small),
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="chainrule",
            producer_version=__version__,
        )
        helper.set_model_props(found, facts)
        self.onnx.checker.check_model(found, full_check=True)
        del found.graph.input[len(inputs) :]
        for name, array in large.items():
            kind = helper.np_dtype_to_tensor_dtype(array.dtype)
            tensor = found.graph.initializer.add(name=name, dims=array.shape, data_type=kind)
            tensor.raw_data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        return found
