"""Settings compared by successive halving, on folds of the training examples.

The fan of rates is in units of 1 / (4 h s), with s the largest eigenvalue of X X^T / m, and h the
largest second derivative of the loss, 1/4 of classes and 1 of numbers: gradient descent on a linear
layer is stable below 2 / (h s) (Nocedal & Wright 2006, section 3.3), so the same fan fits pixels,
spectra and standardized genes. All settings train together on a few iterations first; the better
ones go on to four times as many, and so on (Karnin et al. 2013; Jamieson & Talwalkar 2016) while it
still helps. Of each setting's curve the best iteration counts, and of the settings the simplest
within one standard error of the best (`choosing`).

Where no setting answers held-out examples better than the commonest class is right, accuracy says
nothing, and to answer that class always would be the simplest choice of all. Then the area under
the ROC curve chooses, which knows no threshold, among those that trained longest.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.errors import InputError
from chainrule.experiments.choosing import in_order, led_by, near_best, smallness
from chainrule.experiments.cross_validation import CrossValidation, Fold, held_out
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.measures import Measures
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting

Array = np.ndarray
WHERE = "choose_setting"  # for messages
SIZES: tuple[tuple[int, ...], ...] = ((), (20,), (20, 20))
PENALTIES = (0.0, 0.01)  # tried for what is ahead after the first rung
RATES = tuple(2.0**k for k in (-1, 1, 3))  # in units of 1 / (4 h s)
FINE = tuple(2.0**k for k in range(-3, 4))  # where the rate alone is chosen
STEPS = {"adam", "rmsprop"}  # whose steps do not grow with the gradient
STEP = 0.003  # the middle of their fan
LARGE = 1e4  # s of features beside which steps in these units would not move the starting weights
TIMES = {"gd": 4.0}  # as large, where steps do not add up
RUNGS = (30, 120, 480, 1920)  # iterations
AHEAD = (3, 1, 1)  # how many settings go on after each
GAIN = 0.01  # of the accuracy, or of the first cost: what more iterations are worth
LONG_ENOUGH = 480  # iterations, where folds do not tell
RECORDS = 20  # of a curve


def _fan(examples: Examples, base: Setting, factors: Sequence[float]) -> list[float]:
    """Rates, three digits each."""
    unit = STEP
    if base.optimizer not in STEPS:
        K = examples.of(base).matrix(base.dtype).gram()
        if not np.isfinite(K).all():
            expected = "features whose squares are numbers, to choose a learning rate"
            raise InputError(WHERE, expected, "larger ones", "Scale them: standard.")
        s = 1.0 + np.linalg.eigvalsh(K)[-1] / examples.m
        task = base.task_of(examples)
        unit = TIMES.get(base.optimizer, 1.0) / s * (1.0 if task == "classification" else 0.25)
        if s > LARGE:
            factors = (*factors, s**0.5)
    return [float(f"{unit * factor:.3g}") for factor in factors]


class Halving:
    """The settings, and how they are compared."""

    def __init__(
        self, examples: Examples, base: Setting, varied: tuple[str, ...], how: Execution
    ) -> None:
        self.examples, self.base, self.varied, self.how = examples, base, varied, how
        self.classes = base.task_of(examples) == "classification" and examples.has_classes
        self.tried = 0
        self.rungs: tuple[int, ...] = RUNGS
        if "iterations" not in varied:
            n = min(base.updates(examples.m), RUNGS[-1])
            self.rungs = tuple(sorted({max(1, n // 16), max(1, n // 4), max(1, n)}))

    def first(self) -> list[Setting]:
        """Every size with every rate."""
        rates, sizes = [self.base.learning_rate], [self.base.hidden]
        if "hidden" in self.varied:
            sizes = [*SIZES]
        if "learning_rate" in self.varied:
            factors = RATES if "hidden" in self.varied else FINE
            rates = _fan(self.examples, self.base, factors)
        return [replace(self.base, hidden=h, learning_rate=r) for h in sizes for r in rates]

    def on_folds(self, held: list[Array]) -> tuple[tuple[CrossValidation, ...], bool, str]:
        """The trials, the chosen first; whether accuracy says nothing; the score."""
        settings, found = self.first(), dict[Setting, CrossValidation]()
        counts = [len(settings), 2 * AHEAD[0], *AHEAD[1:]]
        parts = self.how.parts(*(c * n for c, n in zip(counts, self.rungs, strict=False)))
        for rung, (n, how) in enumerate(zip(self.rungs, parts, strict=True)):
            ended = self._trained(settings, n, held, how)
            best = [self._at_best(one) for one in ended]
            found |= {_of_any_length(one.setting): one for one in best}
            self.tried = len(found)
            blind = self.classes and self._blind(best)
            score = self._score(ended, blind)
            ahead = in_order(ended if blind else best, score)
            if n == self.rungs[-1]:
                break
            kept = self._kept(ahead, rung)
            own = [one for one in ended if _of_any_length(one.setting) in kept]
            if not self._goes_on(own, n, blind):
                break
            settings = [replace(one, l2=l2) for one in kept for l2 in self._penalties(one, rung)]
        if blind:
            return ahead, True, score
        return _simplest(list(found.values()), score), False, score

    def on_themselves(self) -> tuple[tuple[CrossValidation, ...], bool, str]:
        """The same where no example can be held out: the simplest that answers them best."""
        n = min(LONG_ENOUGH, self.rungs[-1])
        runs = [Run(one.with_values({"iterations": n})) for one in self.first()]
        self.tried = len(runs)
        done = execute(WHERE, self.examples, runs, self.how)
        if len(done) < len(runs):
            raise KeyboardInterrupt
        trials = []
        for k, run in enumerate(runs):
            outcome, nothing = done[k], np.empty(0, np.intp)
            last = outcome.last
            measures = Measures(float(last.accuracy), cost=float(last.cost))
            if outcome.diverged >= 0:
                measures = Measures()
            A = np.empty((len(self.examples.Y), 0))
            fold = Fold(nothing, A, measures, outcome.history, outcome.diverged)
            outputs = np.full(self.examples.Y.shape, np.nan)
            trials.append(CrossValidation(run.setting, (fold,), outputs, self.examples.classes))
        score = "accuracy" if self.classes else "cost"
        return _simplest(trials, score), False, score

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
            folds.append(
                replace(fold, measures=replace(fold.measures, accuracy=accuracy, cost=loss))
            )
        setting = one.setting.with_values({"iterations": int(iterations[k])})
        return replace(one, setting=setting, folds=tuple(folds))

    def _blind(self, trials: Sequence[CrossValidation]) -> bool:
        """Whether none is two standard errors better than the commonest class."""
        guess = np.bincount(self.examples.labels).max() / self.examples.m
        score = "accuracy"
        sure = [one.value(score) - 2 * one.standard_error(score) for one in trials]
        return not any(each > guess for each in sure)

    def _score(self, trials: Sequence[CrossValidation], blind: bool) -> str:
        if blind and any(np.isfinite(one.value("auc")) for one in trials):
            return "auc"
        return "accuracy" if self.classes and not blind else "cost"

    def _goes_on(self, ended: Sequence[CrossValidation], n: int, blind: bool) -> bool:
        """Whether more iterations may help one of those that are ahead: its accuracy or its cost
        became better in the last half, by GAIN."""
        if "iterations" not in self.varied or n == self.rungs[0]:
            return True
        if blind:
            return n < LONG_ENOUGH
        return any(self._gained(one) for one in ended)

    def _gained(self, one: CrossValidation) -> bool:
        iterations, *measures = self._curve(one)
        late, first = iterations > iterations[-1] / 2, -measures[1][0]
        least = [GAIN if self.classes else GAIN * first, GAIN * first]
        gains = [curve[late].max() - curve[~late].max() for curve in measures]
        return any(gain > bound for gain, bound in zip(gains, least, strict=True))

    def _kept(self, ahead: Sequence[CrossValidation], rung: int) -> list[Setting]:
        """What goes on: after the first rung of each size the best, later the best of all."""
        settings = [_of_any_length(t.setting) for t in ahead if np.isfinite(t.value("cost"))]
        if rung == 0 and "hidden" in self.varied:
            settings = list({one.hidden: one for one in reversed(settings)}.values())
        return settings[: AHEAD[rung]] or [_of_any_length(ahead[0].setting)]

    def _penalties(self, setting: Setting, rung: int) -> tuple[float, ...]:
        return PENALTIES if rung == 0 and "l2" in self.varied else (setting.l2,)


def _simplest(trials: Sequence[CrossValidation], score: str) -> tuple[CrossValidation, ...]:
    """The trials, first the simplest of those that are near the best by score and cost: of few
    examples accuracy alone tells too little. Of equals it is the better one."""
    near = near_best(trials, score, "cost")
    if not near:
        return tuple(trials)
    return led_by(min(near, key=lambda t: smallness(t.setting)), trials, score)


def _of_any_length(setting: Setting) -> Setting:
    return setting.with_values({"iterations": None})
