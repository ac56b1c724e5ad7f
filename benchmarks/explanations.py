"""`python -m benchmarks.explanations`: how far explanations agree with training again.

Of training examples: the change in the log-odds of an answer when one is left out, against what
cheaper ways say of it. Of the parts of a picture: the change when a region is left out of all
pictures (it is the mean picture's there), by training again, against maps that one trained network
gives. Rank correlations, the mean over the examples asked about.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from chainrule import Network, train
from chainrule.data import Dataset, open_data
from chainrule.experiments import Setting, without_each
from chainrule.influence.influence import contributions, log_odds
from chainrule.model.model_file import class_probabilities, decided
from chainrule.network import backward_from

Array = np.ndarray
ASKED = 10  # examples
STARTS = 3
REGIONS = 4  # a side


@dataclass(frozen=True)
class Problem:
    name: str
    train: Dataset
    asked: Dataset
    setting: Setting


def problems(course: str | None, wide: str | None) -> Iterator[Problem]:
    """Those whose data are there."""
    rng = np.random.default_rng(0)
    fashion = open_data("fashion")
    few = fashion.train.select(rng.permutation(len(fashion.train))[:100])
    asked = fashion.test.select(rng.permutation(len(fashion.test))[:ASKED])
    softmax = Setting(hidden=(), initializer="zeros", learning_rate=0.05, iterations=200)
    yield Problem("100 of fashion, softmax", few, asked, softmax)
    hidden = Setting(hidden=(20,), learning_rate=0.05, iterations=300)
    yield Problem("100 of fashion, 20 units", few, asked, hidden)
    if wide and (path := Path(wide) / "golub.csv").exists():
        whole = open_data(path).train
        order = rng.permutation(len(whole))
        kept, asked = whole.select(order[:30]).rescaled(), whole.select(order[30:])
        yield Problem("30 of golub, 20 units", kept, asked, replace(hidden, learning_rate=0.03))
    if course:
        cats = open_data(course)
        assert cats.test is not None
        asked = cats.test.select(rng.permutation(len(cats.test))[:ASKED])
        logistic = Setting(hidden=(), initializer="zeros", learning_rate=0.005, iterations=2000)
        yield Problem("209 cats or not, logistic", cats.train, asked, logistic)
        seven = Setting(hidden=(7,), learning_rate=0.0075, iterations=1000, seed=1)
        yield Problem("209 cats or not, 7 units", cats.train, asked, seven)


def of_examples(problem: Problem) -> dict[str, float]:
    """Rank correlations with the exact changes; and of these between starts."""
    data, setting = problem.train, problem.setting
    x = replace(problem.asked, scaling=data.scaling).matrix(np.float64)
    found = train(_start(problem), data, replace(setting, first_layer="dual"))
    cache = found.network.forward(x)
    sides = decided(class_probabilities(cache.A[-1]))
    exact = []
    for seed in range(STARTS):
        each = without_each(data, problem.asked.raw, replace(setting, seed=setting.seed + seed))
        exact.append(_logit(each.full, sides) - _logit(each.without, sides))
    _, delta = log_odds(cache.Z[-1], sides)
    first = backward_from(delta, found.network.weights[1:], cache.A, found.network.activations)[0]
    X = data.matrix(np.float64)
    parts = contributions(found, X, x).of_examples
    sign = np.where(data.labels[:, None] == sides, 1, -1)
    norms = [np.linalg.norm(each.columns(slice(None)), axis=0) for each in (X, x)]
    ways = {
        "C_i <x_i, x>, through the network": np.einsum("kq,kmq->mq", first, parts),
        "nearness, signed by the class": sign * X.gram(x) / np.outer(*norms),
    }
    scores = {name: _agreement(values, exact[0]) for name, values in ways.items()}
    if setting.initializer != "zeros":
        pairs = [(a, b) for a in range(STARTS) for b in range(a)]
        scores["the exact changes of another start"] = float(
            np.mean([_agreement(exact[a], exact[b]) for a, b in pairs])
        )
    return scores


def of_regions(problem: Problem) -> dict[str, float]:
    """Rank correlations of maps with leaving a region out of all pictures."""
    data, shape = problem.train, problem.train.picture_shape
    assert shape is not None
    X = data.matrix(np.float64).columns(slice(None))
    x = replace(problem.asked, scaling=data.scaling).matrix(np.float64).columns(slice(None))
    mean, start = X.mean(axis=1, keepdims=True), _start(problem)

    def trained(X: Array) -> Network:
        return train(start, (X, data.Y), **problem.setting.arguments()).network

    network = trained(X)
    cache = network.forward(x)
    sides = decided(class_probabilities(cache.A[-1]))
    f, delta = log_odds(cache.Z[-1], sides)

    def lost(network: Network, x: Array) -> Array:
        return f - log_odds(network.forward(x).Z[-1], sides)[0]

    slope = (
        network.weights[0].T
        @ backward_from(delta, network.weights[1:], cache.A, network.activations)[0]
    )
    ways: dict[str, Callable[[Array], Array]] = {
        "slope (saliency), added up": lambda r: slope[r].sum(axis=0),
        "size of the slope": lambda r: np.abs(slope[r]).sum(axis=0),
        "slope times pixel": lambda r: (slope * x)[r].sum(axis=0),
        "covered by black": lambda r: lost(network, np.where(r[:, None], 0, x)),
        "covered by the mean picture": lambda r: lost(network, np.where(r[:, None], mean, x)),
    }
    found: dict[str, list[Array]] = {name: [] for name in ways}
    exact = []
    height, width = (side // REGIONS for side in shape[:2])
    for row in range(REGIONS):
        for column in range(REGIONS):
            region = np.zeros(shape, bool)
            region[row * height : (row + 1) * height, column * width : (column + 1) * width] = True
            r = region.ravel()
            without = trained(np.where(r[:, None], mean, X))
            exact.append(lost(without, np.where(r[:, None], mean, x)))
            for name, way in ways.items():
                found[name].append(way(r))
    return {name: _agreement(np.array(v), np.array(exact)) for name, v in found.items()}


def _start(problem: Problem) -> Network:
    data = problem.train
    return problem.setting.network(data.features.shape[0], len(data.Y), data.task)


def _logit(P: Array, sides: Array) -> Array:
    """Log-odds (..., q) of class sides (q,) in P (..., n_classes, q)."""
    p = np.clip(P[..., sides, np.arange(len(sides))], 1e-12, 1 - 1e-12)
    return np.log(p / (1 - p))


def _agreement(a: Array, b: Array) -> float:
    """The mean over examples asked about of the rank correlation of (k, q) with (k, q)."""
    known = np.isfinite(b).all(axis=1)
    pairs = zip(a[known].T, b[known].T, strict=True)
    return float(np.mean([spearmanr(*pair).statistic for pair in pairs]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--course-data", default=os.environ.get("CHAINRULE_COURSE_DATA"))
    parser.add_argument("--wide-data", default=os.environ.get("CHAINRULE_WIDE_DATA"))
    options = parser.parse_args()
    there = list(problems(options.course_data, options.wide_data))
    console = Console()
    pictures = [one for one in there if one.train.picture_shape]
    tables: list[tuple[str, list[Problem], Any]] = [
        ("Training examples: rank correlation with leaving each out", there, of_examples),
        ("Regions: rank correlation with training again without them", pictures, of_regions),
    ]
    for title, chosen, measure in tables:
        with console.status(""):
            scores = {one.name: measure(one) for one in chosen}
        table = Table("", *scores, title=title, title_justify="left")
        for way in dict.fromkeys(way for found in scores.values() for way in found):
            cells = (f"{f[way]:.2f}" if way in f else "-" for f in scores.values())
            table.add_row(way, *cells)
        console.print(table)


if __name__ == "__main__":
    main()
