"""What held-out answers say of a model, in a word and a sentence: whether it is better than
guessing, and whether it learned by heart.

Guessing is to always say the commonest class or, of a regression, the mean. Compared is the 95 %
interval of what was held out: where guessing lies within it, nobody knows yet. Where no more are
right than by guessing, the probabilities may still tell the classes apart, as of a rare class that
is never answered, or of a threshold that guards it: then it is the AUC that speaks. That is a
second chance to be called better, so its interval is the 99 % one: cross-validated noise is then
called better in at most 5 % (benchmarks/noise.py), with two of 95 % in 8 %. Where a permutation
test was made its p decides on the AUC, and nothing is better where p > 0.05.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

from chainrule.model.evaluation import Evaluation
from chainrule.model.intervals import Intervals, bootstrap_intervals
from chainrule.model.regression import Regression
from chainrule.wording import percent

Kind = Literal["better", "inconclusive", "nothing", "worse", "unknown"]
CONFIDENCE = 0.95
SECOND = 0.99  # the AUC's
WIDER = NormalDist().inv_cdf((1 + SECOND) / 2) / NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
CHANCE = 0.05  # p of a permutation test above which nothing is called better
WIDE = 0.5  # an interval of a dozen examples or fewer
# Of right answers, or of R²: by less nearly all models do better where they trained.
GAP = 0.1
MEASURED = ("measure", "reached", "low", "high", "baseline", "trained")  # told as facts
RANKS = "Ranks better than guessing"
HEADS = {"r2": "R²", "auc": "AUC"}
NAMES: dict[Kind, str] = {
    "better": "Better than guessing",
    "inconclusive": "Inconclusive",
    "nothing": "Learned nothing",
    "worse": "Worse than guessing",
    "unknown": "Not known yet",
}


@dataclass(frozen=True)
class Verdict:
    """measure : share of right answers to held-out examples, R² of a regression, or AUC. reached :
    how much. low, high : the ends of its 95 % interval. baseline : what guessing reaches, of R² 0,
    of an AUC 1/2. trained : the same measure on the training examples, where it is known.

    alike : whether all answers are the same. answers : of an AUC, the verdict on how many of them
    are right. p : of a permutation test, where there was one. doubted : how many labels networks'
    doubts have changed, in words: then what is measured agrees with such networks, and tells
    nothing.
    """

    reached: float
    low: float
    high: float
    baseline: float
    trained: float | None = None
    measure: Literal["accuracy", "r2", "auc"] = "accuracy"
    alike: bool = False
    answers: "Verdict | None" = None
    p: float | None = None
    doubted: str = ""

    @property
    def kind(self) -> Kind:
        if self.doubted or not np.isfinite([self.reached, self.low, self.high]).all():
            return "unknown"
        if self.one_class:
            return "inconclusive"
        tested = self.p is None or self.p <= CHANCE
        if tested and (self.low > self.baseline or (self.p is not None and self.measure == "auc")):
            return "better"
        if self.low > self.baseline:
            return "inconclusive"
        if self.high < self.baseline:
            return "worse"
        # The same answer to a few is no sign yet.
        alike = self.alike and self.high - self.low < WIDE
        nothing = alike or (self.trained is not None and self.trained <= self.baseline)
        return "nothing" if nothing else "inconclusive"

    @property
    def one_class(self) -> bool:
        """Whether all held-out examples are of one class, so that nobody can do better than to
        always say it."""
        return self.measure == "accuracy" and self.baseline >= 1

    @property
    def gap(self) -> float:
        """How much better the training examples are answered, where that is more than chance and
        little: GAP above the interval at least; else 0. Wide data are answered without a mistake
        where they trained, so one of a few held-out examples is no sign."""
        if self.answers is not None:
            return self.answers.gap
        if self.trained is None or self.kind == "unknown":
            return 0.0
        return self.trained - self.reached if self.trained >= self.high + GAP else 0.0

    @property
    def name(self) -> str:
        name = RANKS if self.measure == "auc" else NAMES[self.kind]
        return f"{name}{', overfitted' if self.gap else ''}"

    @property
    def said(self) -> str:
        """What was reached, and between what it may lie."""
        if self.measure in HEADS:
            reached, low, high = (f"{each:.3f}" for each in (self.reached, self.low, self.high))
            return (
                f"{HEADS[self.measure]} of held-out examples is {reached} ({low} to {high}, "
                f"{percent(SECOND if self.measure == 'auc' else CONFIDENCE, 0)})."
            )
        reached, low, high = (percent(each, 1) for each in (self.reached, self.low, self.high))
        sure = f"{low} to {high}, {percent(CONFIDENCE, 0)}"
        return f"{reached} of held-out examples are right ({sure})."

    @property
    def words(self) -> str:
        """A sentence or two that say why."""
        if self.doubted:
            return f"{self.doubted}: {CIRCULAR}"
        share = percent(self.baseline, 1)
        guess = {
            "accuracy": f"Always saying the commonest class is right in {share}",
            "r2": "Always saying the mean has R² 0",
            "auc": "Guessing has AUC 0.5",
        }[self.measure]
        where = "less than all of" if self.low > self.baseline else "within"
        learned = self.p is not None and self.p <= CHANCE
        unsure = "it does better than that" if learned else "anything was learned that holds for "
        unsure += "" if learned else "other examples"
        why = {
            "better": f"{guess}, {where} the interval.",
            "inconclusive": "They are all of one class: whether the classes are told apart cannot "
            "be seen by them."
            if self.one_class
            else f"{guess}, {where} the interval: whether {unsure} cannot be told from so few.",
            "nothing": f"{guess}, and the network does no better"
            + (", with the same answer to all." if self.alike else ", not even where it trained."),
            "worse": f"{guess}, more than all of the interval.",
            "unknown": "",
        }[self.kind]
        return " ".join(filter(None, (why, self._exchanged, self._beside, self.overfitted)))

    @property
    def _exchanged(self) -> str:
        """What the permutation test says."""
        if self.p is None:
            return ""
        often = "seldom" if self.p <= CHANCE else "too often"
        measure = "R²" if self.measure == "r2" else "AUC"
        return f"With exchanged labels such an {measure} is {often} reached: p = {self.p:.3g}."

    @property
    def _beside(self) -> str:
        """Of an AUC, why it is not how many are right that speaks."""
        if self.answers is None:
            return ""
        right, commonest = (percent(x, 1) for x in (self.answers.reached, self.answers.baseline))
        return (
            f"It tells the classes apart, although {right} right is not clearly more than "
            f"{commonest} by always saying the commonest class: the threshold decides which "
            "mistakes are made."
        )

    @property
    def overfitted(self) -> str:
        """A sentence where it learned by heart, else ""."""
        if self.answers is not None:
            return self.answers.overfitted
        if not self.gap:
            return ""
        assert self.trained is not None
        if self.measure == "r2":
            return f"On the training examples R² is {self.trained:.3f}: much was learned by heart."
        return (
            f"Of the training examples {percent(self.trained, 1)} are right, "
            f"{100 * self.gap:.1f} points more: much was learned by heart."
        )

    def facts(self, words: str = "") -> dict[str, Any]:
        """For JSON; numbers only where they are known. words : instead of its own, such as why
        nothing is known."""
        words = words or f"{self.said} {self.words}"
        facts = {"verdict": self.name, "kind": self.kind, "words": words, "gap": self.gap}
        if self.kind == "unknown":
            return facts
        return facts | {name: getattr(self, name) for name in MEASURED}


CIRCULAR = (
    "what is measured here agrees with networks already, and looks better than it is. Examples "
    "whose labels no network has doubted tell: a test set."
)
UNKNOWN = Verdict(np.nan, np.nan, np.nan, np.nan)


def accuracy_bounds(held: Evaluation, intervals: Intervals | None) -> tuple[float, float]:
    """Those that are known better, else of so many single examples."""
    bounds = None if intervals is None else intervals.of("accuracy")
    known = bounds is not None and np.isfinite(bounds).all()
    return bounds if known and bounds else held.interval(CONFIDENCE)


def verdict_of(
    held: Evaluation | Regression,
    trained: float | None = None,
    intervals: Intervals | None = None,
    p: float | None = None,
) -> Verdict:
    """Of answers to examples that took no part in training.

    trained : share of right answers, or R², on those that did. intervals : where they are known
    better than from so many single examples (`wilson_interval`, `auc_interval`, or the bootstrap).
    p : of a permutation test of the AUC, or of R².
    """
    if isinstance(held, Regression):
        intervals = intervals or bootstrap_intervals(held.predictions[None], held.targets)
        alike = bool(np.ptp(held.predictions) == 0)
        return Verdict(held.r2, *intervals.of("r2"), 0.0, trained, "r2", alike, p=p)
    bounds = accuracy_bounds(held, intervals)
    alike = bool(np.count_nonzero(held.confusion.sum(axis=0)) == 1)
    more: dict[str, Any] = {"p": p, "doubted": held.doubted}
    found = Verdict(held.accuracy, *bounds, held.baseline, trained, alike=alike, **more)
    low, high = held.auc_bounds(SECOND)
    if intervals is not None:  # of 95 %, widened as those of a normal distribution are
        low, high = (held.auc + WIDER * (end - held.auc) for end in intervals.of("auc"))
        low, high = max(0.0, low), min(1.0, high)
    better = low > 0.5 if p is None else p <= CHANCE and held.auc > 0.5
    if found.kind in ("better", "unknown") or not better:
        return found
    return Verdict(held.auc, low, high, 0.5, measure="auc", answers=found, p=p)
