"""What is made before runs train: of features that stay in their file in one pass for all runs of
an experiment, or for as many as the memory has room for."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule import blas
from chainrule.data import FeatureMatrix
from chainrule.experiments.examples import Examples
from chainrule.experiments.runs import Group, Run

SHARE = 0.45  # of the memory, which Gram matrices may take that are made at once; see `KNOWN`


def room(X: FeatureMatrix, dtype: str) -> str:
    """What the Gram matrices of runs take of the memory, of features in a file, in words."""
    gram = np.dtype(dtype).itemsize * X.shape[1] ** 2
    at_once = f"as many at once as fit into {SHARE * X.memory / 1e9:.2g} GB of memory"
    return f"Gram matrices of {gram / 1e9:.2g} GB each, {at_once}; {X.reads() / 1e9:.3g} GB a pass"


def prepared(
    examples: Examples,
    runs: Sequence[Run],
    divided: Sequence[Group],
    threads: int,
    *,
    on_device: bool = False,
) -> Iterator[Sequence[Group]]:
    """The groups, with their Gram matrices made, by all threads, before others would do it at the
    same time; of a file as many groups at a time as have room for these together.
    """
    for some in _portions(examples, runs, divided) if examples.in_file else [divided]:
        with blas.at_most(threads):
            if examples.in_file:
                _read_ahead(examples, runs, some)
            for group in some:
                if group.form == "dual" and not group.matrices and not on_device:
                    setting = runs[group.members[0]].setting
                    examples.of(setting).matrix(setting.dtype).gram()
        yield some


def _portions(
    examples: Examples, runs: Sequence[Run], divided: Sequence[Group]
) -> Iterator[Sequence[Group]]:
    """As many groups as have room for their Gram matrices, and for one of all examples, on which
    the best setting may be trained."""
    (n_x, m), room = examples.shape, SHARE * examples.features.memory
    start, matrices = 0, dict[Any, int]()
    for end, group in enumerate(divided):
        more = dict[Any, int]()
        for run in (runs[k] for k in group.members if group.form == "dual"):
            one = run.setting
            itemsize = np.dtype(one.dtype).itemsize
            # With two numbers of each feature, which a scaling learns.
            more[one.prepare, one.dtype, run.held_out.tobytes()] = itemsize * m**2 + 16 * n_x
        if start < end and sum((matrices | more).values()) + 8 * m**2 > room:
            yield divided[start:end]
            start, matrices = end, {}
        matrices |= more
    yield divided[start:]


def _read_ahead(examples: Examples, runs: Sequence[Run], divided: Sequence[Group]) -> None:
    """In one pass for each preparation, what it learns of a file, Gram matrices, and products with
    the starting weights, for all groups in the dual form."""
    kinds: dict[tuple[str | None, str], list[Run]] = {}
    for group in divided:
        if group.form == "dual":
            own = [runs[k] for k in group.members]
            setting = own[0].setting
            kinds.setdefault((setting.prepare, setting.dtype), []).extend(own)
    n_x, n_y = examples.shape[0], len(examples.Y)
    for some in kinds.values():
        first = some[0].setting
        held_out = {run.held_out.tobytes(): run.held_out for run in some}
        if len({run.setting for run in some}) > 1:  # one of which will be trained on all
            held_out[b""] = np.empty(0, np.intp)
        settings = {
            (one.architecture, one.seed, one.initializer): one
            for one in (run.setting for run in some)
        }
        starts = [one.network(n_x, n_y, examples.task).weights[0] for one in settings.values()]
        examples.of(first).read_ahead([*held_out.values()], starts, first.dtype)
