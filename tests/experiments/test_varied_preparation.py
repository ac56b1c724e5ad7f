"""The preparation as a part of the setting: each choice is as on data prepared so."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, Model, open_data, train
from chainrule.data import Dataset, Scaling, Splits
from chainrule.experiments import (
    Setting,
    cross_validate,
    leave_one_out,
    nested_cross_validate,
    sweep,
    train_ensemble,
    without_each,
)
from chainrule.experiments.choosing import in_order
from chainrule.experiments.examples import Examples
from chainrule.experiments.outcomes import keys
from chainrule.experiments.runs import Run

KINDS = ["standard", "snv", "derivative:5,snv,standard"]
SPACE = {"prepare": KINDS, "l2": [0.0, 0.1]}


@pytest.fixture
def spectra():
    """24 spectra of 40 features in two classes, each scattered by a factor of its own."""
    rng = np.random.default_rng(5)
    labels = np.arange(24) % 2
    peak = np.exp(-(((np.arange(40) - 15) / 4) ** 2))[:, None]
    raw = (3 + peak * (1 + 0.5 * labels)) * rng.uniform(0.5, 2, 24)
    raw += 0.02 * rng.standard_normal((40, 24))
    return Dataset(raw, labels, ("a", "b")).prepared("center")


@pytest.fixture
def base(quick):
    return replace(quick, learning_rate=0.1)


@pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])
def test_each_trial_of_a_sweep_is_that_of_prepared_data(spectra, base, batch_size):
    base = replace(base, batch_size=batch_size)
    found = sweep(spectra, SPACE, base=base, folds=3)
    assert len(found.trials) == 6
    for trial in found.trials:
        assert trial.setting.prepare is not None
        data = spectra.prepared(trial.setting.prepare)
        own = cross_validate(data, replace(trial.setting, prepare=None), folds=3)
        assert_allclose(trial.outputs, own.outputs, rtol=1e-10)
        assert cross_validate(spectra, trial.setting, folds=3).accuracy == own.accuracy
    top = found.trials[0].setting
    data = top.prepared(spectra)
    assert data.scaling.kind == top.prepare
    again = train(top.network(40, 1), data, top)
    assert_array_equal(found.best.network.weights[0], again.network.weights[0])
    assert found.rows()[0]["prepare"] == top.prepare


def test_nested_folds_choose_as_by_hand(spectra, base, alone):
    found = nested_cross_validate(spectra, SPACE, base=base, folds=3, inner_folds=2)
    assert found.tried == 6
    chosen = set()
    for fold, setting in zip(found.folds, found.chosen, strict=True):
        own = spectra.select(np.setdiff1d(np.arange(24), fold.held_out))
        trials = [
            cross_validate(own.prepared(kind), replace(base, l2=l2, prepare=None), folds=2)
            for kind in KINDS
            for l2 in SPACE["l2"]
        ]
        best = in_order(trials, "accuracy")[0]
        kind = KINDS[trials.index(best) // 2]
        assert (setting.prepare, setting.l2) == (kind, best.setting.l2)
        prepared = own.prepared(kind)
        plain = replace(setting, prepare=None)
        network = train(plain.network(40, 1), prepared, **plain.arguments()).network
        X = replace(spectra, scaling=prepared.scaling).matrix().columns(fold.held_out)
        assert_allclose(fold.outputs, network.predict_proba(X), rtol=1e-9)
        chosen.add(kind)
    assert "prepare" in found.table().names
    assert chosen <= set(KINDS)


def test_nothing_held_out_enters_a_preparation(spectra, base):
    held = np.array([0, 3, 7])
    garbage = spectra.raw.copy()
    garbage[:, held] = 100 * garbage[::-1, held]
    folds = [(np.setdiff1d(np.arange(24), held), held)]
    first, second = (
        nested_cross_validate(
            replace(spectra, features=raw), SPACE, base=base, folds=folds, inner_folds=2
        )
        for raw in (spectra.raw, garbage)
    )
    assert first.chosen == second.chosen
    assert_array_equal(first.folds[0].history.cost, second.folds[0].history.cost)


def test_a_validation_set_is_prepared_as_the_training_set(spectra, base):
    own, other = spectra.select(slice(16)), spectra.select(slice(16, None))
    found = sweep(own, SPACE, base=base, validation=other)
    for trial in found.trials:
        data = trial.setting.prepared(Splits(own, other))
        plain = replace(trial.setting, prepare=None)
        one = train(
            plain.network(40, 1), data.train, validation=data.validation, **plain.arguments()
        )
        assert_allclose(trial.cost.mean, one.history.validation_cost[-1], rtol=1e-10)
    assert_allclose(found.best.history.validation_cost[-1], found.trials[0].cost.mean, rtol=1e-10)


def test_other_experiments_take_it_too(spectra, base):
    setting, data = replace(base, prepare="snv,standard"), spectra.prepared("snv,standard")
    assert_allclose(
        leave_one_out(spectra, setting).change, leave_one_out(data, base).change, atol=1e-12
    )
    asked = spectra.raw[:, :2]
    with_it, without = without_each(spectra, asked, setting), without_each(data, asked, base)
    assert_allclose(with_it.without, without.without, rtol=1e-10)
    assert_allclose(with_it.full, without.full, rtol=1e-10)


def test_a_model_is_made_of_data_prepared_so(spectra, base):
    setting = replace(base, prepare="snv,standard")
    data = setting.prepared(spectra)
    for make in (
        lambda of: train(setting.network(40, 1), of, setting),
        lambda of: train_ensemble(of, setting, 2),
    ):
        with pytest.raises(
            InputError, match=r"prepared by snv,standard; got center\. Pass setting"
        ):
            make(spectra)
        model = Model.of(make(data).network, data)
        assert model.scaling.kind == "snv,standard"


def test_what_fills_missing_values_stays(spectra, base, tmp_path):
    raw = spectra.raw.copy()
    raw[3, ::5] = np.nan
    gaps = replace(spectra, features=raw).prepared("missing:median,standard")
    found = sweep(gaps, {"prepare": ["snv", "missing:zero,snv"]}, base=base, folds=3, refit=False)
    for trial in found.trials:
        kind = {"snv": "missing:median,snv"}.get(trial.setting.prepare, trial.setting.prepare)
        own = cross_validate(gaps.prepared(kind), base, folds=3)
        assert_allclose(trial.outputs, own.outputs, rtol=1e-10)


@pytest.mark.parametrize(
    ("own", "kind", "expected"),
    [
        ("standard", "snv,center", "snv,center"),
        ("missing:mean,onehot,standard", "snv", "missing:mean,onehot,snv"),
        ("missing:mean,onehot,standard", "missing:zero,snv", "missing:zero,onehot,snv"),
        ("onehot,standard", "missing:zero,onehot,log1p", "missing:zero,onehot,log1p"),
        ("missing:mean", "none", "missing:mean"),
        ("none", "none", "none"),
    ],
)
def test_steps_in_the_place_of_others(own, kind, expected):
    assert Scaling.named(own).instead(kind).kind == expected


def test_preparations_are_told_apart(spectra, base):
    one, other = (replace(base, prepare=kind) for kind in ("snv", "standard"))
    assert one.architecture != other.architecture != base.architecture
    examples = Examples("test", spectra)
    found = keys("test", examples, [Run(one), Run(other), Run(base)], None)
    assert len(set(found)) == 3
    assert examples.of(one) is examples.of(replace(one, l2=1.0))
    assert examples.of(base) is examples
    assert replace(base, prepare=["snv", "standard"]).prepare == "snv,standard"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("snw", r"Did you mean snv\?"),
        ("derivative:4", "an odd window"),
        ("snv,missing:mean", "filled before all else"),
        ("batch", "Name it"),
        (3, "a text"),
    ],
)
def test_bad_names_are_refused_where_the_setting_is_made(kind, message):
    with pytest.raises(InputError, match=message):
        Setting(prepare=kind)


def test_what_cannot_be_prepared_is_refused_before_anything_trains(spectra, base):
    seen = []
    how = {"base": base, "execution": None, "folds": 3}
    raw = spectra.raw.copy()
    raw[3, 4] = np.nan
    for data, kinds, message in (
        (replace(spectra, features=raw, scaling=Scaling()), ["missing:mean", "snv"], "missing"),
        (spectra, ["snv", "derivative:41"], "41 features or more"),
        (replace(spectra, features=-spectra.raw), ["center", "log1p"], "above -1"),
        (spectra, ["center", "batch:plate"], "the batch of each sample"),
        ((spectra.raw, spectra.Y), ["snv"], "a Dataset, whose features are raw; got a tuple"),
    ):
        from chainrule.experiments import Execution

        how["execution"] = Execution(progress=lambda done, total: seen.append(done))
        for function in (sweep, nested_cross_validate):
            with pytest.raises(InputError, match=message) as error:
                function(data, {"prepare": kinds}, **how)
            assert "\n" not in str(error.value)
    assert not seen


def test_a_table_opened_with_what_it_needs(tmp_path, base):
    path = tmp_path / "t.csv"
    rng = np.random.default_rng(1)
    cells = enumerate(rng.random((12, 2)))
    rows = [f"{u:.4f},{v:.4f},{'rgb'[i % 3]},{'xy'[i % 2]}" for i, (u, v) in cells]
    rows[3] = ",0.5,r,y"
    path.write_text("\n".join(["u,v,color,kind", *rows]))
    data = open_data(path, missing="mean", categories="onehot").train
    found = sweep(data, {"prepare": ["standard", "log1p,center"]}, base=base, folds=2)
    assert found.complete
    assert found.trials[0].setting.prepared(data).scaling.kind.startswith("missing:mean,onehot,")
