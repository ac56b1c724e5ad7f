"""Which features a network's answers depend on, and how sure that is.

One training on few examples of many features names other features as soon as some examples change.
So the setting is trained on many parts of the examples, each from weights of its own, and a
feature's importance is the mean of its slopes (`feature_measures.slopes`), with how often it was
among the most important and how often it had the same sign. By default the parts are halves, in
complementary pairs, each of which holds the other out: 2 folds, 50 times. That is stability
selection (Meinshausen & Buehlmann 2010, section 2; the pairs are Shah & Samworth 2013), with halves
in the place of bootstrap samples, which they resemble most closely of all parts without repeated
examples, and which would hold an example out that is trained on twice as seldom.

What is held out also says whether there is anything to name: if networks answer it no better than
whoever always says the commonest class, their features are those of chance.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Table
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments import Execution, Setting
from chainrule.experiments.examples import Examples, Subset
from chainrule.experiments.execute import execute
from chainrule.experiments.folds import draw_folds
from chainrule.experiments.measures import errors
from chainrule.experiments.outcomes import Outcome
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import given
from chainrule.influence.feature_measures import learned, rises, slopes
from chainrule.model.evaluation import wilson_interval
from chainrule.model.intervals import bootstrap_intervals
from chainrule.model.model_file import Model
from chainrule.network import Network, correct
from chainrule.wording import listed, percent

Array = np.ndarray
By = Literal["slope", "permutation"]
BY = ("slope", "permutation")
TOP = 50  # or a tenth of the features, where these are fewer than 500
REPEATS = 50  # of the halves
SHIFTS = 2  # permutations of each feature in each of many runs
EVERY = 20  # records of a training: only its end is looked at
STABLE, OFTEN = 0.75, 0.5  # of the runs
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
        deviation of the feature, in the mean, by what was learned.
    rises : (R, n_x) of the mean loss of held-out examples when the feature is permuted.
    outputs : (n_y, m) of each example by the networks trained without it, in the mean; nan for one
        that no finished run held out. Y : (n_y, m).
    classes : names, or None. by : what features are ranked by. top : how many are looked at.
    halves : whether each run was trained on one of two halves.
    groups : (m,) of the examples that were held out together, or None.
    model_slopes : (n_f, n_x) of the model that was given, its weights as they are; or None.
    diverged : how many runs did, of which nothing is here. complete : whether all were finished.
    """

    setting: Setting
    names: tuple[str, ...]
    of: tuple[str, ...]
    slopes: Array
    rises: Array
    outputs: Array
    Y: Array
    classes: tuple[str, ...] | None
    by: By
    top: int
    groups: Array | None = None
    halves: bool = True
    model_slopes: Array | None = None
    diverged: int = 0
    complete: bool = True

    def __repr__(self) -> str:
        if not len(self.slopes):
            return "Importance(no runs)"
        first = ", ".join(self.named[:3])
        weak = "a weak model: " if self.warning else ""
        return (
            f"Importance({len(self.slopes)} runs, {len(self.names)} features; {weak}{first}, ...)"
        )

    @cached_property
    def mean(self) -> Array:
        """(n_f, n_x) mean slopes."""
        found: Array = self.slopes.mean(axis=0)
        return found

    @cached_property
    def importance(self) -> Array:
        """(n_x,) what features are ranked by: the mean slope, signed, or of several answers the
        root of the mean square of their mean slopes; or the mean rise of the loss."""
        if self.by == "permutation":
            return self.rises.mean(axis=0)
        return self.mean[0] if len(self.of) == 1 else _size(self.mean)

    @cached_property
    def of_runs(self) -> Array:
        """(R, n_x) the same of each run."""
        if self.by == "permutation":
            return self.rises
        return self.slopes[:, 0] if len(self.of) == 1 else _size(self.slopes)

    @cached_property
    def order(self) -> Array:
        """(n_x,) indices of the features, the most important first."""
        return np.argsort(-self._strength(self.importance), kind="stable")

    @cached_property
    def ranks(self) -> Array:
        """(R, n_x) from 1, in each run."""
        order = np.argsort(-self._strength(self.of_runs), axis=1, kind="stable")
        return np.argsort(order, axis=1, kind="stable") + 1

    def _strength(self, values: Array) -> Array:
        return values if self.by == "permutation" else np.abs(values)

    @property
    def named(self) -> tuple[str, ...]:
        """The `top` most important features, in order."""
        return tuple(self.names[j] for j in self.order[: self.top])

    @cached_property
    def in_top(self) -> Array:
        """(n_x,) the share of runs in which a feature is among the `top` most important."""
        found: Array = (self.ranks <= self.top).mean(axis=0)
        return found

    @property
    def stable(self) -> int:
        """How many features are in the top of three quarters of the runs or more."""
        return int((self.in_top >= STABLE).sum())

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
        are = f"{self.stable} feature{' is' if self.stable == 1 else 's are'}"
        often = f"{percent(STABLE, 0)} of the networks or more"
        said = f"{are} in the top {self.top} of {often}"
        if not self.halves:
            return f"{said}."
        return f"{said}; by chance at most {self.expected:.2g} are expected to be."

    @cached_property
    def leading(self) -> Array:
        """(n_x,) which of several answers each feature raises most; 0 of one."""
        return self.mean.argmax(axis=0)

    @cached_property
    def same_sign(self) -> Array:
        """(n_x,) the share of runs in which the slope (of the leading answer) has the sign of the
        mean."""
        each = np.arange(len(self.names))
        signs = np.sign(self.slopes[:, self.leading, each])
        found: Array = (signs == np.sign(self.mean[self.leading, each])).mean(axis=0)
        return found

    @property
    def favors(self) -> tuple[str, ...]:
        """(n_x,) the class that more of a feature speaks for; "" where there are no classes."""
        if self.classes is None:
            return ("",) * len(self.names)
        if len(self.of) > 1:
            return tuple(self.of[k] for k in self.leading)
        positive = self.of[0]
        other = next((name for name in self.classes if name != positive), "")
        other = other if len(self.classes) == 2 else f"not {positive}"
        return tuple(positive if v > 0 else other if v < 0 else "" for v in self.mean[0])

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
        """Of one class alone, by its own slopes, which are signed."""
        checks.one_of("Importance.only", "name", name, self.of)
        k = [self.of.index(name)]
        model = None if self.model_slopes is None else self.model_slopes[k]
        return replace(self, of=(name,), slopes=self.slopes[:, k], by="slope", model_slopes=model)

    def table(self) -> Table:
        """A row for each feature, the most important first."""
        if not len(self.slopes):
            return Table(_columns(self), [])
        runs, places = len(self.slopes), self.positions
        shares = [wilson_interval(k, runs) for k in range(runs + 1)]
        counts = np.rint(self.in_top * runs).astype(int)
        own = self.model_slopes
        if own is not None:
            own = own[0] if len(self.of) == 1 else _size(own)
        of_each = (
            range(1, len(self.names) + 1),
            [self.names[j] for j in self.order],
            *(
                [None] * len(self.names) if one is None else np.asarray(one)[self.order].tolist()
                for one in (
                    places,
                    self.favors,
                    self.importance,
                    *np.percentile(self.of_runs, MIDDLE, axis=0),
                    self.in_top,
                    *np.array(shares)[counts].T,
                    self.same_sign,
                    *np.percentile(self.ranks, MIDDLE, axis=0).round().astype(int),
                    self.rises.mean(axis=0),
                    own,
                    *(self.mean if len(self.of) > 1 else ()),
                )
            ),
        )
        return Table(_columns(self), list(zip(*of_each, strict=True)))

    def by_class(self) -> Table:
        """Of several classes the tables of each, with its name in the first column."""
        rows = [(name, *row) for name in self.of for row in self.only(name).table().rows]
        return Table((Column("of", head="class"), *_columns(self.only(self.of[0]))), rows)

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

    @property
    def answered(self) -> str:
        """How well what was held out was answered, in a sentence."""
        m, parts = len(self.known), "by the networks trained without them, in the mean"
        of = f", of {self.units} groups" if self.units < m else ""
        if self.classes is None:
            ends = "{:.3f} to {:.3f}".format(*self.interval)
            return f"R² {self.r_squared:.3f} ({ends}, 95 % confidence{of}) on {m} examples {parts}."
        low, high = (percent(bound, 1) for bound in self.interval)
        return (
            f"{percent(self.right / m, 1)} of {m} examples are answered rightly {parts} "
            f"({low} to {high}, 95 % confidence{of}); by always saying the commonest class "
            f"{percent(self.baseline, 1)}."
        )

    @property
    def warning(self) -> str:
        """Why no feature is named by this model, or ""."""
        least, than = 0.0, "the mean of all"
        if self.classes is not None:
            least, than = self.baseline, "always saying the commonest class"
        if not len(self.known) or self.interval[0] > least:
            return ""
        return (
            f"On held-out examples the model is not clearly better than {than}: the ranking below "
            "is no evidence that any of these features matters."
        )

    def facts(self) -> dict[str, Any]:
        if not len(self.slopes):
            return {"runs": 0, "diverged": self.diverged}
        score = {"r_squared": self.r_squared}
        if self.classes is not None:
            m = len(self.known)
            score = {"accuracy": self.right / m, "accuracy_of_commonest_class": self.baseline}
        return {
            "runs": len(self.slopes),
            "diverged": self.diverged,
            "ranked_by": self.by,
            "top": self.top,
            "held_out": score,
            "stable": {"features": self.stable, "at_most_by_chance": self.expected},
            "regions": self.regions,
            "warning": self.warning or None,
            "caution": CAUTION,
            "features": self.table().first(self.top).records(),
        }


def _size(values: Array) -> Array:
    """Root of the mean square over the answers: of (..., n_f, n_x) (..., n_x)."""
    return np.sqrt(np.square(values).mean(axis=-2))


def _columns(found: Importance) -> tuple[Column, ...]:
    loss = "nats" if found.classes is not None else ""
    return (
        Column("rank", "whole"),
        Column("feature"),
        Column("position", "value", "at"),
        Column("class", head="for"),
        Column("importance", "value"),
        Column("low", "value"),
        Column("high", "value"),
        Column("in_top", "percent", f"in top {found.top}"),
        Column("in_top_low", "percent", "at least"),
        Column("in_top_high", "percent", "at most"),
        Column("same_sign", "percent"),
        Column("rank_low", "whole", "best rank"),
        Column("rank_high", "whole", "worst rank"),
        Column("loss_rise", "value", "loss rise", loss),
        Column("of_model", "value", "of the model"),
        *(Column(f"slope of {name}", "value") for name in found.of if len(found.of) > 1),
    )


def positions(names: Sequence[str]) -> Array | None:
    """(n,) the numbers in names such as nm1100, 1100.5 and mz_200.1, if all are an axis: the same
    text around numbers that only rise or only fall. Else None."""
    found = [re.fullmatch(r"(.*?)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(\D*)", name) for name in names]
    if len(names) < 3 or len({one and (one[1], one[3]) for one in found}) > 1 or found[0] is None:
        return None
    numbers = np.array([float(one[2]) for one in found if one])
    steps = np.diff(numbers)
    return numbers if (steps > 0).all() or (steps < 0).all() else None


def importance(
    data: Any,
    setting: Setting | None = None,
    *,
    model: Model | None = None,
    by: By = "slope",
    top: int | None = None,
    folds: Any = 2,
    repeats: int | None = None,
    stratified: bool = True,
    groups: Any = None,
    seed: int = 0,
    execution: Execution | None = None,
) -> Importance:
    """Which features matter, by networks that were trained on parts of the examples.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    setting : what is trained; run r begins from the weights of seed r + its own.
    model : one trained on these features, whose own slopes stand beside the others.
    by : what features are ranked by: "slope" (`feature_measures.slopes` of what was learned), or
        "permutation" (`feature_measures.rises` on what a run holds out, two permutations each).
    top : how many features stability is about; 50, or a tenth of fewer than 500.
    folds, repeats, stratified, groups : see `draw_folds`; halves, 50 times. More folds train on
        more each, and on more that is the same. seed : of their drawing.

    Keeps R (n_f + 1) n_x numbers, float64. After Ctrl-C of the runs that were finished.
    DivergenceError if all of them diverged.
    """
    where = "importance"
    setting, examples = given(where, Setting, setting), Examples(where, data)
    n_x = examples.shape[0]
    checks.one_of(where, "by", by, BY)
    least = max(1, min(TOP, n_x // 10)) if top is None else top
    top = checks.whole_number(where, "top", least, least=1, most=n_x)
    task = setting.task_of(examples)
    stratified = stratified and task == "classification"
    if repeats is None:
        repeats = REPEATS if isinstance(folds, int) else 1  # halves are as many as wanted
    held = draw_folds(examples, folds, repeats, stratified, groups, seed)
    n_y = len(examples.Y)
    checks.room(where, 2 * 8 * len(held) * (n_y + 1) * n_x)  # as runs end, and once more at the end
    runs = [Run(replace(setting, seed=setting.seed + r), index) for r, index in enumerate(held)]
    own = None if model is None else _of_model(where, model, examples)

    def measure(run: Run, network: Network, share: float | None, subset: Subset) -> Array:
        """Slopes, rises, and the outputs of those held out, one behind the other."""
        one, (kept, out) = run.setting, subset.parts(run.held_out)
        W = learned(network, one.network(n_x, n_y, examples.task), share)
        Y = examples.Y[:, run.held_out]
        found = slopes(network, kept, W), rises(network, out, Y, SHIFTS, one.seed)
        return np.concatenate([np.ravel(a) for a in (*found, network.predict_proba(out))])

    every = max(1, setting.updates(examples.m) // EVERY)
    outcomes = execute(where, examples, runs, execution, measure=measure, record_every=every)
    good = {k: one for k, one in sorted(outcomes.items()) if one.diverged < 0}
    if outcomes and not good:
        raise DivergenceError(max(one.diverged for one in outcomes.values()), setting.learning_rate)
    parts = _gathered(examples, {runs[k]: one for k, one in good.items()})
    classes = _classes(examples) if task == "classification" else None
    names, of = _names(examples, classes)
    groups = None if groups is None else np.asarray(groups)
    of_data = *parts, examples.Y, classes, by, top, groups, folds == 2, own
    diverged, complete = len(outcomes) - len(good), len(outcomes) == len(runs)
    return Importance(setting, names, of, *of_data, diverged, complete)


def _gathered(examples: Examples, found: Mapping[Run, Outcome]) -> tuple[Array, Array, Array]:
    """Slopes (R, n_f, n_x), rises (R, n_x) and mean outputs (n_y, m) of finished runs."""
    (n_x, m), n_y = examples.shape, len(examples.Y)
    slopes, rises = np.empty((len(found), n_y, n_x)), np.empty((len(found), n_x))
    total, times = np.zeros((n_y, m)), np.zeros(m)
    for r, (run, outcome) in enumerate(found.items()):
        assert outcome.kept is not None
        ends = n_y * n_x, (n_y + 1) * n_x
        of_slopes, rises[r], A = np.split(outcome.kept, ends)
        slopes[r] = of_slopes.reshape(n_y, n_x)
        total[:, run.held_out] += A.reshape(n_y, -1)
        times[run.held_out] += 1
    mean = np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)
    return slopes, rises, mean


def _classes(examples: Examples) -> tuple[str, ...]:
    """Names, or numbers where they have none."""
    return examples.classes or tuple(map(str, range(max(2, len(examples.Y)))))


def _names(
    examples: Examples, classes: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the features, and of what slopes are of."""
    n_x, n_y = examples.shape[0], len(examples.Y)
    names = None if examples.data is None else examples.data.feature_names
    names = names or tuple(f"feature {j}" for j in range(n_x))
    if classes is None:
        return names, tuple(f"output {k}" for k in range(n_y))
    return names, classes[1:] if n_y == 1 else classes


def _of_model(where: str, model: Model, examples: Examples) -> Array:
    """The slopes of a model's answers to all examples, of its members' in the mean."""
    checks.kind(where, "model", model, Model)
    if examples.data is None:
        raise InputError(where, "a Dataset beside a model", "arrays", "Pass cr.Dataset(...).")
    X = model.prepare(examples.data).matrix(model.network.dtype)
    members = [model.member(r) if model.n_members > 1 else model for r in range(model.n_members)]
    return np.mean([slopes(one.network, X) for one in members], axis=0)
