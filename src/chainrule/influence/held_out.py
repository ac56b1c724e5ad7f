"""How well networks answer the examples that they were trained without: whether there is anything
to name."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from chainrule.model.intervals import (
    area_under_curve,
    auc_interval,
    bootstrap_intervals,
    wilson_interval,
)
from chainrule.model.regression import errors
from chainrule.network import correct
from chainrule.wording import number, percent

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class HeldOut:
    """outputs : (n_y, m) of each example by the networks trained without it, in the mean; nan for
        one that no finished run held out. Y : (n_y, m).
    classes : names, or None. groups : (m,) of the examples that were held out together, or None.
    """

    outputs: Array
    Y: Array
    classes: tuple[str, ...] | None
    groups: Array | None = None

    @cached_property
    def known(self) -> Array:
        """(k,) the examples that a finished run held out."""
        return np.flatnonzero(np.isfinite(self.outputs).all(axis=0))

    @property
    def right(self) -> int:
        """How many of the `known` were classified rightly by the networks trained without them."""
        output = "softmax" if len(self.Y) > 1 else "sigmoid"
        return int(correct(self.outputs[:, self.known], self.Y[:, self.known], output).sum())

    @cached_property
    def baseline(self) -> float:
        """The share of the commonest class among the `known`."""
        Y = self.Y[:, self.known]
        counts = Y.sum(axis=1) if len(Y) > 1 else np.array([Y.sum(), (1 - Y).sum()])
        return float(counts.max() / max(1, Y.shape[1]))

    @cached_property
    def r_squared(self) -> float:
        """Of the `known`, where there are no classes."""
        return errors(self.outputs[:, self.known], self.Y[:, self.known])["r2"]

    @property
    def units(self) -> int:
        """How many of the `known`, or groups of them, are independent."""
        return len(self.known if self.groups is None else np.unique(self.groups[self.known]))

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Between which shares of right answers, or R², the true one lies with 95 % confidence: of
        as many examples as are independent."""
        if self.classes is None:
            known, A, Y = self.known, self.outputs, self.Y[0]
            groups = None if self.groups is None else self.groups[known]
            return bootstrap_intervals(A[:1, known], Y[known], groups).of("r2")
        return wilson_interval(round(self.right * self.units / len(self.known)), self.units)

    @cached_property
    def auc(self) -> tuple[float, float, float]:
        """Of two classes, with the ends of its interval, by as many examples as are independent."""
        A, Y = self.outputs[:, self.known], self.Y[:, self.known]
        found = area_under_curve(A, Y) if len(Y) == 1 and self.classes is not None else np.nan
        n_1 = round(float(Y[0].mean()) * self.units)
        return (found, *auc_interval(found, self.units - n_1, n_1))

    @property
    def words(self) -> str:
        """How well what was held out was answered, in a sentence."""
        m, parts = len(self.known), "by the networks trained without them, in the mean"
        of = f", of {self.units} groups" if self.units < m else ""
        if self.classes is None:
            ends = f"{' to '.join(map(number, self.interval))}, 95 % confidence{of}"
            return f"R² {number(self.r_squared)} ({ends}) on {m} examples {parts}."
        low, high = (percent(bound, 1) for bound in self.interval)
        auc, least, most = map(number, self.auc)
        also = f" AUC {auc} ({least} to {most}; by chance 0.5)."
        if self.interval[0] > self.baseline or auc == "-":
            also = ""
        return (
            f"{percent(self.right / m, 1)} of {m} examples are answered rightly {parts} "
            f"({low} to {high}, 95 % confidence{of}); by always saying the commonest class "
            f"{percent(self.baseline, 1)}.{also}"
        )

    @property
    def warning(self) -> str:
        """Why no feature is named by this model, or ""."""
        least, than = 0.0, "the mean of all"
        if self.classes is not None:
            least, than = self.baseline, "always saying the commonest class"
        if not len(self.known) or self.interval[0] > least or self.auc[1] > 0.5:
            return ""
        return (
            f"On held-out examples the model is not clearly better than {than}: the ranking below "
            "is no evidence that any of these features matters."
        )

    def facts(self) -> dict[str, float]:
        """As JSON has them: right answers beside those of guessing, or R²."""
        if self.classes is None:
            return {"r_squared": self.r_squared}
        share = self.right / len(self.known)
        of_commonest = {"accuracy_of_commonest_class": self.baseline}
        return {"accuracy": share, **of_commonest, "auc": self.auc[0]}
