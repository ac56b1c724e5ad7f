"""Preparation on real tables: learned again in each fold, as scikit-learn's pipelines do."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler, StandardScaler

from chainrule import open_data, train
from chainrule.data import Dataset, FloatMatrix, Scaling
from chainrule.experiments import Setting, cross_validate, leave_one_out, without_each
from chainrule.experiments.examples import Examples

QUICK = Setting(hidden=(), learning_rate=0.05, iterations=20)
FOLDS = 5


def snv(rows):
    rows = rows - rows.mean(1, keepdims=True)
    return rows / rows.std(1, ddof=1, keepdims=True)


SNV, LOG = FunctionTransformer(snv), FunctionTransformer(np.log1p)
PEERS = {
    "snv,standard": lambda: (SNV, StandardScaler()),
    "missing:mean,robust": lambda: (SimpleImputer(), RobustScaler()),
    "log1p,snv,center": lambda: (LOG, SNV, StandardScaler(with_std=False)),
}


@pytest.fixture(scope="module", params=["mayonnaise", "gasoline", "golub"])
def data(request, wide_data):
    found = open_data(wide_data / f"{request.param}.csv").train
    return replace(found, features=np.abs(found.raw))  # for log1p


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    raw = rng.lognormal(size=(40, 24)) + np.repeat([0, 3, 1], 8)
    plates = np.repeat(["p", "q", "r"], 8)
    return Dataset(raw, np.arange(24) % 2, ("a", "b"), facts={"plate": plates})


def folds(m):
    return np.array_split(np.random.default_rng(1).permutation(m), FOLDS)


@pytest.mark.parametrize("kind", PEERS)
def test_every_fold_is_scikit_learns(kind, data):
    raw = data.raw.copy()
    if "missing" in kind:
        raw[np.random.default_rng(2).random(raw.shape) < 0.03] = np.nan
    examples = Examples("test", replace(data, features=raw).prepared(kind))
    for held in folds(len(data))[:2]:
        kept = np.setdiff1d(np.arange(len(data)), held)
        theirs = make_pipeline(*PEERS[kind]()).fit(raw[:, kept].T)
        X = examples.subset(held, np.float64, batches=False).X.columns(slice(None))
        assert_allclose(X, theirs.transform(raw.T).T, rtol=1e-9, atol=1e-9)


def test_folds_are_trained_as_by_themselves(table):
    """Cross-validation gives the outputs of training fold by fold on prepared copies."""
    data = table.prepared("log1p,snv,batch:plate,robust")
    found = cross_validate(data, QUICK, folds=FOLDS)
    for fold in found.folds:
        kept = np.setdiff1d(np.arange(len(data)), fold.held_out)
        rest = data.select(kept).rescaled()
        alone = train(QUICK.network(40, 1), rest, **QUICK.arguments()).network
        X = replace(data, scaling=rest.scaling).matrix().columns(fold.held_out)
        assert_allclose(found.outputs[:, fold.held_out], alone.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("kind", ["missing:median,snv,robust", "batch:plate,standard", "onehot"])
def test_what_is_held_out_does_not_leak(kind, table):
    garbage = table.raw.copy()
    held = np.array([0, 1, 8])
    garbage[:, held] = 1e3 * garbage[::-1, held]
    first, second = (
        cross_validate(
            replace(table, features=raw).prepared(kind),
            QUICK,
            folds=[(np.setdiff1d(np.arange(24), held), held)],
        )
        for raw in (table.raw, garbage)
    )
    assert_array_equal(first.folds[0].history.cost, second.folds[0].history.cost)


def test_batches_held_out_whole_are_centered_by_themselves(table):
    examples = Examples("test", table.prepared("batch:plate"))
    X = examples.subset(np.arange(8), np.float64, batches=False).X.columns(slice(None))
    assert_allclose(X[:, :8].mean(axis=1), 0, atol=1e-12)
    part = examples.subset(np.arange(4), np.float64, batches=False).X.columns(slice(None))
    assert_allclose(part[:, 4:8].mean(axis=1), 0, atol=1e-12)
    assert_allclose(part[:, :4], table.raw[:, :4] - table.raw[:, 4:8].mean(1, keepdims=True))


def test_steps_that_do_not_learn_are_done_once(table, monkeypatch):
    """And preparations of such steps alone share one Gram matrix."""
    calls = []
    once = FloatMatrix.scaled

    def counted(self, scaling, dtype):
        calls.append(scaling.kind)
        return once(self, scaling, dtype)

    monkeypatch.setattr(FloatMatrix, "scaled", counted)
    cross_validate(table.prepared("log1p,snv,standard"), QUICK, folds=FOLDS)
    assert calls.count("log1p,snv") == 1
    assert calls.count("standard") == FOLDS
    calls.clear()
    cross_validate(table.prepared("log1p,snv"), QUICK, folds=FOLDS)
    assert calls == ["log1p,snv"]


def test_leave_one_out_of_prepared_data(table):
    found = leave_one_out(table.prepared("missing:mean,snv,robust"), QUICK)
    assert np.isfinite(found.losses).all()
    asked = without_each(table.prepared("snv,standard"), table.raw[:, :3], QUICK)
    rest = table.select(np.arange(1, 24)).prepared("snv,standard")
    alone = train(QUICK.network(40, 1), rest, **QUICK.arguments()).network
    p = alone.predict_proba(rest.scaling(table.raw[:, :3], np.float64))
    assert_allclose(asked.without[0, 1], p[0], rtol=1e-9)


def test_bytes_are_prepared_where_they_are_used():
    raw = np.random.default_rng(3).integers(0, 256, (30, 20), dtype=np.uint8)
    data = Dataset(raw, np.arange(20) % 2, ("a", "b"))
    floats = replace(data, features=raw.astype(float))
    first, second = (
        cross_validate(one.prepared("pixels,log1p,center"), QUICK, folds=4)
        for one in (data, floats)
    )
    assert_allclose(first.outputs, second.outputs, rtol=1e-9)
    assert data.prepared(Scaling.pixels()).scaling.kind == "pixels"
