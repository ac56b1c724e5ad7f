"""Which form the first layer takes in a fit, and why: an estimate of operations and memory."""

from dataclasses import dataclass
from typing import Any

from chainrule.errors import InputError
from chainrule.training.choice import MEMORY_SHARE, Choice, memory_bytes

# A stochastic update reads and writes each parameter and its memory some six times; on the machines
# tried, each time takes as long as ten operations of a matrix product.
UPDATE = 60.0
# A symmetric eigenvalue problem of order m (Golub & Van Loan 2013, section 8.3): 9 m^3 operations.
EIGEN = 9.0
# Vectors of all parameters that SciPy's L-BFGS-B keeps: 2 for each of 10 corrections, and 5 more.
LBFGS_VECTORS = 25


@dataclass(frozen=True)
class Size:
    """Features, the mean number of them that are not zero, examples, first units, batch, epochs."""

    n_x: int
    filled: float
    m: int
    n_1: int
    batch: int
    epochs: int
    itemsize: int

    @property
    def once(self) -> float:
        """The Gram matrix (half of 2 m^2 n_x: it is symmetric), the start and the end."""
        return float(self.m) ** 2 * self.filled + 4.0 * self.n_1 * self.filled * self.m

    @property
    def steps(self) -> float:
        return float(self.epochs) * -(-self.m // self.batch)

    def product(self, form: str) -> float:
        """Operations of the first layer's product in one step."""
        return 2.0 * self.n_1 * (self.m if form == "dual" else self.filled) * self.batch

    def stochastic(self) -> tuple[float, float]:
        """Operations in the primal form and in the dual, see first_layer.py."""
        update = UPDATE * self.steps * self.n_1
        product = float(self.epochs) * self.n_1 * self.m
        primal = 4 * product * self.filled + update * self.n_x
        return primal, self.once + 2 * product * self.m + 2 * update * self.m

    def lbfgs(self) -> tuple[float, float]:
        """Operations in the primal form and in the dual, see rotated.py."""
        product = 4.0 * self.epochs * self.n_1 * self.m
        primal = product * self.filled
        return primal, self.once + EIGEN * float(self.m) ** 3 + product * self.m

    def fits(self, solver: str) -> bool:
        """Whether the dual form takes no more memory than scikit-learn does, X aside.

        The Gram matrix, half a dozen arrays (n_1, m), a batch's rows of the Gram matrix and, at
        the end, three arrays of the weights' size; against seven of these and a batch of X. For
        lbfgs the eigenvectors are two more Gram matrices, and the vectors are L-BFGS's.
        """
        square, weights = float(self.m) ** 2, float(self.n_x) * self.n_1
        if solver == "lbfgs":
            dual = 3 * square + LBFGS_VECTORS * self.n_1 * self.m
            if self.itemsize < 8:  # a copy of X in float64, as SciPy's vectors are in any case
                dual += self.filled * self.m
            theirs = LBFGS_VECTORS * weights
        else:
            dual = square + (6.0 * self.n_1 + self.batch) * self.m
            theirs = 4 * weights + self.filled * self.batch
        return dual <= min(theirs, MEMORY_SHARE * memory_bytes() / self.itemsize)


def choose(estimator: Any, size: Size, *, one_epoch: bool) -> Choice:
    """The form for `estimator.first_layer`, or InputError for a dual that cannot be.

    A training seldom takes all its epochs: a quarter of max_iter is reckoned with.
    """
    asked, solver = estimator.first_layer, estimator.solver
    if asked == "dual" and solver == "adam":
        raise InputError(
            type(estimator).__name__,
            "solver='sgd' or 'lbfgs' for first_layer='dual'",
            "solver='adam', which changes every weight by a rule of its own",
            "Choose one of these solvers, or first_layer='auto'.",
        )
    if one_epoch:
        return Choice("primal", "primal: a single pass over the examples")
    if asked != "auto":
        return Choice(asked, f"{asked} as asked")
    if solver == "adam":
        return Choice("primal", "primal: adam changes every weight by a rule of its own")
    primal, dual = size.lbfgs() if solver == "lbfgs" else size.stochastic()
    shape = f"{size.m} examples, {size.n_x} features"
    if not size.fits(solver):
        return Choice("primal", f"primal: the Gram matrix would take more memory ({shape})")
    counts = f"{dual:.1e} operations against {primal:.1e}"
    if dual < primal:
        return Choice("dual", f"dual: {counts} in the primal form ({shape})")
    return Choice("primal", f"primal: the dual form would take {counts} ({shape})")
