"""AnnData's files (.h5ad): cells are examples, `obs` says what is known of them.

The format: anndata.readthedocs.io, "The on-disk format of AnnData", its version 0.1.0 of a file.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Splits
from chainrule.data.matrix.source import READ_BYTES, Source
from chainrule.data.readers.annotated import annotated
from chainrule.data.readers.arrays import stays
from chainrule.data.readers.hdf5_file import H5Source, dataset, inside, opened, refuse_holes, whole
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files import scratch


def open_h5ad(path: Path, reading: Reading | None = None) -> Splits:
    """The cells of a file, by its X, dense or sparse, and the column of `obs` that --label names.
    What is large stays in the file."""
    where = str(path)
    with opened(path) as file:
        if file.attrs.get("encoding-type") != "anndata":
            fix = "Write it again with anndata 0.8 or later: adata.write_h5ad."
            raise DataError(where, "a file of AnnData", "another, or of an older version", fix)
        names, facts = _frame(file, "obs", where)
        feature_names, _ = _frame(file, "var", where)
        shape = len(names), len(feature_names)
        X = file.get("X")
        if not shape[0] or not shape[1] or X is None:
            got = "no X" if X is None else f"{shape[0]} and {shape[1]}"
            raise DataError(where, "cells and features in X", got)
        features = _sparse(path, X, shape) if hasattr(X, "keys") else _dense(path, file, shape)
    return annotated(where, features, names, feature_names, facts, reading or Reading())


def _dense(path: Path, file: Any, shape: tuple[int, int]) -> Any:
    found = dataset(file, "X", str(path))
    if found.shape != shape:
        raise DataError(str(path), f"X of shape {shape}, as obs and var", f"{found.shape}")
    return H5Source(path, "X") if stays(shape, found.dtype) else whole(file, "X", str(path))


class SparseSource(Source):
    """A sparse X, of which features are made dense as they are read: those of a file by features
    (CSC) from there. One by examples (CSR) is turned once, some examples at a time: into memory, or
    where that has no room a file of the temporary folder."""

    def __init__(self, path: Path, file: Any, shape: tuple[int, int], by_feature: bool) -> None:
        super().__init__(path)
        self.shape, where = shape[::-1], str(path)
        data, indices = _row(file, "data", where, "iufb"), _row(file, "indices", where)
        self.dtype = np.dtype(data.dtype)
        starts = _row(file, "indptr", where)[()].astype(np.int64)
        n = shape[1] if by_feature else shape[0]
        rising = len(starts) == n + 1 and starts[0] == 0 and bool((np.diff(starts) >= 0).all())
        if not rising or starts[-1] > min(data.shape[0], indices.shape[0]):
            raise DataError(where, f"a sparse X of shape {shape}", "numbers that are none")
        self._starts, self._turned = starts, None
        if not by_feature:
            self._turned = self._by_feature(data, indices)

    def __getstate__(self) -> dict[str, Any]:
        if self._turned is not None:
            fix = "Write it by features: adata.X = adata.X.tocsc()."
            raise DataError(str(self.path), "features that workers can read (CSC)", "CSR", fix)
        return super().__getstate__()

    def _by_feature(self, data: Any, indices: Any) -> tuple[np.ndarray, np.ndarray]:
        """Values and examples, feature after feature, whose starts `_starts` has from then on."""
        of_examples, (n_x, m) = self._starts, self.shape
        counts, most = np.zeros(n_x, np.int64), READ_BYTES // (self.dtype.itemsize + 8)
        # Some examples of whole rows at a time, of about READ_BYTES.
        ends = np.unique([*np.searchsorted(of_examples, np.arange(0, of_examples[-1], most)), m])
        parts = list(pairwise([0, *ends[ends > 0].tolist()]))
        for first, last in parts:
            places = indices[of_examples[first] : of_examples[last]]
            _check_indices(f"{self}, examples {first} to {last - 1}", places, n_x)
            counts += np.bincount(places, minlength=n_x)
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        n_bytes = float(self._starts[-1]) * (self.dtype.itemsize + 4)
        of, large = (f"{self}: X by features", (self._starts[-1],)), n_bytes > self.memory / 8
        kinds = self.dtype, np.int32
        values, examples = (scratch.empty(*of, kind, in_file=large) for kind in kinds)
        free = self._starts[:-1].copy()
        for first, last in parts:
            own = slice(of_examples[first], of_examples[last])
            places, numbers = indices[own], np.arange(first, last, dtype=np.int32)
            order = np.argsort(places, kind="stable")
            places = places[order]
            # Of each feature the places after those that are filled.
            new = np.bincount(places, minlength=n_x)
            at = free[places] + np.arange(len(places)) - np.repeat(np.cumsum(new) - new, new)
            values[at] = data[own][order]
            examples[at] = np.repeat(numbers, np.diff(of_examples[first : last + 1]))[order]
            free += new
        return values, examples

    def features(self, start: int, stop: int) -> np.ndarray:
        found = np.zeros((stop - start, self.shape[1]), self.dtype)
        places = slice(self._starts[start], self._starts[stop])
        if self._turned is not None:
            data, indices = (one[places] for one in self._turned)
        else:
            with self.unchanged(), opened(self.path) as file:
                data, indices = (file[f"X/{name}"][places] for name in ("data", "indices"))
            _check_indices(f"{self}, features {start} to {stop - 1}", indices, self.shape[1])
        rows = np.repeat(np.arange(stop - start), np.diff(self._starts[start : stop + 1]))
        # Values at one place are added, as SciPy has it.
        np.add.at(found.reshape(-1), rows * self.shape[1] + indices.astype(np.int64), data)
        return found


def _row(file: Any, name: str, where: str, kinds: str = "iu") -> Any:
    """One of the three parts of a sparse X."""
    found = dataset(file, f"X/{name}", where)
    if found.ndim != 1 or found.dtype.kind not in kinds:
        expected = "a row of numbers" if "f" in kinds else "a row of whole numbers"
        raise DataError(f"{where}: X/{name}", expected, f"shape {found.shape}, {found.dtype}")
    refuse_holes(found, where)
    return found


def _check_indices(where: str, indices: np.ndarray, n: int) -> None:
    """DataError for places that a sparse X does not have."""
    if len(indices) and not 0 <= indices.min() <= indices.max() < n:
        got = f"indices from {indices.min()} to {indices.max()}"
        raise DataError(where, f"a sparse X with indices below {n}", got)


def _sparse(path: Path, X: Any, shape: tuple[int, int]) -> Any:
    """A small X dense, as everything small is; else as a source."""
    kind = X.attrs.get("encoding-type")
    if kind not in ("csr_matrix", "csc_matrix") or tuple(X.attrs.get("shape", ())) != shape:
        got = f"{kind} of shape {tuple(X.attrs.get('shape', ()))}"
        raise DataError(str(path), f"a dense or sparse X of shape {shape}", got)
    source = SparseSource(path, X.file, shape, kind == "csc_matrix")
    return source if stays(shape, source.dtype) else source.features(0, shape[1]).T


def _frame(file: Any, name: str, where: str) -> tuple[list[str], dict[str, list[str]]]:
    """The names of the rows of a data frame in the file, and its columns as texts."""
    group = inside(file, name, where)
    if not hasattr(group, "keys"):
        raise DataError(where, f"a data frame {name}", "none")
    index = group.attrs.get("_index", "_index")
    columns = [column for column in group.attrs.get("column-order", ()) if column in group]
    facts = {column: _texts(file, f"{name}/{column}", where) for column in columns}
    names = _texts(file, f"{name}/{index}", where)
    for column, cells in facts.items():
        if len(cells) != len(names):
            expected = f"{len(names)} values, as names of rows"
            raise DataError(f"{where}: {name}/{column}", expected, str(len(cells)))
    return names, facts


def _texts(file: Any, place: str, where: str) -> list[str]:
    """A column as texts, "" where a value is missing."""
    column = inside(file, place, where)
    if not hasattr(column, "keys"):
        return [_text(value) for value in whole(file, place, where).reshape(-1).tolist()]
    if "categories" in column:
        levels = [*_texts(file, f"{place}/categories", where), ""]
        codes = whole(file, f"{place}/codes", where)
        whole_row = codes.ndim == 1 and codes.dtype.kind in "iu"
        if not whole_row or ((codes < -1) | (codes >= len(levels) - 1)).any():
            raise DataError(f"{where}: {place}", "codes of its categories", "others")
        return [levels[code] for code in codes]
    values = _texts(file, f"{place}/values", where)
    gone = whole(file, f"{place}/mask", where).tolist()
    if len(gone) != len(values):
        raise DataError(f"{where}: {place}", f"a mask of {len(values)} values", str(len(gone)))
    return ["" if lacking else value for value, lacking in zip(values, gone, strict=True)]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value != value else checks.printable(str(value))
