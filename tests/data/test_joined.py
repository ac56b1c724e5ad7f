"""Examples after other examples: in memory, and where some of them stay in a file."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import Dataset
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import NpySource

RNG = np.random.default_rng(0)
FIRST, SECOND = RNG.integers(0, 256, (2, 9, 6)).astype(np.uint8)
LABELS = np.arange(6) % 2


def data_of(array, kind, folder):
    features = array if kind == "bytes" else array.astype(np.float64)
    if kind == "file":
        path = folder / f"{array.sum()}.npy"
        np.save(path, array.T)
        features = BlockMatrix(NpySource(path))
    facts = {"site": [f"site {k}" for k in LABELS]}
    return Dataset(features, LABELS, ("a", "b"), source=kind, facts=facts)


@pytest.mark.parametrize("other", ["bytes", "floats", "file"])
@pytest.mark.parametrize("first", ["bytes", "floats", "file"])
def test_all_examples_are_there_in_their_order(first, other, tmp_path):
    parts = data_of(FIRST, first, tmp_path), data_of(SECOND, other, tmp_path)
    data, both = parts[0].joined(parts[1]), np.concatenate([FIRST, SECOND], axis=1)
    assert data.in_file == ("file" in (first, other))
    assert_array_equal(data.labels, [*LABELS, *LABELS])
    assert data.facts["site"].tolist() == 2 * [f"site {k}" for k in LABELS]
    assert_array_equal(data.raw, both)
    X = data.matrix()
    assert_array_equal(X.columns([8, 0, 11]), both[:, [8, 0, 11]])
    assert_array_equal(X.features(slice(2, 5)), both[2:5])
    assert_array_equal(X.gram(), both.T.astype(float) @ both)
    assert X.digest() == parts[0].joined(parts[1]).matrix().digest()
    assert X.digest() != parts[1].joined(parts[0]).matrix().digest()
