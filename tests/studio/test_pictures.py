"""An example's way forward and back, and the training examples that made its answer."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import Dataset, InputError, Model, Network, Splits
from chainrule.files.json_file import plain
from chainrule.influence.influence import next_step
from chainrule.jobs.options import Options, written
from chainrule.studio import pictures


def problem(n_classes=2, pictures=True, **given):
    """A trained model, its data, pictures 2 x 2 in color or a table, and the training."""
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (12, 14), dtype=np.uint8)
    names = tuple(f"c{k}" for k in range(n_classes))
    labels = np.arange(14) % n_classes
    shape = (2, 2, 3) if pictures else None
    whole = Dataset(pixels if pictures else pixels / 100.0, labels, names, image_shape=shape)
    whole = whole.prepared("pixels" if pictures else "standard")
    splits = Splits(whole.select(np.arange(10)), test=whole.select(np.arange(10, 14)))
    given = {"hidden": (4, 3), "learning_rate": 0.3, "iterations": 30} | given
    options = Options(**given).planned(False)
    setting = options.setting()
    start = setting.network(12, len(whole.Y), "classification")
    training = cr.train(start, splits.train, **setting.arguments())
    facts = {"options": written(options), "data": "somewhere", "iterations": 30}
    return Model.of(training.network, splits, facts), splits, training


def test_the_way_of_an_example_is_that_of_the_network():
    model, splits, _ = problem()
    found = plain(pictures.example(model, splits, "test", 2))
    one = splits.test.select([2])
    cache = model.network.forward(one.matrix())
    dZ = model.network.backward(cache, one.Y).dZ
    for k, layer in enumerate(found["layers"]):
        assert_allclose(layer["Z"], cache.Z[k][:, 0], rtol=1e-12)
        assert_allclose(layer["A"], cache.A[k][:, 0], rtol=1e-12)
        assert_allclose(layer["dZ"], dZ[k][:, 0], rtol=1e-12)
    for k in range(2):
        back = model.network.weights[k + 1].T @ dZ[k + 1]
        assert_allclose(found["layers"][k]["dA"], back[:, 0], rtol=1e-12)
    assert found["layers"][2]["dA"] is None
    dX = (model.network.weights[0].T @ dZ[0]).reshape(4, 3).sum(axis=1)
    lit = found["x"]["dX"]
    assert_allclose(np.array(lit["values"]) * lit["most"], dX, atol=lit["most"] / 1e4)
    P = model.predict_proba(one.raw)[:, 0]
    answer = found["answer"]
    assert_allclose(list(answer["probabilities"].values()), P)
    assert answer["right"] == (answer["decision"] == answer["label"])
    assert_allclose(answer["loss"], model.network.cost(one.matrix(), one.Y))


def test_of_a_table_the_largest_features_come_by_name(monkeypatch):
    monkeypatch.setattr(pictures, "FEATURES", 5)
    model, splits, _ = problem(pictures=False)
    x = plain(pictures.example(model, splits, "training", 1))["x"]
    X = splits.train.matrix().columns([1])[:, 0]
    assert [row["k"] for row in x["rows"]] == np.argsort(-abs(X))[:5].tolist()
    assert x["others"] == 7
    row = x["rows"][0]
    assert row["name"] == f"x{row['k'] + 1}"
    assert row["raw"] == splits.train.raw[row["k"], 1]
    assert row["X"] == pytest.approx(X[row["k"]])


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize(
    ("n_classes", "hidden", "activation"),
    [(2, (), "relu"), (2, (4, 3), "relu"), (3, (4, 3), "leaky_relu"), (3, (), "relu")],
)
def test_contributions_add_up_to_the_logit(n_classes, hidden, activation, l2):
    more = {"hidden": hidden, "activation": activation, "l2": l2, "first_layer": "dual"}
    model, splits, training = problem(n_classes, initializer="he", **more)
    made = pictures.example(model, splits, "test", 1, training.dual.C)["made_by"]
    Z, _ = model.network.outputs(splits.test.select([1]).matrix())
    top = np.sort(Z[:, 0])[::-1]
    logit = top[0] if len(top) == 1 else top[0] - top[1]
    assert_allclose(made["value"], logit, rtol=1e-12)
    parts = made["for"] + made["against"] + made["start"] + made["bias"] + made["above"]
    assert_allclose(parts, logit, rtol=0, atol=1e-10)
    assert abs(made["bend"]) < 1e-10
    assert made["exact"]
    # The start's part by itself, since otherwise it is what remains.
    if hidden == () and n_classes == 2:
        a, W0 = training.dual.a.item(), Options(**_plain(model)).setting().network(12, 1)
        x = splits.test.matrix().columns([1])
        assert_allclose(made["start"], (a * W0.weights[0] @ x).item(), atol=1e-10)
    assert len(made["rows"]) == 10
    sizes = [abs(row["value"]) for row in made["rows"]]
    assert sizes == sorted(sizes, reverse=True)


def _plain(model):
    saved = model.training["options"]
    own = {name: saved[name] for name in ("initializer", "l2", "iterations")}
    return own | {"hidden": (), "learning_rate": 0.3}


def test_what_bends_belongs_to_no_example_and_is_said():
    model, splits, training = problem(activation="tanh", first_layer="dual")
    made = pictures.example(model, splits, "test", 1, training.dual.C)["made_by"]
    assert not made["exact"]
    assert abs(made["bend"]) > 1e-3
    assert "tanh bends" in made["words"][0]
    sums = (made[name] for name in ("for", "against", "start", "bias", "above", "bend"))
    assert_allclose(sum(sums), made["value"], atol=1e-10)


@pytest.mark.parametrize("n_y", [1, 3])
def test_the_next_step_is_that_of_gradient_descent_on_one_example(n_y):
    rng = np.random.default_rng(2)
    X, x = cr.FloatMatrix(rng.standard_normal((6, 5))), cr.FloatMatrix(rng.standard_normal((6, 1)))
    Y = np.eye(3)[:, [0, 1, 2, 1, 0]] if n_y == 3 else np.array([[1.0, 0, 0, 1, 1]])
    network = Network.create((6, 4, n_y), activation="tanh", initializer="xavier", rng=1)
    delta = np.eye(n_y)[:, :1]
    found, rate = next_step(network, X, Y, x, delta), 1e-6

    def f(one):
        return one.forward(x).Z[-1][0, 0]

    for i in range(5):
        cache = network.forward(X.select([i]))
        of = network.backward(cache, Y[:, [i]])
        stepped = Network(
            *(
                tuple(p - rate * g for p, g in zip(old, new, strict=True))
                for old, new in ((network.weights, of.dW), (network.biases, of.db))
            ),
            network.activations,
            network.loss,
        )
        assert_allclose(found[i], (f(stepped) - f(network)) / rate, rtol=1e-4)


def test_without_coefficients_it_is_said_and_the_next_step_is_shown(monkeypatch):
    monkeypatch.setattr(pictures, "ASKED", 6)
    model, splits, _ = problem(first_layer="primal")
    made = plain(pictures.example(model, splits, "test", 1))["made_by"]
    assert made["kind"] == "next step"
    assert "and not here" in made["words"][0]
    assert "first 6 of 10" in made["words"][1]
    assert made["examples"] == 6


def test_an_answer_without_an_example_is_that_of_a_training_without_it():
    model, splits, _ = problem()
    found = plain(pictures.without(model, splits, "test", 1, [4, 7]))
    assert found["note"] == ""
    raw = splits.test.raw[:, [1]]
    assert_allclose(found["answer"], model.predict_proba(raw)[:, 0], rtol=1e-9)
    setting = Options(hidden=(4, 3), learning_rate=0.3, iterations=30).planned(False).setting()
    for row, k in zip(found["left_out"], [4, 7], strict=True):
        rest = splits.train.select(np.arange(10) != k)
        again = cr.train(setting.network(12, 1), rest, **setting.arguments())
        assert row["index"] == k
        assert_allclose(row["answer"], Model.of(again.network, rest).predict_proba(raw)[:, 0],
                        rtol=1e-9)  # fmt: skip
    assert len(pictures.without(model, splits, "test", 1)["left_out"]) == 10


def test_where_training_cannot_be_done_again_it_is_said():
    model, splits, _ = problem()
    early = replace(model, training=model.training | {
        "options": model.training["options"] | {"patience": 3}})  # fmt: skip
    assert "stopped early" in pictures.without(early, splits, "test", 1, [4])["note"]
    other = replace(model, network=problem(seed=9)[0].network)
    assert "ended with other weights" in pictures.without(other, splits, "test", 1, [4])["note"]


@pytest.mark.parametrize(("of", "i"), [("nowhere", 0), ("test", 4), ("test", -1)])
def test_examples_that_are_not_there(of, i):
    model, splits, _ = problem()
    for ask in (pictures.example, pictures.without):
        with pytest.raises(InputError, match="one of"):
            ask(model, splits, of, i)
