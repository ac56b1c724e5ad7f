"""The IDX format of the MNIST family: big-endian sizes, then bytes, gzip-compressed."""

import gzip
from pathlib import Path

import numpy as np

UBYTE = 0x08  # the only element type these files use


def read_idx(path: Path) -> np.ndarray:
    """The array in a gzip-compressed IDX file of bytes, uint8."""
    with gzip.open(path) as file:
        zero, kind, n_axes = np.frombuffer(file.read(4), ">u2,u1,u1")[0]
        if zero or kind != UBYTE:
            raise ValueError(f"{path}: expected an IDX file of bytes, got type {kind}")
        shape = np.frombuffer(file.read(4 * n_axes), ">u4").astype(int)
        return np.frombuffer(file.read(), np.uint8).reshape(shape)
