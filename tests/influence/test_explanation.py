"""Why a model said what it said: each part against a plain computation."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import InputError, Network
from chainrule.data import Scaling
from chainrule.experiments import Setting, without_each
from chainrule.influence.explanation import explain
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


@pytest.mark.parametrize("decision", [0, 1])
def test_logistic_regression_is_its_pixels_and_its_examples(shirts, decision):
    train, test = shirts
    start, model = trained(train)
    place = int(np.flatnonzero(model.predict(test.raw) == decision)[0])
    raw = test.raw[:, [place]]
    (found,) = explain(model, raw, train, start, **OPTIONS)
    assert found.decision == decision
    z = model.network.forward(raw / 255).Z[-1].item()
    sign = 1 if found.decision else -1
    bias = model.network.biases[0].item()
    assert_allclose(found.product.sum() + sign * bias, sign * z, atol=1e-12)
    assert_allclose(found.contributions.after, sign * z, atol=1e-10)
    assert_allclose(found.saliency, sign * model.network.weights[0][0] / 255, rtol=1e-12)
    parts = found.contributions.before + found.contributions.of_examples.sum()
    assert_allclose(parts, sign * z, atol=1e-10)
    assert abs(found.contributions.missing) < 1e-10
    assert_allclose(found.P, model.predict_proba(raw)[:, 0])


def test_a_deep_network_says_what_is_missing(shirts):
    train, test = shirts
    start, model = trained(train, (6, 4))
    (found,) = explain(model, test.raw[:, [3]], train, start, **OPTIONS)
    assert found.product is None
    s = found.contributions
    assert_allclose(s.before + s.of_examples.sum() + s.penalty + s.missing, s.after)
    assert abs(s.missing) < 0.05 * abs(s.after - s.before)


def test_other_data_than_it_was_trained_on_are_noticed(shirts):
    train, test = shirts
    start, model = trained(train)
    other = train.select(np.arange(79))
    with pytest.raises(InputError, match="training again gave other weights"):
        explain(model, test.raw[:, [0]], other, start, **OPTIONS)


def test_the_data_are_known_by_their_digest(shirts):
    train, test = shirts
    start, model = trained(train)
    known = replace(model, training={"digest": train.digest()})
    raw = test.raw[:, :2]
    for found in explain(known, raw, train, start, **OPTIONS):
        assert found.contributions is not None
        assert found.note == ""
    with pytest.raises(InputError, match="trained on; got others: their digest differs"):
        explain(known, raw, train.select(np.arange(79)))
    renamed = replace(train, names=None, source="elsewhere")
    assert explain(known, raw, renamed)[0].neighborhood is not None


def test_the_same_data_and_a_training_that_ends_elsewhere(shirts):
    """As an unstable one does, by rounding alone; here other settings stand in for that."""
    train, test = shirts
    start, model = trained(train)
    known, raw = replace(model, training={"digest": train.digest()}), test.raw[:, [0]]
    exact = without_each(train, raw, Setting(hidden=(), learning_rate=0.1, iterations=5))
    diverging = OPTIONS | {"learning_rate": 1e300}
    for options in (OPTIONS | {"iterations": 59}, diverging):
        (found,) = explain(known, raw, train, start, exact, **options)
        assert (found.contributions, found.exact) == (None, None)
        assert found.neighborhood is not None
        assert found.note.startswith("training again ended with other weights than the model's")


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
    assert explain(model, noise, train)[0].neighborhood.out_of_distribution
    assert not explain(model, train.raw[:, [0]], train)[0].neighborhood.out_of_distribution


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
    start, model = trained(train)
    (found,) = explain(model, test.raw[:, [3]], train, start, **OPTIONS)
    figure = explanation_plot(found, test.raw[:, 3], train, "a $x^{ title")
    drawn = [axes for part in figure.subfigs for axes in part.axes if axes.images]
    assert len(drawn) == 3 + 3 * 6
    assert_array_equal(drawn[0].images[0].get_array(), test.raw[:, 3].reshape(28, 28))
    top = int(np.argmax(found.contributions.of_examples))
    assert train.names[top] in drawn[3].get_title()


def test_several_at_once_are_each_alone(shirts):
    train, test = shirts
    start, model = trained(train, (6,))
    together = explain(model, test.raw[:, :3], train, start, **OPTIONS)
    for k, found in enumerate(together):
        (alone,) = explain(model, test.raw[:, [k]], train, start, **OPTIONS)
        # Each step is integrated as finely as the most difficult of them needs.
        assert_allclose(found.contributions.of_examples, alone.contributions.of_examples, atol=1e-3)
        assert_array_equal(found.neighborhood.nearest, alone.neighborhood.nearest)
        assert found.decision == alone.decision
        assert_allclose(found.saliency, alone.saliency, rtol=1e-12)


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_exact_changes_of_other_data_are_noticed(shirts, optimizer):
    """However sure the answers are: their probabilities may be alike."""
    train, test = shirts
    setting = Setting(hidden=(), optimizer=optimizer, learning_rate=0.05, iterations=60)
    found = cr.train(setting.network(784, 1), train, **setting.arguments())
    model, raw = cr.Model.of(found.network, train), test.raw[:, :2]
    exact = without_each(train, raw, setting)
    whys = explain(model, raw, train, exact=exact)
    for k, why in enumerate(whys):
        assert_allclose(why.exact, exact.change([w.decision for w in whys])[:, k])
    other = train.select(np.arange(len(train)) > 3)
    with pytest.raises(InputError, match="other weights"):
        explain(model, raw, other, exact=without_each(other, raw, setting))
    with pytest.raises(InputError, match="of the same examples as raw"):
        explain(model, test.raw[:, :3], train, exact=exact)


@pytest.mark.parametrize("hidden", [(), (3,)])
def test_a_regression_is_explained_in_its_own_unit(hidden):
    rng = np.random.default_rng(4)
    raw = rng.normal(3, 2, (8, 12))
    data = cr.Dataset(raw, 70 + raw[0] - raw[1], (), scaling=Scaling.standard(raw))
    setting = Setting(hidden=hidden, activation="tanh", learning_rate=0.05, iterations=40, l2=0.01)
    start = setting.network(8, 1, "regression")
    model = cr.Model.of(cr.train(start, data, setting).network, data)
    asked, exact = raw[:, :2] + 0.5, without_each(data, raw[:, :2] + 0.5, setting)
    value = model.predict(asked)
    arguments = setting.arguments()
    found = explain(model, asked, data, start=start, exact=exact, **arguments)
    for k, one in enumerate(found):
        parts = one.contributions
        assert_allclose(one.P, [value[k]])
        assert_allclose(parts.after, value[k])
        total = parts.before + parts.of_examples.sum() + parts.penalty + parts.missing
        assert_allclose(total, value[k])
        assert abs(parts.missing) < 0.05
        assert_allclose(one.exact, exact.full[0, k] - exact.without[:, 0, k])
        step = np.zeros((8, 1))
        step[2] = 1e-5
        slope = (model.predict(asked[:, [k]] + step) - model.predict(asked[:, [k]] - step)) / 2e-5
        assert_allclose(one.saliency[2], slope[0], rtol=1e-5)
    if not hidden:
        assert_allclose(found[0].product.sum() + model.network.biases[0].item(), value[0])
