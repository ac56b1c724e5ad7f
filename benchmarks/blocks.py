"""Features that stay in their file: a pass over X beside bare reading and bare products.

Genotypes of people from two populations, made from a seed, in a temporary file, examples together
(the order in which most tables are saved). Processor time, since others may compute beside it, and
time on the clock; what is taken of memory beside K.
"""

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import SGDClassifier

from benchmarks.measure import Settings
from benchmarks.memory import peak_above, reset_peak
from chainrule.data import open_data
from chainrule.data.blocks import BLOCK_BYTES
from chainrule.data.matrix.source import READ_BYTES
from chainrule.data.matrix.verbs import Gram, Times

NAME = "blocks"
QUICK = (500, 20_000)  # examples, features
MEMORY = 1.0  # GB that may be counted on
BATCH, UNITS = 256, 20


@dataclass
class Line:
    """what was done; seconds of the processor and on the clock; bytes of memory beside K."""

    what: str
    cpu: float
    wall: float
    memory: int | None = None


def measure(
    settings: Settings, shape: tuple[int, int], tell: Callable[[str], None]
) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        tell("making the file")
        path = make(Path(folder), *(QUICK if settings.quick else shape))
        tell("bare reading")
        yield timed("bare reading", lambda: _read(path))
        tell("bare products")
        m, n_x = np.load(path, mmap_mode="r").shape
        yield timed("bare products (X^T X in blocks of floats)", lambda: _products(m, n_x))
        tell("the pass")
        data = open_data(folder, memory=MEMORY / 4 if settings.quick else MEMORY).train
        X, W = data.matrix(), np.random.default_rng(1).standard_normal((UNITS, n_x)) / n_x
        yield timed("one pass: X^T X and W X, scaled", lambda: X.once(Gram(), Times(W)), 8 * m * m)
        tell("scikit-learn")
        mean, scale = (data.scaling.arrays()[f"scaling.{name}"].T for name in ("shift", "divisor"))
        epoch = lambda: _epoch(path, data.labels, mean, scale)  # noqa: E731
        yield timed("scikit-learn's SGDClassifier, one epoch", epoch)


def make(folder: Path, m: int, n_x: int) -> Path:
    """X.npy (m, n_x) of bytes and y.npy: of each variant a frequency in each of two populations, of
    which the second is ill more often, as are those who have some variants."""
    rng = np.random.default_rng(0)
    frequency = rng.beta(1, 2, n_x)
    other = np.clip(frequency + 0.05 * rng.standard_normal(n_x), 0, 1)
    second = rng.random(m) < 0.5
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.uint8, (m, n_x))
    for i in range(m):
        p = other if second[i] else frequency
        X[i] = (rng.random((2, n_x), np.float32) < p).sum(axis=0, dtype=np.uint8)
    causes = rng.choice(n_x, 50, replace=False)
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


def _read(path: Path) -> None:
    space = bytearray(READ_BYTES)
    with path.open("rb", buffering=0) as file:
        while file.readinto(space):
            pass


def _products(m: int, n_x: int) -> None:
    """Of one block again and again."""
    k = max(1, BLOCK_BYTES // (8 * m))
    some, K = np.random.default_rng(0).standard_normal((k, m)), np.zeros((m, m))
    for _ in range(-(-n_x // k)):
        K += some.T @ some


def _epoch(path: Path, labels: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> None:
    """Logistic regression by stochastic gradient descent over all examples once, standardized as
    ours are; no more than a batch of them in memory."""
    X, model = np.load(path, mmap_mode="r"), SGDClassifier(loss="log_loss")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for start in range(0, len(X), BATCH):
            part = slice(start, start + BATCH)
            model.partial_fit((X[part] - mean) / scale, labels[part], classes=[0, 1])
