"""The pictures of each result: the same in its folder and in its report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.experiments import (
    CrossValidation,
    Ensemble,
    LeaveOneOut,
    RateComparison,
    RateSuggestion,
    Sweep,
)
from chainrule.show.experiment_plots import (
    fold_curves,
    learning_curves,
    left_out_plot,
    rate_plot,
    score_plot,
)
from chainrule.show.plots import AnyFigure
from chainrule.wording import setting_words


@dataclass(frozen=True, eq=False)
class Drawn:
    """name : of its file, without the ending. words : what it shows."""

    name: str
    figure: AnyFigure
    words: str


def figures(found: Any, data_name: str = "") -> list[Drawn]:
    """What there is to see of a result; nothing where nothing was finished.

    data_name : what their titles begin with; without it they have none.
    """

    def title(words: str) -> str:
        return f"{data_name}: {words}" if data_name else ""

    return KINDS[type(found)](found, title)


Title = Callable[[str], str]


def _folds(found: CrossValidation, title: Title) -> list[Drawn]:
    if not found.folds:
        return []
    words = "Learning curves of all folds, on what they train on and on what they hold out."
    figure = fold_curves(found.histories, title=title(f"{len(found.folds)} folds"))
    return [Drawn("learning-curves", figure, words)]


def _left_out(found: LeaveOneOut, title: Title) -> list[Drawn]:
    done = np.isfinite(found.left_out) & np.isfinite(found.full)
    figure = left_out_plot(
        found.full[done], found.left_out[done], title=title("each example left out")
    )
    return [Drawn("left-out", figure, "Each example trained on, and left out.")]


def _trials(found: Sweep, title: Title) -> list[Drawn]:
    if not found.trials:
        return []
    names = [setting_words(trial.setting, found.varied) for trial in found.trials]
    histories = [trial.histories[0] for trial in found.trials]
    scores = score_plot(found.rows(), found.varied, found.score, title("sweep"))
    curves = learning_curves(histories, names, title=title("sweep, best first"))
    words = f"The {found.score} of every setting, by each of what was varied."
    return [
        Drawn("scores", scores, words),
        Drawn("learning-curves", curves, "Learning curves of the best settings."),
    ]


def _rates(found: RateComparison, title: Title) -> list[Drawn]:
    if not found.histories:
        return []
    names = [f"{rate:g}" for rate in found.rates]
    figure = learning_curves(found.histories, names, title=title("learning rates"))
    return [Drawn("learning-curves", figure, f"Learning curves at the rates {', '.join(names)}.")]


def _suggested(found: RateSuggestion, title: Title) -> list[Drawn]:
    if not found.histories:
        return []
    updates = max(history.iteration[-1] for history in found.histories)
    figure = rate_plot(
        found.rates,
        found.cost,
        found.histories[0].cost[0],
        found.rate,
        title=title(f"cost after {updates} updates"),
    )
    words = f"The cost that each rate reached. Suggested: {found.rate:.2g}."
    return [Drawn("learning-rates", figure, words)]


def _members(found: Ensemble, title: Title) -> list[Drawn]:
    names = [f"seed {seed}" for seed in found.seeds]
    figure = learning_curves(found.histories, names, title=title(f"{len(names)} members"))
    return [Drawn("learning-curves", figure, "Learning curves of the members.")]


KINDS: dict[type, Callable[[Any, Title], list[Drawn]]] = {
    CrossValidation: _folds,
    LeaveOneOut: _left_out,
    Sweep: _trials,
    RateComparison: _rates,
    RateSuggestion: _suggested,
    Ensemble: _members,
}
