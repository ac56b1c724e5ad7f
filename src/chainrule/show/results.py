"""The pictures of each result: the same in its folder and in its report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import experiments
from chainrule.influence.ranking import Importance
from chainrule.model.regression import Regression
from chainrule.show import experiment_plots as plots
from chainrule.show import setting_plots
from chainrule.show.importance_plots import importance_plot
from chainrule.show.plots import AnyFigure
from chainrule.show.regression_plots import predictions_plot
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

    return list(KINDS[type(found)](found, title))


Title = Callable[[str], str]


def _folds(found: experiments.CrossValidation, title: Title) -> Iterator[Drawn]:
    if found.folds:
        varied = getattr(found, "varied", ())
        own = ", each with the setting that was chosen in it" if varied else ""
        words = f"Learning curves of all folds{own}: on what they train on, and what they hold out."
        figure = plots.fold_curves(found.histories, title=title(f"{len(found.folds)} folds"))
        yield Drawn("learning-curves", figure, words)
    if (test := found.permutation) is not None:
        name, n = test.name, len(test.permuted)
        above = title(f"{n} permutations of the labels")
        figure = plots.permutation_plot(test.permuted, test.observed, test.p_value, name, above)
        words = f"The {name} with permuted labels, and the observed one ({test.observed:.3f})."
        yield Drawn("permutations", figure, words)


def _left_out(found: experiments.LeaveOneOut, title: Title) -> Iterator[Drawn]:
    done = np.isfinite(found.left_out) & np.isfinite(found.full)
    above, left_out = title("each example left out"), found.left_out[done]
    if found.task == "regression":
        answers = Regression(found.labels[done], left_out, ("",) * len(left_out))
        figure, words = predictions_plot(answers, title=above), "Predictions against targets, each"
    else:
        figure = plots.left_out_plot(found.full[done], left_out, title=above)
        words = "Each example trained on, and"
    yield Drawn("left-out", figure, f"{words} left out.")


def _trials(found: experiments.Sweep, title: Title) -> Iterator[Drawn]:
    if found.trials:
        scores = setting_plots.score_plot(found.rows(), found.varied, found.score, title("sweep"))
        words = f"The {found.score} of every setting, by each of what was varied."
        yield Drawn("scores", scores, words)
        names = [setting_words(trial.setting, found.varied) for trial in found.trials]
        histories = [trial.histories[0] for trial in found.trials]
        curves = plots.learning_curves(histories, names, title=title("sweep, best first"))
        yield Drawn("learning-curves", curves, "Learning curves of the best settings.")


def _rates(found: experiments.RateComparison, title: Title) -> Iterator[Drawn]:
    if found.histories:
        names = [f"{rate:g}" for rate in found.rates]
        figure = plots.learning_curves(found.histories, names, title=title("learning rates"))
        words = f"Learning curves at the rates {', '.join(names)}."
        yield Drawn("learning-curves", figure, words)


def _suggested(found: experiments.RateSuggestion, title: Title) -> Iterator[Drawn]:
    if found.histories:
        updates = max(history.iteration[-1] for history in found.histories)
        above, first = title(f"cost after {updates} updates"), found.histories[0].cost[0]
        figure = setting_plots.rate_plot(found.rates, found.cost, first, found.rate, title=above)
        words = f"The cost that each rate reached. Suggested: {found.rate:.2g}."
        yield Drawn("learning-rates", figure, words)


def _members(found: experiments.Ensemble, title: Title) -> Iterator[Drawn]:
    names = [f"seed {seed}" for seed in found.seeds]
    figure = plots.learning_curves(found.histories, names, title=title(f"{len(names)} members"))
    yield Drawn("learning-curves", figure, "Learning curves of the members.")


def _features(found: Importance, title: Title) -> Iterator[Drawn]:
    if len(found.slopes):
        words = "The importance of features, with what the middle 95 % of the runs gave."
        yield Drawn("importance", importance_plot(found, title=title("importance")), words)
        for name in found.of if len(found.of) > 1 and found.by == "slope" else ():
            if found.positions is None:  # over an axis the others stand in one picture
                figure = importance_plot(found.only(name), title=title(name))
                yield Drawn(f"importance-{found.of.index(name)}", figure, f"The same of {name}.")


KINDS: dict[type, Callable[[Any, Title], Iterator[Drawn]]] = {
    experiments.CrossValidation: _folds,
    experiments.NestedCrossValidation: _folds,
    experiments.LeaveOneOut: _left_out,
    experiments.Sweep: _trials,
    experiments.RateComparison: _rates,
    experiments.RateSuggestion: _suggested,
    experiments.Ensemble: _members,
    Importance: _features,
}
