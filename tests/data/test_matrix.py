"""The four verbs: pixels give what the scaled floats give, whatever the blocks."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from chainrule.data import (
    FeatureMatrix,
    FloatMatrix,
    PixelMatrix,
    Scaling,
    SparseMatrix,
    feature_matrix,
)
from chainrule.data import blocks as data_blocks
from chainrule.data.matrix import StackedMatrix, resident, verbs
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import NpySource
from chainrule.data.matrix.verbs import Gram, Times
from chainrule.data.steps import Affine
from chainrule.errors import DataError, InputError

N_X, M = 23, 7


def draw(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (N_X, M), dtype=np.uint8)


def scaled(pixels, kind):
    """The same by the plainest NumPy, in float64."""
    x = pixels.astype(np.float64)
    if kind == "pixels":
        return x / 255
    return x if kind == "none" else (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)


@pytest.fixture(params=[1, 300, 2**24], ids=["a row", "some rows", "one block"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(data_blocks, "BLOCK_BYTES", request.param)


@pytest.fixture(params=[0, 1e30], ids=["large", "small"])
def large(request, monkeypatch):
    """Whether every X is taken for a large one, or none."""
    monkeypatch.setattr(verbs, "LARGE", request.param)


@pytest.mark.usefixtures("blocks", "large")
@pytest.mark.parametrize("runs", [(), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("kind", ["none", "pixels", "standard"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_pixels_give_the_floats_numbers(kind, dtype, tolerance, runs, order):
    pixels = np.asarray(draw(), order=order)
    plain = scaled(pixels, kind)
    X = PixelMatrix(pixels, Scaling.of(kind, pixels), dtype)
    rng = np.random.default_rng(2)
    W, D = rng.standard_normal((*runs, 4, N_X)), rng.standard_normal((*runs, 4, M))
    close = {"rtol": tolerance, "atol": tolerance * np.abs(plain).max() ** 2 * N_X}

    assert X.shape == (N_X, M)
    assert X.times(W.astype(dtype)).dtype == X.gram().dtype == X.dtype == dtype
    assert_allclose(X.times(W.astype(dtype)), W @ plain, **close)
    assert_allclose(X.outer(D.astype(dtype)), D @ plain.T, **close)
    assert_allclose(X.gram(), plain.T @ plain, **close)
    assert_allclose(X.columns([5, 0, 5]), plain[:, [5, 0, 5]], **close)
    assert_allclose(X.columns(slice(1, 4)), plain[:, 1:4], **close)


@pytest.mark.parametrize("runs", [(), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_floats_verbs_are_the_products(runs, order):
    rng = np.random.default_rng(3)
    plain = np.asarray(rng.standard_normal((N_X, M)), order=order)
    W, D = rng.standard_normal((*runs, 4, N_X)), rng.standard_normal((*runs, 4, M))
    X = FloatMatrix(plain)
    assert_allclose(X.times(W), W @ plain)
    assert_allclose(X.outer(D), D @ plain.T, atol=1e-14)
    assert_allclose(X.gram(), plain.T @ plain, atol=1e-14)
    assert_array_equal(X.columns([2, 2, 0]), plain[:, [2, 2, 0]])
    assert_array_equal(X.columns(slice(2, 5)), plain[:, 2:5])


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("first", [FloatMatrix, PixelMatrix])
@pytest.mark.parametrize("second", [FloatMatrix, PixelMatrix])
def test_gram_with_other_examples(first, second):
    mine, others = draw(4), draw(5)[:, :3]
    as_matrix = {FloatMatrix: lambda p: FloatMatrix(p / 255), PixelMatrix: PixelMatrix}
    K = as_matrix[first](mine).gram(as_matrix[second](others))
    assert_allclose(K, (mine / 255).T @ (others / 255))


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 100])
def test_gram_made_of_parts_is_whole_and_symmetric(monkeypatch, rows):
    monkeypatch.setattr("chainrule.data.matrix.verbs.GRAM_ROWS", rows)
    pixels = np.random.default_rng(3).integers(0, 256, (30, 5), dtype=np.uint8)
    plain = pixels / 255
    K = PixelMatrix(pixels).gram()
    assert_allclose(K, plain.T @ plain, rtol=1e-14)
    assert_array_equal(K, K.T)
    some = Gram(part=slice(2, 4))
    assert_allclose(PixelMatrix(pixels).once(some)[0], K[2:4, :4], rtol=1e-14)


@pytest.mark.parametrize("X", [FloatMatrix(draw() / 255), PixelMatrix(draw())], ids=["float", "px"])
def test_gram_is_computed_once(X):
    assert X.gram() is X.gram()


def test_a_slice_of_floats_is_a_view_and_rows_of_examples_are_not_copied():
    table = np.random.default_rng(0).random((M, N_X))
    X = FloatMatrix(table.T)
    assert np.shares_memory(X.columns(slice(0, 2)), table)
    assert np.shares_memory(X.columns(slice(0, 2)), X.columns(slice(1, 3)))


def test_pixels_are_a_view():
    pixels = draw()
    assert np.shares_memory(PixelMatrix(pixels).pixels, pixels)


@pytest.mark.parametrize("X", [FloatMatrix(draw() / 255), PixelMatrix(draw())], ids=["float", "px"])
def test_select_and_astype(X):
    some = X.select([4, 1]).astype(np.float32)
    assert some.shape == (N_X, 2)
    assert some.dtype == np.float32
    assert some.astype(np.float32) is some
    assert_allclose(some.columns(slice(None)), X.columns([4, 1]), rtol=1e-6)
    assert_array_equal(X.select(np.arange(M) > 4).columns(slice(None)), X.columns([5, 6]))


def test_feature_matrix_tells_pixels_from_floats():
    assert isinstance(feature_matrix(draw()), PixelMatrix)
    assert_array_equal(feature_matrix(draw()).columns(slice(None)), draw())
    scaled_by = feature_matrix(draw()).scaled(Scaling.pixels(), np.float64)
    assert_array_equal(scaled_by.columns(slice(None)), draw() / 255)
    floats = feature_matrix(draw().astype(float)).scaled(Scaling.pixels(), np.float32)
    assert floats.dtype == np.float32
    assert_allclose(floats.columns(slice(None)), draw() / 255, rtol=1e-6)
    assert isinstance(feature_matrix(draw() / 255), FloatMatrix)
    assert feature_matrix(draw().astype(np.int16)).dtype == np.float64
    X = FloatMatrix(np.eye(3))
    assert feature_matrix(X) is X
    assert isinstance(X, FeatureMatrix)


@given(rows=st.integers(1, 9), m=st.integers(1, 9), n=st.integers(1, 3), seed=st.integers(0, 99))
def test_any_shape_has_the_same_verbs(rows, m, n, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (rows, m), dtype=np.uint8)
    W, D = rng.standard_normal((n, rows)), rng.standard_normal((n, m))
    X = PixelMatrix(pixels)
    assert_allclose(X.times(W), W @ (pixels / 255), atol=1e-12)
    assert_allclose(X.outer(D), D @ (pixels / 255).T, atol=1e-12)


def test_what_is_no_matrix_says_so():
    with pytest.raises(InputError, match=r"rank-1 array of shape \(5,\).*reshape\(1, 5\)"):
        FloatMatrix(np.ones(5))
    with pytest.raises(InputError, match=r"finite numbers only.*1 missing.*row 1, column 0"):
        FloatMatrix(np.array([[1.0], [np.nan]]))
    with pytest.raises(InputError, match="pixels of dtype uint8; got float64"):
        PixelMatrix(np.ones((2, 2)))
    with pytest.raises(InputError, match=r"shift of shape \(3, 1\); got shape \(2, 1\)"):
        PixelMatrix(draw()[:3], Scaling.standard(draw()[:2]))
    with pytest.raises(InputError, match="float64 or float32"):
        PixelMatrix(draw(), dtype=np.float16)


def test_sparse_matrix_has_the_four_verbs():
    rng = np.random.default_rng(3)
    X, other = rng.standard_normal((7, 5)), rng.standard_normal((7, 2))
    sparse, dense = SparseMatrix(csr_array(X.T)), FloatMatrix(X)
    assert sparse.shape == dense.shape
    W, D = rng.standard_normal((2, 3, 7)), rng.standard_normal((2, 3, 5))
    assert_allclose(sparse.times(W), dense.times(W))
    assert_allclose(sparse.outer(D), dense.outer(D))
    assert_allclose(sparse.gram(), dense.gram())
    K = dense.gram(FloatMatrix(other))
    assert_allclose(sparse.gram(SparseMatrix(csr_array(other.T))), K)
    assert_allclose(sparse.gram(FloatMatrix(other)), K)
    assert_allclose(sparse.select([3, 1]).gram(), dense.select([3, 1]).gram())
    assert isinstance(sparse, FeatureMatrix)
    assert_allclose(sparse.columns([3, 1]), dense.columns([3, 1]))
    assert sparse.astype(np.float32).dtype == np.float32
    assert sparse.astype(np.float64) is sparse


def in_file(pixels, order, folder):
    path = folder / f"{len(list(folder.iterdir()))}.npy"
    np.save(path, np.asarray(pixels.T, order=order))
    return BlockMatrix(NpySource(path))


FORMS = {
    "floats": lambda pixels, _: FloatMatrix(pixels / 1.0),
    "pixels": lambda pixels, _: PixelMatrix(pixels, Scaling()),
    "sparse": lambda pixels, _: SparseMatrix(csr_array(pixels.T / 1.0)),
    "file of examples": lambda pixels, folder: in_file(pixels, "C", folder),
    "file of features": lambda pixels, folder: in_file(pixels, "F", folder),
}


@pytest.mark.usefixtures("blocks", "large")
@pytest.mark.parametrize("form", FORMS)
def test_what_prepares_a_matrix_is_the_same_in_every_form(form, tmp_path):
    pixels = draw()
    X = FORMS[form](pixels, tmp_path)
    assert_array_equal(X.stored(), pixels)
    assert_array_equal(X.stored([3, 1]), pixels[:, [3, 1]])
    assert_array_equal(np.concatenate([some for _, some in X.blocks()]), pixels)
    halves = X.scaled(Scaling((Affine("pixels", 0.0, 2.0),)), np.float32)
    assert halves.dtype == np.float32
    assert_allclose(halves.columns(slice(None)), pixels / 2)
    by_row = Scaling((Affine("standard", 0.0, np.arange(1.0, N_X + 1)[:, None]),))
    assert_allclose(X.scaled(by_row, np.float64).gram(), scaled_gram(pixels, by_row))
    assert X.digest() == FORMS[form](pixels.copy(), tmp_path).digest()
    assert X.digest() != FORMS[form](pixels[::-1].copy(), tmp_path).digest()
    W, other = np.random.default_rng(4).standard_normal((2, 3, N_X)), X.select([4, 0])
    Z, K, own = X.once(Times(W), Gram(other), Gram())
    assert_allclose(Z, W @ pixels)
    assert_allclose(K, pixels.T @ (pixels[:, [4, 0]] / 1.0))
    assert own is X.gram()
    assert_allclose(own, (pixels / 1.0).T @ pixels)
    assert_allclose(X.once(Gram(), Times(W))[1], Z)
    assert_allclose(X.outer(Z), Z @ pixels.T)
    assert_array_equal(X.features([7, 2]), pixels[[7, 2]])
    assert_allclose(X.select([6, 2]).select([1]).gram(), own[2:3, 2:3])
    assert_array_equal(
        X.select(pixels[0] > 99).select(slice(1, None)).stored().T[0],
        pixels[:, pixels[0] > 99].T[1],
    )


def scaled_gram(pixels, scaling):
    x = pixels / scaling.steps[0].divisor
    return x.T @ x


@pytest.mark.usefixtures("blocks")
def test_a_scaling_is_learned_alike_from_every_form(tmp_path):
    expected = Scaling.standard(draw())
    for form in FORMS.values():
        found = expected.fitted(form(draw(), tmp_path))
        assert_allclose(found.steps[0].shift, expected.steps[0].shift)
        assert_allclose(found.steps[0].divisor, expected.steps[0].divisor)


def test_a_shift_would_fill_a_sparse_matrix():
    X = FORMS["sparse"](draw(), None)
    with pytest.raises(InputError, match="keeps zeros; got standard"):
        X.scaled(Scaling.standard(draw()), np.float64)


@pytest.mark.parametrize("kind", [FloatMatrix, PixelMatrix])
def test_stacked_matrices_give_each_share_of_the_runs_its_own(kind):
    own = [kind(draw(seed)) for seed in range(3)]
    X = StackedMatrix(own, 6)
    rng = np.random.default_rng(1)
    W, D = rng.standard_normal((6, 4, N_X)), rng.standard_normal((6, 4, M))
    for of in (X, resident(X), X.astype(np.float64)):
        out = np.empty((6, 4, M))
        assert of.times(W, out=out) is out
        for run in range(6):
            plain = own[run // 2].columns(slice(None))
            assert_allclose(out[run], W[run] @ plain)
            assert_allclose(of.times(W[:1])[run], W[0] @ plain)  # weights that all runs share
            assert_allclose(of.outer(D)[run], D[run] @ plain.T)
            assert_allclose(of.gram()[run // 2], plain.T @ plain)
    assert_allclose(X.select([4, 1]).columns([0]), X.columns([4]))
    assert_allclose(X.features([2, 3]), np.stack([one.features([2, 3]) for one in own]))
    assert_allclose(X.gram(own[2])[1], own[1].gram(own[2]))
    assert_allclose(X.gram(X.select([0, 1]))[2], own[2].gram()[:, :2])
    assert X.digest() != StackedMatrix(own[::-1], 6).digest()
    assert X.digest() == StackedMatrix(own, 6).digest()


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_that_is_cut_off_changes_or_lacks_values_says_where(tmp_path, order):
    path, table = tmp_path / "X.npy", np.asfortranarray(np.random.default_rng(0).random((M, N_X)))
    np.save(path, np.asarray(table, order=order))
    X = BlockMatrix(NpySource(path))
    table[3, 8] = np.nan
    np.save(path, np.asarray(table, order=order))
    os.utime(path, ns=(0, 0))
    with pytest.raises(DataError, match=r"X.npy: expected the file as it was .*; got another"):
        X.gram()
    with pytest.raises(InputError, match=r"X.npy, features 0 to 22: .*1 of 161 values missing"):
        BlockMatrix(NpySource(path)).gram()
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with pytest.raises(DataError, match=r"X.npy: expected an .npy file.* got one that is cut off"):
        NpySource(path)
    path.write_bytes(whole)
    source = NpySource(path)
    path.write_bytes(whole[:-8])
    with pytest.raises(DataError, match=r"X.npy: expected (\d+) bytes; got fewer|as it was"):
        BlockMatrix(source).gram()
    path.unlink()
    with pytest.raises(DataError, match=r"X.npy: expected .* got [Nn]o such file"):
        BlockMatrix(source).gram()
    np.save(path, np.zeros(3))
    with pytest.raises(DataError, match=r"X.npy: expected an .npy file of a table"):
        NpySource(path)


def test_squares_that_floats_do_not_hold(tmp_path):
    np.save(tmp_path / "X.npy", np.array([[1e200], [1.0]]))
    for X in FloatMatrix([[1e200, 1.0]]), BlockMatrix(NpySource(tmp_path / "X.npy")):
        with pytest.raises(InputError, match="features whose squares float64 holds"):
            X.gram()
        with pytest.raises(InputError, match="features whose squares float64 holds"):
            X.once(Gram())
