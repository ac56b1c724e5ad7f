"""Answers to examples without labels: matched by name, of one network and of many."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import DataError, InputError
from chainrule.model.model_file import decided

COLUMNS = [f"g{k}" for k in range(30)]


def frame(m, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    kinds = np.array(["elm", "fir", "oak"])[rng.integers(0, 3, m)]
    X = rng.normal(size=(m, 30)) + (kinds == "oak")[:, None] + shift
    return pd.DataFrame(X, columns=COLUMNS, index=[f"s{i}" for i in range(m)]).assign(label=kinds)


@pytest.fixture(scope="module")
def data():
    return cr.open_data(frame(40, 1)).train


@pytest.fixture(scope="module")
def model(data):
    network = cr.Network.create((30, 4, 3), rng=1)
    return cr.Model.of(cr.train(network, data, iterations=50).network, data)


def test_columns_are_matched_by_name_and_labels_not_looked_at(model):
    new = frame(5, 2)
    expected = model.predict_proba(new[COLUMNS].to_numpy().T)
    found = cr.predictions(model, new)
    assert_allclose(found.numbers, expected, rtol=1e-12)
    assert found.names == tuple(new.index)
    moved = new[COLUMNS[::-1]].assign(age=7, label=None)
    again = cr.predictions(model, moved)
    assert_allclose(again.numbers, expected, rtol=1e-12)
    assert "left out 'label', 'age'" in "; ".join(again.notes) or "'age', 'label'" in "; ".join(
        again.notes
    )
    labeled = cr.open_for(model, new).train
    assert_allclose(cr.predictions(model, labeled).numbers, expected, rtol=1e-12)
    rows = found.table().records()
    k = decided(expected)
    assert [row["class"] for row in rows] == [model.classes[j] for j in k]
    assert_allclose([row["probability"] for row in rows], expected[k, np.arange(5)])
    assert_allclose([row["probability of oak"] for row in rows], expected[2])
    assert "spread" not in rows[0]
    assert "unlike" not in rows[0]


def test_an_ensemble_says_its_spread(data):
    from chainrule.experiments import Setting, train_ensemble

    network = train_ensemble(data, Setting(hidden=(3,), iterations=20), 3).network
    model = cr.Model.of(network, data)
    new = frame(4, 3)
    found = cr.predictions(model, new)
    each = [model.member(r).predict_proba(new[COLUMNS].to_numpy().T) for r in range(3)]
    assert_allclose(found.numbers, np.mean(each, axis=0), rtol=1e-6)
    assert_allclose(found.spread, np.std(each, axis=0), rtol=1e-5)
    record = found.records()[0]
    assert set(record["spreads"]) == set(model.classes)
    assert record["spread"] == record["spreads"][record["class"]]


@pytest.mark.parametrize("members", [1, 3])
def test_a_regression_gives_values_in_its_unit(members):
    from chainrule.experiments import Setting, train_ensemble

    table = frame(30, 1).assign(label=lambda t: 50 + 3 * t["g0"] + 0.01)
    data = cr.open_data(table).train
    setting = Setting(hidden=(), loss="squared_error", learning_rate=0.01, iterations=50)
    model = cr.Model.of(train_ensemble(data, setting, members).network, data)
    new = frame(4, 3)[COLUMNS]
    found = cr.predictions(model, new, data)
    assert_allclose(found.numbers[0], model.predict(new.to_numpy().T))
    assert abs(found.numbers.mean() - 50) < 10
    records = found.records()
    assert set(records[0]) == {"name", "value", "unlike"} | ({"spread"} if members > 1 else set())
    if members > 1:
        assert_allclose(found.spread, model.spread(new.to_numpy().T))


def test_examples_unlike_all_training_examples_are_told(model, data):
    new = pd.concat([frame(3, 4), frame(1, 5, shift=50.0)])
    found = cr.predictions(model, new, data)
    assert found.unlike[:3] == ("", "", "")
    assert "farther" in found.unlike[3]


def test_what_is_no_training_set_or_no_table_for_the_model(model, data):
    known = cr.Model(model.network, model.classes, model.scaling, None, tuple(COLUMNS))
    known.training["digest"] = data.digest()
    cr.predictions(known, frame(3, 4), data)
    with pytest.raises(InputError, match="digest differs"):
        cr.predictions(known, frame(3, 4), data.select(range(20)))
    with pytest.raises(DataError, match=r"30 columns .*; got 1 missing \(g3\), 1 others \(h\)"):
        cr.predictions(model, frame(3, 4).rename(columns={"g3": "h"}))
    with pytest.raises(DataError, match="a header only"):
        cr.predictions(model, frame(0, 4))
    with pytest.raises(DataError, match="a label column 'label'; got none"):
        cr.open_for(known_label(model), frame(3, 4).drop(columns="label"))


def known_label(model):
    training = {"reading": {"label": "label"}}
    return cr.Model(model.network, model.classes, model.scaling, None, tuple(COLUMNS), training)


def test_a_mixed_up_patient_is_unlike_and_most_held_out_ones_are_not(wide_data):
    """Each of three rules may find one in m + 1 = 31 that is like the others."""
    table = pd.read_csv(wide_data / "golub.csv", index_col=0)
    new = table.iloc[::5].drop(columns="label")
    data = cr.open_data(table.drop(new.index)).train
    network = cr.Network.create((3051, 1), rng=1)
    model = cr.Model.of(cr.train(network, data, iterations=20).network, data)
    mixed = np.random.default_rng(0).permutation(new.iloc[1].to_numpy())
    new.iloc[1] = mixed
    found = cr.predictions(model, new, data).unlike
    assert found[1]
    assert sum(map(bool, found)) <= 3
