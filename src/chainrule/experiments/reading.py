"""Features that stay in their file are read once for all runs of an experiment."""

from collections.abc import Sequence

import numpy as np

from chainrule.experiments.examples import Examples
from chainrule.experiments.runs import Group, Run

SHARE = 0.5  # of the memory, which Gram matrices may take that are made at once


def read_ahead(examples: Examples, runs: Sequence[Run], divided: Sequence[Group]) -> None:
    """The Gram matrices, and the products with the starting weights, of all groups in the dual
    form: a pass for what their preparations learn, and one for all products.

    Where the Gram matrices have no room together, each group reads for itself.
    """
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
        size = len(held_out) * examples.m**2 * np.dtype(first.dtype).itemsize
        if size > SHARE * examples.features.memory:
            continue
        settings = {
            (one.architecture, one.seed, one.initializer): one
            for one in (run.setting for run in some)
        }
        starts = [one.network(n_x, n_y, examples.task).weights[0] for one in settings.values()]
        examples.of(first).read_ahead([*held_out.values()], starts, first.dtype)
