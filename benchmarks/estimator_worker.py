"""One estimator's fits in a process of its own: `python -m benchmarks.estimator_worker TASK`.

As in `worker.py` nobody inherits caches, thread pools or memory. A short fit is repeated, because
its first run says more of the processor's clock than of the code.
"""

import gc
import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks import memory

MODULES = {"scikit-learn": "sklearn.neural_network", "chainrule": "chainrule"}
INFORMATIVE = 20  # features that the labels come from, or all if there are fewer
WARM_UP = 64, 16  # examples, features


@dataclass(frozen=True)
class Case:
    """What both fit: m examples of n_x features, their float type, parameters of MLPClassifier.

    floor : how many times as fast as scikit-learn it is to be, None for a run that shows nothing.
    repeat_for : seconds of fits after which there is no other.
    """

    group: str
    m: int
    n_x: int
    classes: int
    dtype: str
    parameters: dict[str, Any]
    floor: float | None
    repeat_for: float


@dataclass(frozen=True)
class Fits:
    """seconds : the shortest of `count` fits. peak_bytes : of the first, above what was resident
    before it. loss : the last one's loss_. n_iter : its n_iter_. form : of the first layer."""

    seconds: float
    count: int
    peak_bytes: int | None
    loss: float
    n_iter: int
    form: str


def generated(m: int, n_x: int, classes: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian features (m, n_x); labels: the largest of `classes` gaussian combinations of the
    first 20 features."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((m, n_x), dtype=np.dtype(dtype))
    k = min(INFORMATIVE, n_x)
    return X, (X[:, :k] @ rng.standard_normal((k, classes))).argmax(axis=1)


def measure(peer: str, case: Case) -> Fits:
    estimator_class = import_module(MODULES[peer]).MLPClassifier
    X, y = generated(case.m, case.n_x, case.classes, case.dtype)
    warnings.simplefilter("ignore")  # few iterations do not converge
    # A batch is never larger than the warm-up's 64 examples.
    batch = (
        {"batch_size": WARM_UP[0]} if case.parameters.get("batch_size", "auto") != "auto" else {}
    )
    few = case.parameters | {"max_iter": 2} | batch
    estimator_class(**few).fit(*generated(*WARM_UP, case.classes, case.dtype))
    gc.collect()

    seconds: list[float] = []
    peak = None
    while not seconds or sum(seconds) < case.repeat_for:
        estimator = estimator_class(**case.parameters)
        baseline = None if seconds else memory.reset_peak()
        began = time.perf_counter()
        estimator.fit(X, y)
        seconds.append(time.perf_counter() - began)
        peak = peak if len(seconds) > 1 else memory.peak_above(baseline)
    form = getattr(estimator, "first_layer_", "")
    return Fits(
        min(seconds), len(seconds), peak, float(estimator.loss_), int(estimator.n_iter_), form
    )


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    print(json.dumps(asdict(measure(task["peer"], Case(**task["case"])))))
