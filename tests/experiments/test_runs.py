"""Groups: each run in one of them, with others of its architecture, as many as have room."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.experiments import Setting
from chainrule.experiments.examples import Examples
from chainrule.experiments.runs import Group, Run, group_size, groups, worth_threads

BASES = (Setting(hidden=(4,)), Setting(hidden=()), Setting(hidden=(4,), batch_size=3))
OF = Examples("test", (np.zeros((50, 10)), np.ones((1, 10))))


@given(
    kinds=st.lists(st.tuples(st.sampled_from(BASES), st.integers(0, 3)), max_size=40),
    todo=st.data(),
    memory=st.floats(1.0, 1e9),
    threads=st.integers(1, 9),
)
def test_groups_partition_the_runs(kinds, todo, memory, threads):
    runs = [
        Run(replace(base, seed=k, learning_rate=0.1 + k), np.array([at][: k % 2], np.intp))
        for k, (base, at) in enumerate(kinds)
    ]
    indices = todo.draw(
        st.lists(st.sampled_from(range(len(runs))), unique=True) if runs else st.just([])
    )
    whole = {k: g.form for g in groups(runs, range(len(runs)), OF, 1e9, 1) for k in g.members}
    kinds = groups(runs, indices, OF, memory, threads)
    # The form depends on all runs of a kind, not on which train together.
    assert all(whole[k] == group.form for group in kinds for k in group.members)
    found = [group.members for group in kinds]
    assert sorted(k for group in found for k in group) == sorted(indices)
    for group in found:
        members = [runs[k] for k in group]
        assert len({run.setting.architecture for run in members}) == 1
        assert len(group) <= group_size(members[0].setting, OF, memory / threads)
        if members[0].setting.batch_size:
            # In mini-batches what is left out is not there at all.
            assert len({run.held_out.tobytes() for run in members}) == 1


def test_folds_that_learn_a_scaling_train_together(standard):
    """Each with its matrix, where each has as many runs; what is left of a group that was not
    finished, too; large ones, L-BFGS and mini-batches by themselves."""
    examples, folds = Examples("test", standard), np.arange(15).reshape(5, 3)

    def found(setting, todo=range(10), memory=1e9, threads=1):
        runs = [Run(replace(setting, seed=seed), held) for held in folds for seed in (0, 1)]
        return [(g.members, g.matrices) for g in groups(runs, todo, examples, memory, threads)]

    setting = Setting(hidden=(4,), first_layer="dual")
    assert found(setting) == [([*range(10)], 5)]
    assert found(setting, threads=2) == [([0, 1, 2, 3], 2), ([4, 5, 6, 7, 8, 9], 3)]
    assert found(setting, [0, 1, 2, 3, 8, 9]) == [([0, 1, 2, 3, 8, 9], 3)]
    assert found(setting, [0, 2, 3]) == [([0], 1), ([2, 3], 1)]
    assert found(setting, memory=1.0) == [([k], 1) for k in range(10)]
    assert found(replace(setting, optimizer="lbfgs")) == [([k], 1) for k in range(10)]
    alone = [([k, k + 1], 1) for k in range(0, 10, 2)]
    assert found(replace(setting, batch_size=4)) == alone


@pytest.mark.parametrize("count", [1, 5, 64, 100])
def test_every_thread_has_a_group(count):
    runs = [Run(replace(BASES[0], seed=k)) for k in range(count)]
    found = [group.members for group in groups(runs, range(count), OF, 1e9, 4)]
    assert len(found) == min(4, count)  # and no more, where there is room
    assert max(map(len, found)) - min(map(len, found)) <= 1


def test_memory_bounds_the_size():
    sizes = [group_size(BASES[0], OF, memory) for memory in (1.0, 1e5, 1e6)]
    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    # Weights (4, 50) and five arrays of 5 rows for 10 examples, in doubles.
    assert sizes[1] * 8 * (4 * 50 + 5 * 5 * 10) < 1e5
    assert group_size(replace(BASES[0], dtype="float32"), OF, 1e5) > sizes[1]


def test_small_steps_are_not_worth_threads():
    """By the networks that a group has, and by what the first layer is multiplied with."""

    def worth(count, form, n_x=50, m=10):
        shape = np.zeros((n_x, m)), np.arange(m)[None] % 2
        runs = [Run(replace(BASES[0], seed=k)) for k in range(count)]
        return worth_threads([Group(list(range(count)), form)], runs, Examples("", shape))

    assert not worth(8, "dual")
    assert worth(2000, "dual")
    assert worth(1, "dual", m=1000)
    assert not worth(1, "dual", n_x=20_000)
    assert worth(1, "primal", n_x=20_000)
