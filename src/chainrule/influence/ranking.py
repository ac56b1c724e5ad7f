"""Features in the order of their importance, with how sure that order is: the result."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Rows, Table
from chainrule.experiments import Setting
from chainrule.influence.held_out import HeldOut
from chainrule.model.intervals import wilson_interval
from chainrule.wording import counted, listed, percent, shortened

Array = np.ndarray
By = Literal["slope", "permutation"]
STABLE, OFTEN = 0.75, 0.5  # of the runs
# Of its size: what the mean slope is at least where three in four slopes of a size have one sign.
ONE_WAY = 0.5
BOTH = "both ways"
SHOWN = 20  # features in a terminal, a page's table and a picture
MIDDLE = (2.5, 97.5)  # percentiles of the runs
CAUTION = (
    "Importance is what these networks use, not what causes anything. Features that vary together "
    "share it or stand in for each other: one that is not named may matter as much, and permuting "
    "one alone costs little while the others are left."
)


@dataclass(frozen=True, eq=False, repr=False)
class Importance(Result):
    """R runs of one setting, each trained on a part of the examples; n_x features.

    names : (n_x,). of : (n_f,) whose answer the slopes are of: for two classes the second alone,
        else each class, or each output where there are no classes.
    slopes : (R, n_f, n_x) change of the log-odds of a class, or of a value, for one standard
        deviation of the feature, in the mean, by what was learned. sizes : (R, n_f, n_x) the root
        of its mean square.
    rises : (R, n_x) of the mean loss of held-out examples when the feature is permuted.
    held_out : what was answered of the examples that runs were trained without.
    by : what features are ranked by. top : how many are looked at.
    halves : whether each run was trained on one of two halves.
    model_sizes : (n_f, n_x) of the model that was given, by what it learned; or None.
    diverged : how many runs did, of which nothing is here. complete : whether all were finished.
    """

    setting: Setting
    names: tuple[str, ...]
    of: tuple[str, ...]
    slopes: Array
    sizes: Array
    rises: Array
    held_out: HeldOut
    by: By
    top: int
    halves: bool = True
    model_sizes: Array | None = None
    diverged: int = 0
    complete: bool = True

    def __repr__(self) -> str:
        if not len(self.slopes):
            return "Importance(no runs)"
        return f"Importance({len(self.slopes)} runs, {len(self.names)} features: {self.headline})"

    @cached_property
    def mean(self) -> Array:
        """(n_f, n_x) mean slopes."""
        found: Array = self.slopes.mean(axis=0)
        return found

    @cached_property
    def importance(self) -> Array:
        """(n_x,) what features are ranked by: the mean of the runs."""
        found: Array = self.of_runs.mean(axis=0)
        return found

    @cached_property
    def of_runs(self) -> Array:
        """(R, n_x) the root of the mean square of the slopes over examples and answers; or the rise
        of the loss."""
        return self.rises if self.by == "permutation" else _size(self.sizes)

    @cached_property
    def order(self) -> Array:
        """(n_x,) indices of the features, the most important first."""
        return np.argsort(-self.importance, kind="stable")

    @cached_property
    def ranks(self) -> Array:
        """(R, n_x) from 1, in each run."""
        order = np.argsort(-self.of_runs, axis=1, kind="stable")
        return np.argsort(order, axis=1, kind="stable") + 1

    @property
    def named(self) -> tuple[str, ...]:
        """The `top` most important features, in order."""
        return tuple(self.names[j] for j in self.order[: self.top])

    @cached_property
    def in_top(self) -> Array:
        """(n_x,) the share of runs in which a feature is among the `top` most important."""
        found: Array = (self.ranks <= self.top).mean(axis=0)
        return found

    @cached_property
    def is_stable(self) -> Array:
        """(n_x,) whether a feature is in the top of three quarters of the runs or more, and matters
        in the mean: the loss may fall without it."""
        found: Array = (self.in_top >= STABLE) & (self.importance > 0)
        return found

    @property
    def stable(self) -> int:
        """How many features are."""
        return int(self.is_stable.sum())

    @property
    def expected(self) -> float:
        """At most how many of the `stable` are expected among those n_x features that halves of
        the examples choose no more often than by chance, q = `top` at a time:

            q^2 / ((2 tau - 1) n_x),     tau = 0.75

        (Meinshausen & Buehlmann 2010, theorem 1; of complementary pairs without assumptions Shah &
        Samworth 2013, theorem 1). nan of other parts than halves.
        """
        return self.top**2 / ((2 * STABLE - 1) * len(self.names)) if self.halves else np.nan

    @property
    def stability(self) -> str:
        """Both in a sentence."""
        are = f"{counted(self.stable, 'feature')} {'is' if self.stable == 1 else 'are'}"
        often = f"{percent(STABLE, 0)} of the networks or more"
        said = f"{are} in the top {self.top} of {often}"
        if not self.halves:
            return f"{said}."
        return f"{said}; by chance at most {self.expected:.2g} are expected to be."

    @property
    def headline(self) -> str:
        """What is found, in a few words."""
        names = [shortened(self.names[j]) for j in self.order if self.is_stable[j]]
        if self.held_out.warning:
            return "No feature is named"
        if not names:
            return "No feature is stable"
        if len(names) <= self.expected:
            return "No more features are stable than may be by chance"
        are = f"{counted(len(names), 'feature')} {'is' if len(names) == 1 else 'are'} stable"
        return f"{are}: {listed(names, 3)}"

    @cached_property
    def leading(self) -> Array:
        """(n_x,) which of several answers each feature raises most; 0 of one."""
        return self.mean.argmax(axis=0)

    @cached_property
    def favors(self) -> tuple[str, ...]:
        """(n_x,) the class that more of a feature speaks for, or "higher" and "lower" values;
        "both ways" where slopes cancel within runs, as many as one in four of them having the
        other sign; "" where the runs do not agree."""
        each, classes = np.arange(len(self.names)), self.held_out.classes
        mean, size = self.mean[self.leading, each], self.sizes.mean(axis=0)[self.leading, each]
        of_runs = np.abs(self.slopes).mean(axis=0)[self.leading, each]
        # Objects: of each word one, however many features there are.
        up, down = np.array(self.of, object)[self.leading], f"not {self.of[0]}"
        if classes is None:
            up, down = np.full(len(each), "higher", object), "lower"
        elif len(classes) == 2:
            down = next((name for name in classes if name != self.of[0]), "")
        known = [of_runs < ONE_WAY * size, np.abs(mean) < ONE_WAY * size, mean > 0, mean < 0]
        return tuple(np.select(known, [BOTH, "", up, down], "").tolist())

    @cached_property
    def positions(self) -> Array | None:
        """(n_x,) the numbers of the features' names, where these are an axis (`positions`)."""
        return positions(self.names)

    @property
    def regions(self) -> tuple[tuple[str, str], ...]:
        """Where names are an axis, the first and last feature of each stretch of neighbors that are
        all among the top in more than half of the runs."""
        if self.positions is None:
            return ()
        often = np.flatnonzero(self.in_top > OFTEN)
        parts = np.split(often, np.flatnonzero(np.diff(often) > 1) + 1)
        return tuple((self.names[part[0]], self.names[part[-1]]) for part in parts if len(part))

    @property
    def stretches(self) -> str:
        """The regions in words, or ""."""
        words = [first if first == last else f"{first} to {last}" for first, last in self.regions]
        more = "in the top of more than half of the networks"
        return f"{listed(words)}: {more}." if words else ""

    def only(self, name: str) -> "Importance":
        """Of one class alone, by its own slopes."""
        checks.one_of("Importance.only", "name", name, self.of)
        k = [self.of.index(name)]
        model = None if self.model_sizes is None else self.model_sizes[k]
        own: dict[str, Any] = {"slopes": self.slopes[:, k], "sizes": self.sizes[:, k]}
        return replace(self, of=(name,), by="slope", model_sizes=model, **own)

    def table(self) -> Table:
        """A row for each feature, the most important first."""
        return Table(_columns(self), Rows(self._cells()) if len(self.slopes) else [])

    def _cells(self) -> tuple[Array, ...]:
        """The table's columns."""
        runs, nothing = len(self.slopes), np.full(len(self.names), None)
        shares = [wilson_interval(k, runs) for k in range(runs + 1)]
        counts = np.rint(self.in_top * runs).astype(int)
        own = None if self.model_sizes is None else _size(self.model_sizes)
        return (
            np.arange(1, len(self.names) + 1),
            *(
                nothing if one is None else one[self.order]
                for one in (
                    np.array(self.names, object),
                    self.positions,
                    np.array(self.favors, object),
                    self.importance,
                    *np.percentile(self.of_runs, MIDDLE, axis=0),
                    self.in_top,
                    *np.array(shares)[counts].T,
                    np.where(self.is_stable, "yes", ""),
                    *np.percentile(self.ranks, MIDDLE, axis=0).round().astype(int),
                    self.rises.mean(axis=0),
                    own,
                    *self.mean,
                )
            ),
        )

    def by_class(self) -> Table:
        """Of several classes the tables of each, with its name in the first column."""
        each = zip(*(self.only(name)._cells() for name in self.of), strict=True)
        names = np.repeat(np.array(self.of, object), len(self.names))
        rows = Rows((names, *map(np.concatenate, each)))
        return Table((Column("of", head="class"), *_columns(self.only(self.of[0]))), rows)

    def facts(self) -> dict[str, Any]:
        if not len(self.slopes):
            return {"runs": 0, "diverged": self.diverged}
        return {
            "runs": len(self.slopes),
            "diverged": self.diverged,
            "ranked_by": self.by,
            "top": self.top,
            "held_out": self.held_out.facts(),
            "stable": {"features": self.stable, "at_most_by_chance": self.expected},
            "regions": self.regions,
            "headline": self.headline,
            "warning": self.held_out.warning or None,
            "caution": CAUTION,
            "features": self.table().first(self.top).records(),
        }


def _size(values: Array) -> Array:
    """Root of the mean square over the answers: of (..., n_f, n_x) (..., n_x)."""
    return np.sqrt(np.square(values).mean(axis=-2))


def _columns(found: Importance) -> tuple[Column, ...]:
    loss = "nats" if found.held_out.classes is not None else ""
    return (
        Column("rank", "whole"),
        Column("feature"),
        Column("position", "value", "at"),
        Column("class" if found.held_out.classes is not None else "direction", head="for"),
        Column("importance", "value"),
        Column("low", "value"),
        Column("high", "value"),
        Column("in_top", "percent", f"in top {found.top}"),
        Column("in_top_low", "percent", "at least"),
        Column("in_top_high", "percent", "at most"),
        Column("stable"),
        Column("rank_low", "whole", "best rank"),
        Column("rank_high", "whole", "worst rank"),
        Column("loss_rise", "value", "loss rise", loss),
        Column("of_model", "value", "of the model"),
        *(Column(f"slope of {name}", "value") for name in found.of),
    )


def positions(names: Sequence[str]) -> Array | None:
    """(n,) the numbers in names such as nm1100, 1100.5 and mz_200.1, if all are an axis: the same
    text around numbers that only rise or only fall. Else None, as where columns are counted from 0
    or 1, or whole numbers lie without order as of features that were chosen."""
    numbers, around = np.empty(len(names)), set[tuple[str, str]]()
    for k, name in enumerate(names):
        one = re.fullmatch(r"(.*?)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(\D*)", name)
        if one is None or len(around := around | {(one[1], one[3])}) > 1:
            return None
        numbers[k] = float(one[2])
    if len(names) < 3:
        return None
    steps = np.diff(numbers)
    counted = numbers[0] in (0, 1) and (steps == 1).all()
    chosen = (numbers == np.rint(numbers)).all() and np.mean(steps == np.median(steps)) < 0.5
    if counted or chosen:
        return None
    return numbers if (steps > 0).all() or (steps < 0).all() else None
