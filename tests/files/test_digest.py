"""Digests: the same bytes as hashlib has of plain arrays, however they lie."""

import hashlib

import numpy as np
import pytest

from chainrule.files.digest import digest

A = np.arange(24.0).reshape(4, 6)


@pytest.mark.parametrize(
    "lying",
    [A, np.asfortranarray(A), np.repeat(A, 2, axis=1)[:, ::2], A[::-1][::-1], A.copy().T.copy().T],
    ids=["C", "Fortran", "strided", "reversed", "transposed"],
)
@pytest.mark.parametrize("piece", [1, 100, 2**22])
def test_the_same_numbers_have_the_same_digest(lying, piece, monkeypatch):
    monkeypatch.setattr("chainrule.files.digest.PIECE", piece)
    assert digest(lying) == hashlib.sha256(A.tobytes()).hexdigest()


def test_texts_numbers_and_iterators_one_after_the_other():
    expected = hashlib.sha256(b"kind" + A.tobytes() + np.float64(0.5).tobytes()).hexdigest()
    assert digest("kind", A, 0.5) == expected
    assert digest("kind", iter([A[:1], A[1:]]), 0.5) == expected
    assert digest(np.empty((0, 3))) == digest() == hashlib.sha256().hexdigest()
