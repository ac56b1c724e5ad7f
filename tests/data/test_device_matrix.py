"""What is sent to a device some features at a time, or held there, gives the host's numbers; the
device is NumPy itself, under another name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data import FloatMatrix, PixelMatrix, Scaling
from chainrule.data import blocks as data_blocks
from chainrule.data.matrix import StackedMatrix, placed, resident
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import NpySource
from chainrule.data.matrix.verbs import Gram, Times
from chainrule.device import HOST, Device

DEVICE = Device("another")
N_X, M, RUNS = 23, 7, 4
RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (N_X, M)).astype(np.uint8)
W, D = RNG.standard_normal((RUNS, 3, N_X)), RNG.standard_normal((RUNS, 3, M))


@pytest.fixture(params=["floats", "pixels", "stacked", "file"])
def host(request, tmp_path, monkeypatch):
    monkeypatch.setattr(data_blocks, "BLOCK_BYTES", 300)
    if request.param == "floats":
        return FloatMatrix(X)
    if request.param == "pixels":
        return PixelMatrix(X)
    if request.param == "stacked":
        return StackedMatrix([FloatMatrix(X / 255), FloatMatrix(X / 100)], RUNS)
    np.save(tmp_path / "x.npy", X.T)
    return BlockMatrix(NpySource(tmp_path / "x.npy"), Scaling.pixels())


@pytest.mark.parametrize("fetched", [False, True])
@pytest.mark.parametrize("held", [False, True])
def test_a_device_gives_the_hosts_numbers(host, held, fetched):
    there = placed(host, DEVICE, fetched=fetched)
    assert placed(host, DEVICE, fetched=fetched) is there
    assert placed(host, HOST) is host
    assert there.device is (HOST if fetched else DEVICE)
    there = resident(there) if held else there
    K, Z = there.once(Gram(), Times(W))
    assert_allclose(K, host.gram(), rtol=1e-12)
    assert there.gram() is there.once(Gram())[0]
    assert_allclose(Z, host.times(W), rtol=1e-11, atol=1e-11)
    assert_allclose(there.times(W[:1]), host.times(W[:1]), rtol=1e-11, atol=1e-11)
    assert_allclose(there.outer(D), host.outer(D), rtol=1e-11, atol=1e-11)
    assert_allclose(there.columns([5, 0]), host.columns([5, 0]))
    assert_array_equal(there.features(slice(2, 9)), host.features(slice(2, 9)))
    some = host.select([1, 4])
    assert_allclose(there.gram(placed(some, DEVICE)), host.gram(some), rtol=1e-12)
    assert there.digest() == host.digest()
    assert_allclose(there.select([1, 4]).gram(), some.gram())
    single = there.astype(np.float32)
    assert (there.astype(np.float64), single.dtype) == (there, np.float32)
    doubled = there.scaled(Scaling.pixels(), np.float32)
    assert (doubled.shape, doubled.dtype) == (host.shape, np.float32)


def test_what_is_known_of_a_file_is_not_read_again(tmp_path):
    np.save(tmp_path / "x.npy", X.T)
    source = NpySource(tmp_path / "x.npy")
    there = placed(BlockMatrix(source), DEVICE)
    there.remember(W, lambda: W @ X)
    source.features = None  # which would fail
    assert_array_equal(there.times(W), W @ X)
