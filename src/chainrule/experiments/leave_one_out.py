"""Leave-one-out, exactly: for each example the whole training again, without it.

    change[i, j] = p_j - p_j(without i)

is the exact influence of training example i on the prediction for example j: what approximations
by gradients estimate (Koh & Liang 2017), by doing it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.measures import DIVERGED, iteration
from chainrule.experiments.outcomes import Outcome
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting, given
from chainrule.model.model_file import class_probabilities, decided
from chainrule.training import History
from chainrule.training.choice import memory_bytes

Array = np.ndarray
RECORDS = 20  # of every training: they are all kept until the end
COLUMNS = (
    Column("example", "whole", "index"),
    Column("name", head="example"),
    Column("class"),
    Column("predicted"),
    Column("probability_of_class", "number", "left out"),
    Column("probability_when_trained_on", "number", "trained on"),
    Column("loss", "number", unit="nats"),
    Column("mean_change_of_others", "number"),
    DIVERGED,
)


@dataclass(frozen=True, eq=False)
class LeaveOneOut(Result):
    """labels : (m,) class indices; classes and names as the data have them, or None.

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
        return f"LeaveOneOut({done} of {len(self.labels)} examples: accuracy {self.accuracy:.4f})"

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
        own: Array = self.probabilities[self.labels, np.arange(len(self.labels))]
        return own

    @property
    def accuracy(self) -> float:
        """Fraction of the finished examples that are classified rightly when left out."""
        done = np.isfinite(self.losses)
        right = self.predicted == self.labels
        return float(right[done].mean()) if done.any() else np.nan

    @property
    def cost(self) -> float:
        """Mean loss of the examples when left out."""
        done = np.isfinite(self.losses)
        return float(self.losses[done].mean()) if done.any() else np.nan

    @property
    def predicted(self) -> Array:
        """(m,) class indices when left out; for two classes 1 where p > 0.5."""
        return decided(self.probabilities)

    @property
    def change(self) -> Array:
        """(m, m): how much example i, by being trained on, raises the probability of example j's
        own class. The diagonal is each example's influence on itself."""
        return self.full - self.without

    def table(self) -> Table:
        """A row for each example."""
        P, own = self.probabilities, np.arange(len(self.labels))
        names = self.names or tuple(f"example {i}" for i in own)
        classes = self.classes or tuple(map(str, range(len(P))))
        others = np.abs(self.change)
        np.fill_diagonal(others, 0)
        rows = [
            (
                int(i),
                names[i],
                classes[self.labels[i]],
                classes[self.predicted[i]] if np.isfinite(self.losses[i]) else "",
                float(P[self.labels[i], i]),
                float(self.full[i]),
                float(self.losses[i]),
                float(others[i].sum() / max(1, len(own) - 1)),
                iteration(self.diverged[i]),
            )
            for i in own
        ]
        return Table(COLUMNS, rows)

    def facts(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "cost": self.cost,
            "accuracy_when_trained_on": self.accuracy_when_trained_on,
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
    needed = 2 * 8 * examples.m**2
    if needed > memory_bytes():
        raise InputError(
            "leave_one_out",
            "as few examples as there is memory for their influence on each other",
            f"{examples.m}, which take {needed / 2**30:.1f} GiB",
            "Take fewer, or cross-validate.",
        )
    runs = [Run(setting), *(Run(setting, np.array([i])) for i in range(examples.m))]
    labels, own = examples.labels, np.arange(examples.m)

    def keep(run: Run, A: Array) -> Array:
        """Of the outputs (n_y, m): the probability of each example's own class (m,), and all
        outputs of the example left out (n_y,), or of all where none is (n_y m,)."""
        outputs = A[:, run.held_out] if run.held_out.size else A
        return np.concatenate([class_probabilities(A)[labels, own], outputs.ravel()])

    # Of the results only the end is looked at; of the way enough to see whether it is a sound one.
    every = max(1, setting.updates(examples.m) // RECORDS)
    outcomes = execute("leave_one_out", examples, runs, execution, keep=keep, record_every=every)
    return _gathered(setting, examples, labels, outcomes)


def _gathered(
    setting: Setting, examples: Examples, labels: Array, outcomes: dict[int, Outcome]
) -> LeaveOneOut:
    m, n_y = examples.m, len(examples.Y)
    outputs, losses = np.full((n_y, m), np.nan), np.full(m, np.nan)
    full, without = np.full(m, np.nan), np.full((m, m), np.nan)
    accuracy, diverged = np.nan, np.full(m, -1)
    for k, outcome in outcomes.items():
        kept, i = outcome.kept, k - 1
        assert kept is not None
        if outcome.diverged >= 0:
            if k:
                diverged[i] = outcome.diverged
        elif k == 0:
            full[:] = kept[:m]
            P = class_probabilities(kept[m:].reshape(n_y, m))
            accuracy = float(np.mean(decided(P) == labels))
        else:
            without[i], outputs[:, i] = kept[:m], kept[m:]
            losses[i] = outcome.last.validation_cost
    names = None if examples.data is None else examples.data.example_names
    return LeaveOneOut(
        setting,
        labels,
        examples.classes,
        names,
        outputs,
        losses,
        full,
        without,
        accuracy,
        outcomes[0].history if 0 in outcomes else None,
        diverged,
        len(outcomes) == m + 1,
    )
