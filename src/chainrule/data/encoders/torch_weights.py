"""Arrays from a file that PyTorch before 1.6 saved, without PyTorch and without running anything.

The file is five pickles, one behind the other: a magic number, a version, facts of the machine, the
dictionary of tensors, and the keys of their storages; then each storage as its length and its
numbers. A pickle may name any function to be called; this reader knows the four names that such a
dictionary needs, and refuses all others.
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from chainrule.errors import DataError
from chainrule.files.digest import file_digest

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Storage:
    """Numbers that tensors are views of; filled when the file has been read."""

    def __init__(self, dtype: np.dtype, size: int) -> None:
        self.numbers = np.empty(size, dtype)


class _Unpickler(pickle.Unpickler):
    """Of dictionaries of tensors, and of nothing else."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="utf-8")
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, size, *_ = pid
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(str(kind))
        return self.storages.setdefault(key, _Storage(dtype, size))


def _tensor(storage: _Storage, offset: int, shape: tuple[int, ...], strides: Any, *_: Any) -> Any:
    """A view of the storage, whose numbers come later."""
    bytes_each = storage.numbers.itemsize
    if offset < 0 or offset + int(np.prod(shape)) > len(storage.numbers):
        raise pickle.UnpicklingError("a tensor beyond its storage")
    steps = [step * bytes_each for step in strides]
    return np.lib.stride_tricks.as_strided(storage.numbers[offset:], shape, steps)


def read_torch_weights(path: Path, digest: str) -> dict[str, np.ndarray]:
    """The tensors of a file, by name. DataError for any but the file of that SHA-256."""

    def refused(got: str) -> NoReturn:
        fix = "Install the package again that it came with."
        raise DataError(str(path), f"weights of SHA-256 {digest[:12]}...", got, fix)

    try:
        if (found := file_digest(path)) != digest:
            refused(f"{found[:12]}...")
        with path.open("rb") as file:
            # The third are facts of the machine that wrote it.
            if [_Unpickler(file).load() for _ in range(3)][:2] != [MAGIC, PROTOCOL]:
                refused("another kind of file")
            reader = _Unpickler(file)
            tensors = reader.load()
            for key in _Unpickler(file).load():
                numbers = reader.storages[key].numbers
                file.read(8)  # how many follow
                if file.readinto(numbers.view(np.uint8).data) != numbers.nbytes:
                    refused("a truncated file")
    except OSError as error:
        refused(error.strerror or str(error))
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError) as error:
        refused(f"{type(error).__name__}: {error}")
    return dict(tensors)
