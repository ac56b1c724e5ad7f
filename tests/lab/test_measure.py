"""The measuring, which must notice a wrong way."""

import numpy as np
import pytest

from chainrule.lab import LOOPS, Task, measure, tasks
from chainrule.lab.measure import difference, timed


@pytest.mark.parametrize("task", tasks(quick=True), ids=lambda task: task.name)
def test_all_ways_of_a_task_agree(task):
    rows = measure(task, budget=0)
    assert [row.way for row in rows] == list(task.ways)
    assert rows[0].way == LOOPS
    assert rows[0].times_as_fast == 1
    assert all(row.agrees and row.seconds > 0 for row in rows)


@pytest.mark.parametrize("wrong", [1 + 1e-9, np.nan, np.inf])
def test_a_wrong_way_is_noticed(wrong):
    right = np.ones((2, 3))
    task = Task("ones", "", {LOOPS: lambda: (right, 1.0), "wrong": lambda: (right, wrong)})
    first, second = measure(task, budget=0)
    assert first.agrees
    assert not second.agrees


def test_the_difference_is_relative_to_the_largest_number_of_each_array():
    reference = (np.array([1e6, 1.0]), np.array([2.0]))
    assert difference((np.array([1e6, 3.0]), np.array([2.0])), reference) == 2e-6
    assert difference((np.array([1e6, 1.0]), np.array([3.0])), reference) == 0.5
    assert difference(np.zeros(2), np.zeros(2)) == 0


def test_a_result_with_a_part_missing_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        difference((1.0,), (1.0, 2.0))


def test_a_long_call_is_made_once_and_a_short_one_often():
    calls = []
    seconds, result = timed(lambda: calls.append(1) or len(calls), budget=0)
    assert (result, len(calls)) == (1, 1)
    assert seconds > 0
    timed(lambda: calls.append(1), budget=0.01)
    assert len(calls) > 10


def test_quick_tasks_are_the_same_tasks():
    whole, quick = tasks(), tasks(quick=True)
    assert [t.name for t in whole] == [t.name for t in quick]
    assert [list(t.ways) for t in whole] == [list(t.ways) for t in quick]
