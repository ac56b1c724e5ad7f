"""Learning rates: any list of them compared, and a range test that suggests one.

All rates train together from the same weights, each at its own constant rate: the course's
comparison. The range test does so too, for a few iterations; Smith (2017, section 3.3) raises the
rate along one training instead, whose later costs depend on the earlier rates.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.measures import DIVERGED, iteration
from chainrule.experiments.runs import MOST, Run
from chainrule.experiments.setting import Setting, given
from chainrule.training import History
from chainrule.wording import percent

Array = np.ndarray
LOW, HIGH, COUNT, ITERATIONS = 1e-5, 10.0, 60, 100  # of the range test
RECORDS = 20
COLUMNS = (
    Column("learning_rate", "value"),
    Column("cost", "number", "training cost"),
    Column("accuracy", "percent", "training accuracy"),
    DIVERGED,
)
# A cost that rises from one record to the next by more than this part of the first cost.
RISE = 0.01

HIGHEST = 1e100  # of a range test: an axis of more numbers than that cannot be drawn


@dataclass(frozen=True, eq=False, repr=False)
class RateComparison(Result):
    """rates : (R,). histories : a learning curve for each. diverged : (R,) iteration or -1.
    complete : whether all runs were finished.
    """

    rates: Array
    histories: tuple[History, ...]
    diverged: Array
    complete: bool = True

    @property
    def cost(self) -> Array:
        """(R,) the last costs; not a number where a run diverged."""
        last = np.array([history.cost[-1] for history in self.histories], np.float64)
        return np.where(self.diverged < 0, last, np.nan)

    @property
    def rises(self) -> Array:
        """(R,) the largest rise of the cost between two records, as a part of the first cost."""
        # Of runs that diverged.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = [np.diff(h.cost).max(initial=0.0) / h.cost[0] for h in self.histories]
        return np.where(self.diverged < 0, found, np.inf)

    def warning(self, data: Dataset) -> str:
        """Where even the best rate answers the examples it was trained on, `data`, no better than
        by always saying the commonest class, a sentence on that; else ""."""
        last = np.array([history.accuracy[-1] for history in self.histories], np.float64)
        accuracy = last[self.diverged < 0]
        if data.task == "regression" or not np.isfinite(accuracy).any():
            return ""
        guess = np.bincount(data.labels).max() / len(data)
        if np.nanmax(accuracy) > guess:
            return ""
        return (
            "No rate answers even the training examples better than by always saying the commonest "
            f"class ({percent(float(guess), 1)}): more updates, another start of the weights or "
            "other layers matter more than the rate."
        )

    def __repr__(self) -> str:
        return f"RateComparison({len(self.rates)} learning rates)"

    def table(self) -> Table:
        """A row for each rate; without an accuracy of what has none."""
        last = [float(history.accuracy[-1]) for history in self.histories]
        accuracy = np.where(self.diverged < 0, last, np.nan).tolist()
        diverged = map(iteration, self.diverged)
        rows = zip(self.rates.tolist(), self.cost.tolist(), accuracy, diverged, strict=True)
        table = Table(COLUMNS, list(rows))
        return table.without("accuracy") if np.isnan(last).all() else table

    def facts(self) -> dict[str, Any]:
        return {"rates": self.rows()}


@dataclass(frozen=True, eq=False, repr=False)
class RateSuggestion(RateComparison):
    """rate : suggested of those that were tested. reason : why, a sentence or two.

    Not a number where no rate was finished; of fewer than all where it is not `complete`.
    """

    rate: float = math.nan
    reason: str = "no run was finished."

    def __repr__(self) -> str:
        return f"RateSuggestion({self.rate:.3g}: {self.reason})"

    def facts(self) -> dict[str, Any]:
        if not self.histories:
            return {"suggested": None}
        return {"suggested": self.rate, "reason": self.reason, **super().facts()}


def compare_learning_rates(
    data: Any,
    rates: Any = (0.01, 0.001, 0.0001),
    setting: Setting | None = None,
    *,
    record_every: int | None = None,
    execution: Execution | None = None,
) -> RateComparison:
    """Learning curves of the same network at several learning rates.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    rates : (R,), the course's by default.
    setting : all else. After Ctrl-C the rates that were finished.
    """
    setting = given("compare_learning_rates", Setting, setting)
    where = "compare_learning_rates"
    rates = checks.numbers(where, "rates", rates, least=0, open_below=True).reshape(-1)
    if setting.optimizer == "lbfgs":
        raise InputError(where, "an optimizer that has a learning rate", "lbfgs")
    runs = [Run(replace(setting, learning_rate=float(rate))) for rate in rates]
    examples = Examples(where, data)
    found = execute(where, examples, runs, execution, record_every=record_every)
    done = sorted(found)
    histories = tuple(found[k].history for k in done)
    diverged = np.array([found[k].diverged for k in done], np.int64)
    return RateComparison(rates[done], histories, diverged, len(done) == len(runs))


def find_learning_rate(
    data: Any,
    setting: Setting | None = None,
    *,
    low: float = LOW,
    high: float = HIGH,
    count: int = COUNT,
    iterations: int = ITERATIONS,
    execution: Execution | None = None,
) -> RateSuggestion:
    """A range test: `count` rates from `low` to `high`, evenly in their logarithm.

    Suggested is the rate of the lowest cost after `iterations` among those whose cost never rose
    by more than a hundredth of what it was at the start; if all rose, the lowest cost of all.

    After Ctrl-C of the rates that were finished; not a number if none was. InputError if no rate
    in the range lowers the cost.
    """
    where = "find_learning_rate"
    setting = given(where, Setting, setting)
    low = checks.number(where, "low", low, least=1 / HIGHEST)
    high = checks.number(where, "high", high, least=low, most=HIGHEST, open_below=True)
    count = checks.whole_number(where, "count", count, least=2, most=MOST)
    iterations = checks.whole_number(where, "iterations", iterations, least=1)
    setting = replace(setting, iterations=iterations, epochs=None)
    rates, every = np.geomspace(low, high, count), max(1, iterations // RECORDS)
    tested = compare_learning_rates(data, rates, setting, record_every=every, execution=execution)
    return _suggested(tested, iterations)


def _suggested(tested: RateComparison, iterations: int) -> RateSuggestion:
    """The best steady rate; where none is steady, the best of all, with a warning."""
    if not tested.histories:
        return RateSuggestion(**vars(tested))
    cost, first = tested.cost, tested.histories[0].cost[0]
    lowered = cost < first
    if not lowered.any():
        got = f"none between {tested.rates[0]:g} and {tested.rates[-1]:g}"
        fix = "Try a wider range, more iterations, or another seed or initializer."
        raise InputError("find_learning_rate", "a rate that lowers the cost", got, fix)
    steady = lowered & (tested.rises <= RISE)
    among = steady if steady.any() else lowered
    best = int(np.nanargmin(np.where(among, cost, np.nan)))
    reason = f"the lowest cost after {iterations} iterations ({cost[best]:.4g}, from {first:.4g})"
    if steady.any():
        reason += " among the rates whose cost did not rise on the way"
    else:
        reason += "; every rate's cost rose on the way, so take it with care"
    unsteady = np.flatnonzero(~steady[best:])
    if steady.any() and unsteady.size:
        reason += f". At {tested.rates[best + unsteady[0]]:.3g} it rises or diverges"
    elif best == len(tested.rates) - 1:
        reason += ". It is the highest rate that was tested: try higher ones"
    if not tested.complete:
        reason += f". Of the {len(tested.rates)} rates that were finished"
    return RateSuggestion(**vars(tested), rate=float(tested.rates[best]), reason=f"{reason}.")
