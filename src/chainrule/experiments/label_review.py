"""Which labels look wrong, by the probabilities of networks trained without the example.

An example is the more suspect the less probable its given class is:

    p_given = P(true class = given | x)

This is the self-confidence of confident learning (Northcutt, Jiang & Chuang 2021, JAIR 70, section
3.2, by which "prune by class" ranks). It is the right order if each label was replaced with
probability e by any of the n - 1 others, for then by Bayes' rule

    P(wrong | x, given)        e        1 - p_given
    -------------------  =  -------  *  -----------
    P(right | x, given)      1 - e      (n - 1) p_given

falls as p_given rises. (What a network learns from such labels is no p_given, but rises with it.)

Of 20 labels flipped in 500 built-in pictures (tests/experiments/test_label_review.py; twelve seeds)
the first 40 hold 17.2 on average with ten classes, 16.5 with two, Shirt or not. Rejected, for what
they hold: the margin p_given - max p_other, 14.4 and 16.5; p_given less that paper's threshold, the
mean p_given of the class, 14.7 and 5.4; first those off the diagonal of that paper's confident
joint, each part by p_given, 14.7 and 15.2.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.data.label_decisions import write_decisions
from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.model.verdict import Verdict
from chainrule.wording import percent

Array = np.ndarray
SUM_TOLERANCE = 1e-4  # float32 probabilities of many classes
COLUMNS = (
    Column("index", "whole"),
    Column("name", head="example"),
    Column("given", head="labeled"),
    Column("suggested", head="looks like"),
    Column("probability_of_given", "number", "probability"),
    Column("probability_of_suggested", "number", "of the other"),
    Column("reason"),
)


@dataclass(frozen=True)
class Suspect:
    """An example whose given class is less probable than another, the suggested one.

    index : its place in the data, from 0.
    reason : a sentence with the probabilities.
    """

    index: int
    name: str
    given: str
    suggested: str
    probability_of_given: float
    probability_of_suggested: float
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class LabelReview(Result):
    """suspects : the most suspicious first.

    ranking : (k,) indices of all examples that have probabilities: first those whose given class
        is not the most probable, then the others; each by the probability of the given class.
    unscored : (m - k,) indices of those without probabilities.
    doubted : how many have a class more probable than their own; suspects may be fewer of them.
    """

    suspects: tuple[Suspect, ...]
    ranking: Array
    unscored: Array
    doubted: int

    def __repr__(self) -> str:
        without = f", {len(self.unscored)} without probabilities" if len(self.unscored) else ""
        return f"LabelReview({len(self.suspects)} suspects of {len(self.ranking)}{without})"

    def table(self) -> Table:
        """A row for each suspect."""
        return Table(COLUMNS, [tuple(vars(suspect).values()) for suspect in self.suspects])

    def facts(self) -> dict[str, Any]:
        known = self.ranking.size
        return {
            "accuracy_held_out": (known - self.doubted) / max(1, known),
            "suspects": self.rows(),
            "unscored": self.unscored,
        }

    def to_csv(self, path: str | Path) -> None:
        """A row for each suspect, in a new file for `open_data(..., labels=path)`.

        Every decision is "keep": change it to "relabel" (as relabel_as says or, where that is
        empty, as suggested) or to "drop". InputError if the file exists.
        """
        write_decisions(self.undecided(), path)

    def undecided(self) -> list[dict[str, Any]]:
        """The rows of such a file."""
        return [row | {"decision": "keep", "relabel_as": ""} for row in self.rows()]


def refuse_regression(where: str, data: Dataset) -> None:
    """InputError for numbers, of which none can be called wrong by a probability."""
    if data.task == "regression":
        fix = "Look at the largest errors: chainrule crossval."
        raise InputError(where, "labels that are classes", "a regression's numbers", fix)


def too_weak(verdict: Verdict) -> bool:
    """Whether networks with this verdict cannot judge labels: they name the class no more often
    than by guessing, though they may rank examples better."""
    return verdict.kind != "better" or verdict.measure == "auc"


def review_labels(data: Dataset, P: Any, *, most: int | None = None) -> LabelReview:
    """The examples of `data` whose labels look wrong, the most suspicious first.

    P : (n_classes, m) probabilities of each class, each column by a network that was trained
        without the example: `CrossValidation.probabilities`, `LeaveOneOut.probabilities`. Columns
        of nan (a fold that diverged or was not finished) are left out.
    most : how many suspects are listed, or all.

    Raises InputError for another shape, columns that are no probabilities, or nan alone.
    """
    P = _probabilities(data, P)
    if most is not None:
        checks.whole_number("review_labels", "most", most)
    finite = ~np.isnan(P).any(axis=0)
    known = np.flatnonzero(finite)
    own = P[data.labels[known], known]
    trusted = own >= P[:, known].max(axis=0)
    # Sorted by the last key first; equals stay in the data's order.
    ranking = known[np.lexsort((own, trusted))]
    doubted = ranking[: np.count_nonzero(~trusted)]
    suspects = _suspects(data, P, known, doubted[:most])
    return LabelReview(suspects, ranking, np.flatnonzero(~finite), len(doubted))


def _probabilities(data: Dataset, P: Any) -> Array:
    """P (n_classes, m) as float64, each column nan or of sum 1."""
    checks.kind("review_labels", "data", data, Dataset)
    refuse_regression("review_labels", data)
    shape = len(data.classes), len(data)
    expected = f"P with one row per class and one column per example, {shape}"
    P = checks.reals("review_labels", expected, P)
    if P.shape != shape:
        fix = "The examples look like rows: pass P.T." if P.shape == shape[::-1] else ""
        raise InputError("review_labels", expected, f"{P.shape}", fix)
    columns = P[:, ~np.isnan(P).any(axis=0)]
    if not columns.size:
        raise InputError("review_labels", "probabilities of some examples", "nan alone")
    if columns.min() < 0 or np.abs(columns.sum(axis=0) - 1).max() > SUM_TOLERANCE:
        fix = "Pass probabilities, not logits."
        raise InputError("review_labels", "columns of P that sum to 1", "others", fix)
    return P


def _suspects(data: Dataset, P: Array, known: Array, doubted: Array) -> tuple[Suspect, ...]:
    names, given = data.example_names, data.labels[known]
    usual = {k: P[k, known[given == k]].mean() for k in np.unique(given)}
    found = []
    for i in doubted.tolist():
        a, b = data.labels[i], P[:, i].argmax()
        was, seems = data.classes[a], data.classes[b]
        reason = (
            f"Trained without it, the network gives {was} {percent(P[a, i], 1)} and {seems} "
            f"{percent(P[b, i], 1)}; examples labeled {was} get {percent(usual[a], 1)} on average."
        )
        found.append(Suspect(i, names[i], was, seems, float(P[a, i]), float(P[b, i]), reason))
    return tuple(found)
