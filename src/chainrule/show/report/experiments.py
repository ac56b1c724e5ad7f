"""Reports of experiments: settings compared, what networks say of examples that they were trained
without, and labels to look at.

found : the result. data : the Dataset it is of, or Splits, whose training set is meant.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import checks, experiments
from chainrule.data import Dataset, Splits
from chainrule.errors import InputError
from chainrule.experiments.answers import held_out_answers
from chainrule.experiments.label_review import too_weak
from chainrule.influence.ranking import Importance
from chainrule.model.evaluation import evaluate
from chainrule.model.intervals import RESAMPLES
from chainrule.model.model_file import Model
from chainrule.model.verdict import UNKNOWN, Verdict
from chainrule.show.report import page
from chainrule.show.report.answers import answers_of
from chainrule.show.report.examples import decisions_live, examples
from chainrule.show.report.importance import importance_section
from chainrule.training import History
from chainrule.wording import chance, counted, isolated, percent, setting_value, setting_words

TRIALS = 50  # shown; the table in the folder has all
SUSPECTS = 48
EXAMPLES = 12
RULES = {"best": "the best", "one-se": "the simplest within one standard error of the best"}
THRESHOLDS = (
    "Each fold answers the second class above a threshold that was chosen in its inner folds; "
    "accuracy, F1 and the confusion are by these."
)
NO_ANSWER = "No answer"
NOTHING = "No training ended with a result: each diverged, or was interrupted."
CHOSEN = (
    "The best of several settings looks better than it is, for it was chosen by the same examples "
    "that measure it. Only examples that took no part in the choice say how good it is: a test set."
)
ERROR = (
    "The standard error is the deviation over the folds by the root of their number, as if they "
    "were independent: a rule of thumb."
)
TOO_WEAK = "Too weak to judge labels"
WEAK = (
    "The networks name the class of examples that they were not trained on no better than by "
    "guessing, as far as so few can tell: that they doubt a label is no evidence against it."
)
# Of classes; of numbers.
TURNED = (
    "Their own class is more probable than not to the network trained on them, and not to that "
    "without them",
    "Their own prediction changes by more than the RMSE when they are left out",
)
WHY_TURNED = (
    "They may be unusual, lie between the classes, or be labeled wrongly. With the probability of "
    "their own class when trained on and when left out:",
    "They may be unusual, or their targets wrong. With the predictions when trained on and when "
    "left out:",
)


def report_of(found: Any, splits: Splits) -> page.Report:
    """The report of what an experiment found."""
    makers: dict[type, Any] = {
        experiments.CrossValidation: cross_validation_report,
        experiments.NestedCrossValidation: cross_validation_report,
        experiments.LeaveOneOut: leave_one_out_report,
        experiments.RateComparison: learning_rates_report,
        experiments.RateSuggestion: learning_rates_report,
        experiments.Sweep: sweep_report,
        Importance: importance_report,
    }
    report: page.Report = makers[type(found)](found, splits)
    return report


def sweep_report(found: experiments.Sweep, splits: Splits) -> page.Report:
    """The trials. The chosen setting's answer is measured on the test set, if there is one."""
    checks.kind("sweep_report", "splits", splits, Splits)
    end, warnings = page.data_section(splits, found.varied), page.warned(found.complete)
    if not found.trials:
        return page.Report(NO_ANSWER, "No setting was finished.", [end], warnings)
    more = len(found.trials) - TRIALS
    words = [f"The first {TRIALS}; {more} more are in the table results.csv."] if more > 0 else []
    words.insert(0, f"Each on {found.held_out}. {ERROR}")
    aside = [f"{name}_deviation" for name in experiments.SCORES[found.task]]
    table = found.table().first(TRIALS).without(*aside, "diverged")
    sections = [page.Section("Settings", words, table, pictures=page.pictures_of(found)), end]
    top = found.trials[0]
    measure = experiments.SCORES[found.task][0]
    if not np.isfinite(top.spread(measure).mean):
        return page.Report(NO_ANSWER, "The cost of every setting diverged.", sections, warnings)
    setting = setting_words(top.setting, found.varied)
    chosen = f"Of {len(found.trials)} settings {setting} was chosen. {found.choice}"
    if found.best is not None and splits.test is not None:
        model = Model.of(found.best.network, top.setting.prepared(splits))
        tested = answers_of("test examples", evaluate(model, splits.test))
        answer = f"{chosen} Trained on all: {tested.words}"
        return page.Report(tested.headline, answer, sections, warnings, tested.verdict)
    reached = top.spread(found.score).mean
    said = percent(reached, 1) if found.score == "accuracy" else f"{reached:.4g}"
    answer = f"{chosen} Its {found.score} on {found.held_out}: {said}. {_guess(splits.train)}"
    warnings += [CHOSEN] if len(found.trials) > 1 else []
    return page.Report(setting, answer, sections, warnings, UNKNOWN)


def _guess(data: Dataset) -> str:
    """What guessing reaches."""
    if data.task == "regression":
        return f"Always saying the mean: RMSE {setting_value(data.labels.std())}."
    share = np.bincount(data.labels).max() / len(data)
    return f"Always saying the commonest class: accuracy {percent(share, 1)}."


def learning_rates_report(found: experiments.RateComparison, data: Dataset | Splits) -> page.Report:
    """Learning rates compared, or the range test that suggests one."""
    splits, table = _training_set("learning_rates_report", data), found.table()
    headline, answer = NO_ANSWER, "The cost at every rate diverged."
    if isinstance(found, experiments.RateSuggestion):
        said = {found.rate: f"{found.rate:.3g} (suggested)"}
        rows = [(said.get(rate, rate), *rest) for rate, *rest in table.rows]
        table = replace(table, rows=rows)
    if not found.histories:
        answer = "No rate was finished."
    elif isinstance(found, experiments.RateSuggestion):
        headline, answer = f"Learning rate {found.rate:.2g}", f"It has {found.reason}"
    elif np.isfinite(found.cost).any():
        best = int(np.nanargmin(found.cost))
        headline = f"Learning rate {found.rates[best]:g}"
        answer = (
            f"The lowest training cost of {len(found.rates)} rates: {found.cost[best]:.4g}. What "
            "fits the training set best need not be best on other examples."
        )
    sections = [
        page.Section("Costs", pictures=page.pictures_of(found)),
        page.Section("Rates", table=table, folded=isinstance(found, experiments.RateSuggestion)),
        page.data_section(splits),
    ]
    warnings = [*page.warned(found.complete), found.warning(splits.train)]
    return page.Report(headline, answer, sections, warnings)


def cross_validation_report(
    found: experiments.CrossValidation, data: Dataset | Splits
) -> page.Report:
    """What all folds say together, and each of them."""
    splits = _training_set("cross_validation_report", data, found.outputs.shape[1])
    pictures = page.pictures_of(found)
    folds = page.Section("Folds", _choice(found), found.table(), pictures=pictures[:1])
    times = sum(fold.held_out.size for fold in found.folds) // max(1, found.outputs.shape[1])
    by = "a network" if times <= 1 else f"the mean of {times} networks"
    own = [_intervals(found), _chance(found, pictures[1:]), folds]
    return _held_out(found, splits, by, own)


def _choice(found: experiments.CrossValidation) -> list[str]:
    """What was chosen in the folds, and what is for use."""
    if not isinstance(found, experiments.NestedCrossValidation) or not found.folds:
        return []
    chosen = [
        f"In each fold one of {found.tried} settings was chosen ({RULES[found.rule]} by its "
        f"{found.score} in inner folds of the examples that the fold trains on). Measured is "
        "this way of choosing, by examples that took no part in it.",
        f"On all examples it chooses {setting_words(found.setting, found.varied)}.",
    ]
    return [*(chosen if found.varied else []), *([THRESHOLDS] if found.thresholds else [])]


def _intervals(found: experiments.CrossValidation) -> page.Section | None:
    """How sure the measures are."""
    if (known := found.intervals) is None:
        return None
    words = (
        f"{known.resampled} were drawn again, with replacement, {RESAMPLES:,} times (bootstrap): "
        f"{known.confidence:.0%} intervals, BCa (Efron 1987). The networks stay as they are: what "
        "other training examples would change is not in them. AUC and the others are pooled here: "
        "of all held-out answers together, though of different networks; below Folds the mean of "
        "each fold's own."
    )
    if found.task == "classification" and found.groups is None:
        words += " Those of the accuracy (Wilson 1927) and of the AUC of two classes (Hanley & "
        words += "McNeil 1982) need no draws."
    return page.Section("How sure that is", [words], known.table())


def _chance(
    found: experiments.CrossValidation, pictures: Sequence[page.Image]
) -> page.Section | None:
    """What chance reaches."""
    if (test := found.permutation) is None:
        return None
    n, reached = len(test.permuted), int(np.sum(~(test.permuted < test.observed)))
    words = [
        f"Exchanged were {test.exchanged}, {n:,} times; {reached:,} of these trainings reached "
        f"the {test.name} of the labels as they are, {test.observed:.4f}: p = (1 + {reached:,}) / "
        f"(1 + {n:,}) = {test.p_value:.3g} (Phipson & Smyth 2010)."
    ]
    words += [test.caution] if test.caution else []
    return page.Section("What chance reaches", words, pictures=pictures)


def leave_one_out_report(found: experiments.LeaveOneOut, data: Dataset | Splits) -> page.Report:
    """What is said of each example by the network that was trained without it."""
    splits = _training_set("leave_one_out_report", data, len(found.full))
    own = [_by_heart(found, splits.train), _influential(found)]
    return _held_out(found, splits, "a network", own)


def _held_out(
    found: experiments.CrossValidation | experiments.LeaveOneOut,
    splits: Splits,
    by: str,
    own: Sequence[page.Section | None],
) -> page.Report:
    """by : what answers, without the example. own : the result's sections."""
    varied = getattr(found, "varied", ())
    end = page.data_section(splits, varied)
    warnings = page.warned(found.complete, found.histories, chosen=bool(varied))
    held = held_out_answers(found, splits.train)
    if held is None:
        return page.Report(NO_ANSWER, NOTHING, [*own, end], warnings)
    name = f"examples, each by {by} trained without it"
    answer = answers_of(name, held.found, intervals=held.intervals, trained=held.trained, p=held.p)
    shared = examples(held.data, held.outputs, held.predicted, "examples")
    threshold = None if getattr(found, "thresholds", None) else 0.5
    sections = [*own, *answer.sections(held.data, held.outputs, shared, threshold), end]
    return page.Report(answer.headline, answer.words, sections, warnings, answer.verdict)


def importance_report(found: Importance, data: Dataset | Splits) -> page.Report:
    """The features, and whether what is held out is answered at all."""
    splits = _training_set("importance_report", data, found.held_out.Y.shape[1])
    warnings = page.warned(found.complete)
    if not len(found.slopes):
        return page.Report(NO_ANSWER, NOTHING, [page.data_section(splits)], warnings)
    sections = [importance_section(found), page.data_section(splits)]
    warnings.append(found.held_out.warning)
    return page.Report(found.headline, found.held_out.words, sections, warnings)


def _by_heart(found: experiments.LeaveOneOut, data: Dataset) -> page.Section:
    """The examples whose own answer turns without them."""
    regression, heading = found.task == "regression", "Learned by heart"
    if not np.isfinite(found.full - found.left_out).any():
        return page.Section(heading, ["Not known: the training on all examples has no result."])
    turned, pictures = found.by_heart, page.pictures_of(found)
    if not turned.size:
        return page.Section(heading, [f"{TURNED[regression]}: none."], pictures=pictures)
    order, full, left_out = turned[:EXAMPLES], found.full, found.left_out
    texts = [(data.example_names[i], f"{full[i]:.3f} → {left_out[i]:.3f}") for i in order]
    columns = ("name", "class", "probability_when_trained_on", "probability_of_class")
    if regression:
        columns = ("name", "target", "predicted_when_trained_on", "predicted")
    table = found.table().pick(order).only(*columns)
    shown = f", of which {EXAMPLES} are shown" if len(turned) > EXAMPLES else ""
    words = f"{TURNED[regression]}: {len(turned)}{shown}. {WHY_TURNED[regression]}"
    return page.gallery(heading, [words], data, order, texts, table, pictures)


def _influential(found: experiments.LeaveOneOut) -> page.Section | None:
    if not np.isfinite(found.change).any():
        return None
    table = found.influential().first(EXAMPLES)
    names = "name", table.names[2], "mean_change_of_others", "others_turned"
    words = [found.influence, *([f"The first {len(table.rows)}:"] if table.rows else [])]
    return page.Section("Influence", words, table.only(*names) if table.rows else None)


def label_review_report(
    found: experiments.LabelReview,
    data: Dataset | Splits,
    *,
    decide: str = "",
    histories: Sequence[History] = (),
    verdict: Verdict | None = None,
) -> page.Report:
    """The labels to look at.

    decide : where and how to decide, a sentence. histories : of the trainings that it rests on.
    verdict : on these: where they answer no better than by guessing, that is the headline.
    """
    n, known, unknown = found.doubted, len(found.ranking), len(found.unscored)
    splits = _training_set("label_review_report", data, known + unknown, "reviewed")
    agree = percent(1 - n / max(1, known), 1)
    answer = (
        f"Of {known} examples {n} were given another class than their label by networks that were "
        f"trained without them ({agree} agree). A label is not wrong for that: look at each. "
        f"{decide}"
    )
    if unknown:
        answer += f" {unknown} were not judged, as training without them diverged."
    shown = found.suspects[:SUSPECTS]
    which = "all" if len(shown) == n else f"the {len(shown)} most suspicious"
    words = [f"The most suspicious first, {which}:" if shown else "None."]
    texts = [
        (
            one.name,
            f"labeled {isolated(one.given)}, {chance(one.probability_of_given)}",
            f"looks like {isolated(one.suggested)}, {chance(one.probability_of_suggested)}",
        )
        for one in shown
    ]
    table = found.table().first(SUSPECTS).without("index", "reason")
    index = [one.index for one in shown]
    labels = page.gallery("Labels to look at", words, splits.train, index, texts, table)
    headline = f"{counted(n, 'label')} to look at"
    if verdict is not None and too_weak(verdict):
        headline, answer = TOO_WEAK, f"{WEAK} {verdict.said} {verdict.words} {answer}"
    live = decisions_live(found, splits.train, SUSPECTS, "labels.csv")
    sections = [replace(labels, live=live), page.data_section(splits)]
    return page.Report(headline, answer, sections, page.warned(True, histories), verdict)


def _training_set(
    where: str, data: Dataset | Splits, m: int | None = None, were: str = "held out"
) -> Splits:
    """What an experiment is carried out on, with what could not be read; InputError if it has
    another number of examples than the m that it was carried out on."""
    if not isinstance(data, Splits):
        checks.kind(where, "data", data, Dataset)
        data = Splits(data)
    if m not in (None, len(data.train)):
        raise InputError(where, f"the {m} examples that were {were}", f"{len(data.train)}")
    return Splits(data.train, skipped=data.skipped)
