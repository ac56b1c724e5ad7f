"""What held-out answers say of a model, in a word and a sentence: whether it is better than
guessing, and whether it learned by heart.

Guessing is to always say the commonest class or, of a regression, the mean. Compared is the 95 %
interval of what was held out: where guessing lies within it, nobody knows yet.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from chainrule.model.evaluation import Evaluation
from chainrule.model.intervals import bootstrap_intervals
from chainrule.model.regression import Regression
from chainrule.wording import percent

Kind = Literal["better", "inconclusive", "nothing", "worse", "unknown"]
CONFIDENCE = 0.95
# Of right answers, or of R²: below it a gap between training and held-out examples is found with
# most models that do well, and says little.
GAP = 0.1
NAMES: dict[Kind, str] = {
    "better": "Better than guessing",
    "inconclusive": "Inconclusive",
    "nothing": "Learned nothing",
    "worse": "Worse than guessing",
    "unknown": "Not known yet",
}


@dataclass(frozen=True)
class Verdict:
    """reached : share of right answers to held-out examples, or R² of a regression. low, high : the
    ends of its 95 % interval. baseline : what guessing reaches, of R² 0. trained : the same measure
    on the training examples, where it is known.

    of_numbers : whether it is R². alike : whether all answers are the same.
    """

    reached: float
    low: float
    high: float
    baseline: float
    trained: float | None = None
    of_numbers: bool = False
    alike: bool = False

    @property
    def kind(self) -> Kind:
        if not np.isfinite([self.reached, self.low, self.high]).all():
            return "unknown"
        if self.low > self.baseline:
            return "better"
        if self.high < self.baseline:
            return "worse"
        nothing = self.alike or (self.trained is not None and self.trained <= self.baseline)
        return "nothing" if nothing else "inconclusive"

    @property
    def gap(self) -> float:
        """How much better the training examples are answered, where that is more than chance and
        little: above the interval and by GAP at least; else 0."""
        if self.trained is None or self.kind == "unknown":
            return 0.0
        gap = self.trained - self.reached
        return gap if gap >= GAP and self.trained > self.high else 0.0

    @property
    def name(self) -> str:
        return f"{NAMES[self.kind]}{', overfitted' if self.gap else ''}"

    @property
    def said(self) -> str:
        """What was reached, and between what it may lie."""
        if self.of_numbers:
            reached, low, high = (f"{each:.3f}" for each in (self.reached, self.low, self.high))
            return (
                f"R² of held-out examples is {reached} ({low} to {high}, {percent(CONFIDENCE, 0)})."
            )
        reached, low, high = (percent(each, 1) for each in (self.reached, self.low, self.high))
        return (
            f"{reached} of held-out examples are right ({low} to {high}, {percent(CONFIDENCE, 0)})."
        )

    @property
    def words(self) -> str:
        """A sentence or two that say why."""
        of = "the mean" if self.of_numbers else "the commonest class"
        measure = (
            "Always saying {} has R² 0" if self.of_numbers else "Always saying {} is right in "
        )
        guess = measure.format(of) + ("" if self.of_numbers else percent(self.baseline, 1))
        why = {
            "better": f"{guess}, less than all of the interval.",
            "inconclusive": f"{guess}, within the interval: whether anything was learned that "
            "holds for other examples cannot be told from so few.",
            "nothing": f"{guess}, and the network does no better"
            + (", with the same answer to all." if self.alike else ", not even where it trained."),
            "worse": f"{guess}, more than all of the interval.",
            "unknown": "",
        }[self.kind]
        return f"{why} {self.overfitted}".strip()

    @property
    def overfitted(self) -> str:
        """A sentence where it learned by heart, else ""."""
        if not self.gap:
            return ""
        assert self.trained is not None
        if self.of_numbers:
            return f"On the training examples R² is {self.trained:.3f}: much was learned by heart."
        return (
            f"Of the training examples {percent(self.trained, 1)} are right, "
            f"{100 * self.gap:.1f} points more: much was learned by heart."
        )

    def facts(self, words: str = "") -> dict[str, Any]:
        """For JSON. words : instead of its own, such as why nothing is known."""
        words = words or f"{self.said} {self.words}"
        return {"verdict": self.name, "kind": self.kind, "words": words, "gap": self.gap}


UNKNOWN = Verdict(np.nan, np.nan, np.nan, np.nan)


def verdict_of(
    held: Evaluation | Regression,
    trained: float | None = None,
    bounds: tuple[float, float] | None = None,
) -> Verdict:
    """Of answers to examples that took no part in training.

    trained : share of right answers, or R², on those that did. bounds : the interval, where it is
    known better than from so many single examples (`wilson_interval`, or the bootstrap of R²).
    """
    numbers = isinstance(held, Regression)
    if bounds is None or not np.isfinite(bounds).all():
        if isinstance(held, Regression):
            bounds = bootstrap_intervals(held.predictions[None], held.targets).of("r2")
        else:
            bounds = held.interval(CONFIDENCE)
    if isinstance(held, Regression):
        reached, baseline, alike = held.r2, 0.0, np.ptp(held.predictions) == 0
    else:
        reached, baseline = held.accuracy, held.baseline
        alike = np.count_nonzero(held.confusion.sum(axis=0)) == 1
    return Verdict(reached, *bounds, baseline, trained, numbers, bool(alike))
