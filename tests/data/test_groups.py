"""Examples that belong together: by columns, by names, and as names show by themselves."""

import numpy as np
import pytest

from chainrule import DataError, InputError
from chainrule.data import Dataset
from chainrule.data.groups import groups_of, visible_groups


def named(names, facts=None):
    m = len(names)
    return Dataset(np.zeros((2, m)), np.arange(m) % 2, ("a", "b"), tuple(names), facts=facts or {})


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ([f"mayo{i // 3:02}_spectrum{i % 3 + 1}" for i in range(30)], 10),
        ([f"GSM{71019 + i}_batch{i % 5}" for i in range(30)], 5),
        ([f"cat/patient{i // 2}_{'ab'[i % 2]}.png" for i in range(30)], 15),
        ([f"plate {i // 6}-well {i % 6}" for i in range(30)], 5),
    ],
)
def test_groups_that_names_show(names, groups):
    pattern, found = visible_groups(names, np.arange(30) % 2)
    assert len(set(found)) == groups
    # What it advises finds the same groups.
    assert list(groups_of(named(names), pattern=pattern)) == list(found)


@pytest.mark.parametrize(
    "names",
    [
        [f"patient{i}" for i in range(30)],
        [f"sample_{i}" for i in range(30)],
        [f"{'cat' if i % 2 else 'dog'}_{i}" for i in range(30)],
        [f"{'cat' if i % 2 else 'dog'}/{i:04}.png" for i in range(30)],
        [f"{'ab'[i % 2]}_{i // 2}" for i in range(30)],
        [],
    ],
)
def test_names_that_show_none(names):
    assert visible_groups(names, np.arange(len(names)) % 2) is None


def test_groups_by_a_column_of_facts():
    data = named([f"s{i}" for i in range(4)], {"site": ["x", "x", "y", "z"]})
    assert list(groups_of(data, column="site")) == ["x", "x", "y", "z"]
    with pytest.raises(DataError, match=r"Did you mean site\?"):
        groups_of(data, column="sites")
    with pytest.raises(InputError, match="both"):
        groups_of(data, column="site", pattern="s")


@pytest.mark.parametrize(
    ("names", "pattern", "message"),
    [
        (["a1", "b2"], "(", "a regular expression; got '\\('"),
        (["a1", "b"], r"\d", "1 names without a match, such as 'b'"),
        (None, ".", "examples with names to group by; got none"),
    ],
)
def test_patterns_that_group_nothing(names, pattern, message):
    data = Dataset(np.zeros((2, 2)), np.arange(2), ("a", "b"), names and tuple(names))
    with pytest.raises(InputError, match=message):
        groups_of(data, pattern=pattern)


def test_a_pattern_without_a_group_is_taken_whole():
    assert list(groups_of(named(["a1", "b1", "a2"]), pattern="[ab]")) == ["a", "b", "a"]
