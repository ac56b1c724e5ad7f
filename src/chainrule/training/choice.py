"""Which form the first layer takes, and why: an estimate of operations and memory."""

from dataclasses import dataclass, field

from chainrule import checks
from chainrule.checks import GRAM_SHARE, memory_bytes
from chainrule.errors import InputError
from chainrule.files import scratch

FORMS = ("auto", "primal", "dual")
# Bytes of a file a second, and operations: what a solid disk and a core do in about the same time.
READ, COMPUTED = 1e9, 2e10
# Operations that take as long as making a scaled float of a number in a file: 10 ns were measured.
MADE = 200.0
# Of a file two stretches of 64 MiB, or a sixteenth of the memory, each, and a block of floats; the
# first layer's weights as they are drawn, learned and saved.
STRETCHES, STRETCH_SHARE, BLOCK, COPIES = 2**27, 1 / 8, 2**24, 3
MOST_HOURS = 1.0  # of reading at every step that nobody has asked for
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
        counted on. disk : bytes for a K that has no room there, in a file.
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
    disk: float = 0.0

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
        """4 n_1 n_x B a step and run, the update, and what is read and made floats at each."""
        computed = self._steps * (4 * self.read * self.batch + self.update * self.n_x)
        made = max(1.0, self.step_bytes / self.pass_bytes) if self.pass_bytes else 0.0
        computed += MADE * self.iterations * made * self.read * self.batch
        return computed + self.reads("primal") / READ * COMPUTED

    @property
    def dual_operations(self) -> float:
        """m^2 n_x once for the Gram matrix (half of 2 m^2 n_x: it is symmetric), 4 n_1 n_x m a
        run for the start and the end, 2 n_1 m B a step and run, the update, and reading X three
        times. In rotated coordinates these are found first, and a step takes 4 n_1 m B. K in a
        file takes several passes for the one, and B rows of it are read at each step."""
        once = (self.passes * self.pass_bytes + self.reads("dual")) / READ * COMPUTED
        once += MADE * self.passes * self.read * self.m if self.pass_bytes else 0.0
        once += float(self.m) ** 2 * self.read + 4.0 * self.runs * self.n_1 * self.read * self.m
        if self.lbfgs:
            return once + EIGEN * float(self.m) ** 3 + self._steps * 4 * self.m * self.batch
        return once + self._steps * 2 * self.m * (self.batch + self.update)

    def reads(self, form: str) -> float:
        """Bytes that all steps read from files: of X, or of K."""
        if form == "primal":
            return self.iterations * self.step_bytes
        of_gram = float(self.itemsize) * self.batch * self.m
        return self.iterations * of_gram if self.gram_in_file else 0.0

    def product(self, form: str) -> float:
        """Operations of the first layer's product in one step, of all runs together."""
        return 2.0 * self.runs * self.n_1 * (self.m if form == "dual" else self.read) * self.batch

    @property
    def gram_bytes(self) -> int:
        return self.itemsize * self.m**2

    @property
    def gram_in_file(self) -> bool:
        """Whether K has no room in memory, but on the disk."""
        return not self.lbfgs and GRAM_SHARE * self.memory < self.gram_bytes <= self.disk

    def room(self, form: str) -> str:
        """What a form takes of the memory beside the program and features that lie there, of the
        disk, and of a file's readings, about, in words."""
        gram = self.gram_bytes if form == "dual" else 0
        held = min(float(gram), GRAM_SHARE * self.memory) if self.gram_in_file else float(gram)
        weights = float(COPIES) * self.runs * self.n_1 * self.n_x * self.itemsize
        memory = held + weights
        if self.pass_bytes:
            memory += BLOCK + min(STRETCHES, STRETCH_SHARE * self.memory)
        said = f"about {memory / 1e9:.2g} GB of memory"
        said += f", {gram / 1e9:.2g} of them for K" if gram and not self.gram_in_file else ""
        said += f"; {gram / 1e9:.2g} GB of the disk for K" if gram and self.gram_in_file else ""
        read = self.passes * self.pass_bytes if form == "dual" else self.reads(form)
        return f"{said}; {read / 1e9:.3g} GB are read"

    @property
    def passes(self) -> float:
        """Over X in the dual form: what a scaling learns, K with W0 X, the weights; of K in a file
        some rows at a time by themselves."""
        most = max(1, int(GRAM_SHARE * self.memory) // (self.itemsize * self.m))
        return 3.0 + (-(-self.m // most) if self.gram_in_file else 0)

    def too_much(self) -> str:
        """Why the dual form has no room, or "". A validation set's Gram matrix (m, m_val) is left
        out; the eigenvectors are two more."""
        there = GRAM_SHARE * self.memory
        if self.gram_in_file or self.gram_bytes * (3 if self.lbfgs else 1) <= there:
            return ""
        full = f"the memory, and {scratch.folder()} (TMPDIR)" if self.disk else "the memory"
        return f"a Gram matrix of {self.gram_bytes / 2**30:.1f} GiB would fill {full}"


def choose(first_layer: str, size: Size, *, linear: bool, optimizer: str) -> Choice:
    """The form for `first_layer` ("auto", "primal" or "dual"); InputError for a dual that cannot
    be."""
    checks.one_of("train", "first_layer", first_layer, FORMS)
    if first_layer == "dual" and not linear:
        expected = "an optimizer whose update is linear in the gradient for first_layer='dual'"
        fix = "Use gd, momentum or nesterov; or first_layer='auto' or 'primal'."
        raise InputError("train", expected, optimizer, fix)
    if first_layer == "dual" and size.gram_bytes > size.memory and not size.gram_in_file:
        got = f"a Gram matrix of {size.m:,} examples, {size.gram_bytes / 2**30:.3g} GiB"
        expected = f"what fits into {size.memory / 2**30:.3g} GiB"
        raise InputError("train", expected, got, "Take float32, or fewer examples.")
    if first_layer != "auto":
        return Choice(first_layer, f"{first_layer} as asked{_read_again(size, first_layer)}")
    if not linear:
        return _read(
            "primal", f"primal: {optimizer} changes every weight by a rule of its own", size
        )
    primal, dual = size.primal_operations, size.dual_operations
    shape = f"{size.m} examples, {size.n_x} features"
    counts = f"{dual:.1e} operations against {primal:.1e}"
    if too_much := size.too_much():
        return _read("primal", f"primal: {too_much} ({shape})", size)
    if dual < primal:
        return _read("dual", f"dual: {counts} in the primal form ({shape})", size)
    return _read("primal", f"primal: the dual form would take {counts} ({shape})", size)


def _read(form: str, why: str, size: Size) -> Choice:
    """That form; InputError where its steps would read files for long that nobody asked for."""
    reason = f"{why}{_read_again(size, form)}"
    if size.reads(form) > MOST_HOURS * 3600 * READ:
        expected = "features in a file to be read three times, by the dual form"
        fix = "Take gd, momentum or lbfgs, or float32; or --first-layer primal all the same."
        if form == "dual":
            expected = "a Gram matrix in a file to be read for an hour at most"
            fix = "Take --batch-size 32, float32 or fewer examples; or --first-layer dual."
        raise InputError("train", expected, reason, fix)
    return Choice(form, reason)


def _read_again(size: Size, form: str) -> str:
    """What the steps of a form read of files, in words."""
    if not (total := size.reads(form) / 1e9):
        return ""
    hours = total * 1e9 / READ / 3600
    said = f"{hours:,.1f} hours" if hours >= 1 else f"{60 * hours:.1g} min"
    what = "the file"
    if form == "dual":
        what = f"a Gram matrix of {size.gram_bytes / 1e9:.3g} GB in {scratch.folder()} (TMPDIR)"
    return f"; it reads {total:,.3g} GB from {what}, {said} at 1 GB/s"
