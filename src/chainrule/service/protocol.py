"""The Open Inference Protocol, version 2: requests and answers, tensors as JSON or as bytes.

Source: https://github.com/kserve/open-inference-protocol, inference_rest.md, and its extension for
binary tensors, which Triton's clients use unless told otherwise: the JSON comes first, as long as
the header Inference-Header-Content-Length says, then the bytes of each tensor in turn.
"""

import math
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from chainrule.errors import InputError

Array = np.ndarray
VERSION = "1"  # of each model: there is one at a time
EXTENSIONS = ("binary_tensor_data",)
LENGTH = "Inference-Header-Content-Length"
# How each datatype lies in bytes: little-endian, in C order.
DATATYPES = {
    "BOOL": "?",
    **{f"UINT{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"INT{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
}
NAMES = {np.dtype(code): name for name, code in DATATYPES.items()}
MOST_AXES = 8


@dataclass(frozen=True)
class Asked:
    """id : given back with the answer, or None. inputs : by name. outputs : whether each that is
    wanted is wanted as bytes, by name in order; {} for all. binary : whether these are."""

    id: str | None
    inputs: dict[str, Array]
    outputs: dict[str, bool]
    binary: bool


def read(body: bytes, length: str | None) -> Asked:
    """A request. length : of its JSON, where tensors follow it as bytes.

    InputError for what is no such request.
    """
    if length is not None and not (length.isascii() and length.isdigit()):
        raise InputError(LENGTH, "a number of bytes", repr(length))
    end = len(body) if length is None else int(length)
    if end > len(body):
        raise InputError(LENGTH, f"at most the body's {len(body)} bytes", str(end))
    try:
        found = orjson.loads(body[:end])
    except ValueError as error:
        raise InputError("body", "JSON", str(error)) from None
    tensors = _list(_object("body", found), "inputs")
    if not tensors:
        raise InputError("inputs", "a list of tensors", "none")
    rest = _Bytes(body, end)
    inputs = dict(_tensor(one, rest) for one in tensors)
    if len(inputs) < len(tensors):
        raise InputError("inputs", "names that differ", "a name that occurs twice")
    if rest.at != len(body):
        raise InputError("body", f"{rest.at - end} bytes of tensors", str(len(body) - end))
    wanted = [_object("outputs", one) for one in _list(found, "outputs")]
    every = _parameters(found).get("binary_data_output") is True
    outputs = {
        _text(one, "name"): _parameters(one).get("binary_data", every) is True for one in wanted
    }
    id = found.get("id")
    return Asked(None if id is None else str(id), inputs, outputs, every)


def written(
    model: str, asked: Asked, answers: dict[str, Array | Sequence[str]]
) -> tuple[bytes, int | None]:
    """The body of an answer, and the length of its JSON where bytes follow.

    answers : tensors by name; texts are datatype BYTES. InputError for an output that is not among
    them.
    """
    outputs, parts = list[dict[str, Any]](), list[bytes]()
    for name, binary in (asked.outputs or dict.fromkeys(answers, asked.binary)).items():
        if name not in answers:
            raise InputError("outputs", f"some of {', '.join(answers)}", repr(name))
        tensor = answers[name]
        if isinstance(tensor, np.ndarray):
            one: dict[str, Any] = {"datatype": NAMES[tensor.dtype], "shape": list(tensor.shape)}
            data: Any = tensor.tobytes() if binary else np.ascontiguousarray(tensor).ravel()
        else:
            one = {"datatype": "BYTES", "shape": [len(tensor)]}
            data = _texts(tensor) if binary else list(tensor)
        if binary:
            parts.append(data)
            one["parameters"] = {"binary_data_size": len(data)}
        outputs.append({"name": name, **one} | ({} if binary else {"data": data}))
    own = {} if asked.id is None else {"id": asked.id}
    said = {"model_name": model, "model_version": VERSION, **own, "outputs": outputs}
    encoded = orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY)
    return b"".join([encoded, *parts]), len(encoded) if parts else None


@dataclass
class _Bytes:
    """What follows the JSON, taken tensor by tensor."""

    body: bytes
    at: int

    def take(self, where: str, size: int) -> memoryview:
        if not 0 <= size <= len(self.body) - self.at:
            got = f"{len(self.body) - self.at} bytes left"
            raise InputError(where, f"binary_data_size within the body, not {size}", got)
        self.at += size
        return memoryview(self.body)[self.at - size : self.at]


def _tensor(given: Any, rest: _Bytes) -> tuple[str, Array]:
    """A name and an array."""
    found = _object("inputs", given)
    name = _text(found, "name")
    where, kind, shape = f"input {name!r}", _text(found, "datatype"), _list(found, "shape")
    if kind not in DATATYPES:
        raise InputError(where, f"a datatype of {', '.join(DATATYPES)}", repr(kind))
    whole = all(type(n) is int and n >= 0 for n in shape)
    if not whole or not 0 < len(shape) <= MOST_AXES:
        raise InputError(where, "a shape, a list of whole numbers", repr(shape)[:80])
    dtype, size = np.dtype(DATATYPES[kind]), _parameters(found).get("binary_data_size")
    count = math.prod(shape)
    try:
        if type(size) is int:
            array = np.frombuffer(rest.take(where, size), dtype)
        else:
            array = _numbers(found, dtype)
    except (ValueError, TypeError) as error:
        raise InputError(where, f"data of {kind}", str(error)) from None
    if array.size != count:
        raise InputError(where, f"{count} numbers for the shape {shape}", str(array.size))
    return name, array.reshape(shape)


def _numbers(found: dict[str, Any], dtype: np.dtype) -> Array:
    """Those of `data`, flat or nested; null is missing, NaN. ValueError for what is no number, or
    does not fit."""
    values = _list(found, "data")
    if values and dtype == np.float64:  # a flat list of numbers, sooner
        with suppress(struct.error, OverflowError):
            return np.frombuffer(struct.pack(f"{len(values)}d", *values))
    given = np.asarray(values)
    if given.dtype.kind == "O" and dtype.kind == "f":
        given = given.astype(np.float64)
    if given.dtype.kind not in "biuf":
        raise ValueError("something else")
    with np.errstate(invalid="ignore"):  # NaN and what is too large, which is no equal
        array = given.astype(dtype)
    if dtype.kind != "f" and not np.array_equal(array, given):
        raise ValueError("numbers that it cannot hold")
    return array


def _texts(names: Sequence[str]) -> bytes:
    """BYTES: each text after its length in four bytes."""
    return b"".join(struct.pack("<I", len(one)) + one for one in map(str.encode, names))


def _object(where: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InputError(where, "a JSON object", type(given).__name__)
    return given


def _list(found: dict[str, Any], name: str) -> list[Any]:
    given = found.get(name, [])
    if not isinstance(given, list):
        raise InputError(name, "a list", type(given).__name__)
    return given


def _text(found: dict[str, Any], name: str) -> str:
    given = found.get(name)
    if not isinstance(given, str):
        raise InputError(name, "a text", type(given).__name__)
    return given


def _parameters(found: dict[str, Any]) -> dict[str, Any]:
    return _object("parameters", found.get("parameters", {}))
