"""What a training gives back."""

from dataclasses import dataclass, replace

import numpy as np

from chainrule.display import shown_by
from chainrule.errors import InputError
from chainrule.network import Network
from chainrule.training.changes import Changes
from chainrule.training.choice import Choice
from chainrule.training.history import History

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class DualCoefficients:
    """The first layer as W = a W0 + C X^T: a (..., 1, 1), C (..., n_1, m)."""

    a: Array
    C: Array


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """What `train` returns.

    network : trained; with early stopping the best on the validation set.
    history : costs and accuracies as recorded. iterations : updates done in all.
    first_layer : which form trained, and why. dual : its coefficients, where it was the dual.
    stopped : why training ended before its last iteration ("interrupted", "early stopping",
        "callback", of R runs "divergence"), or None.
    seconds : wall-clock time, the Gram matrix included.
    diverged : for R runs (R,), the iteration at which each run's cost stopped being finite, -1
        where it never did; for one network -1.
    ended : likewise, where early stopping ended a run.
    device : on which it was computed, and why.
    changes : of learning_rate and l2 on the way, (iteration, {name: value}), planned and made.
    """

    network: Network
    history: History
    iterations: int
    first_layer: Choice
    dual: DualCoefficients | None
    stopped: str | None
    seconds: float
    diverged: Array
    ended: Array
    device: str = "cpu: as asked"
    changes: Changes = ()

    @property
    def complete(self) -> bool:
        """Whether it was not interrupted."""
        return self.stopped != "interrupted"

    def __repr__(self) -> str:
        stopped = f", stopped: {self.stopped}" if self.stopped else ""
        return (
            f"Training({self.iterations} iterations in {self.seconds:.3g} s, "
            f"{self.first_layer.form} form{stopped}; {self.history})"
        )

    _repr_html_ = shown_by("networks.training_html")

    def run(self, r: int) -> "Training":
        """Run r as it would have come back alone."""
        if self.network.n_runs is None:
            raise InputError("Training.run", "a training of several runs", "of a single network")
        dual = self.dual and DualCoefficients(self.dual.a[r], self.dual.C[r])
        over = {"divergence": int(self.diverged[r]), "early stopping": int(self.ended[r])}
        stopped, last = next(((why, at) for why, at in over.items() if at >= 0), (None, None))
        return replace(
            self,
            network=self.network.run(r),
            history=self.history.run(r, last),
            iterations=self.iterations if last is None else last,
            dual=dual,
            stopped=stopped or self.stopped,
            diverged=self.diverged[r],
            ended=self.ended[r],
        )
