"""`chainrule lr-find`."""

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule import experiments
from chainrule.cli import parse, show
from chainrule.cli.experiment import COMMON, Common, Job, carried_out, planned
from chainrule.cli.options import Options, command_line
from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.experiments import RateComparison, RateSuggestion


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


def lr_find(
    data: str | None = None,
    *,
    search: Annotated[Rates, Parameter(name="*")] = Rates(),
    options: Annotated[Options, Parameter(name="*", group="Training")] = Options(),
    common: Annotated[Common, Parameter(name="*", group="Running")] = COMMON,
) -> int:
    """Suggest a learning rate by a range test, or compare a list of them.

    Parameters
    ----------
    data
        Data of any kind that `chainrule train` takes; its training set is used.
    """
    job = planned("lr-find", data, options, search, common)
    own = job.own
    if own.rates is not None:
        if own != replace(Rates(), rates=own.rates):
            fix = "The others are of the range test, in which no rates are named."
            raise InputError("--rates", "--rates alone", "some of the range's options, too", fix)
        rates = parse.rates(own.rates)
        return carried_out(
            job,
            f"compare {len(rates)} rates",
            lambda execution: experiments.compare_learning_rates(
                job.splits.train, rates, job.setting, execution=execution
            ),
            _written,
            _report_comparison,
        )
    return carried_out(
        job,
        f"{own.count} rates from {own.low:g} to {own.high:g}, {own.test_iterations} updates",
        lambda execution: experiments.find_learning_rate(
            job.splits.train,
            job.setting,
            low=own.low,
            high=own.high,
            count=own.count,
            iterations=own.test_iterations,
            execution=execution,
        ),
        _written,
        _report_suggestion,
    )


def _written(job: Job[Rates], found: "RateComparison | RateSuggestion") -> dict[str, Any]:
    from chainrule.show.report import learning_rates_report

    job.write(found)
    if found.rows():
        job.write_report(learning_rates_report(found, job.splits))
    return found.facts()


def _report_comparison(job: Job[Rates], found: "RateComparison", facts: dict[str, Any]) -> str:
    from chainrule.show.tables import terminal

    show.print_table(terminal(found.table()))
    return ""


def _report_suggestion(job: Job[Rates], found: "RateSuggestion", facts: dict[str, Any]) -> str:
    if not found.tested.histories:
        return ""
    out, margin = show.console(), " " * 11
    out.print(f"Suggested  --learning-rate {found.rate:.2g}")
    out.print(
        textwrap.fill(found.reason, out.width, initial_indent=margin, subsequent_indent=margin)
    )
    return command_line(
        "train", job.data, replace(job.options, learning_rate=float(f"{found.rate:.2g}"))
    )
