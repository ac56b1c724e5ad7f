"""Learning rates: compared as single trainings are, and one suggested for true reasons."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Dataset, InputError
from chainrule.experiments import (
    Execution,
    Setting,
    compare_learning_rates,
    find_learning_rate,
)

RATES = [0.5, 0.01, 0.1, 0.01]


@pytest.mark.parametrize("problem", ["binary", "softmax", "pixels", "standard"])
def test_each_rate_is_a_plain_training(problem, problems, quick, alone):
    found = compare_learning_rates(problems[problem], RATES, quick, record_every=5)
    assert found.rates.tolist() == RATES
    for k, rate in enumerate(RATES):
        setting = replace(quick, learning_rate=rate)
        one, _ = alone(problems[problem], setting, record_every=5)
        assert_allclose(found.histories[k].cost, one.history.cost, rtol=1e-10)
        assert found.cost[k] == found.histories[k].cost[-1]
        rise = max(0, np.diff(one.history.cost).max()) / one.history.cost[0]
        assert found.rises[k] == pytest.approx(rise, rel=1e-6, abs=1e-9)


def test_a_rate_that_diverges(line, tmp_path):
    data, setting = line
    found = compare_learning_rates(data, [0.01, 1e4], setting)
    assert found.diverged[0] == -1
    assert found.diverged[1] > 0
    assert np.isfinite(found.cost).tolist() == [True, False]
    assert found.rises[1] == np.inf
    found.to_csv(tmp_path / "rates.csv")
    with open(tmp_path / "rates.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["diverged"] for row in rows] == ["", str(found.diverged[1])]
    assert rows[1]["cost"] == "nan"


def test_control_c(binary, quick, interrupt_at):
    how = Execution(memory=1.0, threads=1, progress=interrupt_at(0.4))
    found = compare_learning_rates(binary, [0.1, 0.2, 0.3, 0.4], quick, execution=how)
    assert found.rates.tolist() == [0.1, 0.2, 0.3, 0.4][: len(found.histories)]
    assert 0 < len(found.histories) < 4
    nothing = Execution(threads=1, progress=interrupt_at(0.0))
    empty = compare_learning_rates(binary, [0.1, 0.2], quick, execution=nothing)
    assert (empty.rates.size, empty.cost.size, empty.rows()) == (0, 0, [])


@pytest.mark.parametrize(
    "rates", [[], 0, [0.1, 0], [-1], None, "fast", [[0.1]], [np.nan], {}, [1, "a"], 10**400]
)
def test_bad_rates(rates, binary):
    message = "^compare_learning_rates: expected 0 < rates"
    with pytest.raises(InputError, match=message):
        compare_learning_rates(binary, rates)


def test_one_rate_alone(binary, quick):
    assert compare_learning_rates(binary, 0.2, quick).rates.tolist() == [0.2]


def test_the_suggestion_is_the_best_steady_rate(line):
    (X, Y), setting = line
    found = find_learning_rate((X, Y), setting, low=1e-4, high=100.0, count=25, iterations=40)
    tested = found
    assert found.rate in tested.rates
    assert_allclose(tested.rates, np.geomspace(1e-4, 100, 25))
    k = tested.rates.tolist().index(found.rate)
    # The cost of gradient descent on a quadratic never rises below 2 / its largest curvature.
    Xb = np.vstack([X, np.ones((1, 12))])
    limit = 2 / np.linalg.eigvalsh(Xb @ Xb.T / 12)[-1]
    assert found.rate < limit < tested.rates[tested.rates > found.rate][1]
    steady = (tested.diverged < 0) & (tested.rates < limit)
    assert tested.cost[k] == np.nanmin(tested.cost[steady])
    numbers = [float(n) for n in re.findall(r"\d+\.?\d*(?:e[-+]\d+)?(?=\D)", found.reason)]
    iterations, last, first, above = numbers
    assert iterations == 40
    assert last == pytest.approx(tested.cost[k], rel=1e-3)
    assert first == pytest.approx(tested.histories[0].cost[0], rel=1e-3)
    assert above == pytest.approx(tested.rates[tested.rates > limit][0], rel=0.01)
    assert repr(found).startswith("RateSuggestion(")


def test_rates_in_between_that_rise_are_not_called_the_first(binary):
    """Whatever it says of higher rates holds for all of them."""
    for seed in range(6):
        setting = Setting(hidden=(6,), seed=seed)
        found = find_learning_rate(binary, setting, low=0.01, high=50, count=40, iterations=30)
        said = re.search(r"From (\S+) on", found.reason)
        if said:
            rises, tested = found.rises, found
            from_there = tested.rates >= float(said[1]) * 0.99
            fell = tested.cost < tested.histories[0].cost[0]
            assert not ((rises <= 0.01) & fell)[from_there].any()


def test_a_range_that_is_too_low(binary, quick):
    found = find_learning_rate(binary, quick, low=1e-6, high=1e-4, count=5)
    assert found.rate == pytest.approx(1e-4)
    assert "highest rate that was tested: try higher ones." in found.reason


def test_every_rate_diverges(line):
    with pytest.raises(InputError) as caught:
        find_learning_rate(*line, low=1e3, high=1e5, count=5)
    assert str(caught.value) == (
        "find_learning_rate: expected a rate that lowers the cost; got none between 1000 and "
        "100000. Try a wider range, more iterations, or another seed or initializer."
    )


def test_every_rate_rises_on_the_way(line):
    data, _ = line
    # Momentum overshoots: the cost rises on its way down.
    setting = Setting(hidden=(), output="identity", optimizer="momentum", momentum=0.99)
    found = find_learning_rate(data, setting, low=0.02, high=0.05, count=4, iterations=500)
    assert (found.rises > 0.01).all()
    assert "every rate's cost rose on the way, so take it with care" in found.reason
    assert 0.02 <= found.rate <= 0.05


def test_no_rate_moves_a_network_of_zeros(binary):
    Y = (np.arange(14) % 2).reshape(1, -1) * 1.0  # as many of each class: no bias helps
    with pytest.raises(InputError, match="a rate that lowers the cost"):
        find_learning_rate((binary[0], Y), Setting(hidden=(3,), initializer="zeros"), count=3)


def test_control_c_before_anything_is_finished(binary, quick, interrupt_at):
    how = Execution(threads=1, progress=interrupt_at(0.0))
    found = find_learning_rate(binary, quick, count=3, execution=how)
    assert np.isnan(found.rate)
    assert not found.complete


@pytest.mark.parametrize("epochs", [None, 7])
def test_the_setting_runs_for_the_tests_iterations(epochs, binary, quick):
    setting = replace(quick, iterations=None, epochs=epochs, batch_size=4)
    found = find_learning_rate(binary, setting, count=3, iterations=10)
    assert found.histories[0].iteration[-1] == 10


@pytest.mark.parametrize(
    "more",
    [
        {"low": 0},
        {"low": "a"},
        {"low": 1.0, "high": 0.5},
        {"high": 0.0},
        {"high": np.inf},
        {"count": 1},
        {"count": 2.5},
        {"iterations": 0},
        {"iterations": None},
        {"setting": {}},
    ],
    ids=str,
)
def test_bad_input(more, binary):
    with pytest.raises(InputError, match=r"^find_learning_rate: expected"):
        find_learning_rate(binary, **more)


def test_numbers_have_no_accuracy():
    data = Dataset(np.eye(4), np.arange(4.0), ())
    found = compare_learning_rates(data, [0.1, 0.01], Setting(hidden=(), iterations=5))
    assert found.table().names == ["learning_rate", "cost", "diverged"]
