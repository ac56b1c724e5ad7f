"""A model as one ONNX file, from raw pictures or rows of features to classes and probabilities.

    input   picture   (N, height, width, 3) or (N, height, width), 8 bits, any N
            features  (N, n_x), for models of tables float64, for estimators of the weights' dtype
    output  class          (N,) int64, index into the class names
            probabilities  (N, n_classes), of the model's dtype
        of an MLPClassifier of several labels
            label          (N, n_y) int64, 0 or 1
            probabilities  (N, n_y)
        of an MLPRegressor
            value          (N, n_y)

The scaling is in the file, and so are the class names, in its metadata: `classes`, a JSON list.
Examples come first here, as ONNX's users expect; inside chainrule they come last.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import tensor_file
from chainrule._version import __version__
from chainrule.errors import InputError
from chainrule.export.described import Described, described
from chainrule.network.activations import LEAK

if TYPE_CHECKING:
    import onnx

Array = np.ndarray
# Newer ones exist, but not every onnxruntime in use reads them: 1.31 refuses onnx 1.23's default.
IR_VERSION, OPSET = 10, 21
INSTALL = 'Install it: pip install "chainrule[onnx]".'


@dataclass(frozen=True)
class Exported:
    """What was written and how well it was seen to agree.

    examples : compared in onnxruntime with the model's own prediction. difference : the largest of
    a probability, or of a value y as a part of max(1, |y|). input : its name and shape in the file.
    """

    path: Path
    examples: int
    difference: float
    input: str


def export_onnx(model: Any, path: str | Path, raw: Any = None) -> Exported:
    """Write `model` to `path` as ONNX, after its answers were seen to be the model's own.

    model : a `Model`, or a fitted MLPClassifier or MLPRegressor.
    raw : real inputs to compare on. For a Model (n_x, m), unscaled, as `Model.predict_proba` takes
        them; for an estimator rows (m, n_features), as its `predict` does. Without them drawn at
        random (bytes for pictures, else around the scaling's mean).

    Raises InputError, and writes nothing, where a number differs by more than rounding
    explains (1e-9 in float64, see `_tolerance` for float32), or a decision where its probability
    leaves no doubt.
    """
    path = Path(path)
    subject = described(model, raw)
    data = _graph(subject).SerializeToString()
    difference = _difference(subject, data)
    tensor_file.write_bytes(path, data)
    name, shape = subject.input
    text = f"{name} ({', '.join(map(str, shape))})"
    return Exported(path, len(subject.rows), difference, text)


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


def _graph(subject: Described) -> "onnx.ModelProto":
    network = subject.network
    make = _Builder(network.dtype)
    A = _scaled(make, subject)
    for W, b, activation in zip(network.weights, network.biases, network.activations, strict=True):
        Z = make.node("Gemm", A, make.constant(W), make.constant(b[:, 0]), transB=1)
        A = _activation(make, activation, Z)
    _answers(make, A, subject)
    return _model_proto(make, subject)


def _scaled(make: _Builder, subject: Described) -> str:
    """Rows of scaled features (N, n_x), rounded to the network's dtype last, as Scaling does."""
    pixels, n_x = subject.image_shape is not None, subject.network.layer_sizes[0]
    x, _ = subject.input
    if pixels:
        x = make.node("Reshape", x, make.constant([-1, n_x], np.int64))
    # Bytes are exact in float32; a table's float64 column far from 0 would lose its digits.
    work: Any = make.dtype if pixels else subject.rows.dtype
    x = make.cast(x, work)
    scaling = subject.scaling
    for kind, value, nothing in (("Sub", scaling.shift, 0.0), ("Div", scaling.divisor, 1.0)):
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
        return make.node("Max", Z, make.node("Mul", Z, make.constant(LEAK)))
    return make.node({"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp"}[name], Z)


def _answers(make: _Builder, A: str, subject: Described) -> None:
    """The outputs, from the network's A (N, n_y)."""
    several = subject.network.layer_sizes[-1] > 1
    if not subject.decides:
        make.node("Identity", A, output="value")
    elif subject.decides == "label":
        make.node("Identity", A, output="probabilities")
        make.cast(make.node("Greater", A, make.constant(0.5)), np.int64, output="label")
    elif several:
        make.node("Identity", A, output="probabilities")
        make.node("ArgMax", A, axis=1, keepdims=0, output="class")
    else:
        other = make.node("Sub", make.constant(1.0), A)
        make.node("Concat", other, A, axis=1, output="probabilities")
        column = make.cast(make.node("Greater", A, make.constant(0.5)), np.int64)
        make.node("Reshape", column, make.constant([-1], np.int64), output="class")


def _model_proto(make: _Builder, subject: Described) -> "onnx.ModelProto":
    helper = make.onnx.helper

    def value(name: str, dtype: Any, shape: Any) -> Any:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, kind, list(shape))

    name, shape = subject.input
    names = _output_names(subject)
    outputs = [value(names[-1], make.dtype, ["N", subject.numbers.shape[1]])]
    if subject.decisions is not None:
        outputs.insert(0, value(names[0], np.int64, ["N", *subject.decisions.shape[1:]]))
    inputs = [value(name, subject.rows.dtype, shape)]
    found = helper.make_model(
        helper.make_graph(make.nodes, "chainrule", inputs, outputs, make.constants),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="chainrule",
        producer_version=__version__,
    )
    facts = {key: json.dumps(names, ensure_ascii=False) for key, names in subject.facts.items()}
    helper.set_model_props(found, facts)
    make.onnx.checker.check_model(found, full_check=True)
    return found


def _output_names(subject: Described) -> list[str]:
    return [subject.decides, "probabilities"] if subject.decides else ["value"]


def _tolerance(subject: Described) -> float:
    """How far onnxruntime's numbers may lie from ours.

    1e-9 in float64. A float32 network with large logits, or with exp in a hidden layer, is itself
    less exact than 1e-6; how much less is seen from float64. Another order of sums was seen to be
    12 times as far off as our own.
    """
    if subject.network.dtype == np.float64:
        return 1e-9
    return 1e-6 + 32 * _largest(subject.numbers, subject.exact())


def _largest(found: Array, expected: Array) -> float:
    """The largest difference; of numbers above 1 as a part of them."""
    error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    return float(error.max(initial=0.0))


def _difference(subject: Described, data: bytes) -> float:
    """The largest difference in onnxruntime; InputError if it is not rounding."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise InputError("export", "the package onnxruntime", "none", INSTALL) from None
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    *decisions, numbers = session.run(_output_names(subject), {subject.input[0]: subject.rows})
    difference, allowed = _largest(numbers, subject.numbers), _tolerance(subject)
    wrong = 0
    if subject.decisions is not None:
        clear = _margin(subject) > 2 * allowed
        wrong = int(np.count_nonzero((decisions[0] != subject.decisions) & clear))
    if wrong or not difference <= allowed:
        raise InputError(
            "export_onnx",
            f"onnxruntime to give the model's {_output_names(subject)[-1]} to {allowed:.2g}",
            f"{difference:.3g}, and {wrong} of {subject.rows.shape[0]} decisions that are others",
            "Nothing was written; please report it with the versions of onnx and onnxruntime.",
        )
    return difference


def _margin(subject: Described) -> Array:
    """By how much the probabilities speak for each decision, in the decisions' shape."""
    P = subject.numbers
    if subject.decides == "label":
        return np.abs(2 * P - 1)
    top = np.sort(P, axis=1)
    return top[:, -1] - top[:, -2]
