"""A model as one ONNX file, from raw pictures or rows of features to classes and probabilities.

    input   photo     (N, any height, any width, 3), 8 bits, of a model with an encoder, which is in
                      the file; one of features is like one of tables
            picture   (N, height, width, 3) or (N, height, width), 8 bits, any N
            features  (N, n_x), for models of tables float64, for estimators of the weights' dtype
    output  class          (N,) int64, index into the class names
            probabilities  (N, n_classes), of the model's dtype
        of an ensemble also
            spread         (N, n_classes), the standard deviation of the members' probabilities
        of an MLPClassifier of several labels
            label          (N, n_y) int64, 0 or 1
            probabilities  (N, n_y)
        of a regression, MLPRegressor's too
            value          (N, n_y), and of an ensemble its spread

Arithmetic is in float64 and answers are rounded at the end, as in the model's own predictions;
weights are stored in their own dtype. Devices without float64, such as WebGPU, need float32
arithmetic, whose answers depend on the order of sums in the fifth digit.

The preparation is in the file (what is missing is NaN, where it fills that), and so are the class
names, in its metadata: `classes`, a JSON list. Examples come first here, as ONNX's users expect;
inside chainrule they come last.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.data.readers.images import squashed
from chainrule.errors import InputError, needing
from chainrule.files import atomic
from chainrule.files.onnx_graph import OnnxBuilder
from chainrule.model.described import Described, described
from chainrule.network.activations import LEAK

if TYPE_CHECKING:
    import onnx

Array = np.ndarray
COMPUTE = ("float64", "float32")
ENCODED = 1e-4  # by which answers may differ, of an encoder's arithmetic in float32
ROUNDED = 2  # of 255, by which pixels of squashed photos may


@dataclass(frozen=True)
class Exported:
    """What was written and how well it was seen to agree.

    examples : compared in onnxruntime with the model's own prediction. difference : the largest of
    a probability or its spread, or of a value y as a part of max(1, |y|). input : its name and
    shape in the file. resized : the largest difference for photos that are squashed in the file.
    """

    path: Path
    examples: int
    difference: float
    input: str
    resized: float = 0.0


def export_onnx(
    model: Any,
    path: str | Path,
    raw: Any = None,
    compute: str = "float64",
    encoder: bool = True,
) -> Exported:
    """Write `model` to `path` as ONNX, after its answers were seen to be the model's own.

    model : a `Model`, or a fitted MLPClassifier or MLPRegressor.
    raw : real inputs to compare on. For a Model (n_x, m), unscaled, as `Model.predict_proba` takes
        them, or a Dataset; for an estimator rows (m, n_features), as its `predict` does. Without
        them drawn at random (bytes for pictures, else around the scaling's mean).
    compute : dtype of the file's arithmetic. "float32" is for devices without float64; weights and
        answers are float32 then too.
    encoder : whether a model's encoder is in the file, so that photos of any size go in; else
        features do.

    Raises InputError, and writes nothing, where a number differs by more than rounding explains
    (see `_tolerance`), or a decision where its probability leaves no doubt.
    """
    path = Path(path)
    checks.one_of("export_onnx", "compute", compute, COMPUTE)
    if not encoder and getattr(model, "encoder", None) is not None:
        raw = raw.raw if isinstance(raw, Dataset) else raw
        model = replace(model, encoder=None, image_shape=None)
    subject = described(model, raw)
    data = _graph(subject, np.dtype(compute)).SerializeToString()
    session = _session(data)
    difference = _difference(subject, session, _tolerance(subject, compute))
    resized = _resized(subject, session)
    atomic.write_bytes(path, data)
    name, shape = subject.input
    text = f"{name} ({', '.join(map(str, shape))})"
    return Exported(path, len(subject.rows), difference, text, resized)


def _graph(subject: Described, compute: np.dtype) -> "onnx.ModelProto":
    network = subject.network
    make = OnnxBuilder(compute, min(compute, network.dtype))
    A = _scaled(make, subject)
    layers = zip(network.weights, network.biases, network.activations, strict=True)
    for number, (W, b, activation) in enumerate(layers):
        A = _activation(make, activation, _layer(make, A, W, b, first=number == 0))
    _answers(make, A, subject)
    return _model_proto(make, subject)


def _layer(make: OnnxBuilder, A: str, W: Array, b: Array, *, first: bool) -> str:
    """Z (N, n) from A (N, n_prev), or both with R runs before them.

    The first layers of all the runs have one input and are one product: several times as fast as R
    of them, most of all for a single picture. Not a MatMul: onnxruntime makes the division by 255
    before it a factor in float32 (FusedMatMul's alpha), which moved probabilities by 5e-9.
    """
    if W.ndim == 3 and not first:
        return make.node("Add", make.node("MatMul", A, make.weight(W.mT)), make.weight(b.mT))
    rows = make.weight(W.reshape(-1, W.shape[-1]))
    Z = make.node("Gemm", A, rows, make.weight(b.ravel()), transB=1)
    if W.ndim == 2:
        return Z
    runs = make.node("Reshape", Z, make.constant([0, *W.shape[:-1]], np.int64))  # 0: N, as it is
    return make.node("Transpose", runs, perm=[1, 0, 2])


def _mean_and_spread(make: OnnxBuilder, A: str) -> tuple[str, str]:
    """The mean over the runs of A (R, N, n) and the standard deviation, both (N, n)."""
    runs = make.constant([0], np.int64)
    mean = make.node("ReduceMean", A, runs, keepdims=0)
    off = make.node("Sub", A, mean)
    variance = make.node("ReduceMean", make.node("Mul", off, off), runs, keepdims=0)
    return mean, make.node("Sqrt", variance)


def _scaled(make: OnnxBuilder, subject: Described) -> str:
    """Rows of scaled features (N, n_x), rounded to the arithmetic's dtype last, as Scaling does."""
    pixels, n_x = subject.image_shape is not None, subject.network.layer_sizes[0]
    x, _ = subject.input
    if subject.encoder is not None:
        pixels, photos = False, make.squashed(x, subject.encoder.side)
        _, x = subject.encoder.nodes(make, photos)
    if pixels:
        x = make.node("Reshape", x, make.constant([-1, n_x], np.int64))
    # In float32 a table's float64 column far from 0 would lose its digits.
    work = np.result_type(subject.rows.dtype, make.dtype)

    def op(kind: str, *inputs: Any, **attributes: Any) -> str:
        """A node; inputs that are no names are constants, whole numbers or of the dtype `work`."""

        def constant(value: Any) -> str:
            return make.constant(value, np.int64 if np.asarray(value).dtype.kind == "i" else work)

        names = (one if isinstance(one, str) else constant(one) for one in inputs)
        return make.node(kind, *names, **attributes)

    x = subject.scaling.nodes(op, make.cast(x, work), n_x)
    return x if work == make.dtype else make.cast(x, make.dtype)


def _activation(make: OnnxBuilder, name: str, Z: str) -> str:
    if name == "identity":
        return Z
    if name == "softmax":
        return make.node("Softmax", Z, axis=-1)
    if name == "leaky_relu":  # onnxruntime has LeakyRelu in float32 only
        return make.node("Max", Z, make.node("Mul", Z, make.constant(LEAK)))
    return make.node({"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp"}[name], Z)


def _answers(make: OnnxBuilder, A: str, subject: Described) -> None:
    """The outputs, from A (N, n_y), or (R, N, n_y) of runs: rounded first, then decided by."""
    one = subject.decides == "class" and subject.network.layer_sizes[-1] == 1
    if subject.network.n_runs is not None:
        A, S = _mean_and_spread(make, A)
        if subject.spread is not None:
            S = make.node("Concat", S, S, axis=1) if one else S
            make.cast(S, make.stored, output="spread")
    if not subject.decides:
        make.cast(A, make.stored, output="value")
        return
    if one:
        A = make.node("Concat", make.node("Sub", make.constant(1.0), A), A, axis=1)
    P = make.cast(A, make.stored, output="probabilities")
    if subject.decides == "class" and subject.threshold == 0.5:
        make.node("ArgMax", P, axis=1, keepdims=0, output="class")
        return
    if subject.decides == "class":
        P = make.node("Gather", P, make.constant(1, np.int64), axis=1)  # of the second (N,)
    above = make.node("Greater", P, make.constant(subject.threshold, make.stored))
    make.cast(above, np.int64, output=subject.decides)


def _model_proto(make: OnnxBuilder, subject: Described) -> "onnx.ModelProto":
    name, shape = subject.input
    outputs = {
        key: (np.int64 if key == subject.decides else make.stored, ("N", *answer.shape[1:]))
        for key, answer in subject.answers.items()
    }
    facts = {key: json.dumps(names, ensure_ascii=False) for key, names in subject.facts.items()}
    return make.finished({name: (subject.rows.dtype, shape)}, outputs, facts)


def _tolerance(subject: Described, compute: str) -> float:
    """How far onnxruntime's numbers may lie from ours.

    1e-4 with an encoder, whose arithmetic is in float32; else 1e-9 in float64, 1e-6 for float32
    weights; where exp is the output a logit of up to 88, rounded to float32 by the estimators,
    moves it by 88 / 2^24 of itself. How exact float32 arithmetic is depends on the network: another
    order of sums was seen to be 12 times as far off as our own.
    """
    if subject.encoder is not None and compute == "float64":
        return ENCODED
    if compute == "float32":
        pairs = zip(subject.outputs(np.float32), subject.outputs(np.float64), strict=True)
        least = 1e-6 if subject.encoder is None else ENCODED
        return least + 32 * max(_largest(single, exact) for single, exact in pairs)
    if subject.network.dtype == np.float64:
        return 1e-9
    return 6e-6 if subject.network.activations[-1] == "exp" else 1e-6


def _largest(found: Array, expected: Array) -> float:
    """The largest difference; of numbers above 1 as a part of them."""
    error = np.abs(found - expected) / np.maximum(1, np.abs(expected))
    return float(error.max(initial=0.0))


def _session(data: bytes) -> Any:
    with needing("export", "onnxruntime", "onnx"):
        import onnxruntime
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def _resized(subject: Described, session: Any) -> float:
    """The largest difference for photos that are squashed in the file; InputError where a pixel of
    one is farther from ours than rounding explains."""
    if subject.encoder is None:
        return 0.0
    side = subject.encoder.side
    make = OnnxBuilder(np.dtype(np.float32), np.dtype(np.float32))
    make.node("Identity", make.squashed("photo", side), output="small")
    ends = {"photo": (np.uint8, subject.input[1])}, {"small": (np.uint8, ("N", side, side, 3))}
    alone = _session(make.finished(*ends, {}).SerializeToString())
    numbers = next(key for key in subject.answers if key != subject.decides)
    worst, apart = 0.0, 0
    for photo, expected in subject.others:
        given = {"photo": photo[None]}
        worst = max(worst, _largest(session.run([numbers], given)[0], expected))
        small = alone.run(["small"], given)[0][0].astype(int)
        apart = max(apart, int(np.abs(small - squashed(photo, side, side)).max()))
    if apart > ROUNDED:
        as_ours = f"onnxruntime to squash photos as Pillow does, pixels to {ROUNDED} of 255"
        fix = "Nothing was written; please report it with the versions of onnxruntime and Pillow."
        raise InputError("export_onnx", as_ours, f"{apart}", fix)
    return worst


def _difference(subject: Described, session: Any, allowed: float) -> float:
    """The largest difference in onnxruntime; InputError if it is more than allowed."""
    ours = subject.answers
    found = dict(zip(ours, session.run(list(ours), {subject.input[0]: subject.rows}), strict=True))
    numbers = [key for key in ours if key != subject.decides]
    difference = max(_largest(found[key], ours[key]) for key in numbers)
    wrong = 0
    if subject.decides:
        clear = _margin(subject) > 2 * allowed
        wrong = int(np.count_nonzero((found[subject.decides] != ours[subject.decides]) & clear))
    if wrong or not difference <= allowed:
        expected = f"onnxruntime to give the model's {' and '.join(numbers)} to {allowed:.2g}"
        got = f"{difference:.3g}, and {wrong} of {len(subject.rows)} decisions that are others"
        fix = "Nothing was written; please report it with the versions of onnx and onnxruntime."
        raise InputError("export_onnx", expected, got, fix)
    return difference


def _margin(subject: Described) -> Array:
    """By how much the probabilities speak for each decision, in the decisions' shape."""
    P = subject.numbers
    if subject.decides == "label" or P.shape[1] == 2:
        P = P if subject.decides == "label" else P[:, 1]
        return np.abs(P - subject.threshold) * 2
    top = np.sort(P, axis=1)
    return top[:, -1] - top[:, -2]
