"""Whatever a public function is given, an error is chainrule's own, and says what is expected."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import data, experiments
from chainrule.errors import ChainruleError
from chainrule.graph import grad

WRONG = [
    None, 3, -1, 1.5, float("nan"), "x", "", b"x", [], [1, 2], [[1], [1, 2]], {"a": 1}, object(),
    np.zeros(3), np.zeros((2, 2)), np.array("x"), np.array([None]), True, 10**30, int, ("a", "b"),
    1j, range(3),
]  # fmt: skip


@pytest.fixture(scope="module")
def given():
    """Arguments that fit, by name."""
    train = data.open_data("planar:xor").train
    network = cr.Network.create((2, 3, 1))
    return {
        "network": network,
        "data": train,
        "train": train,
        "model": cr.Model.of(network, train),
        "decisions": data.label_decisions.Decisions("none", ()),
        "X": train.raw,
        "P": np.full((2, len(train)), 0.5),
        "layer_sizes": (2, 3, 1),
        "weights": network.weights,
        "biases": network.biases,
        "activations": network.activations,
        "loss": network.loss,
        "classes": train.classes,
        "iterations": 2,
        "path": "nowhere/file",
        "shape": (4, 4, 3),
        "values": {},
        "networks": [network],
        "source": "planar:xor",
    }


FUNCTIONS = {
    cr.Network: ("weights", "biases", "activations", "loss"),
    cr.Network.create: (
        *("layer_sizes", "?activation", "?output", "?loss", "?initializer", "?dtype", "?rng"),
    ),
    cr.Network.stack: ("networks",),
    cr.Model: ("network", "classes", "?scaling", "?image_shape", "?feature_names"),
    cr.Model.of: ("network", "data"),
    cr.save: ("model", "path"),
    cr.load: ("path",),
    cr.evaluate: ("model", "data"),
    cr.train: (
        *("network", "data", "iterations", "?optimizer", "?learning_rate", "?batch_size", "?l2"),
        *("?resume", "?validation", "?rng", "?record_every", "?early_stopping", "?callbacks"),
    ),
    cr.open_data: (
        *("source", "?test", "?size", "?scale", "?positive", "?labels", "?seed", "?label", "?drop"),
        *("?header", "?names", "?keep", "?na", "?decimal", "?separator", "?transpose"),
        "?drop_class",
    ),
    data.read_decisions: ("path",),
    data.apply_decisions: ("data", "decisions"),
    data.read_image: ("path", "shape"),
    data.matched: ("data", "train"),
    data.feature_matrix: ("X", "?dtype"),
    data.resident: ("X",),
    experiments.Setting.named: ("values",),
    experiments.review_labels: ("data", "P"),
}
CASES = [(f, names, name) for f, names in FUNCTIONS.items() for name in names]


@pytest.mark.parametrize(
    ("function", "names", "name"), CASES, ids=lambda case: getattr(case, "__qualname__", None)
)
def test_errors_are_our_own(function, names, name, given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fitting = {n: given[n] for n in names if not n.startswith("?")}
    for wrong in WRONG:
        if name == "iterations" and isinstance(wrong, int) and wrong > 99:
            continue  # a training that has no end is no error
        arguments = list((fitting | ({} if name.startswith("?") else {name: wrong})).values())
        named = {name[1:]: wrong} if name.startswith("?") else {}
        if function is cr.train:
            arguments, named = arguments[:2], named | {"iterations": arguments[2]}
        try:
            function(*arguments, **named)
        except ChainruleError as error:
            assert len(str(error)) > 20  # noqa: PT017 - what is not refused may fit


@pytest.mark.parametrize("sizes", [(10**9, 10**9, 1), (10**30, 1), (10**7, 10**7, 10**7, 1)])
def test_networks_beyond_the_memory(sizes):
    with pytest.raises(cr.InputError, match="expected what fits into memory"):
        cr.Network.create(sizes)


@pytest.mark.parametrize("wrong", [["a"], [None], "x", object()])
def test_what_is_differentiated_must_be_numbers(wrong):
    with pytest.raises(cr.InputError):
        grad(lambda a: (a * a).sum())(wrong)
