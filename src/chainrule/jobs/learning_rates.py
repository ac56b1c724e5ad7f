"""Learning rates compared, or one suggested, as jobs."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chainrule import experiments
from chainrule.errors import InputError
from chainrule.jobs import texts
from chainrule.jobs.job import Job

if TYPE_CHECKING:
    from chainrule.experiments import Execution, RateComparison, RateSuggestion


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Which learning rates are tried.

    Parameters
    ----------
    low
        The lowest learning rate of the range test.
    high
        The highest one.
    count
        How many rates, evenly in their logarithm.
    test_iterations
        Updates of the range test.
    rates
        Compare these rates over all --iterations instead, such as 0.01,0.001,0.0001.
    """

    low: float = 1e-5  # the defaults of find_learning_rate, which is not imported for --help
    high: float = 10.0
    count: int = 60
    test_iterations: int = 100
    rates: str | None = None


class LearningRatesJob(Job[Rates, "RateSuggestion | RateComparison"]):
    """A range test that suggests a rate, or where rates are named their comparison."""

    command = "lr-find"

    def __init__(self, *planned: Any) -> None:
        super().__init__(*planned)
        self.rates = None if self.own.rates is None else self._named(self.own.rates)

    def _named(self, rates: str) -> list[float]:
        own = self.own
        if replace(own, rates=None) != type(own)():
            fix = "The others are of the range test, in which no rates are named."
            raise InputError("--rates", "--rates alone", "some of the range's options, too", fix)
        return texts.rates(rates)

    def plan(self) -> dict[str, str]:
        own, rates = self.own, self.rates
        if rates is not None:
            return {"Plan": f"compare {len(rates)} rates"}
        span = f"{own.count} rates from {own.low:g} to {own.high:g}"
        return {"Plan": f"{span}, {own.test_iterations} updates"}

    def work(self, how: "Execution") -> "RateSuggestion | RateComparison":
        data, own = self.splits.train, self.own
        if self.rates is not None:
            return experiments.compare_learning_rates(data, self.rates, self.setting, execution=how)
        return experiments.find_learning_rate(
            data,
            self.setting,
            low=own.low,
            high=own.high,
            count=own.count,
            iterations=own.test_iterations,
            execution=how,
        )
