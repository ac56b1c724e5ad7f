"""Several learning rates at once, as stacked runs of one training."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.data import Splits
from chainrule.errors import DivergenceError, InputError
from chainrule.jobs.options import Options, restored, written
from chainrule.studio.library import Source
from chainrule.training import train

MOST = 32


def fan(
    source: Source, splits_of: Callable[[str, Options], Splits], given: dict[str, Any], rates: Any
) -> dict[str, Any]:
    """The curves of R rates on one data set, each with the numbers that it would have alone:
    `iteration` (T,), `cost` and `validation_cost` (T, R), `diverged` (R,) with -1 for none."""
    good = isinstance(rates, list) and 1 <= len(rates) <= MOST
    if not good or not all(type(r) in (int, float) and 0 < r < 1e300 for r in rates):
        raise InputError("rates", f"1 to {MOST} positive numbers", repr(rates)[:60])
    options = restored(written(source.options) | given, Options(), "options")
    options = replace(options, learning_rate=float(rates[0])).planned(False)
    setting, splits = options.setting(), splits_of(source.path, options)
    data = splits.train
    network = setting.network(data.features.shape[0], len(data.Y), data.task)
    arguments = setting.arguments() | {"learning_rate": np.array(rates, float)}
    try:
        found = train(network, data, validation=splits.watched[1], **arguments)
    except DivergenceError as error:
        raise InputError("rates", "a rate that converges", str(error)) from None
    history = found.history
    return {
        "rates": rates,
        "iteration": history.iteration,
        "cost": history.cost,
        "validation_cost": history.validation_cost,
        "validation_accuracy": history.validation_accuracy,
        "diverged": found.diverged,
    }
