"""Where a training's arrays lie: in NumPy's hands, or on a device of PyTorch's (extra `device`).

An array goes to a device by `put` and comes back by `on_host`. What computes asks for the
`namespace` of the arrays that it is given, functions in the array API standard that are given `out`
where a loop owns its buffers, and for no more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError

NAMES = "cpu, cuda, cuda:N, mps, torch:cpu or auto"
# Operations of a step from which on "auto" takes a device: no fewer than those from which on one
# product is worth several BLAS threads. A device has to be told each operation, some 30 to 50 a
# step at about 10 us each: in that time a core makes some 10 million operations. An estimate.
WORTH = 1e8
# How PyTorch says that memory is full: of a GPU, and of the machine.
FULL = ("out of memory", "can't allocate memory", "not enough memory")


# NumPy's functions. Of short arrays np.sum asks more before it adds than adding takes.
_REDUCED = {"sum": np.add.reduce, "max": np.maximum.reduce, "all": np.logical_and.reduce}
NUMPY = SimpleNamespace(**vars(np) | _REDUCED)


@dataclass(frozen=True, eq=False)
class Device:
    """name : as it is asked for. at : what PyTorch calls it. memory : in bytes. single : whether it
    has float32 only.
    """

    name: str
    at: Any = None
    memory: float = 0.0
    single: bool = False

    def put(self, array: Any) -> Any:
        """An array of NumPy's on the device (a view where it lies there); numbers as they are."""
        if self.at is None or not np.ndim(array):
            return array
        if not array.flags.writeable or any(stride < 0 for stride in array.strides):
            array = array.copy()  # which PyTorch would warn of, or refuse
        return _torch().from_numpy(array).to(self.at)

    @contextmanager
    def enough(self) -> Iterator[None]:
        """A block in which too little memory of the device is one clear error."""
        try:
            yield
        except RuntimeError as error:  # PyTorch's own kind of it is one
            said = str(error).lower()
            if self.at is None or not any(one in said for one in FULL):
                raise
            fix = "Train fewer runs at a time, in float32, or on the cpu."
            expected = f"what fits into its memory, {self.memory / 2**30:.3g} GiB"
            raise InputError(f"device {self.name}", expected, "more", fix) from None


HOST = Device("cpu")


def namespace(array: Any) -> Any:
    """The functions for an array, of NumPy's or of a device's."""
    return NUMPY if isinstance(array, np.ndarray) else _torch()


def on_host(array: Any) -> Any:
    """An array of a device as one of NumPy's (a view where it lies there); others as they are."""
    return array.cpu().numpy() if hasattr(array, "cpu") else array


def copies(*arrays: Any) -> tuple[Any, ...]:
    """Of arrays of a device or of NumPy's, as NumPy's."""
    return tuple(on_host(array).copy() for array in arrays)


def device_named(name: Any, operations: float = 0.0) -> tuple[Device, str]:
    """The device, and why it is taken, in one sentence; InputError where there is none such.

    operations : of a step of the training, which "auto" goes by.
    """
    if not isinstance(name, str):
        raise InputError("device", NAMES, checks.describe(name))
    if name == "auto":
        return _automatic(operations)
    device = _named(name)
    single = ", in float32: it has no float64" if device.single else ""
    return device, f"{device.name}: as asked{single}"


def _automatic(operations: float) -> tuple[Device, str]:
    of_a_step = f"{operations:.1e} operations a step"
    if operations < WORTH:
        return HOST, f"cpu: {of_a_step}, fewer than the {WORTH:.0e} that are worth a device"
    try:
        device = _named("cuda")
    except InputError as error:
        return HOST, f"cpu: {error.got}"
    return device, f"{device.name}: {of_a_step}, {WORTH:.0e} or more"


@cache
def _named(name: str) -> Device:
    if name == "cpu":
        return HOST
    kind, _, number = name.partition(":")
    if not (name in ("mps", "torch:cpu") or (kind == "cuda" and (number or "0").isdecimal())) or (
        name.endswith(":") or not name.isascii()
    ):
        raise InputError("device", NAMES, checks.describe(name))
    torch = _torch().module
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise InputError("device", "a GPU of Apple's for mps", _seen(torch), "Take cpu.")
        return Device(name, torch.device(name), checks.memory_bytes(), single=True)
    if name == "torch:cpu":
        return Device(name, torch.device("cpu"), checks.memory_bytes())
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(number or 0)
    if index >= there:
        got = f"{there} of them" if there else _seen(torch)
        raise InputError("device", f"a CUDA device of number {index}", got, "Take cpu.")
    torch.backends.cuda.matmul.allow_tf32 = False  # products of float32 in float32
    device = torch.device("cuda", index)
    memory = float(torch.cuda.get_device_properties(device).total_memory)
    return Device(f"cuda:{index}", device, memory)


def _seen(torch: Any) -> str:
    return f"none that PyTorch {torch.__version__} sees"


@cache
def _torch() -> Any:
    """PyTorch's functions as the standard has them."""
    try:
        torch, compat = import_module("torch"), import_module("array_api_compat.torch")
    except ImportError as error:
        got, fix = f"no {error.name or 'PyTorch'}", "pip install 'chainrule[device]', or take cpu."
        raise InputError("device", "PyTorch and array-api-compat", got, fix) from None
    return _Namespace(torch, compat)


class _Namespace:
    """array-api-compat's, but for what would wait for the device at every step (a number that is
    sent to it, what looks for NaN), and for products into a part of an array."""

    def __init__(self, torch: Any, compat: Any) -> None:
        self.module, self._compat = torch, compat
        self.sign, self.clip = torch.sign, torch.clip
        self.maximum, self.minimum = _filled(torch.maximum), _filled(torch.minimum)
        self.logaddexp = _filled(torch.logaddexp)

    def matmul(self, x1: Any, x2: Any, out: Any = None) -> Any:
        """The product; PyTorch cannot write one of 3 axes and 2 where runs do not lie together."""
        if out is None or x1.ndim == x2.ndim:
            return self.module.matmul(x1, x2, out=out)
        out[...] = self.module.matmul(x1, x2)
        return out

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._compat, name)
        setattr(self, name, found)
        return found


def _filled(function: Any) -> Any:
    """With numbers made where the other array lies."""

    def of(x1: Any, x2: Any, out: Any = None) -> Any:
        if not hasattr(x1, "new_full"):
            x1 = x2.new_full((), x1)
        elif not hasattr(x2, "new_full"):
            x2 = x1.new_full((), x2)
        return function(x1, x2, out=out)

    return of
