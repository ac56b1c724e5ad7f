"""An ONNX graph as it is made: nodes and constants, then the file."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule._version import __version__
from chainrule.errors import InputError

if TYPE_CHECKING:
    import onnx

Array = np.ndarray
Value = tuple[Any, Sequence[int | str]]  # dtype and shape of an input or output
# Newer ones exist, but not every onnxruntime in use reads them: 1.31 refuses onnx 1.23's default.
IR_VERSION, OPSET = 10, 21
INSTALL = 'Install it: pip install "chainrule[onnx]".'


class OnnxBuilder:
    """Collects nodes and constants; each method returns the name of its result.

    dtype : of the arithmetic. stored : of the weights and the answers.
    """

    def __init__(self, dtype: np.dtype, stored: np.dtype) -> None:
        try:
            import onnx.helper
            import onnx.numpy_helper
        except ImportError:
            raise InputError("export", "the package onnx", "none", INSTALL) from None
        self.onnx, self.dtype, self.stored = onnx, dtype, stored
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, dtype: Any = None) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(value, dtype or self.dtype))
        array = array.reshape(np.shape(value))  # ascontiguousarray makes numbers rank 1
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
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

    def finished(
        self, inputs: Mapping[str, Value], outputs: Mapping[str, Value], facts: dict[str, str]
    ) -> "onnx.ModelProto":
        """The model, checked. inputs, outputs : by name. facts : its metadata."""
        helper = self.onnx.helper

        def value(name: str, dtype: Any, shape: Sequence[int | str]) -> Any:
            kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
            return helper.make_tensor_value_info(name, kind, list(shape))

        ends = ([value(name, *of) for name, of in each.items()] for each in (inputs, outputs))
        found = helper.make_model(
            helper.make_graph(self.nodes, "chainrule", *ends, self.constants),
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="chainrule",
            producer_version=__version__,
        )
        helper.set_model_props(found, facts)
        self.onnx.checker.check_model(found, full_check=True)
        return found
