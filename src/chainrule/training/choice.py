"""Which form the first layer takes, and why: an estimate of operations and memory."""

from dataclasses import dataclass

from chainrule import checks
from chainrule.checks import memory_bytes
from chainrule.errors import InputError

FORMS = ("auto", "primal", "dual")
# The Gram matrix may take this part of the machine's memory before "auto" keeps to the primal form:
# the features, the matrices of validation and all other programs need room as well.
MEMORY_SHARE = 0.25


@dataclass(frozen=True)
class Choice:
    """The form, and the reason in one sentence."""

    form: str
    reason: str


@dataclass(frozen=True)
class Size:
    """What the estimate needs: features, examples, first units, runs, batch, iterations, bytes."""

    n_x: int
    m: int
    n_1: int
    runs: int
    batch: int
    iterations: int
    itemsize: int

    @property
    def primal_operations(self) -> float:
        """4 n_1 n_x B a step and run."""
        return 4.0 * self.iterations * self.runs * self.n_1 * self.n_x * self.batch

    @property
    def dual_operations(self) -> float:
        """m^2 n_x once for the Gram matrix (half of 2 m^2 n_x: it is symmetric), 4 n_1 n_x m a
        run for the start and the end, 2 n_1 m B a step and run."""
        once = float(self.m) ** 2 * self.n_x + 4.0 * self.runs * self.n_1 * self.n_x * self.m
        return once + 2.0 * self.iterations * self.runs * self.n_1 * self.m * self.batch

    def product(self, form: str) -> float:
        """Operations of the first layer's product in one step, of all runs together."""
        return 2.0 * self.runs * self.n_1 * (self.m if form == "dual" else self.n_x) * self.batch

    @property
    def gram_bytes(self) -> int:
        return self.itemsize * self.m**2


def choose(first_layer: str, size: Size, *, linear: bool, optimizer: str) -> Choice:
    """The form for `first_layer` ("auto", "primal" or "dual").

    A validation set's Gram matrix (m, m_val) is left out of the estimate. InputError for a dual
    that cannot be.
    """
    checks.one_of("train", "first_layer", first_layer, FORMS)
    if first_layer == "dual" and not linear:
        raise InputError(
            "train",
            "an optimizer whose update is linear in the gradient for first_layer='dual'",
            optimizer,
            "Use gd, momentum or nesterov; or first_layer='auto' or 'primal'.",
        )
    if first_layer != "auto":
        return Choice(first_layer, f"{first_layer} as asked")
    if not linear:
        return Choice("primal", f"primal: {optimizer} changes every weight by a rule of its own")
    primal, dual = size.primal_operations, size.dual_operations
    shape = f"{size.m} examples, {size.n_x} features"
    counts = f"{dual:.1e} operations against {primal:.1e}"
    if size.gram_bytes > MEMORY_SHARE * memory_bytes():
        gram = f"a Gram matrix of {size.gram_bytes / 2**30:.1f} GiB"
        return Choice("primal", f"primal: {gram} would fill the memory ({shape})")
    if dual < primal:
        return Choice("dual", f"dual: {counts} in the primal form ({shape})")
    return Choice("primal", f"primal: the dual form would take {counts} ({shape})")
