"""Nested cross-validation of a wide table: golub's 38 patients of 3,051 genes, or a stand-in.

scikit-learn's way with a network is timed on one outer fold and a few settings, and scaled; its
linear models, which have a search of their own, are timed whole.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.many import Timing
from benchmarks.measure import Settings
from chainrule import train
from chainrule.data import Dataset, Scaling, open_data
from chainrule.experiments import Setting, nested_cross_validate

NAME = "nested"
UNITS, ITERATIONS, OUTER, INNER, PERMUTATIONS = 20, 300, 10, 5, 1000
RATES, PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3), (0.0, 0.01, 0.1, 1.0)
TIMED = 2  # settings of scikit-learn's search
GOAL = 60.0  # seconds, with the permutations
CLOSE = 1e-9  # an output of a fold that is trained by itself


def data() -> tuple[Dataset, bool]:
    """golub, or numbers of its shape; whether it is that stand-in."""
    folder = os.environ.get("CHAINRULE_WIDE_DATA")
    if folder and (path := Path(folder) / "golub.csv").exists():
        return open_data(path).train, False
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [27, 11])
    raw = rng.standard_normal((3051, 38)) + 0.5 * labels * (np.arange(3051) < 300)[:, None]
    return Dataset(raw, labels, ("ALL", "AML"), scaling=Scaling.standard(raw)), True


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Timing]:
    found, _ = data()
    iterations = 20 if settings.quick else ITERATIONS
    base = Setting(hidden=(UNITS,), iterations=iterations)
    tell("nested cross-validation")
    _ours(found, replace(base, iterations=1), 0)  # what is imported, by the others before the clock
    ours, nested = _ours(found, base, 0)
    what = f"nested {OUTER}-fold of {len(RATES) * len(PENALTIES)} settings, {iterations} iterations"
    difference = _difference(found, nested)
    failure = "" if difference < CLOSE else f"a fold by itself differs by {difference:.1e}"
    tell("GridSearchCV over MLPClassifier")
    seconds, timed, fits = _networks(found, iterations)
    remark = f"scaled from {timed} of {fits} fits; a fold by itself within {difference:.0e}"
    peer = "GridSearchCV over MLPClassifier in cross_val_score"
    yield Timing(what, peer, ours, seconds / timed * fits, 100, False, remark, failure)
    for name, model in _linear().items():
        tell(name)
        seconds = _scored(found, model)
        yield Timing(what, f"{name} in cross_val_score", ours, seconds, 0, False, "linear")
    tell("permutations")
    n = 20 if settings.quick else PERMUTATIONS
    seconds, _ = _ours(found, base, n)
    yield Timing(f"the same with {n} permutations", "a minute", seconds, GOAL, 1, True, "")


def _ours(found: Dataset, base: Setting, permutations: int) -> tuple[float, Any]:
    space = {"learning_rate": RATES, "l2": PENALTIES}
    began = time.perf_counter()
    how = {"folds": OUTER, "inner_folds": INNER, "permutations": permutations}
    nested = nested_cross_validate(found, space, base=base, **how)
    return time.perf_counter() - began, nested


def _difference(found: Dataset, nested: Any) -> float:
    """Of the first fold's outputs and those of a training on the other examples alone."""
    fold, setting = nested.folds[0], nested.chosen[0]
    own = found.select(np.setdiff1d(np.arange(len(found)), fold.held_out)).rescaled()
    start = setting.network(own.features.shape[0], 1)
    network = train(start, own, **setting.arguments()).network
    X = found.select(fold.held_out).features.scaled(own.scaling, np.float64)
    return float(np.abs(network.predict_proba(X) - fold.outputs).max())


def _folds(k: int) -> Any:
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(k, shuffle=True, random_state=0)


def _networks(found: Dataset, iterations: int) -> tuple[float, int, int]:
    """Seconds, and how many fits were made and are to be made."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, labels = found.raw.T, found.labels
    model = MLPClassifier(
        (UNITS,),
        solver="sgd",
        batch_size=len(rows),
        max_iter=iterations,
        momentum=0.0,
        nesterovs_momentum=False,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=1,
    )
    rates = {"mlpclassifier__learning_rate_init": RATES[:TIMED]}
    search = GridSearchCV(make_pipeline(StandardScaler(), model), rates, cv=_folds(INNER))
    first = [next(_folds(OUTER).split(rows, labels))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # max_iter is meant to be reached; the batch is clipped
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = time.perf_counter()
        cross_val_score(search, rows, labels, cv=first)
        seconds = time.perf_counter() - began
    settings = len(RATES) * len(PENALTIES)
    return seconds, TIMED * INNER + 1, OUTER * (settings * INNER + 1)


def _linear() -> dict[str, Any]:
    from sklearn.linear_model import LogisticRegressionCV, RidgeClassifierCV

    C = np.geomspace(1e-4, 1e4, len(RATES) * len(PENALTIES))
    return {
        "LogisticRegressionCV": LogisticRegressionCV(Cs=C, cv=_folds(INNER), max_iter=1000),
        "RidgeClassifierCV": RidgeClassifierCV(alphas=C),
    }


def _scored(found: Dataset, model: Any) -> float:
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    whole = make_pipeline(StandardScaler(), model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        cross_val_score(whole, found.raw.T, found.labels, cv=_folds(OUTER))
        return time.perf_counter() - began
