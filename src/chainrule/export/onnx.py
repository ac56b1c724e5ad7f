"""A model as one ONNX file, from raw pictures or table rows to classes and probabilities.

    input   picture   (N, height, width, 3) or (N, height, width), 8 bits, any N
            features  (N, n_x) float64, for models of tables
    output  class          (N,) int64, index into the class names
            probabilities  (N, n_classes), of the model's dtype

The scaling is in the file, and so are the class names, in its metadata: `classes`, a JSON list.
Examples come first here, as ONNX's users expect; inside chainrule they come last.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule._version import __version__
from chainrule.errors import InputError
from chainrule.model_file import Model

if TYPE_CHECKING:
    import onnx

Array = np.ndarray
# Newer ones exist, but not every onnxruntime in use reads them: 1.31 refuses onnx 1.23's default.
IR_VERSION, OPSET = 10, 21
# Largest difference of a probability that rounding in another order explains.
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
INSTALL = 'Install it: pip install "chainrule[onnx]".'


@dataclass(frozen=True)
class Exported:
    """What was written and how well it was seen to agree.

    examples : compared in onnxruntime with the model's own prediction. difference : the largest of
    a probability. input : its name and shape in the file.
    """

    path: Path
    examples: int
    difference: float
    input: str


def export_onnx(model: Model, path: str | Path, raw: Any = None) -> Exported:
    """Write `model` to `path` as ONNX, after its answers were seen to be the model's own.

    raw : (n_x, m) real inputs to compare on, unscaled, as `Model.predict_proba` takes them; without
        them drawn at random (bytes for pictures, else around the scaling's mean).

    Raises InputError, and writes nothing, where a probability differs by more than rounding
    (1e-9 in float64, 1e-4 in float32) or a class where its probability leaves no doubt.
    """
    path = Path(path)
    raw = _examples(model) if raw is None else checks.matrix("export_onnx", "raw", raw)
    checks.features("export_onnx", raw.shape, model.network.layer_sizes[0], "raw")
    data = _graph(model).SerializeToString()
    difference = _difference(model, data, raw)
    _write(path, data)
    name, shape = _input(model)
    return Exported(path, raw.shape[1], difference, f"{name} ({', '.join(map(str, shape))})")


def _write(path: Path, data: bytes) -> None:
    """All or nothing."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _examples(model: Model) -> Array:
    rng = np.random.default_rng(0)
    shape = model.network.layer_sizes[0], 64
    if model.image_shape is not None:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    return model.scaling.shift + model.scaling.divisor * rng.standard_normal(shape)


def _input(model: Model) -> tuple[str, Sequence[str | int]]:
    """The input's name and shape."""
    if model.image_shape is not None:
        return "picture", ("N", *model.image_shape)
    return "features", ("N", model.network.layer_sizes[0])


class _Builder:
    """Collects nodes and constants; each method returns the name of its result."""

    def __init__(self, dtype: np.dtype) -> None:
        try:
            import onnx.helper
            import onnx.numpy_helper
        except ImportError:
            raise InputError("export", "the package onnx", "none", INSTALL) from None
        self.onnx, self.dtype = onnx, dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any, dtype: Any = None) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(value, dtype or self.dtype))
        array = array.reshape(np.shape(value))  # ascontiguousarray makes numbers rank 1
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        output = output or f"t{len(self.nodes)}"
        made = self.onnx.helper.make_node(kind, list(inputs), [output], **attributes)
        self.nodes.append(made)
        return output

    def cast(self, x: str, dtype: Any, output: str | None = None) -> str:
        to = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.node("Cast", x, to=to, output=output)


def _graph(model: Model) -> "onnx.ModelProto":
    make = _Builder(model.network.dtype)
    name, shape = _input(model)
    A = _scaled(make, model, name)
    network = model.network
    for W, b, activation in zip(network.weights, network.biases, network.activations, strict=True):
        Z = make.node("Gemm", A, make.constant(W), make.constant(b[:, 0]), transB=1)
        A = _activation(make, activation, Z)
    _answers(make, A, network.layer_sizes[-1])
    return _model_proto(make, model, name, shape)


def _scaled(make: _Builder, model: Model, name: str) -> str:
    """Rows of scaled features (N, n_x), rounded to the network's dtype last, as Scaling does."""
    pixels, n_x = model.image_shape is not None, model.network.layer_sizes[0]
    x = name
    if pixels:
        x = make.node("Reshape", x, make.constant([-1, n_x], np.int64))
    # Bytes are exact in float32; a table's float64 column far from 0 would lose its digits.
    work: Any = make.dtype if pixels else np.float64
    x = make.cast(x, work)
    for kind, value, nothing in (
        ("Sub", model.scaling.shift, 0.0),
        ("Div", model.scaling.divisor, 1.0),
    ):
        if np.any(np.asarray(value) != nothing):
            row = np.reshape(value, (1, -1)) if np.ndim(value) else value
            x = make.node(kind, x, make.constant(row, work))
    return x if work == make.dtype else make.cast(x, make.dtype)


def _activation(make: _Builder, name: str, Z: str) -> str:
    if name == "identity":
        return Z
    if name == "softmax":
        return make.node("Softmax", Z, axis=1)
    if name == "leaky_relu":  # onnxruntime has LeakyRelu in float32 only
        return make.node("Max", Z, make.node("Mul", Z, make.constant(0.01)))
    return make.node({"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp"}[name], Z)


def _answers(make: _Builder, A: str, n_y: int) -> None:
    """The two outputs, from the network's outputs A (N, n_y)."""
    if n_y > 1:
        make.node("Identity", A, output="probabilities")
        make.node("ArgMax", A, axis=1, keepdims=0, output="class")
        return
    other = make.node("Sub", make.constant(1.0), A)
    make.node("Concat", other, A, axis=1, output="probabilities")
    above = make.node("Greater", A, make.constant(0.5))
    column = make.cast(above, np.int64)
    make.node("Reshape", column, make.constant([-1], np.int64), output="class")


def _model_proto(
    make: _Builder, model: Model, name: str, shape: Sequence[str | int]
) -> "onnx.ModelProto":
    helper = make.onnx.helper

    def value(name: str, dtype: Any, shape: Any) -> Any:
        return helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), list(shape)
        )

    graph = helper.make_graph(
        make.nodes,
        "chainrule",
        [value(name, np.uint8 if model.image_shape is not None else np.float64, shape)],
        [
            value("class", np.int64, ["N"]),
            value("probabilities", make.dtype, ["N", len(model.classes)]),
        ],
        make.constants,
    )
    found = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="chainrule",
        producer_version=__version__,
    )
    facts = {"classes": json.dumps(list(model.classes), ensure_ascii=False)}
    if model.feature_names is not None:
        facts["feature_names"] = json.dumps(list(model.feature_names), ensure_ascii=False)
    helper.set_model_props(found, facts)
    make.onnx.checker.check_model(found, full_check=True)
    return found


def _difference(model: Model, data: bytes, raw: Array) -> float:
    """The largest difference of a probability in onnxruntime; InputError if it is not rounding."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise InputError("export", "the package onnxruntime", "none", INSTALL) from None
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    name, shape = _input(model)
    rows = np.ascontiguousarray(raw.T).reshape(-1, *(int(n) for n in shape[1:]))
    if model.image_shape is not None and raw.dtype != np.uint8:
        raise InputError("export_onnx", "raw pictures of 8 bits", str(raw.dtype))
    rows = rows if model.image_shape is not None else rows.astype(np.float64)
    classes, P = session.run(["class", "probabilities"], {name: rows})
    expected = model.predict_proba(raw)
    difference = float(np.abs(P.T - expected).max(initial=0.0))
    tolerance = TOLERANCE[model.network.dtype.name]
    top = np.sort(expected, axis=0)
    clear = top[-1] - top[-2] > 2 * tolerance
    wrong = int(np.count_nonzero((classes != model.decide(expected)) & clear))
    if wrong or not difference <= tolerance:
        raise InputError(
            "export_onnx",
            f"onnxruntime to give the model's probabilities to {tolerance:g}",
            f"{difference:.3g}, and {wrong} of {raw.shape[1]} classes that are others",
            "Nothing was written; please report it with the versions of onnx and onnxruntime.",
        )
    return difference
