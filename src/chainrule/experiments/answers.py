"""What networks answered to examples that they were trained without, as a model's answers are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.data import Dataset
from chainrule.model.evaluation import Evaluation, evaluate_probabilities
from chainrule.model.intervals import Intervals
from chainrule.model.regression import Regression
from chainrule.model.verdict import CHANCE, Verdict, verdict_of

if TYPE_CHECKING:
    from chainrule.experiments.cross_validation import CrossValidation
    from chainrule.experiments.leave_one_out import LeaveOneOut

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class HeldOutAnswers:
    """data : the k examples that were held out. outputs : (n_classes, k) their probabilities, or
    (1, k) predicted numbers. predicted : (k,) class indices. found : these against the labels.
    intervals : by whole groups where there are any, or of numbers; None where those of single
    examples hold. trained : the share of right answers to the
    examples that the networks were trained on, in the mean. p : of a permutation test."""

    data: Dataset
    outputs: Array
    predicted: Array
    found: Evaluation | Regression
    intervals: Intervals | None = None
    trained: float | None = None
    p: float | None = None

    @property
    def verdict(self) -> Verdict:
        """See `verdict_of`."""
        return verdict_of(self.found, self.trained, self.intervals, self.p)


@dataclass(frozen=True, eq=False)
class Unseen:
    """How good a training is on examples that it has not seen, where the data hold none out.

    why : it is not known, a sentence; or "". command : that finds it out, or does it again; ""
    where nothing can. found, answers : the cross-validation by which it is known. together : of
    the groups that names showed and that were held out whole, a sentence; or "". slow : whether it
    is not known because that takes long.
    """

    why: str
    command: str = ""
    found: "CrossValidation | None" = None
    answers: HeldOutAnswers | None = None
    together: str = ""
    slow: bool = False


def held_out_answers(
    found: "CrossValidation | LeaveOneOut", data: Dataset
) -> HeldOutAnswers | None:
    """The answers of an experiment on `data`; None where no network ended with one."""
    regression = found.task == "regression"
    P = found.outputs if regression else found.probabilities
    index = np.flatnonzero(np.isfinite(P).all(axis=0))
    if not index.size:
        return None
    data, P, intervals = data.select(index), P[:, index], None
    test = getattr(found, "permutation", None)
    p = None if test is None else test.p_value
    if test is not None and test.chosen and test.p_value <= CHANCE:  # which may be too small
        p = None
    if regression or getattr(found, "groups", None) is not None:
        intervals = getattr(found, "intervals", None)
    if regression:
        none = np.zeros(len(index), np.int64)
        numbers = Regression(data.labels, P[0], data.example_names)
        return HeldOutAnswers(data, P, none, numbers, intervals, p=p)
    predicted = found.predicted[index]
    answers = evaluate_probabilities(data, P, predicted)
    return HeldOutAnswers(data, P, predicted, answers, intervals, _trained(found), p)


def _trained(found: "CrossValidation | LeaveOneOut") -> float | None:
    known = getattr(found, "accuracy_when_trained_on", None)
    if known is None:
        ends = [h.accuracy[-1] for h in found.histories if h.accuracy is not None and len(h)]
        known = float(np.mean(ends)) if ends else None
    return known if known is not None and np.isfinite(known) else None
