"""Which form the first layer takes in a fit, and why: training's estimate, with what a fit adds."""

from dataclasses import dataclass
from typing import Any

from chainrule.errors import InputError
from chainrule.training import choice
from chainrule.training.choice import Choice

# A stochastic update reads and writes each parameter and its memory some six times; on the machines
# tried, each time takes as long as ten operations of a matrix product.
UPDATE = 60.0
# Vectors of all parameters that SciPy's L-BFGS-B keeps: 2 for each of 10 corrections, and 5 more.
LBFGS_VECTORS = 25


@dataclass(frozen=True)
class FitSize(choice.Size):
    """The size of a fit."""

    def too_much(self) -> str:
        """Unless the dual form takes no more memory than scikit-learn does, X aside.

        The Gram matrix, half a dozen arrays (n_1, m), a batch's rows of the Gram matrix and, at
        the end, three arrays of the weights' size; against seven of these and a batch of X. For
        lbfgs the eigenvectors are two more Gram matrices, and the vectors are L-BFGS's.
        """
        square, weights = float(self.m) ** 2, float(self.n_x) * self.n_1
        if self.lbfgs:
            dual = 3 * square + LBFGS_VECTORS * self.n_1 * self.m
            if self.itemsize < 8:  # a copy of X in float64, as SciPy's vectors are in any case
                dual += self.read * self.m
            theirs = LBFGS_VECTORS * weights
        else:
            dual = square + (6.0 * self.n_1 + self.batch) * self.m
            theirs = 4 * weights + self.read * self.batch
        room = choice.MEMORY_SHARE * choice.memory_bytes() / self.itemsize
        return "" if dual <= min(theirs, room) else "the Gram matrix would take more memory"


def choose(estimator: Any, size: FitSize, *, one_epoch: bool) -> Choice:
    """The form for `estimator.first_layer`, or InputError for a dual that cannot be."""
    asked, adam = estimator.first_layer, estimator.solver == "adam"
    if asked == "dual" and adam:
        raise InputError(
            type(estimator).__name__,
            "solver='sgd' or 'lbfgs' for first_layer='dual'",
            "solver='adam', which changes every weight by a rule of its own",
            "Choose one of these solvers, or first_layer='auto'.",
        )
    if one_epoch:
        return Choice("primal", "primal: a single pass over the examples")
    return choice.choose(asked, size, linear=not adam, optimizer=estimator.solver)
