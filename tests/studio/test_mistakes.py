"""Which examples are wrong, in which order, and whether the network may say so."""

import math

import numpy as np
import pytest

from chainrule import Network
from chainrule.data import Dataset, Splits
from chainrule.errors import InputError
from chainrule.model.model_file import Model
from chainrule.studio.mistakes import MOST, doubt, mistakes

# P(dog) = sigmoid(x): 0.05, 0.9, 0.8, 0.4, 0.3, 0.75
P = np.array([0.05, 0.9, 0.8, 0.4, 0.3, 0.75])
LABELS = np.array([0, 1, 0, 1, 0, 0])
NAMES = ("b", "a", "f", "c", "e", "d")
CLASSES = ("cat", "dog")
ENTROPY = "binary_cross_entropy"


def data(p=P, labels=LABELS, names=NAMES):
    return Dataset(np.log(p / (1 - p))[None], labels, CLASSES, names)


@pytest.fixture
def model():
    return Model(Network((np.ones((1, 1)),), (np.zeros((1, 1)),), ("sigmoid",), ENTROPY), CLASSES)


@pytest.fixture
def splits():
    return Splits(data(), test=data(P[:4], LABELS[:4], NAMES[:4]))


def names(found):
    return [row["name"] for row in found["rows"]]


def test_mistakes_with_their_numbers(model, splits):
    found = mistakes(model, splits, {})
    assert (found["set"], found["sets"]) == ("test", {"training": 6, "test": 4})
    assert (found["examples"], found["wrong"], found["accuracy"]) == (4, 2, 0.5)
    assert found["confusion"] == [[1, 1], [1, 1]]
    f, c = found["rows"]
    assert (f["example"], f["actual"], f["predicted"]) == (2, "cat", "dog")
    assert f["probability"] == pytest.approx(0.8)
    assert f["loss"] == pytest.approx(-math.log(0.2))
    assert c["loss"] == pytest.approx(-math.log(0.4))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, "fdc"),
        ({"sort": "probability"}, "fdc"),
        ({"sort": "name"}, "cdf"),
        ({"actual": "cat"}, "fd"),
        ({"actual": "dog", "predicted": "cat"}, "c"),
        ({"kind": "right", "sort": "name"}, "abe"),
        ({"kind": "right"}, "eab"),  # the least sure of their label first
        ({"kind": "right", "sort": "probability"}, "bae"),
        ({"kind": "all", "predicted": "cat", "sort": "name"}, "bce"),
        ({"from": "1"}, "dc"),
        ({"from": "9"}, ""),
    ],
)
def test_sorted_and_filtered(model, splits, asked, expected):
    found = mistakes(model, splits, {"set": "training"} | asked)
    assert "".join(names(found)) == expected
    assert found["examples"] == 6, "all are counted, whatever is shown"


def test_no_more_than_a_page(model):
    many = data(np.full(300, 0.9), np.zeros(300, int), None)
    found = mistakes(model, Splits(data(), test=many), {})
    assert (found["found"], len(found["rows"])) == (300, MOST)


@pytest.mark.parametrize(
    "asked",
    [
        {"set": "nowhere"},
        {"sort": "age"},
        {"kind": "x"},
        {"actual": "cow"},
        {"from": "-1"},
        {"from": "²"},
    ],
)
def test_what_cannot_be_asked(model, splits, asked):
    with pytest.raises(InputError, match="expected"):
        mistakes(model, splits, asked)


def test_training_mistakes_are_said_to_be_that(model, splits):
    test, training = (mistakes(model, splits, {"set": name}) for name in ("test", "training"))
    assert test["held_out"]
    assert not test["decides"], "held-out labels stay"
    assert not training["held_out"]
    assert training["decides"]
    assert "trained on" in training["words"][0]
    assert "trained on" not in " ".join(test["words"])


def test_a_weak_network_judges_no_label(model):
    p = np.tile([0.1, 0.9], 50)
    good = data(p, np.tile([0, 1], 50), None)
    weak = data(p, np.repeat([0, 1], 50), None)
    judges = {}
    for name, held in (("good", good), ("weak", weak)):
        found = mistakes(model, Splits(good, test=held), {"set": "training"})
        judges[name] = found["judges"]
        assert ("than guessing" in " ".join(found["words"])) == (name == "weak")
    assert judges == {"good": True, "weak": False}
    alone = mistakes(model, Splits(good), {})
    assert (alone["judges"], alone["verdict"]) == (False, None), "nothing was held out"


def test_a_regression_has_distances():
    network = Network((np.ones((1, 1)),), (np.zeros((1, 1)),), ("identity",), "squared_error")
    numbers = Dataset(np.array([[1.0, 2.0, 3.0]]), np.array([1.5, -1.0, 3.0]), (), ("a", "b", "c"))
    found = mistakes(Model(network, ()), Splits(numbers), {})
    assert [(row["name"], row["loss"]) for row in found["rows"]] == [("b", 3), ("a", 0.5), ("c", 0)]
    assert found["rmse"] == pytest.approx(math.sqrt((0.25 + 9) / 3))
    assert not found["judges"]
    assert not found["decides"]


def test_what_a_label_could_be_instead(model):
    p = np.tile([0.1, 0.9], 50)
    held = data(p, np.tile([0, 1], 50), None)
    assert doubt(model, Splits(data(), test=held), 2) == {
        "suggested": "dog",
        "probability_of_given": pytest.approx(0.2),
        "probability_of_suggested": pytest.approx(0.8),
    }
    assert doubt(model, Splits(data()), 2) == {}, "how good it is, is not known"
