"""Why a model said what it said: each part against a plain computation."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import InputError, Network
from chainrule.data import Scaling
from chainrule.experiments import Setting, without_each
from chainrule.influence.explanation import Explanation, explain
from chainrule.influence.out_of_distribution import neighborhoods
from chainrule.show.picture_plots import explanation_plot

OPTIONS = {"learning_rate": 0.05, "iterations": 60}


@pytest.fixture(scope="module")
def shirts():
    splits = cr.open_data("fashion", positive="Shirt")
    return splits.train.select(np.arange(80)), splits.test


def trained(train, hidden=()):
    start = Network.create((784, *hidden, 1), initializer="xavier", rng=1)
    return start, cr.Model.of(cr.train(start, train, **OPTIONS).network, train)


@pytest.mark.parametrize("hidden", [(), (6, 4)])
def test_effects_are_what_covering_a_patch_takes_away(shirts, hidden):
    """Each patch of 7 x 7 covered by the mean picture, one after the other."""
    train, test = shirts
    _, model = trained(train, hidden)
    (found,) = explain(model, test.raw[:, [3]], train)
    mean, x = train.raw.mean(axis=1) / 255, test.raw[:, 3] / 255
    sign = 1 if found.decision else -1
    before = sign * model.network.forward(x[:, None]).Z[-1].item()
    assert found.effects.shape == (28, 28)
    for row, column in ((0, 0), (3, 17), (14, 14), (27, 26)):
        patch = np.zeros((28, 28), bool)
        patch[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4] = True
        covered = np.where(patch.ravel(), mean, x)
        after = sign * model.network.forward(covered[:, None]).Z[-1].item()
        assert_allclose(found.effects[row, column], before - after, atol=1e-10)


def test_other_data_than_it_was_trained_on_are_noticed(shirts):
    train, test = shirts
    _, model = trained(train)
    known = replace(model, training={"digest": train.digest()})
    raw = test.raw[:, :2]
    with pytest.raises(InputError, match="trained on; got others: their digest differs"):
        explain(known, raw, train.select(np.arange(79)))
    renamed = replace(train, names=None, source="elsewhere")
    assert explain(known, raw, renamed)[0].neighborhood is not None


def test_the_same_data_and_a_training_that_ends_elsewhere(shirts):
    """As an unstable one does, by rounding alone; here other settings stand in for that."""
    train, test = shirts
    _, model = trained(train)
    known, raw = replace(model, training={"digest": train.digest()}), test.raw[:, [0]]
    exact = without_each(train, raw, Setting(hidden=(), learning_rate=0.1, iterations=5))
    (found,) = explain(known, raw, train, [exact])
    assert found.changes is None
    assert found.neighborhood is not None
    assert found.note.startswith("training again ended with other weights than the model's")
    with pytest.raises(InputError, match="it gave other weights"):
        explain(model, raw, train, [exact])


def test_other_starts_say_how_far_the_changes_are_accidents():
    def of(*changes):
        return Explanation(0, np.ones(1), changes=np.array(changes, float))

    assert np.isnan(of([1, 2, 3]).agreement)
    assert of([1, 2, 3]).trust == of([1, 2, 3]).elsewhere(0) == ""
    deep = Explanation(0, np.ones(1), changes=np.ones((1, 3)), deep=True)
    assert "which were not tried" in deep.trust
    # Shrout & Fleiss 1979, tables 2 and 4: six targets and four judges, ICC(2,1) = 0.29.
    judges = [[9, 6, 8, 7, 10, 6], [2, 1, 4, 1, 5, 2], [5, 3, 6, 2, 6, 4], [8, 2, 8, 6, 9, 7]]
    assert of(*judges).agreement == pytest.approx(0.29, abs=0.005)
    assert of([1, 2, 3, np.nan], [1, 2, 3, 5]).agreement == pytest.approx(1)
    assert "much the same" in of([1, 2, 3], [1, 2, 4]).trust
    assert of([9, 9], [-0.5, 9], [0.1, np.nan]).elsewhere(0) == "-0.2 ± 0.3"
    assert of([9, 9], [-0.5, 9], [0.1, np.nan]).elsewhere(1) == "+9"
    assert "only partly the same" in of([1, 2, 3], [1, 3, 2]).trust
    # Neither the same order in another size, nor the same sizes of another sign are the same.
    for other in ([10, 20, 30], [-1, -2, -3]):
        assert "mostly accidents" in of([1, 2, 3], other).trust
    assert "training stopped on the way down" in of([1, 2, 3], [3, 2, 1]).trust
    deep = Explanation(0, np.ones(1), changes=np.array([[1.0, 2, 3], [3, 2, 1]]), deep=True)
    assert "on the way down" not in deep.trust
    assert np.isnan(of([1, 2, 3], [0, 0, 0]).agreement)
    assert "no example changes anything" in of([1, 2, 3], [0, 0, 0]).trust
    assert "by more than rounding" in of([0, 0, 0], [1, 2, 3]).trust


def test_of_a_saturated_model_no_example_changes_anything():
    rng = np.random.default_rng(0)
    raw = rng.standard_normal((30, 12))
    data = cr.Dataset(raw, np.arange(12) % 2, ("a", "b"), scaling=Scaling.standard(raw))
    setting = Setting(hidden=(4,), learning_rate=1000, iterations=5)
    model = cr.Model.of(cr.train(setting.network(30, 1), data, setting).network, data)
    exact = without_each(data, raw[:, :2], setting)
    for one in explain(model, raw[:, :2], data, [exact]):
        sizes = np.abs(one.changes)
        assert not ((sizes > 0) & (sizes < 1e-16)).any()
        assert one.neighborhood.distances[0] == 0  # to itself


def test_the_nearest_are_those_of_the_plain_distances(shirts):
    train, test = shirts
    X, x = train.matrix(), test.select(np.array([7])).matrix()
    (found,) = neighborhoods(X, x, count=4)
    plain = train.raw / 255.0
    distances = np.linalg.norm(plain - test.raw[:, [7]] / 255.0, axis=0)
    assert_array_equal(found.nearest, np.argsort(distances)[:4])
    assert_allclose(found.distances, np.sort(distances)[:4], rtol=1e-9)
    among = np.linalg.norm(plain[:, :, None] - plain[:, None], axis=0)
    np.fill_diagonal(among, np.inf)
    assert found.share == (among.min(axis=1) >= distances.min()).mean()


def test_a_picture_unlike_all_is_said_to_be(shirts):
    train, _ = shirts
    _, model = trained(train)
    noise = np.random.default_rng(0).integers(0, 256, (784, 1), dtype=np.uint8)
    (found,) = explain(model, noise, train)
    assert found.neighborhood.out_of_distribution
    assert not found.known
    (found,) = explain(model, train.raw[:, [0]], train)
    assert not found.neighborhood.out_of_distribution
    assert found.known


def test_one_training_example(shirts):
    train, test = shirts
    (found,) = neighborhoods(train.select(np.array([0])).matrix(), test.select([0]).matrix())
    assert found.nearest.tolist() == [0]


@pytest.mark.parametrize(
    ("raw", "message"),
    [(np.zeros(784, np.uint8), "explain"), (np.zeros((5, 1), np.uint8), "784")],
)
def test_bad_input(raw, message, shirts):
    _, model = trained(shirts[0])
    with pytest.raises(InputError, match=message):
        explain(model, raw)


def test_the_picture_has_a_panel_for_each_part(shirts):
    train, test = shirts
    setting = Setting(hidden=(3,), learning_rate=0.05, iterations=20)
    network = cr.train(setting.network(784, 1), train, setting).network
    model, raw = cr.Model.of(network, train), test.raw[:, [3]]
    exact = [without_each(train, raw, replace(setting, seed=seed)) for seed in (0, 1)]
    (found,) = explain(model, raw, train, exact)
    figure = explanation_plot(found, test.raw[:, 3], train, "a $x^{ title")
    drawn = [axes for part in figure.subfigs for axes in part.axes if axes.images]
    assert len(drawn) == 2 + 3 * 6
    assert_array_equal(drawn[0].images[0].get_array(), test.raw[:, 3].reshape(28, 28))
    top = int(np.argmax(found.changes[0]))
    assert train.names[top] in drawn[2].get_title()
    assert len(found.changes) == 2


def test_several_at_once_are_each_alone(shirts):
    train, test = shirts
    _, model = trained(train, (6,))
    together = explain(model, test.raw[:, :3], train)
    for k, found in enumerate(together):
        (alone,) = explain(model, test.raw[:, [k]], train)
        assert_array_equal(found.neighborhood.nearest, alone.neighborhood.nearest)
        assert found.decision == alone.decision
        assert_allclose(found.effects, alone.effects, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_exact_changes_of_other_data_are_noticed(shirts, optimizer):
    """However sure the answers are: their probabilities may be alike."""
    train, test = shirts
    setting = Setting(hidden=(), optimizer=optimizer, learning_rate=0.05, iterations=60)
    found = cr.train(setting.network(784, 1), train, **setting.arguments())
    model, raw = cr.Model.of(found.network, train), test.raw[:, :2]
    exact = without_each(train, raw, setting)
    whys = explain(model, raw, train, [exact])
    for k, why in enumerate(whys):
        assert_allclose(why.changes[0], exact.change([w.decision for w in whys])[:, k])
    other = train.select(np.arange(len(train)) > 3)
    with pytest.raises(InputError, match="other weights"):
        explain(model, raw, other, [without_each(other, raw, setting)])
    with pytest.raises(InputError, match="of the same examples as raw"):
        explain(model, test.raw[:, :3], train, [exact])


@pytest.mark.parametrize("hidden", [(), (3,)])
def test_a_regression_is_explained_in_its_own_unit(hidden):
    rng = np.random.default_rng(4)
    raw = rng.normal(3, 2, (8, 12))
    data = cr.Dataset(raw, 70 + raw[0] - raw[1], (), scaling=Scaling.standard(raw))
    setting = Setting(hidden=hidden, activation="tanh", learning_rate=0.05, iterations=40, l2=0.01)
    start = setting.network(8, 1, "regression")
    model = cr.Model.of(cr.train(start, data, setting).network, data)
    asked, exact = raw[:, :2] + 0.5, without_each(data, raw[:, :2] + 0.5, setting)
    value, means = model.predict(asked), raw.mean(axis=1)
    for k, one in enumerate(explain(model, asked, data, [exact])):
        assert_allclose(one.P, [value[k]])
        assert_allclose(one.changes[0], exact.full[0, k] - exact.without[:, 0, k])
        for j in (0, 5):
            other = asked[:, [k]].copy()
            other[j] = means[j]
            assert_allclose(one.effects[j], value[k] - model.predict(other)[0], atol=1e-9)
