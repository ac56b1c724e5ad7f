"""Which form the first layer takes, and why: an estimate of operations and memory."""

from dataclasses import dataclass, field

from chainrule import checks
from chainrule.checks import memory_bytes
from chainrule.errors import InputError

FORMS = ("auto", "primal", "dual")
# The Gram matrix may take this part of the machine's memory before "auto" keeps to the primal form:
# the features, the matrices of validation and all other programs need room as well.
MEMORY_SHARE = 0.25
# Bytes of a file a second, and operations: what a solid disk and a core do in about the same time.
READ, COMPUTED = 1e9, 2e10
MOST_HOURS = 1.0  # of reading that nobody has asked for
# A symmetric eigenvalue problem of order m (Golub & Van Loan 2013, section 8.3): 9 m^3 operations.
EIGEN = 9.0


@dataclass(frozen=True)
class Choice:
    """The form, and the reason in one sentence."""

    form: str
    reason: str


@dataclass(frozen=True)
class Size:
    """What the estimate needs: features, examples, first units, runs, batch, iterations, bytes.

    filled : features that are not zero, in the mean; None for all. lbfgs : whether that solves.
    update : operations that an update takes as long as, of each parameter; W X is one, too, where
        it is carried along. pass_bytes, step_bytes : of X that are read from its file for a
        product with it, and by a step of the primal form; 0 in memory. memory : bytes that may be
        counted on.
    """

    n_x: int
    m: int
    n_1: int
    runs: int
    batch: int
    iterations: int
    itemsize: int
    filled: float | None = None
    lbfgs: bool = False
    update: float = 0.0
    pass_bytes: float = 0.0
    step_bytes: float = 0.0
    memory: float = field(default_factory=lambda: memory_bytes())

    @property
    def read(self) -> float:
        """Features of an example that a product reads."""
        return float(self.n_x) if self.filled is None else self.filled

    @property
    def _steps(self) -> float:
        """First units, of all runs and steps."""
        return float(self.iterations) * self.runs * self.n_1

    @property
    def primal_operations(self) -> float:
        """4 n_1 n_x B a step and run, the update, and what is read at each."""
        computed = self._steps * (4 * self.read * self.batch + self.update * self.n_x)
        return computed + self.iterations * self.step_bytes / READ * COMPUTED

    @property
    def dual_operations(self) -> float:
        """m^2 n_x once for the Gram matrix (half of 2 m^2 n_x: it is symmetric), 4 n_1 n_x m a
        run for the start and the end, 2 n_1 m B a step and run, the update, and reading X three
        times. In rotated coordinates these are found first, and a step takes 4 n_1 m B."""
        once = 3 * self.pass_bytes / READ * COMPUTED
        once += float(self.m) ** 2 * self.read + 4.0 * self.runs * self.n_1 * self.read * self.m
        if self.lbfgs:
            return once + EIGEN * float(self.m) ** 3 + self._steps * 4 * self.m * self.batch
        return once + self._steps * 2 * self.m * (self.batch + self.update)

    @property
    def hours(self) -> float:
        """That the primal form reads X."""
        return self.iterations * self.step_bytes / READ / 3600

    def product(self, form: str) -> float:
        """Operations of the first layer's product in one step, of all runs together."""
        return 2.0 * self.runs * self.n_1 * (self.m if form == "dual" else self.read) * self.batch

    @property
    def gram_bytes(self) -> int:
        return self.itemsize * self.m**2

    def too_much(self) -> str:
        """Why the dual form has no room, or "". A validation set's Gram matrix (m, m_val) is left
        out; the eigenvectors are two more."""
        if self.gram_bytes * (3 if self.lbfgs else 1) <= MEMORY_SHARE * self.memory:
            return ""
        return f"a Gram matrix of {self.gram_bytes / 2**30:.1f} GiB would fill the memory"


def choose(first_layer: str, size: Size, *, linear: bool, optimizer: str) -> Choice:
    """The form for `first_layer` ("auto", "primal" or "dual"); InputError for a dual that cannot
    be."""
    checks.one_of("train", "first_layer", first_layer, FORMS)
    if first_layer == "dual" and not linear:
        expected = "an optimizer whose update is linear in the gradient for first_layer='dual'"
        fix = "Use gd, momentum or nesterov; or first_layer='auto' or 'primal'."
        raise InputError("train", expected, optimizer, fix)
    if first_layer == "dual" and size.gram_bytes > size.memory:
        got = f"a Gram matrix of {size.m:,} examples, {size.gram_bytes / 2**30:.3g} GiB"
        expected = f"what fits into {size.memory / 2**30:.3g} GiB"
        raise InputError("train", expected, got, "Take float32, or fewer examples.")
    if first_layer != "auto":
        again = _read_again(size) if first_layer == "primal" else ""
        return Choice(first_layer, f"{first_layer} as asked{again}")
    if not linear:
        return _primal(f"{optimizer} changes every weight by a rule of its own", size)
    primal, dual = size.primal_operations, size.dual_operations
    shape = f"{size.m} examples, {size.n_x} features"
    counts = f"{dual:.1e} operations against {primal:.1e}"
    if too_much := size.too_much():
        return _primal(f"{too_much} ({shape})", size)
    if dual < primal:
        return Choice("dual", f"dual: {counts} in the primal form ({shape})")
    return _primal(f"the dual form would take {counts} ({shape})", size)


def _primal(why: str, size: Size) -> Choice:
    """The primal form; InputError where it would read a file for long that nobody asked for."""
    reason = f"primal: {why}{_read_again(size)}"
    if size.hours > MOST_HOURS:
        expected = "features in a file to be read three times, by the dual form"
        fix = "Take gd, momentum or lbfgs, or float32; or --first-layer primal all the same."
        raise InputError("train", expected, reason, fix)
    return Choice("primal", reason)


def _read_again(size: Size) -> str:
    """What the primal form reads of a file, in words."""
    if not size.step_bytes:
        return ""
    hours = f"{size.hours:,.1f} hours" if size.hours >= 1 else f"{60 * size.hours:.1g} min"
    total = size.iterations * size.step_bytes / 1e9
    return f"; it reads {total:,.3g} GB from the file, {hours} at 1 GB/s"
