"""What a training example does, exactly: the whole training again without it.

    change[i, j] = p_j - p_j(without i)

is the exact influence of training example i on the prediction for example j, which influence
functions estimate from gradients (Koh & Liang 2017). `leave_one_out` asks about the training
examples themselves, `without_each` about new ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.measures import DIVERGED, iteration
from chainrule.experiments.outcomes import Outcome
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting, given
from chainrule.model.model_file import class_probabilities, decided
from chainrule.model.regression import errors
from chainrule.training import History

Array = np.ndarray
NONE = {"rmse": np.nan, "mae": np.nan, "r2": np.nan}
RECORDS = 20  # of every training: they are all kept until the end
NAMES = (Column("example", "whole", "index"), Column("name", head="example"))
COLUMNS = (
    *NAMES,
    Column("class"),
    Column("predicted"),
    Column("probability_of_class", "number", "left out"),
    Column("probability_when_trained_on", "number", "trained on"),
    Column("loss", "number", unit="nats"),
    Column("mean_change_of_others", "number"),
    Column("others_turned", "whole"),
    DIVERGED,
)
OF_NUMBERS = (
    *NAMES,
    Column("target", "value"),
    Column("predicted", "value", "left out"),
    Column("predicted_when_trained_on", "value", "trained on"),
    Column("loss", "number"),
    Column("mean_change_of_others", "value"),
    Column("others_turned", "whole"),
    DIVERGED,
)


@dataclass(frozen=True, eq=False)
class LeaveOneOut(Result):
    """labels : (m,) class indices; classes and names as the data have them, or None. Of a
        regression classes are () and labels the targets; what is said of the probability of a
        class is then said of the predicted number.

    outputs : (n_y, m) of each example by the network trained without it.
    losses : (m,) its loss there, in nats from cross-entropy.
    full : (m,) probability of each example's own class by the network trained on all.
    without : (m, m) float64: row i, the same by the network trained without example i.
    accuracy_when_trained_on : fraction of all examples that the network trained on all
        classifies rightly.
    history : of the training on all, or None. diverged : (m,) the iteration at which the training
        without the example diverged, or -1.
    complete : whether all trainings were finished.

    Not a number where a training was not finished, or diverged.
    """

    setting: Setting
    labels: Array
    classes: tuple[str, ...] | None
    names: tuple[str, ...] | None
    outputs: Array
    losses: Array
    full: Array
    without: Array
    accuracy_when_trained_on: float
    history: History | None
    diverged: Array
    complete: bool = True

    def __repr__(self) -> str:
        done = int(np.isfinite(self.losses).sum())
        name, value = next(iter(self.scores.items()))
        return f"LeaveOneOut({done} of {len(self.labels)} examples: {name} {value:.4f})"

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "regression" if self.classes == () else "classification"

    @property
    def scores(self) -> dict[str, float]:
        """Of the finished examples when left out, by name."""
        if self.task == "regression":
            done = np.isfinite(self.losses)
            return errors(self.outputs[:, done], self.labels[None, done]) if done.any() else NONE
        return {"accuracy": self.accuracy}

    @property
    def probabilities(self) -> Array:
        """Of each class (n_classes, m), by the network trained without the example."""
        return class_probabilities(self.outputs)

    @property
    def histories(self) -> tuple[History, ...]:
        """Those that are kept: of the training on all."""
        return () if self.history is None else (self.history,)

    @property
    def left_out(self) -> Array:
        """(m,) probability of each example's own class by the network trained without it."""
        own: Array = _own(self.outputs, self.labels, self.classes)
        return own

    @property
    def accuracy(self) -> float:
        """Fraction of the finished examples that are classified rightly when left out."""
        return self._mean(self.predicted == self.labels)

    @property
    def cost(self) -> float:
        """Mean loss of the examples when left out."""
        return self._mean(self.losses)

    def _mean(self, values: Array) -> float:
        """Of values (m,), over the examples whose trainings were finished."""
        done = np.isfinite(self.losses)
        return float(values[done].mean()) if done.any() else np.nan

    @property
    def predicted(self) -> Array:
        """(m,) class indices when left out; for two classes 1 where p > 0.5."""
        return decided(self.probabilities)

    @property
    def change(self) -> Array:
        """(m, m): how much example i, by being trained on, raises the probability of example j's
        own class. The diagonal is each example's influence on itself."""
        return self.full - self.without

    @property
    def turned(self) -> Array:
        """(m, m): whether leaving example i out turns the answer to example j: its own class is
        more probable than not with i and not without, or the reverse. A number is turned where it
        changes by more than the RMSE of the numbers when left out."""
        if self.task == "regression":
            return np.abs(self.change) > self.scores["rmse"]
        return np.isfinite(self.change) & ((self.full > 0.5) != (self.without > 0.5))

    @property
    def by_heart(self) -> Array:
        """(k,) the examples whose own answer turns without them, the largest change first; of
        classes for the worse."""
        change = np.diag(np.abs(self.change) if self.task == "regression" else self.change)
        found = np.flatnonzero(np.diag(self.turned) & (change > 0))
        return found[np.argsort(-change[found], kind="stable")]

    def influential(self) -> Table:
        """The rows of those examples without which the answer to another one turns, those that
        turn most first."""
        table = self.table().sorted_by("mean_change_of_others").sorted_by("others_turned")
        k = table.names.index("others_turned")
        return table.pick(i for i, row in enumerate(table.rows) if row[k] > 0)

    @property
    def influence(self) -> str:
        """How many these are, in a sentence."""
        n, rmse = len(self.influential().rows), self.scores.get("rmse")
        turns = (
            f"the prediction for another one changes by more than the RMSE, {rmse:.4g}"
            if rmse is not None
            else "the class of another one is more probable than not, or no longer so"
        )
        return f"Examples without which {turns}: {n or 'none'} of {len(self.labels)}."

    def table(self) -> Table:
        """A row for each example."""
        m, regression = len(self.labels), self.task == "regression"
        names = self.names or tuple(f"example {i}" for i in range(m))
        others = np.abs(self.change)
        np.fill_diagonal(others, 0)
        said: list[Any] = [self.labels.tolist()]
        if not regression:
            classes = self.classes or tuple(map(str, range(len(self.probabilities))))
            answers = zip(self.predicted, np.isfinite(self.losses), strict=True)
            said = [[classes[k] for k in self.labels]]
            said += [[classes[k] if done else "" for k, done in answers]]
        rows = zip(
            range(m),
            names,
            *said,
            *(each.tolist() for each in (self.left_out, self.full, self.losses)),
            (others.sum(axis=1) / max(1, m - 1)).tolist(),
            (self.turned & ~np.eye(m, dtype=bool)).sum(axis=1).tolist(),
            map(iteration, self.diverged),
            strict=True,
        )
        return Table(OF_NUMBERS if regression else COLUMNS, list(rows))

    def facts(self) -> dict[str, Any]:
        known = {"accuracy_when_trained_on": self.accuracy_when_trained_on}
        return {
            **self.scores,
            "cost": self.cost,
            **(known if self.task == "classification" else {}),
            "diverged": int((self.diverged >= 0).sum()),
        }


def leave_one_out(
    data: Any,
    setting: Setting | None = None,
    *,
    execution: Execution | None = None,
) -> LeaveOneOut:
    """Train m + 1 times: on all examples, and without each.

    data : a Dataset, or (X, Y) with X (n_x, m) and labels Y (n_y, m) of 0 and 1.
    setting : what is trained; the course's 4-layer network by default.

    A scaling that is learned from data is learned in each training from what it trains on, in
    that on all of `data` as well, so that `change` is the effect of leaving one out and no other.

    Keeps (m, m) numbers. After Ctrl-C what was finished.
    """
    setting = given("leave_one_out", Setting, setting)
    examples = Examples("leave_one_out", data, relearned=True)
    if examples.m < 2:
        raise InputError("leave_one_out", "at least two examples", "one")
    # As the runs are finished, and once more as they are gathered: said before, not at the end.
    fix = "Take fewer, or cross-validate."
    checks.room("leave_one_out", 2 * 8 * examples.m**2, InputError, fix)
    runs = [Run(setting), *(Run(setting, np.array([i])) for i in range(examples.m))]
    regression = setting.task_of(examples) == "regression"
    labels = examples.Y[0] if regression else examples.labels
    classes = () if regression else examples.classes

    def keep(run: Run, A: Array) -> Array:
        """Of the outputs (n_y, m): the probability of each example's own class (m,), and all
        outputs of the example left out (n_y,), or of all where none is (n_y m,)."""
        outputs = A[:, run.held_out] if run.held_out.size else A
        return np.concatenate([_own(A, labels, classes), outputs.ravel()])

    # Of the results only the end is looked at; of the way enough to see whether it is a sound one.
    every = max(1, setting.updates(examples.m) // RECORDS)
    outcomes = execute("leave_one_out", examples, runs, execution, keep=keep, record_every=every)
    return _gathered(setting, examples, labels, classes, outcomes)


def _own(A: Array, labels: Array, classes: tuple[str, ...] | None) -> Array:
    """(m,) of outputs A (n_y, m): the probability of each example's own class; without classes, the
    number."""
    found: Array = A[0] if classes == () else class_probabilities(A)[labels, np.arange(len(labels))]
    return found


def _gathered(
    setting: Setting,
    examples: Examples,
    labels: Array,
    classes: tuple[str, ...] | None,
    outcomes: Mapping[int, Outcome],
) -> LeaveOneOut:
    """outcomes : of the training on all examples, and then of those without each."""
    m, shape, accuracy = examples.m, examples.Y.shape, np.nan
    outputs, losses, diverged = np.full(shape, np.nan), np.full(m, np.nan), np.full(m, -1)
    full, without = np.full(m, np.nan), np.full((m, m), np.nan)
    for k, outcome in outcomes.items():
        kept, i = outcome.kept, k - 1
        assert kept is not None
        if outcome.diverged >= 0:
            if k:
                diverged[i] = outcome.diverged
        elif k == 0:
            full[:] = kept[:m]
            if classes != ():
                P = class_probabilities(kept[m:].reshape(shape))
                accuracy = float(np.mean(decided(P) == labels))
        else:
            without[i], outputs[:, i] = kept[:m], kept[m:]
            losses[i] = outcome.last.validation_cost
    return LeaveOneOut(
        setting,
        labels,
        classes,
        None if examples.data is None else examples.data.example_names,
        outputs,
        losses,
        full,
        without,
        accuracy,
        outcomes[0].history if 0 in outcomes else None,
        diverged,
        len(outcomes) == m + 1,
    )
