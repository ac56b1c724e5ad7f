"""Features that stay in their file: a pass over X beside bare reading and bare products, whole
commands, and how time grows with examples and features.

Genotypes of people from two populations, made from a seed, in a temporary file, examples together
(the order in which most tables are saved). Processor time, since others may compute beside it, and
time on the clock; what is taken of memory beside K, and how often the file is read, by the system's
own figures. The pass and what it is compared with are of a tenth of the features; the training, and
ten settings in five folds, six Gram matrices of one pass, are of all: some 20 minutes of two cores.
"""

import json
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
from scipy.linalg.blas import dsyrk
from sklearn.linear_model import SGDClassifier

from benchmarks.measure import Settings, run_module
from benchmarks.memory import peak_above, reset_peak
from chainrule import blas
from chainrule.data import open_data
from chainrule.data.blocks import BLOCK_BYTES
from chainrule.data.matrix.source import READ_BYTES
from chainrule.data.matrix.verbs import Gram, Times

NAME = "blocks"
QUICK = (500, 20_000)  # examples, features
PART = 10
MEMORY = 3.0 / 5_000  # GB that may be counted on, an example
BATCH, UNITS = 256, 20
TRAINING = ("--layers", str(UNITS), "--learning-rate", "0.001", "--iterations", "20")
SETTINGS, FOLDS = 10, 5
TEN = ("--vary", "l2=0,0.01,0.1,1,10", "--vary", "learning_rate=0.001,0.0003", "--folds", "5")
GROWTH = tuple(2**k for k in range(5))
LEAST = 250, 25_000  # examples and features that are doubled
PEOPLE, VARIANTS, MACHINES = 100_000, 10_000_000, 100


@dataclass
class Line:
    """what was done; seconds of the processor and on the clock; bytes of memory beside K; how many
    times the file was read. None of what was not measured."""

    what: str
    cpu: float | None = None
    wall: float | None = None
    memory: int | None = None
    reads: float | None = None
    failure: str = ""


def measure(
    settings: Settings, shape: tuple[int, int], tell: Callable[[str], None]
) -> Iterator[Line]:
    m, n_x = QUICK if settings.quick else shape
    with tempfile.TemporaryDirectory() as name:
        whole, part, memory = Path(name) / "whole", Path(name) / "part", MEMORY * m
        # No fewer than stay in their file with as much memory as the Gram matrices need.
        some = min(n_x, max(n_x // PART, int(memory * 2**26 / m) + 1))
        tell("making the files")
        make(whole, m, n_x)
        make(part, m, some)
        yield from _of_a_pass(part, m, some, memory, tell)
        tell("a training of the whole file")
        threads = max(settings.threads)
        yield _command(f"chainrule train, {m:,} x {n_x:,}", whole, 1, memory, threads)
        tell(f"{SETTINGS} settings in {FOLDS} folds")
        what = f"chainrule sweep: {SETTINGS} settings, {FOLDS} folds, {m:,} x {n_x:,}"
        yield _command(what, whole, 1 + FOLDS, memory, threads)
    yield from _growth(10 if settings.quick else 1, tell)


def make(folder: Path, m: int, n_x: int) -> Path:
    """X.npy (m, n_x) of bytes and y.npy: of each variant a frequency in each of two populations, of
    which the second is ill more often, as are those who have some variants."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    frequency = rng.beta(1, 2, n_x)
    other = np.clip(frequency + 0.05 * rng.standard_normal(n_x), 0, 1)
    second = rng.random(m) < 0.5
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.uint8, (m, n_x))
    for i in range(m):
        p = other if second[i] else frequency
        X[i] = (rng.random((2, n_x), np.float32) < p).sum(axis=0, dtype=np.uint8)
    causes = rng.choice(n_x, min(50, n_x), replace=False)
    risk = (X[:, causes] - 2 * frequency[causes]).sum(axis=1) + second
    np.save(folder / "y.npy", (risk > np.median(risk)).astype(np.int64))
    X.flush()
    return folder / "X.npy"


def timed(what: str, work: Callable[[], object], beside: int = 0) -> Line:
    """beside : bytes that are not counted."""
    base = reset_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = peak_above(base)
    return Line(what, cpu, wall, None if peak is None else max(0, peak - beside))


def _of_a_pass(
    folder: Path, m: int, n_x: int, memory: float, tell: Callable[[str], None]
) -> Iterator[Line]:
    """One pass, and others' ways through the same file."""
    path, of = folder / "X.npy", f"{m:,} x {n_x:,}"
    tell("bare reading and bare products")
    yield timed(f"bare reading, {of}", lambda: _read(path))
    yield timed("bare products (X^T X in blocks of floats)", lambda: _products(m, n_x))
    tell("the pass")
    data = open_data(folder, memory=memory).train
    X, W = data.matrix(), np.random.default_rng(1).standard_normal((UNITS, n_x)) / n_x
    yield timed("one pass: X^T X and W X, scaled", lambda: X.once(Gram(), Times(W)), 8 * m * m)
    mean, scale = (data.scaling.arrays()[f"scaling.{name}"].T for name in ("shift", "divisor"))
    tell("dask.array")
    try:
        yield timed("dask.array: X^T X, scaled", lambda: _dask(path, mean, scale), 8 * m * m)
    except ImportError:
        tell("dask is not installed")
    tell("scikit-learn")
    epoch = lambda: _epoch(path, data.labels, mean, scale)  # noqa: E731
    yield timed("scikit-learn's SGDClassifier, one epoch", epoch)


def _read(path: Path) -> None:
    space = bytearray(READ_BYTES)
    with path.open("rb", buffering=0) as file:
        while file.readinto(space):
            pass


def _products(m: int, n_x: int) -> None:
    """Of one block again and again, half of each square, as BLAS adds it soonest."""
    k = max(1, BLOCK_BYTES // (8 * m))
    some, K = np.random.default_rng(0).standard_normal((m, k)), np.zeros((m, m), order="F")
    some = np.asfortranarray(some)
    for _ in range(-(-n_x // k)):
        K = dsyrk(1.0, some, beta=1.0, c=K, overwrite_c=True)


def _dask(path: Path, mean: np.ndarray, scale: np.ndarray) -> None:
    """The same standardized Gram matrix, on as many threads as cores, in chunks of some features.
    Chunks of 16 MB of floats; BLAS has one thread in each."""
    import dask.array as da

    X = np.load(path, mmap_mode="r")
    chunks = len(X), max(1, BLOCK_BYTES // (8 * len(X)))
    rows = (da.from_array(X, chunks) - da.from_array(mean, (1, chunks[1]))) / da.from_array(
        scale, (1, chunks[1])
    )
    with blas.at_most(1):
        (rows @ rows.T).compute(scheduler="threads")


def _epoch(path: Path, labels: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> None:
    """Logistic regression by stochastic gradient descent over all examples once, standardized as
    ours are; no more than a batch of them in memory."""
    X, model = np.load(path, mmap_mode="r"), SGDClassifier(loss="log_loss")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in range(0, len(X), BATCH):
            part = slice(start, start + BATCH)
            model.partial_fit((X[part] - mean) / scale, labels[part], classes=[0, 1])


def _command(what: str, folder: Path, grams: int, memory: float, threads: int) -> Line:
    """A command in a process of its own. grams : how many Gram matrices are not counted."""
    command = ("train",) if grams == 1 else ("sweep", *TEN)
    size = (folder / "X.npy").stat().st_size
    if size < memory * 2**30 / 16:  # else it would be read into memory
        memory = 15 * size / 2**30
    asked = [*command, str(folder), *TRAINING, "--memory", str(memory)]
    asked += ["--out", str(folder / f"run of {command[0]}")]
    done = run_module("benchmarks.command", json.dumps(asked), threads)
    found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"code": 1}
    if found["code"]:
        return Line(what, failure=done.stderr.strip()[-300:])
    m = len(np.load(folder / "y.npy"))
    beside = found["peak"] - grams * 8 * m * m
    return Line(what, found["cpu"], found["wall"], beside, found["read"] / size)


def _growth(smaller: int, tell: Callable[[str], None]) -> Iterator[Line]:
    """A pass at m and n_x doubled four times; what they say of a size that no machine has."""
    m, n_x = (n // smaller for n in LEAST)
    found = []
    sizes = sorted({(m * a, n_x * b) for a, b in product(GROWTH, GROWTH) if 1 in (a, b)})
    for shape in sizes:
        tell(f"growth: {shape[0]:,} x {shape[1]:,}")
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), *shape)
            memory = 15 * shape[0] * shape[1] / 2**30
            asked = Gram(), Times(np.full((UNITS, shape[1]), 1 / shape[1]))
            one_pass = partial(open_data(name, memory=memory).train.matrix().once, *asked)
            found.append(timed(f"growth: {shape[0]:,} x {shape[1]:,}", one_pass))
        yield found[-1]
    for_each, for_pairs = fitted(sizes, [line.cpu or 0.0 for line in found])
    apart = max(
        abs(np.log((for_each + for_pairs * a) * a * b / (line.cpu or 0.0)))
        for (a, b), line in zip(sizes, found, strict=True)
    )
    costs = f"{for_each * 1e9:.3g} ns m n_x + {for_pairs * 1e12:.3g} ps m^2 n_x"
    yield Line(f"fitted: {costs}, each within {np.expm1(apart):.0%}")
    cpu = (for_each + for_pairs * PEOPLE) * PEOPLE * VARIANTS
    what = f"so {PEOPLE:,} people x {VARIANTS:,} variants, a pass on {MACHINES} machines as this"
    yield Line(what, cpu, cpu / MACHINES / blas.cores())
    step = 2 * for_pairs * UNITS * PEOPLE**2  # of a K of which one half is computed
    what = f"then each iteration of {UNITS} units, with K ({8 * PEOPLE**2 / 1e9:.0f} GB) in memory"
    yield Line(what, step, step / blas.cores())


def fitted(sizes: list[tuple[int, int]], seconds: list[float]) -> tuple[float, float]:
    """a, b >= 0 of seconds = a m n_x + b m^2 n_x, by least squares of relative errors."""
    from scipy.optimize import nnls

    rows = np.array([(m * n_x, m * m * n_x) for m, n_x in sizes]) / np.array(seconds)[:, None]
    a, b = nnls(rows, np.ones(len(rows)))[0]
    return float(a), float(b)
