"""Preparation step by step: scikit-learn's and SciPy's numbers, and the formulas by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import savgol_filter
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

from chainrule.data import Dataset, PixelMatrix, Scaling, SparseMatrix
from chainrule.errors import InputError

F64, F32 = np.dtype(np.float64), np.dtype(np.float32)
RNG = np.random.default_rng(0)
RAW = RNG.lognormal(1, 1, (20, 30))
RAW[3] = 2.5  # a constant feature
GAPS = np.where(RNG.random(RAW.shape) < 0.2, np.nan, RAW)
GAPS[5] = np.nan  # a feature that the training set does not have at all
NEW = RNG.lognormal(1, 1, (20, 7))


def snv(rows):
    mean, deviation = rows.mean(1, keepdims=True), rows.std(1, ddof=1, keepdims=True)
    return (rows - mean) / deviation


def total(rows):
    return 1e4 * rows / rows.sum(1, keepdims=True)


def slope(rows):
    return savgol_filter(rows, 7, 2, deriv=1, axis=1)


def imputer(by):
    return SimpleImputer(strategy=by, fill_value=0, keep_empty_features=True)


PEERS = {
    "standard": lambda: StandardScaler(),
    "center": lambda: StandardScaler(with_std=False),
    "robust": lambda: RobustScaler(),
    "log1p": lambda: FunctionTransformer(np.log1p),
    "snv": lambda: FunctionTransformer(snv),
    "total": lambda: FunctionTransformer(total),
    "derivative:7": lambda: FunctionTransformer(slope),
    "missing:mean": lambda: imputer("mean"),
    "missing:median": lambda: imputer("median"),
    "missing:zero": lambda: imputer("constant"),
}
KINDS = [*PEERS, "missing:median,total,log1p,robust", "derivative:7,snv,standard", "log1p,center"]


def peer(kind):
    return make_pipeline(*(PEERS[name]() for name in kind.split(",")))


def raw_for(kind):
    return GAPS if "missing" in kind else RAW


@pytest.mark.parametrize("kind", KINDS)
def test_a_preparation_is_scikit_learns(kind):
    train, new = raw_for(kind), np.where(NEW > 6, np.nan, NEW) if "missing" in kind else NEW
    theirs = peer(kind).fit(train.T)
    ours = Scaling.of(kind, train)
    assert ours.kind == kind
    for raw in (train, new):
        before = raw.copy()
        assert_allclose(ours(raw, F64), theirs.transform(raw.T).T, rtol=1e-12, atol=1e-12)
        assert_array_equal(raw, before)
    assert ours(new, F32).dtype == F32


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_prepares_alike(kind):
    ours = Scaling.of(kind, raw_for(kind))
    again = Scaling.restored(*ours.saved())
    assert again.kind == ours.kind
    assert_array_equal(again(NEW, F64), ours(NEW, F64))


@pytest.mark.parametrize("kind", ["log1p,robust", "missing:mean,onehot,center"])
def test_learned_over_blocks_of_features_or_at_once(kind, monkeypatch):
    raw = raw_for(kind)
    at_once = Scaling.of(kind, raw).arrays()
    monkeypatch.setattr("chainrule.data.blocks.BLOCK_BYTES", 3 * 8 * raw.shape[1])
    for held in (raw, Dataset(raw, np.zeros(30, int), ("a",)).features):
        by_blocks = Scaling.of(kind, held).arrays()
        assert by_blocks.keys() == at_once.keys()
        for name, array in by_blocks.items():
            assert_allclose(array, at_once[name], rtol=1e-13)


def test_levels_that_the_training_set_does_not_have_are_all_zeros():
    """Of one-hot columns, as OneHotEncoder(handle_unknown="ignore") has it."""
    train, new = np.array(["a", "b", "a", "b"]), np.array(["b", "c", "a"])
    levels = np.array(["a", "b", "c"])
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(train[:, None])
    ours = Scaling.of("onehot", (levels[:, None] == train).astype(float))
    X = ours((levels[:, None] == new).astype(float), F64)
    assert_array_equal(X[:2], encoder.transform(new[:, None]).T)
    assert_array_equal(X[2], 0)


def test_samples_without_any_difference():
    flat = np.full((5, 2), 3.0)
    assert_array_equal(Scaling.named("snv")(flat, F64), 0)
    assert_array_equal(Scaling.named("snv")(flat[:1], F64), 0)
    assert_array_equal(Scaling.named("total")(0 * flat, F64), 0)
    assert_allclose(Scaling.named("derivative:5")(flat, F64), 0, atol=1e-14)


def test_missing_values_are_refused_where_no_step_fills_them():
    expected = r"^Scaling: expected no missing values, .*; got 1 of 3 .*--missing mean"
    raw = np.array([[1.0, np.nan, 2.0]])
    for use in (lambda: Scaling()(raw, F64), lambda: Scaling.of("standard", raw)):
        with pytest.raises(InputError, match=expected):
            use()


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("log2p", "Did you mean log1p?"),
        ("standard,none", "none alone"),
        ("derivative:4", "odd window"),
        ("derivative:x", "odd window"),
        ("batch", "--batch-column"),
        ("missing:mode", "to be one of"),
        ("snv,missing:mean", "filled before all else"),
        ("", "to be one of"),
        ("snv\rcenter", "to be one of"),
    ],
)
def test_no_such_step(kind, message):
    with pytest.raises(InputError) as error:
        Scaling.named(kind)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("kind", "raw", "message"),
    [
        ("log1p", [[0.0, -1.0]], "above -1"),
        ("total", [[0.0, -0.5]], "counts, 0 or more"),
        ("batch:plate", [[0.0, 1.0]], "'plate'; got none"),
    ],
)
def test_features_that_a_step_does_not_take(kind, raw, message):
    with pytest.raises(InputError, match=message):
        Scaling.of(kind, np.array(raw))(np.array(raw), F64)


def test_a_window_wider_than_the_features():
    with pytest.raises(InputError, match="11 features or more; got 4"):
        Scaling.named("derivative").check(4)


def test_bytes_take_steps_of_one_feature_alone():
    pixels = np.random.default_rng(2).integers(0, 256, (6, 9), dtype=np.uint8)
    scaling = Scaling.of("log1p,robust", pixels)
    assert_allclose(
        PixelMatrix(pixels, scaling).columns(slice(None)), scaling(pixels.astype(float), F64)
    )
    with pytest.raises(
        InputError, match="one feature at a time, of features scaled as they are read; got snv"
    ):
        PixelMatrix(pixels, Scaling.named("snv"))


def test_sparse_features_keep_their_zeros():
    counts = np.random.default_rng(3).poisson(0.3, (40, 12)).astype(float)
    counts[:, 4] = 0
    X = SparseMatrix.of_columns(scipy.sparse.csc_array(counts))
    scaling = Scaling.named("total,log1p")
    found = X.scaled(scaling, np.float64)
    assert found.rows.nnz == np.count_nonzero(counts)
    assert_allclose(found.columns(slice(None)), scaling(counts, F64))
    for kind in ("snv", "standard", "derivative"):
        with pytest.raises(InputError, match=f"keeps zeros; got {kind}"):
            X.scaled(Scaling.of(kind, counts), np.float64)


BATCHES = np.array(["1", "1", "2", "2", "2", "3"])


def of_batches(kind, raw=RAW[:, :6], batches=BATCHES):
    data = Dataset(raw, np.arange(raw.shape[1]) % 2, ("a", "b"), facts={"plate": batches})
    return data.prepared(kind)


def test_batches_are_centered_by_what_was_trained_on():
    train = of_batches("batch:plate")
    expected = RAW[:, :6].copy()
    for name in "123":
        own = name == BATCHES
        expected[:, own] -= RAW[:, :6][:, own].mean(1, keepdims=True)
    assert_allclose(train.matrix().columns(slice(None)), expected)
    # Others of a batch that was trained on, and two of one that was not.
    new = of_batches(train.scaling, NEW[:, :3], np.array(["2", "x", "x"]))
    X = replace(new, scaling=train.scaling).matrix().columns(slice(None))
    assert_allclose(X[:, 0], NEW[:, 0] - RAW[:, 2:5].mean(1))
    assert_allclose(X[:, 1:], NEW[:, 1:3] - NEW[:, 1:3].mean(1, keepdims=True))


def test_a_single_sample_of_a_batch_that_was_not_trained_on():
    train = of_batches("log1p,batch:plate,center")
    alone = replace(of_batches("log1p", NEW[:, :1], np.array(["x"])), scaling=train.scaling)
    with pytest.warns(UserWarning, match=r"a single sample of a batch \(plate\)"):
        X = alone.matrix().columns(slice(None))
    assert_allclose(X[:, 0], np.log1p(NEW[:, 0]) - np.log1p(RAW[:, :6]).mean(1))


def test_batches_of_one_sample_each():
    with pytest.raises(InputError, match="batches of two samples or more; got one each"):
        of_batches("batch:plate", RAW[:, :3], np.array(["1", "2", "3"]))


def test_batches_and_files():
    scaling = of_batches("batch:plate,standard").scaling
    arrays, facts = scaling.saved()
    again = Scaling.restored(arrays, json.loads(json.dumps(facts)))
    given = [one.given({"plate": BATCHES})(RAW[:, :6], F64) for one in (scaling, again)]
    assert_array_equal(*given)
    with pytest.raises(InputError, match="the batch of each sample, 'plate'; got none"):
        again(RAW, F64)
    with pytest.raises(ValueError, match="other batches"):
        Scaling.restored(arrays, facts | {"batches": {"plate": ["1"]}})


def reduced(by):
    return lambda x, axes: by(x, axis=tuple(axes), keepdims=True)


OPERATORS = {
    "Sub": np.subtract,
    "Div": np.divide,
    "Mul": np.multiply,
    "Add": np.add,
    "Log": np.log,
    "Sqrt": np.sqrt,
    "Equal": np.equal,
    "Where": np.where,
    "IsNaN": np.isnan,
    **{f"Reduce{by.__name__.title()}": reduced(by) for by in (np.mean, np.sum, np.max, np.min)},
    "MatMul": np.matmul,
    "Slice": lambda x, start, stop, axes: x[:, start[0] : stop[0]],
    "Concat": lambda *parts, axis: np.concatenate(parts, axis=axis),
}


@pytest.mark.parametrize("kind", [*KINDS, "onehot"])
def test_its_nodes_in_onnx_are_the_same_numbers(kind):
    """By NumPy's functions, which are what the operators of these names are."""
    raw = raw_for(kind)
    scaling = Scaling.of(kind, raw)
    found = scaling.nodes(lambda name, *of, **how: OPERATORS[name](*of, **how), raw.T, len(raw))
    assert_allclose(found, scaling(raw, F64).T, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", [*KINDS, "pixels", "none"])
def test_features_drawn_for_a_preparation_are_taken_by_it(kind):
    scaling = Scaling.of(kind, raw_for(kind))
    drawn = scaling.drawn(np.random.default_rng(1), (20, 300))
    assert np.isnan(drawn).any() == scaling.fills
    found = scaling(drawn, F64)
    assert np.isfinite(found).all()
    if kind in ("standard", "center", "robust", "pixels", "none"):
        assert_allclose(found.std(), 1, atol=0.05)


@pytest.mark.parametrize("kind", ["standard", "missing:mean,standard"])
def test_what_becomes_of_the_largest_floats(kind):
    scaling = Scaling.of(kind, np.array([[1.0, 2.0], [3.0, 5.0]]))
    with pytest.raises(InputError, match=r"features that float32 holds.*got 1 infinite"):
        scaling(np.array([[np.inf], [1.0]]), F32)
    with pytest.raises(InputError, match="too large"):
        scaling(np.array([[1e300], [-1e300]]), F32)
