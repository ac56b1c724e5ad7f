import numpy as np
import pytest

from chainrule import Network, train
from chainrule.training import History, Record
from chainrule.training.layer_health import LayerHealth, LayerSizes
from chainrule.training.warnings import TrainingWarning, training_warnings, warnings_of_runs


def history(cost, validation=None):
    validation = [None] * len(cost) if validation is None else validation
    return History(
        [
            Record(10 * k, 0, 0.1, float(j), 0.5, v)
            for k, (j, v) in enumerate(zip(cost, validation, strict=True))
        ]
    )


def sizes(errors=(1.0, 1.0, 1.0), dead=(0.0, 0.0, np.nan)):
    errors = np.array(errors)
    return LayerSizes(0, errors, errors, errors, np.array(dead))


def kinds(*arguments):
    return [warning.kind for warning in training_warnings(*arguments)]


ARRIVED = 0.7 * np.exp(-np.arange(100) / 10)


def test_a_good_training_is_quiet():
    assert kinds(history(ARRIVED, ARRIVED + 0.05), [sizes()] * 100) == []


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ([0.7, 0.75, 0.8], "rose from 0.7 to 0.8"),
        ([0.7, 0.5, np.nan], "at iteration 20"),
        ([1, 2, 0.5, 2, 0.5, 0.4], "In 2 of 5 steps"),
    ],
)
def test_a_rate_too_high(cost, said):
    (warning,) = training_warnings(history(cost))
    assert warning.kind == "learning rate too high"
    assert said in str(warning)
    assert "smaller" in warning.advice


def test_one_jump_of_a_few_steps_is_an_accident():
    cost = np.linspace(1, 0.05, 19)
    cost[7] = 1.3
    assert kinds(history(cost)) == []
    cost[11] = 1.3
    assert kinds(history(cost)) == ["learning rate too high"]


@pytest.mark.parametrize(("end", "diverged"), [(2.0, False), (8.54e23, True)])
def test_a_cost_that_ended_far_above_its_start_is_said_to_mean_nothing(end, diverged):
    (warning,) = training_warnings(history([0.29, 1, end]))
    assert ("diverged, and its answers mean nothing" in warning.found) == diverged
    assert "lbfgs" in warning.advice


@pytest.mark.parametrize(("share", "found"), [(0.052, ["learning rate too low"]), (0.048, [])])
def test_a_cost_is_still_falling_by_a_twentieth_of_its_fall(share, found):
    """Between the means of its last two tenths."""
    before = 0.2 + share * 0.8
    cost = [*np.linspace(1, before, 80), *[before] * 10, *[0.2] * 10]
    assert kinds(history(cost)) == found


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (np.linspace(0.7, 0.65, 50), "only went from 0.7 to 0.65"),
        (np.linspace(0.7, 0.1, 100), "brought 10% of the whole fall"),
    ],
)
def test_a_rate_too_low(cost, said):
    (warning,) = training_warnings(history(cost))
    assert warning.kind == "learning rate too low"
    assert said in str(warning)


def test_what_layers_explain_is_no_matter_of_the_rate():
    slow = history(np.linspace(0.7, 0.69, 50))
    assert kinds(slow, [sizes(errors=(1e-6, 1e-3, 1))]) == ["vanishing gradients"]


def test_overfitting_names_the_best_iteration():
    validation = [0.7, 0.5, 0.4, 0.5, 0.6]
    (warning,) = training_warnings(history([0.7, 0.4, 0.3, 0.2, 0.1], validation))
    assert warning.kind == "overfitting"
    assert "lowest, 0.4, at iteration 20 and is 0.6 at the end" in warning.found


@pytest.mark.parametrize(
    ("cost", "validation"),
    [
        ([0.7, 0.4, 0.3], [0.7, 0.5, 0.54]),  # less than a tenth
        ([0.7, 0.3, 0.35], [0.7, 0.5, 0.6]),  # the training cost rises as well
        ([0.7, 0.4, 0.3], [0.7, 0.5, np.nan]),
        ([0.7, 0.4, 0.3], [0.7, 0.003, 0.005]),  # nearly 0, both
    ],
)
def test_what_is_not_overfitting(cost, validation):
    assert kinds(history(cost, validation)) == []


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.9e-2, 1, 1), ["vanishing gradients"]),
        ((1.1e-2, 1, 1), []),
        ((1.1e2, 1, 1), ["exploding gradients"]),
        ((0.9e2, 1, 1), []),
        ((0, 0, 1), []),
        ((np.inf, 1, 1), []),
    ],
)
def test_gradients_across_layers(errors, expected):
    assert kinds(history(ARRIVED), [sizes(errors)] * 3) == expected


def test_one_odd_record_is_no_alarm():
    assert kinds(history(ARRIVED), [sizes((1e-9, 1, 1)), sizes(), sizes()]) == []


def test_dead_units_of_the_last_record():
    records = [sizes(dead=(1, 1, np.nan)), sizes(dead=(0.05, 0.5, np.nan))]
    (warning,) = training_warnings(history(ARRIVED), records)
    assert "50% of the ReLUs of layer 2" in warning.found
    (warning,) = training_warnings(history(ARRIVED), [sizes(dead=(1, 0, np.nan))])
    assert "the same answer to all" in warning.found
    (warning,) = training_warnings(history(ARRIVED), dead=(0.5, 0.75, np.nan))
    assert warning.found.startswith("50% of the ReLUs of layer 1, 75% of layer 2 are 0")


@pytest.mark.parametrize("records", [[], [0.7]])
def test_too_little_to_say_anything(records):
    assert training_warnings(history(records)) == ()


def test_as_text():
    assert str(TrainingWarning("a", "B.", "Try c.")) == "A: B. Try c."


# Real trainings, one for each warning that comes from layers.
rng = np.random.default_rng(8)
X = rng.standard_normal((10, 60))
Y = (X[:1] > 0).astype(float)


def trained(network, **options):
    health = LayerHealth((X, Y))
    result = train(network, (X, Y), callbacks=[health], **{"iterations": 300} | options)
    return kinds(result.history, health.records)


def test_deep_sigmoids_vanish():
    deep = Network.create((10, *[8] * 7, 1), activation="sigmoid", initializer="xavier")
    assert trained(deep, learning_rate=0.1) == ["vanishing gradients"]


def test_large_weights_explode():
    deep = Network.create((10, *[20] * 6, 1), initializer=1.0)
    assert "exploding gradients" in trained(deep, learning_rate=1e-9)


def test_a_huge_step_kills_relus():
    assert "dead ReLUs" in trained(Network.create((10, 8, 8, 1), rng=1), learning_rate=20.0)


def test_a_sound_network_is_quiet():
    assert trained(Network.create((10, 8, 1), rng=1), learning_rate=1.0) == []


def test_a_tiny_rate_is_too_low():
    assert trained(Network.create((10, 8, 1), rng=1), learning_rate=1e-5) == [
        "learning rate too low"
    ]


def test_what_half_of_the_trainings_have_in_common():
    jumps = history([1.0, 3.0] * 15)
    found = warnings_of_runs([jumps, history(ARRIVED), jumps, history(ARRIVED)])
    assert [warning.kind for warning in found] == ["learning rate too high"]
    assert found[0].found.startswith("In 2 of 4 trainings, such as: ")
    assert warnings_of_runs([jumps, history(ARRIVED), history(ARRIVED)]) == ()
    assert warnings_of_runs([]) == ()


def test_after_a_choice_by_held_out_examples_nothing_is_said_of_overfitting():
    fitted = history([0.7, 0.4, 0.3], [0.7, 0.4, 0.6])
    assert [one.kind for one in warnings_of_runs([fitted])] == ["overfitting"]
    assert warnings_of_runs([fitted], chosen=True) == ()
