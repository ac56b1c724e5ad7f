"""Reports of settings compared: sweeps and learning rates."""

from dataclasses import replace

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.experiments import RateComparison, RateSuggestion, Sweep
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.show.report.page import Report, Section
from chainrule.show.report.sections import (
    Accuracy,
    data_section,
    pictures_of,
    training_set,
    warned,
)
from chainrule.wording import percent, setting_words

TRIALS = 50  # shown; the table in the folder has all
CHOSEN = (
    "The best of several settings looks better than it is, for it was chosen by the same examples "
    "that measure it. Only examples that took no part in the choice say how good it is: a test set."
)


def sweep_report(found: Sweep, splits: Splits) -> Report:
    """The trials. The best setting's answer is measured on the test set, if there is one."""
    checks.kind("sweep_report", "splits", splits, Splits)
    headline, answer, chosen = _best(found, splits)
    warning = f"{warned(found.complete)} {CHOSEN if chosen else ''}".strip()
    more = len(found.trials) - TRIALS
    words = [f"The first {TRIALS}; {more} more are in the table results.csv."] if more > 0 else []
    table = found.table().first(TRIALS).without("cost_deviation", "auc_deviation", "diverged")
    trials = Section("Settings", words, table, pictures=pictures_of(found), wide=True)
    sections = [trials if found.trials else None, data_section(splits)]
    return Report(headline, answer, sections, warning)


def _best(found: Sweep, splits: Splits) -> tuple[str, str, bool]:
    """Headline and answer; and whether what measures the best setting has chosen it."""
    if not found.trials:
        return "No answer", "No setting was finished.", False
    top = found.trials[0]
    best = (
        f"The best of {len(found.trials)} settings, by {found.score} on {found.held_out}: "
        f"{setting_words(top.setting, found.varied)}."
    )
    if found.best is not None and splits.test is not None:
        evaluation = evaluate(Model.of(found.best.network, splits), splits.test)
        tested = Accuracy("test examples", evaluation)
        return tested.headline, f"{best} Trained on all: {tested.words}", False
    if not np.isfinite(top.accuracy.mean):
        return "No answer", "The cost of every setting diverged.", False
    counts = np.bincount(splits.train.labels)
    baseline = percent(counts.max() / counts.sum(), 1)
    answer = f"{best} Always saying the commonest class: {baseline}."
    return f"{percent(top.accuracy.mean, 1)} right", answer, len(found.trials) > 1


def learning_rates_report(found: RateComparison, data: Dataset | Splits) -> Report:
    """Learning rates compared, or the range test that suggests one."""
    splits = training_set("learning_rates_report", data)
    headline, answer = _answer(found)
    table = found.table()
    if isinstance(found, RateSuggestion):
        rows = [
            (f"{rate:.3g} (suggested)" if rate == found.rate else rate, *rest)
            for rate, *rest in table.rows
        ]
        table = replace(table, rows=rows)
    sections = [
        Section("Costs", pictures=pictures_of(found), wide=True),
        Section("Rates", table=table),
        data_section(splits),
    ]
    return Report(headline, answer, sections, warned(found.complete))


def _answer(found: RateComparison) -> tuple[str, str]:
    if not found.histories:
        return "No answer", "No rate was finished."
    if isinstance(found, RateSuggestion):
        return f"Learning rate {found.rate:.2g}", f"It has {found.reason}"
    if not np.isfinite(found.cost).any():
        return "No answer", "The cost at every rate diverged."
    best = int(np.nanargmin(found.cost))
    answer = (
        f"The lowest training cost of {len(found.rates)} rates: {found.cost[best]:.4g}. What "
        "fits the training set best need not be best on other examples."
    )
    return f"Learning rate {found.rates[best]:g}", answer
