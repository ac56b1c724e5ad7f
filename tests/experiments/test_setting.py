"""A setting: checked where it is made; stacked, it is what each would be alone."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import InputError
from chainrule.experiments import Setting
from chainrule.experiments.setting import arguments, networks


def test_numbers_of_numpy_become_plain():
    found = Setting.named(
        {"hidden": [np.int64(3), 2], "learning_rate": np.float64(0.5), "dtype": np.float32}
    )
    assert found == Setting(hidden=(3, 2), learning_rate=0.5, dtype="float32")
    assert type(found.learning_rate) is float
    assert {found: 1}[replace(found)] == 1


def test_a_single_size_is_one_layer():
    assert Setting(hidden=4).hidden == (4,)
    assert Setting(hidden=[]).hidden == ()


def test_the_architecture_leaves_out_what_runs_may_differ_in():
    one = Setting(hidden=(3,), l2=0.1, seed=4, learning_rate=1.0, momentum=0.1, initializer=0.3)
    assert one.architecture == Setting(hidden=(3,)).architecture
    for other in ({"hidden": ()}, {"iterations": 5}, {"optimizer": "adam"}, {"dtype": "float32"}):
        assert one.with_values(other).architecture != one.architecture


@pytest.mark.parametrize("same", [True, False])
def test_stacked_networks_are_those_of_each(same):
    settings = [
        Setting(hidden=(3,), learning_rate=0.1 * (1 + k), seed=0 if same else k) for k in range(3)
    ]
    stacked = networks(settings, 4, 1)
    for r, one in enumerate(settings):
        for W, expected in zip(stacked.run(r).weights, one.network(4, 1).weights, strict=True):
            assert_array_equal(W, expected)


def test_the_shuffling_is_not_the_starting_weights():
    one = Setting(seed=3)
    drawn = one.arguments()["rng"].standard_normal(5)
    assert_array_equal(drawn, arguments([Setting(), one])["rng"][1].standard_normal(5))
    assert (drawn != np.random.default_rng(3).standard_normal(5)).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hidden": 0}, "hidden to be a whole number of at least 1; got 0"),
        ({"hidden": (3, "a")}, "hidden"),
        ({"hidden": None}, "hidden"),
        ({"hidden": "20,7"}, "hidden"),
        ({"activation": "rleu"}, "Did you mean relu"),
        ({"activation": 5}, "activation"),
        ({"activation": ("relu", [])}, "activation"),
        ({"output": "sigmod"}, "Did you mean sigmoid"),
        ({"output": []}, "output"),
        ({"loss": "cross_entropy"}, "loss"),
        ({"initializer": "hee"}, "Did you mean he"),
        ({"initializer": -1.0}, "scale"),
        ({"initializer": None}, "initializer"),
        ({"initializer": [1]}, "initializer"),
        ({"optimizer": "adm"}, "Did you mean adam"),
        ({"optimizer": {}}, "optimizer"),
        ({"learning_rate": 0}, "0 < learning_rate"),
        ({"learning_rate": [0.1]}, "learning_rate"),
        ({"learning_rate": 10**400}, "learning_rate"),
        ({"momentum": 1.0}, "momentum < 1"),
        ({"schedule": "cosin"}, "Did you mean cosine"),
        ({"iterations": -1}, "iterations"),
        ({"iterations": "5"}, "iterations"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": "3"}, "batch_size"),
        ({"l2": -0.1}, "0 <= l2"),
        ({"l2": float("nan")}, "l2"),
        ({"class_weight": "balaned"}, "Did you mean balanced"),
        ({"class_weight": {0: 1.0}}, "class_weight"),
        ({"seed": -1}, "seed"),
        ({"seed": "a"}, "seed"),
        ({"dtype": "float16"}, "dtype"),
        ({"dtype": "x"}, "dtype"),
        ({"first_layer": "duel"}, "Did you mean dual"),
        ({"learning_rte": 0.1}, "Did you mean learning_rate"),
        ({1: 2}, "name to be one of"),
        ({"learning_rate": np.ones(2)}, "single values"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_values(values, message):
    with pytest.raises(InputError, match=message):
        Setting.named(values)
