"""Settings compared by successive halving, on folds of the training examples.

The fan of rates is in units of 1 / (4 h s), with s the largest eigenvalue of X X^T / m, and h the
largest second derivative of the loss, 1/4 of classes and 1 of numbers: gradient descent on a linear
layer is stable below 2 / (h s) (Nocedal & Wright 2006, section 3.3), so the same fan fits pixels,
spectra and standardized genes. All settings train together on a few iterations first; the best of
each size go on to four times as many, the best of all with a penalty, too, and so on (Karnin et al.
2013; Jamieson & Talwalkar 2016) while it still helps. Of each setting's curve the best iteration
counts, and of the settings the simplest within one standard error of the best (`choosing`). They
are compared in single precision, in half the time.

Where no setting answers held-out examples better than the commonest class is right, accuracy says
nothing, and to answer that class always would be the simplest choice of all. Then the area under
the ROC curve chooses, which knows no threshold, among those that trained longest.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from chainrule.errors import InputError
from chainrule.experiments.choosing import in_order, led_by, near_best, smallness
from chainrule.experiments.cross_validation import CrossValidation, held_out
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution
from chainrule.experiments.setting import Setting

Array = np.ndarray
WHERE = "choose_setting"  # for messages
SIZES: tuple[tuple[int, ...], ...] = ((), (20,), (20, 20))
PENALTY = 0.01  # tried for what is ahead after the second rung
RATES = tuple(2.0**k for k in (-1, 1, 3))  # in units of 1 / (4 h s)
FINE = tuple(2.0**k for k in range(-3, 4))  # where the rate alone is chosen
STEPS = {"adam", "rmsprop"}  # whose steps do not grow with the gradient
STEP = 0.003  # the middle of their fan
LARGE = 1e4  # s of features beside which steps in these units would not move the starting weights
TIMES = {"gd": 4.0}  # as large, where steps do not add up
RUNGS = (30, 120, 480, 1920)  # iterations
AHEAD = 3  # how many rates go on after the first, where sizes are not chosen
GAIN = 0.01  # of the accuracy, or of the first cost: what more iterations are worth
LONG_ENOUGH = 480  # iterations, where folds do not tell
RECORDS = 20  # of a curve


def _gram(examples: Examples, setting: Setting) -> Array | None:
    """None where the features, or their squares, are no numbers in this precision."""
    with np.errstate(over="ignore", invalid="ignore"), suppress(InputError):
        K = examples.of(setting).matrix(setting.dtype).gram()
        return K if np.isfinite(K).all() else None
    return None


def _fan(
    examples: Examples, base: Setting, factors: Sequence[float], K: Array | None
) -> list[float]:
    """Rates, three digits each."""
    unit = STEP
    if base.optimizer not in STEPS:
        if K is None:
            expected = "features whose squares are numbers, to choose a learning rate"
            raise InputError(WHERE, expected, "larger ones", "Scale them: standard.")
        s = 1.0 + float(np.linalg.eigvalsh(K)[-1]) / examples.m
        task = base.task_of(examples)
        unit = TIMES.get(base.optimizer, 1.0) / s * (1.0 if task == "classification" else 0.25)
        if s > LARGE:
            factors = (*factors, s**0.5)
    return [float(f"{unit * factor:.3g}") for factor in factors]


class Halving:
    """The settings, and how they are compared.

    start : the initializer that was given; None where networks without hidden layers, which have
    one minimum from wherever they start, begin at zeros: no seed shall decide what they answer.
    trials : the chosen first, none before `search`. score : by which. blind : whether accuracy says
    nothing.
    """

    def __init__(
        self,
        examples: Examples,
        base: Setting,
        varied: tuple[str, ...],
        start: str | float | None,
        how: Execution,
    ) -> None:
        self.examples, self.varied, self.how = examples, varied, how
        self.start = "zeros" if start is None else start
        self.base = replace(base, dtype="float32")
        if (K := _gram(examples, self.base)) is None:
            self.base, K = base, _gram(examples, base)
        self.classes = base.task_of(examples) == "classification" and examples.has_classes
        self.trials: tuple[CrossValidation, ...] = ()
        self.tried = 0
        self.score, self.blind = "accuracy" if self.classes else "cost", False
        self.rungs: tuple[int, ...] = RUNGS
        if "iterations" not in varied:
            n = min(base.updates(examples.m), RUNGS[-1])
            self.rungs = tuple(sorted({max(1, n // 16), max(1, n // 4), max(1, n)}))
        self.settings = self._every(K)

    def _every(self, K: Array | None) -> list[Setting]:
        """Every size with every rate, the simplest first."""
        rates, sizes = [self.base.learning_rate], [self.base.hidden]
        if "hidden" in self.varied:
            sizes = [*SIZES]
        if "learning_rate" in self.varied:
            factors = RATES if "hidden" in self.varied else FINE
            rates = _fan(self.examples, self.base, factors, K)
        bases = [replace(self.base, hidden=h) for h in sizes]
        bases = [one if one.hidden else replace(one, initializer=self.start) for one in bases]
        return [replace(one, learning_rate=rate) for one in bases for rate in rates]

    @property
    def simplest(self) -> Setting:
        """What is taken where nothing can be compared: the smallest, at the middle of the rates."""
        rates = [one for one in self.settings if one.hidden == self.settings[0].hidden]
        return rates[len(rates) // 2].with_values({"iterations": min(LONG_ENOUGH, self.rungs[-1])})

    def search(self, held: list[Array]) -> None:
        """By these folds."""
        settings, found = self.settings, dict[Setting, CrossValidation]()
        most = [len(settings), AHEAD + 1, 1, 1]  # of each rung, with the penalty
        parts = self.how.parts(*(k * n for k, n in zip(most, self.rungs, strict=False)))
        for rung, (n, how) in enumerate(zip(self.rungs, parts, strict=True)):
            ended = self._trained(settings, n, held, how)
            if rung == 1 and "l2" in self.varied:
                ahead = self._ordered(ended)[0].setting
                ended += self._trained([replace(ahead, l2=PENALTY)], n, held, how)
            ordered = self._ordered(ended)
            found |= {_of_any_length(one.setting): self._at_best(one) for one in ended}
            settings = self._kept(ordered, rung)
            own = [one for one in ended if _of_any_length(one.setting) in settings]
            if not self._goes_on(own, n):
                break
        self.trials = ordered if self.blind else _simplest(list(found.values()), self.score)
        self.tried = len(found)

    def _trained(
        self, settings: Sequence[Setting], n: int, held: list[Array], how: Execution
    ) -> list[CrossValidation]:
        """n iterations of each."""
        settings = [one.with_values({"iterations": n}) for one in settings]
        every = max(1, n // RECORDS)
        tried = list(held_out(WHERE, self.examples, settings, held, how, every))
        if not all(one.complete for one in tried):
            raise KeyboardInterrupt
        return tried

    def _ordered(self, ended: Sequence[CrossValidation]) -> tuple[CrossValidation, ...]:
        """The best first: as they were at their best, or where accuracy says nothing at the end."""
        best = [self._at_best(one) for one in ended]
        self.blind = self.classes and not any(self._sees(one) for one in best)
        self.score = "accuracy" if self.classes and not self.blind else "cost"
        if self.blind and any(np.isfinite(one.value("auc")) for one in ended):
            self.score = "auc"
        return in_order(ended if self.blind else best, self.score)

    def _sees(self, one: CrossValidation) -> bool:
        """Whether it is two standard errors better than the commonest class."""
        guess = np.bincount(self.examples.labels).max() / self.examples.m
        return one.value("accuracy") - 2 * one.standard_error("accuracy") > guess

    def _curve(self, one: CrossValidation) -> tuple[Array, Array, Array]:
        """Iterations, and at each what is best where it is largest: the mean over the folds of the
        accuracy, or of the negative cost; and of the negative cost."""
        records = [history.records[1:] for history in one.histories]
        cost = -np.mean([[r.validation_cost for r in own] for own in records], axis=0)
        accuracy = np.mean([[r.validation_accuracy for r in own] for own in records], axis=0)
        iterations = np.array([r.iteration for r in records[0]])
        return iterations, accuracy if self.classes else cost, cost

    def _at_best(self, one: CrossValidation) -> CrossValidation:
        """The same, as it was at its best iteration, where that is chosen."""
        if one.diverged or "iterations" not in self.varied:
            return one
        iterations, score, cost = self._curve(one)
        k = int(np.lexsort((cost, score))[-1])
        folds = []
        for fold in one.folds:
            record = fold.history.records[1 + k]
            accuracy, loss = float(record.validation_accuracy), float(record.validation_cost)
            measures = replace(fold.measures, accuracy=accuracy, cost=loss)
            folds.append(replace(fold, measures=measures))
        setting = one.setting.with_values({"iterations": int(iterations[k])})
        return replace(one, setting=setting, folds=tuple(folds))

    def _kept(self, ordered: Sequence[CrossValidation], rung: int) -> list[Setting]:
        """What goes on: after the first rung of each size the best, later the best of all."""
        settings = [_of_any_length(t.setting) for t in ordered if np.isfinite(t.value("cost"))]
        if rung == 0 and "hidden" in self.varied:
            settings = list({one.hidden: one for one in reversed(settings)}.values())
        return settings[: 1 if rung else AHEAD] or [_of_any_length(ordered[0].setting)]

    def _goes_on(self, ended: Sequence[CrossValidation], n: int) -> bool:
        """Whether more iterations may help one of those that are ahead."""
        if "iterations" not in self.varied or n == self.rungs[0]:
            return True
        if self.blind:
            return n < LONG_ENOUGH
        return any(self._gained(one) for one in ended)

    def _gained(self, one: CrossValidation) -> bool:
        """Whether in the last half its accuracy became better by GAIN, or its cost by as much of
        the first one and by a standard error."""
        iterations, accuracy, cost = self._curve(one)
        late = iterations > iterations[-1] / 2
        gains = [curve[late].max() - curve[~late].max() for curve in (accuracy, cost)]
        least = max(-GAIN * cost[0], np.nan_to_num(one.standard_error("cost")))
        return bool(gains[1] > least or (self.classes and gains[0] > GAIN))


def _simplest(trials: Sequence[CrossValidation], score: str) -> tuple[CrossValidation, ...]:
    """The trials, first the simplest of those that are near the best by score and cost: of few
    examples accuracy alone tells too little. Of equals it is the better one."""
    near = near_best(trials, score, "cost")
    if not near:
        return tuple(trials)
    return led_by(min(near, key=lambda t: smallness(t.setting)), trials, score)


def _of_any_length(setting: Setting) -> Setting:
    return setting.with_values({"iterations": None})
