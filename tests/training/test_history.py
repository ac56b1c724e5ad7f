"""The history as columns, per run, and as a file."""

import csv

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import History, train
from chainrule.training import Record


@pytest.fixture
def one():
    return History([Record(0, 0, 0.1, 2.0, 0.5), Record(5, 1, 0.05, 1 / 3, 1.0)])


@pytest.fixture
def two():
    """Two runs with validation."""
    rates = np.array([0.1, 0.2])
    return History(
        [
            Record(0, 0, rates, np.array([2.0, 3.0]), np.array([0.5, 0.25]), rates, rates),
            Record(5, 5, rates, np.array([1.0, 2.5]), np.array([1.0, 0.75]), rates, rates),
        ]
    )


def test_columns(one, two):
    assert len(one) == 2
    assert_array_equal(one.iteration, [0, 5])
    assert_array_equal(one.epoch, [0, 1])
    assert_array_equal(one.learning_rate, [0.1, 0.05])
    assert_array_equal(one.cost, [2, 1 / 3])
    assert_array_equal(one.accuracy, [0.5, 1])
    assert one.validation_cost is None
    assert one.validation_accuracy is None
    assert_array_equal(two.cost, [[2, 3], [1, 2.5]])
    assert_array_equal(two.validation_cost, [[0.1, 0.2], [0.1, 0.2]])


def test_run(two):
    own = two.run(1)
    assert_array_equal(own.cost, [3, 2.5])
    assert_array_equal(own.learning_rate, [0.2, 0.2])
    assert_array_equal(own.validation_accuracy, [0.2, 0.2])
    assert_array_equal(own.iteration, [0, 5])
    assert_array_equal(two.run(0, last_iteration=4).cost, [2])


def test_an_empty_history():
    empty = History()
    assert len(empty) == 0
    assert empty.cost.shape == (0,)
    assert empty.validation_cost is None


def rows(history, path):
    history.to_csv(path)
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_csv_keeps_every_digit(one, tmp_path):
    header, first, second = rows(one, tmp_path / "h.csv")
    assert header == ["iteration", "epoch", "learning_rate", "cost", "accuracy"]
    assert first == ["0", "0", "0.1", "2.0", "0.5"]
    assert float(second[3]) == 1 / 3


def test_csv_of_runs(two, tmp_path):
    header, *lines = rows(two, tmp_path / "h.csv")
    assert header[0] == "run"
    assert header[-2:] == ["validation_cost", "validation_accuracy"]
    assert [line[0] for line in lines] == ["0", "0", "1", "1"]
    assert [float(line[4]) for line in lines] == [2, 1, 3, 2.5]


def test_csv_of_nothing(tmp_path):
    assert rows(History(), tmp_path / "h.csv") == [
        ["iteration", "epoch", "learning_rate", "cost", "accuracy"]
    ]


def test_csv_of_a_training(wide_problem, tmp_path):
    result = train(*wide_problem, iterations=10, record_every=5, learning_rate=[0.1, 0.2])
    header, *lines = rows(result.history, tmp_path / "h.csv")
    costs = [float(line[header.index("cost")]) for line in lines]
    assert_array_equal(costs, result.history.cost.T.ravel())


@pytest.mark.parametrize(
    "how", [{}, {"optimizer": "lbfgs"}, {"l2": [0.0, 0.3], "learning_rate": 0.1}], ids=str
)
def test_the_cost_without_the_penalty_is_what_held_out_examples_have(how, wide_problem, tmp_path):
    how = {"l2": 0.3} | how
    history = train(*wide_problem, validation=wide_problem[1], iterations=6, record_every=2, **how)
    history = history.history
    assert history.penalized
    assert (history.cost > history.loss)[..., -1].all()
    assert_allclose(history.loss, history.validation_cost, rtol=1e-12)
    if history.cost.ndim == 1:
        history.to_csv(tmp_path / "h.csv")
        assert_array_equal(History.from_csv(tmp_path / "h.csv").loss, history.loss)


def test_shapes_of_a_training(wide_problem):
    single = train(*wide_problem, iterations=10, record_every=5, validation=wide_problem[1])
    assert single.history.cost.shape == single.history.validation_cost.shape == (3,)
    assert all(isinstance(record.cost, float) for record in single.history.records)
    many = train(*wide_problem, iterations=10, record_every=5, l2=[0.0, 0.1, 0.2])
    assert many.history.cost.shape == many.history.accuracy.shape == (3, 3)


def test_records_do_not_change_afterwards(wide_problem):
    costs = []

    def keep(record):
        costs.append((record, record.cost.copy(), record.learning_rate.copy()))

    from chainrule.training import OnRecord

    train(
        *wide_problem,
        iterations=10,
        record_every=1,
        learning_rate=[0.1, 0.2],
        callbacks=[OnRecord(keep)],
    )
    for record, cost, rate in costs:
        assert_array_equal(record.cost, cost)
        assert_array_equal(record.learning_rate, rate)


def test_a_history_comes_back_from_its_file(tmp_path):
    validated = [Record(k, k, 0.1, 1 / (k + 1), 0.5, 0.7, 0.25) for k in range(4)]
    plain = [Record(0, 0, 0.1, 0.1 + 0.2, float("nan"))]
    for records in (validated, plain, []):
        History(records).to_csv(tmp_path / "history.csv")
        again = History.from_csv(tmp_path / "history.csv")
        assert str(again.records) == str(records)
    assert [r.iteration for r in History(validated).until(2).records] == [0, 1, 2]


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "iteration\n1\n", "iteration,cost\nx,1\n"])
def test_other_files_are_no_history(content, tmp_path):
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(ValueError, match=r"no history|invalid|convert"):
        History.from_csv(tmp_path / "history.csv")


def test_a_history_in_words_and_without_its_penalty(tmp_path):
    assert repr(History()) == "History(no records)"
    records = [Record(k, k, 0.1, 0.5 - k / 10, 0.5, penalty=0.125) for k in range(3)]
    history = History(records)
    assert repr(history) == "History(3 records to iteration 2, cost 0.5 to 0.3)"
    plain = history.without_penalty()
    assert (plain.cost.tolist(), plain.penalized) == (history.loss.tolist(), False)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="an empty file"):
        History.from_csv(tmp_path / "empty.csv")
