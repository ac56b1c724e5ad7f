"""Ways to rank features by their slopes, on data whose true features are known.

    CHAINRULE_WIDE_DATA=FOLDER python -m benchmarks.importance

Of each network r are known mean_r and size_r, the mean and the root of the mean square of the
slopes over examples. How many of the true features each ranking names, among as many as are
asked for:

    mean      |mean over r of mean_r|
    size      mean over r of size_r: what `importance` ranks by
    square    root of the mean over r of size_r^2
    apart     root of (mean over r of mean_r)^2 + mean over r of (size_r^2 - mean_r^2)
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.stats import ttest_ind

import chainrule as cr
from chainrule.data import Dataset, Scaling
from chainrule.experiments import Setting

Array = np.ndarray
SOLVED = Setting(hidden=(20,), learning_rate=0.1, iterations=1500)
SOON = {"learning_rate": 0.02, "iterations": 100}


def rankings(found: cr.Importance) -> dict[str, Array]:
    """By name what features (n_x,) are ranked by; of two classes."""
    mean, size = found.slopes[:, 0], found.sizes[:, 0]
    apart = mean.mean(axis=0) ** 2 + (size**2 - mean**2).mean(axis=0)
    return {
        "mean": np.abs(mean.mean(axis=0)),
        "size": size.mean(axis=0),
        "square": np.sqrt((size**2).mean(axis=0)),
        "apart": np.sqrt(apart),
    }


def labeled(X: Array, labels: Array) -> Dataset:
    return Dataset(X, labels.astype(int), ("well", "ill"), scaling=Scaling.standard(X))


def problems() -> Iterator[tuple[str, Dataset, Array, int, Setting, int]]:
    """Name, data, the true features, how many are named, setting, repeats of halves."""
    rng = np.random.default_rng(0)
    for m in (120, 300):
        X = rng.standard_normal((12, m))
        yield f"|x_3| of 12, m = {m}", labeled(X, np.abs(X[3]) > 0.67), np.array([3]), 1, SOLVED, 5
        X = rng.standard_normal((12, m))
        pair = np.array([3, 5])
        yield f"x_3 x_5 of 12, m = {m}", labeled(X, X[3] * X[5] > 0), pair, 2, SOLVED, 5
    for hidden in ((), (20,)):
        for seed in range(3):
            rng = np.random.default_rng(seed)
            labels, true = np.arange(120) % 2, rng.choice(5000, 20, replace=False)
            X = rng.standard_normal((5000, 120))
            X[true] += np.outer(rng.choice([-1, 1], 20), labels - 0.5)
            setting = Setting(hidden=hidden, **SOON)
            yield f"20 shifted of 5000, layers {hidden}", labeled(X, labels), true, 40, setting, 4
    if folder := os.environ.get("CHAINRULE_WIDE_DATA"):
        data = cr.open_data(Path(folder) / "golub.csv").train
        t = ttest_ind(data.raw[:, data.labels == 0], data.raw[:, data.labels == 1], axis=1)
        best = np.argsort(-np.abs(t.statistic))[:50]
        for hidden, rate, n in (((), 0.01, 300), ((20,), 0.03, 500)):
            setting = Setting(hidden=hidden, learning_rate=rate, iterations=n)
            yield f"golub, 50 of largest t, layers {hidden}", data, best, 50, setting, 50


def main() -> None:
    for name, data, true, count, setting, repeats in problems():
        found = cr.importance(data, setting, repeats=repeats)
        said = [
            f"{way} {len(set(np.argsort(-by)[:count]) & set(true))}"
            for way, by in rankings(found).items()
        ]
        print(f"{name:40}", *said, f"of {len(true)}", sep="  ", flush=True)


if __name__ == "__main__":
    main()
