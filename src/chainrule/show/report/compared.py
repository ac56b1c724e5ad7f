"""Reports of settings compared: sweeps and learning rates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.experiments import RateComparison, RateSuggestion, Sweep
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.show.experiment_plots import learning_curves, rate_plot, score_plot
from chainrule.show.report.images import Image, drawn
from chainrule.show.report.page import Page, Section, Table
from chainrule.show.report.sections import Accuracy, data_section, warned
from chainrule.wording import number, percent, setting_name, setting_value, setting_words

Facts = Mapping[str, Any]
TRIALS = 50  # shown; the table in the folder has all
CHOSEN = (
    "The best of several settings looks better than it is, for it was chosen by the same examples "
    "that measure it. Only examples that took no part in the choice say how good it is: a test set."
)


def sweep_report(found: Sweep, splits: Splits, *, title: str, settings: Facts) -> str:
    """HTML of a sweep. The best setting's answer is measured on the test set, if there is one."""
    checks.kind("sweep_report", "splits", splits, Splits)
    headline, answer, warning = "No answer", "No setting was finished.", ""
    sections = []
    if found.trials:
        top, scored_on = found.trials[0], found.held_out
        best = f"The best of {len(found.trials)} settings, by {found.score} on {scored_on}: "
        best += f"{setting_words(top.setting, found.varied)}."
        if found.best is not None and splits.test is not None:
            evaluation = evaluate(Model.of(found.best.network, splits), splits.test)
            tested = Accuracy("test examples", evaluation)
            headline, answer = tested.headline, f"{best} Trained on all: {tested.words}"
        elif np.isfinite(top.accuracy.mean):
            headline = f"{percent(top.accuracy.mean, 1)} right"
            counts = np.bincount(splits.train.labels)
            baseline = percent(counts.max() / counts.sum(), 1)
            answer = f"{best} Always saying the commonest class: {baseline}."
            warning = CHOSEN if len(found.trials) > 1 else ""
        else:
            headline, answer = "No answer", "The cost of every setting diverged."
        sections = [_trials(found)]
    warning = f"{warned(found.complete)} {warning}".strip()
    sections.append(data_section(splits.sets, splits.skipped))
    return Page(title, headline, answer, warning, sections, settings).html()


def _trials(found: Sweep) -> Section:
    rows = [
        (
            str(row["rank"]),
            *(setting_value(row[name]) for name in found.varied),
            f"{percent(row['accuracy'], 1)} ± {100 * row['accuracy_deviation']:.1f}"
            if np.isfinite(row["accuracy_deviation"])
            else percent(row["accuracy"], 1),
            number(row["cost"]),
            number(row["auc"]),
            number(row["training_cost"]),
        )
        for row in found.rows()[:TRIALS]
    ]
    more = len(found.trials) - len(rows)
    words = [f"The first {TRIALS}; {more} more are in the table results.csv."] if more else []
    heads = (
        "rank",
        *map(setting_name, found.varied),
        "accuracy",
        "cost (nats)",
        "AUC",
        "training cost",
    )
    scores = score_plot(found.rows(), found.varied, found.score)
    curves = learning_curves(
        [trial.histories[0] for trial in found.trials],
        [setting_words(trial.setting, found.varied) for trial in found.trials],
    )
    pictures = [
        drawn(scores, f"The {found.score} of every setting, by each of what was varied."),
        drawn(curves, "Learning curves of the best settings."),
    ]
    table = Table(heads, rows, numbers=len(heads))
    return Section("Settings", words, table, pictures=pictures, wide=True)


def learning_rates_report(
    found: RateComparison | RateSuggestion,
    data: Dataset,
    *,
    title: str,
    settings: Facts,
    skipped: Sequence[str] = (),
) -> str:
    """HTML of learning rates compared, or of the range test that suggests one."""
    tested = found.tested if isinstance(found, RateSuggestion) else found
    headline, answer, pictures = "No answer", "No rate was finished.", list[Image]()
    if tested.histories and isinstance(found, RateSuggestion):
        headline, answer = f"Learning rate {found.rate:.2g}", f"It has {found.reason}"
        figure = rate_plot(tested.rates, tested.cost, tested.histories[0].cost[0], found.rate)
        pictures = [drawn(figure, f"The cost that each rate reached. Suggested: {found.rate:.2g}.")]
    elif tested.histories and np.isfinite(tested.cost).any():
        best = int(np.nanargmin(tested.cost))
        headline = f"Learning rate {tested.rates[best]:g}"
        answer = (
            f"The lowest training cost of {len(tested.rates)} rates: {tested.cost[best]:.4g}. What "
            "fits the training set best need not be best on other examples."
        )
    elif tested.histories:
        headline, answer = "No answer", "The cost at every rate diverged."
    if isinstance(found, RateComparison) and tested.histories:
        names = [f"{rate:g}" for rate in tested.rates]
        figure = learning_curves(tested.histories, names)
        pictures = [drawn(figure, f"Learning curves at the rates {', '.join(names)}.")]
    suggested = found.rate if isinstance(found, RateSuggestion) else None
    rows = [
        (
            f"{row['learning_rate']:.3g}"
            + (" (suggested)" if row["learning_rate"] == suggested else ""),
            number(row["cost"]) if row["diverged"] == "" else f"diverged at {row['diverged']}",
            percent(row["accuracy"], 1),
        )
        for row in tested.rows()
    ]
    heads = ("learning rate", "training cost", "training accuracy")
    sections = [
        Section("Costs", pictures=pictures, wide=True),
        Section("Rates", table=Table(heads, rows, numbers=3)),
        data_section({"examples": data}, skipped),
    ]
    return Page(title, headline, answer, warned(tested.complete), sections, settings).html()
