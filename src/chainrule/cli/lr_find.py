"""`chainrule lr-find`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from chainrule.cli import parse, show
from chainrule.cli.experiment import (
    Job,
    Machine,
    carried_out,
    closed,
    introduce,
    planned,
)
from chainrule.cli.options import Options
from chainrule.experiments import (
    RateComparison,
    RateSuggestion,
    compare_learning_rates,
    find_learning_rate,
)
from chainrule.inspection.experiment_plots import learning_curves, rate_plot
from chainrule.inspection.plots import save_figure


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

    low: float = 1e-5
    high: float = 10.0
    count: int = 60
    test_iterations: int = 100
    rates: str | None = None


def lr_find(
    data: str | None = None,
    *,
    search: Annotated[Rates, Parameter(name="*")] = Rates(),
    options: Annotated[Options, Parameter(name="*")] = Options(),
    machine: Annotated[Machine, Parameter(name="*")] = Machine(),
    out: Path | None = None,
    resume: Path | None = None,
    json: bool = False,
) -> int:
    """Suggest a learning rate by a range test, or compare a list of them.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes.
    out
        The folder to make; runs/NAME-lr-find-1, -2, ... by default. Never overwritten.
    resume
        The folder of an interrupted run to go on in.
    json
        Print one JSON object instead of text.
    """
    began = time.perf_counter()
    job = planned("lr-find", data, options, search, machine, out, resume)
    setting, splits, own = job.options.setting(), job.options.open(job.data), job.own
    rates = None if own.rates is None else parse.rates(own.rates)
    if not json:
        test = f"{own.count} rates from {own.low:g} to {own.high:g}, {own.test_iterations} updates"
        introduce(splits, setting, test if rates is None else f"compare {len(rates)} rates")
    suggestion: RateSuggestion | None = None
    if rates is None:
        suggestion = carried_out(
            job,
            lambda execution: find_learning_rate(
                splits.train,
                setting,
                low=own.low,
                high=own.high,
                count=own.count,
                iterations=own.test_iterations,
                execution=execution,
            ),
            shown=not json,
        )
        tested: RateComparison = suggestion.tested
    else:
        tested = carried_out(
            job,
            lambda execution: compare_learning_rates(
                splits.train, rates, setting, execution=execution
            ),
            shown=not json,
        )
    facts = closed(job, _written(job, tested, suggestion), began, complete=tested.complete)
    if json:
        show.print_json(facts)
    else:
        _report(tested, suggestion, facts, job)
    return 0 if tested.complete else 1


def _written(job: Job, tested: RateComparison, suggestion: RateSuggestion | None) -> dict[str, Any]:
    """The folder's files; what was reached, as plain facts."""
    folder, name = job.folder.path, Path(job.data).name
    tested.to_csv(job.folder.table)
    if not tested.histories:
        return {"rates": []}
    if suggestion is None:
        names = [f"{rate:g}" for rate in tested.rates]
        figure = learning_curves(tested.histories, names, title=f"{name}: learning rates")
        save_figure(figure, folder / "learning-curves.png")
        return {"rates": tested.rows()}
    figure = rate_plot(
        tested.rates,
        tested.cost,
        float(tested.histories[0].cost[0]),
        suggestion.rate,
        title=f"{name}: cost after {job.own.test_iterations} updates",
    )
    save_figure(figure, folder / "learning-rates.png")
    return {
        "suggested": suggestion.rate,
        "reason": suggestion.reason,
        "rates": tested.rows(),
    }


def _report(
    tested: RateComparison,
    suggestion: RateSuggestion | None,
    facts: dict[str, Any],
    job: Job,
) -> None:
    out = show.console()
    if suggestion is not None:
        out.print(f"Suggested  --learning-rate {suggestion.rate:.2g}")
        out.print(f"           {suggestion.reason}")
    else:
        table = show.table("", "learning rate", "cost", "accuracy", numbers=2)
        for row in tested.rows():
            rate, diverged = f"{row['learning_rate']:g}", row["diverged"]
            cost = show.number(row["cost"]) if diverged == "" else f"diverged at {diverged}"
            accuracy = "-" if row["accuracy"] != row["accuracy"] else show.percent(row["accuracy"])
            table.add_row(rate, cost, accuracy)
        out.print(table)
    show.ending(job.folder.path, facts["seconds"], job.command, complete=tested.complete)
