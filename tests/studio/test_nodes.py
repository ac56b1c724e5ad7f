"""One number of a pass: against numpy by hand, and against the slope of what is computed anew."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import Dataset, InputError, Model, Splits
from chainrule.files.json_file import plain
from chainrule.jobs.options import Options, written
from chainrule.studio import passes
from chainrule.studio.nodes import node

SIZES = (12, 4, 3, 1)


class Asked(passes.Passes):
    def node(self, moment, model, splits, of, array, place):
        return node(self.around(moment, model, splits, of, array, place), array, place)


def problem(n_classes=2, m=9, pictures=True, **given):
    """A trained model and its data, of pictures 2 x 2 in color or a table."""
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (12, m + 4), dtype=np.uint8)
    labels = np.arange(m + 4) % n_classes
    names = tuple(f"c{k}" for k in range(n_classes))
    shape = (2, 2, 3) if pictures else None
    data = Dataset(pixels if pictures else pixels / 100.0, labels, names, image_shape=shape)
    data = data.prepared("pixels" if pictures else "standard")
    splits = Splits(data.select(np.arange(m)), test=data.select(np.arange(m, m + 4)))
    whole = {"hidden": (4, 3), "learning_rate": 0.3, "iterations": 50, **given}
    setting = Options(**whole | {"iterations": 30, "changes": None}).planned(False).setting()
    options = Options(**whole).planned(False)
    start = setting.network(12, len(data.Y), "classification")
    training = cr.train(start, splits.train, **setting.arguments())
    facts = {"options": written(options), "data": "somewhere", "iterations": 30}
    return Model.of(training.network, splits, facts), splits, training


def by_hand(model, data, l2, weight):
    """All arrays of a pass, as the course writes it."""
    n, network = {"X": data.matrix(np.float64).columns(slice(None)), "Y": data.Y}, model.network
    A, L = n["X"], len(network.weights)
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), 1):
        n[f"W[{layer}]"], n[f"b[{layer}]"] = W, b
        Z = n[f"Z[{layer}]"] = W @ A + b
        A = n[f"A[{layer}]"] = np.maximum(Z, 0) if layer < L else 1 / (1 + np.exp(-Z))
    n["L"] = -(n["Y"] * np.log(A) + (1 - n["Y"]) * np.log(1 - A))[0]
    n["J"] = (weight * n["L"]).sum() + l2 / 2 * sum((W**2).sum() for W in network.weights)
    dZ = A - n["Y"]
    n[f"dA[{L}]"] = -n["Y"] / A + (1 - n["Y"]) / (1 - A)
    for layer in range(L, 0, -1):
        n[f"dZ[{layer}]"], W = dZ, network.weights[layer - 1]
        below = n[f"A[{layer - 1}]"] if layer > 1 else n["X"]
        n[f"dW[{layer}]"] = (weight * dZ) @ below.T + l2 * W
        n[f"db[{layer}]"] = (weight * dZ).sum(axis=1, keepdims=True)
        n[f"dA[{layer - 1}]" if layer > 1 else "dX"] = d = W.T @ dZ
        dZ = d * (below > 0) if layer > 1 else None
    return n


@pytest.mark.parametrize("of", ["training", "test"])
@pytest.mark.parametrize("given", [{}, {"l2": 0.2, "class_weight": "balanced"}], ids=str)
def test_every_kind_of_node_by_hand(given, of):
    model, splits, _ = problem(**given)
    data = splits.train if of == "training" else splits.test
    ones, y = np.ones((1, len(data))), data.Y
    if given and of == "training":
        ones = y / y.sum() + (1 - y) / (1 - y).sum()
    weight = ones / ones.sum()
    expected = by_hand(model, data, given.get("l2", 0), weight)
    asked, rng = Asked(), np.random.default_rng(1)
    for array, numbers in expected.items():
        for _ in range(3):
            at = tuple(int(rng.integers(n)) for n in np.shape(numbers))
            place = at[:1] if "b[" in array else at
            found = plain(asked.node(1, model, splits, of, array, place))
            assert_allclose(found["value"], numbers[at], rtol=1e-9, atol=1e-12)
            assert found["place"] == list(place)
            assert found["label"] in found["formula"]
            assert found["said"]
            terms = found["terms"]
            total = sum(row["product"] for row in terms["rows"]) + terms["others"]["sum"]
            assert_allclose(total + sum(terms["rest"].values()), found["value"], atol=1e-12)
            if array not in ("J", "Y"):
                assert found["check"]["agrees"], found
            if array[0] in "WbZAX":
                own = expected[f"d{array}"][at]
                own *= weight[0, at[1]] if array[0] in "ZAX" else 1
                assert_allclose(found["derivative"]["value"], own, rtol=1e-8, atol=1e-12)
                assert found["derivative"]["by"] == f"d{array}"


def test_the_penalty_is_that_of_the_moment():
    model, splits, _ = problem(l2=0.2, changes="10:l2=0.5,40:l2=9")
    J = model.network.cost(splits.train.matrix(), splits.train.Y, l2=0.5)
    assert_allclose(Asked().node(1, model, splits, "training", "J", ())["value"], J, rtol=1e-12)


def test_links_lead_to_nodes_and_back():
    model, splits, _ = problem()
    kept = Asked()

    def asked(array, place):
        return plain(kept.node(1, model, splits, "training", array, tuple(place)))

    waiting, seen = [("J", ())], set()
    while waiting:
        array, place = waiting.pop()
        for link in asked(array, place)["made_of"]:
            for one in link["nodes"]:
                there = one["array"], tuple(one["place"])
                assert one["value"] == pytest.approx(asked(*there)["value"])
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
    kinds = {array for array, _ in seen}
    assert kinds == {"L", "X", "Y", *(f"{k}[{n}]" for k in "WbZ" for n in (1, 2, 3)),
                     "A[1]", "A[2]"}  # fmt: skip
    used = asked("A[2]", (1, 4))["used_by"]
    assert [link["label"] for link in used] == ["Z[3][j, 4]", "dW[3][j, 1]"]


def test_of_a_unit_that_is_switched_off_one_that_is_on_is_named():
    model, splits, _ = problem()
    kept, named = Asked(), 0
    for j, i in np.ndindex(3, 9):
        Z, dZ = (kept.node(1, model, splits, "training", a, (j, i)) for a in ("Z[2]", "dZ[2]"))
        words = " ".join(dZ["notes"])
        assert ("switched off" in words) == (Z["value"] <= 0)
        if " is on: " in words:
            named += 1
            k = int(words.split("dZ[2][")[1].split(",")[0])
            assert kept.node(1, model, splits, "training", "dZ[2]", (k, i))["value"] != 0
    assert named


def test_whose_examples_J_is_of():
    model, splits, _ = problem()
    for of, update in (("training", False), ("test", True)):
        words = Asked().node(1, model, splits, of, "dW[2]", (0, 0))["said"]
        assert f"examples of the {of} set" in words
        assert ("no update is made" in words) == update


def test_a_picture_is_lit_where_terms_are_largest():
    model, splits, _ = problem()
    found = plain(Asked().node(1, model, splits, "test", "Z[1]", (2, 3)))
    lit, W = found["lit"], model.network.weights[0][2]
    terms = (W * splits.test.raw[:, 3] / 255).reshape(4, 3)
    assert_allclose(
        np.array(lit["values"]) * lit["most"], terms.sum(axis=1), atol=lit["most"] / 1e4
    )
    assert lit["colors"] == np.abs(terms).argmax(axis=1).tolist()
    assert (lit["array"], lit["place"]) == ("W[1]", [2, None])
    assert found["terms"]["rows"][0]["k"] == np.abs(terms).argmax()
    assert "of the pixel in row" in found["terms"]["rows"][0]["said"]
    marked = Asked().node(1, model, splits, "test", "dW[1]", (2, 7))["lit"]
    assert marked["at"] == 2
    table = problem(pictures=False)
    assert Asked().node(1, *table[:2], "test", "Z[1]", (2, 3))["lit"] is None


def test_of_large_data_a_part_is_traced_and_said(monkeypatch):
    model, splits, _ = problem()
    whole = plain(Asked().node(1, model, splits, "training", "dZ[2]", (1, 7)))
    monkeypatch.setattr(passes, "ROOM", 8 * 12 * 4)
    asked = Asked()
    part = plain(asked.node(1, model, splits, "training", "dZ[2]", (1, 7)))
    assert "Of 9 examples 4 to 7 were traced" in part.pop("notes")[0]
    for name in ("value", "formula", "label", "place", "shape", "terms", "said"):
        assert part[name] == (pytest.approx(whole[name]) if name == "value" else whole[name])
    assert part["used_by"][0] == whole["used_by"][0]
    J = plain(asked.node(1, model, splits, "training", "J", ()))
    assert [row["k"] for row in J["terms"]["rows"]] == sorted(
        range(4, 8), key=lambda k: -asked.node(1, model, splits, "training", "L", (k,))["value"]
    )


def test_a_pass_is_traced_once():
    model, splits, _ = problem()
    asked = Asked()
    asked.node("a", model, splits, "training", "Z[1]", (0, 0))
    other = replace(model, network=model.network.astype(np.float32))
    same = asked.node("a", other, splits, "training", "Z[1]", (0, 0))
    anew = asked.node("b", other, splits, "training", "Z[1]", (0, 0))
    assert same["value"] != anew["value"]


@pytest.mark.parametrize(
    ("of", "array", "place", "words"),
    [
        ("nowhere", "J", (), "one of training, test"),
        ("training", "Q[1]", (0, 0), "Z\\[l\\]"),
        ("training", "W[7]", (0, 0), "l from 1 to 3"),
        ("training", "Z[1]", (0, 9), "one of 9 in the training set"),
        ("training", "Z[1]", (0, -1), "one of 9 in the training set"),
        ("training", "Z[1]", (4, 0), "a row and a column"),
        ("training", "Z[1]", (), "a row and a column"),
        ("training", "W[1]", (0, 12), "a row and a column"),
        ("training", "b[1]", (-1,), "a row and a column"),
        ("training", "L", (1, 2), "an example of L"),
        ("training", "J", (0,), "one number"),
    ],
)
def test_what_there_is_not(of, array, place, words):
    model, splits, _ = problem()
    with pytest.raises(InputError, match=words):
        Asked().node(1, model, splits, of, array, place)
