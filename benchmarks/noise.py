"""How often noise is called better than guessing: tables of random numbers whose labels mean
nothing, each cross-validated, and the verdict on the held-out answers.

    python benchmarks/noise.py --tables 400
"""

import argparse

import numpy as np

from chainrule import Dataset
from chainrule.experiments import Setting, cross_validate
from chainrule.experiments.answers import held_out_answers

# Examples, features, the share of the second class (0: three classes), hidden units, folds.
SHAPES = (
    (40, 20, 0.5, (), 5),
    (40, 500, 0.5, (), 5),
    (20, 50, 0.5, (), 5),
    (100, 50, 0.5, (), 10),
    (40, 50, 0.3, (), 5),
    (100, 10, 0.2, (), 10),
    (30, 5, 0.5, (), 10),
    (40, 20, 0.5, (5,), 5),
    (60, 50, 0, (), 5),
)


def called_better(
    m: int, n_x: int, share: float, hidden: tuple[int, ...], folds: int, tables: int
) -> float:
    """Of so many tables the share whose verdict is "better"."""
    found = 0
    labels = np.arange(m) < share * m if share else np.arange(m) % 3
    classes = ("a", "b") if share else ("a", "b", "c")
    setting = Setting(hidden=hidden, learning_rate=0.1, iterations=200 if hidden else 100)
    for seed in range(tables):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n_x, m))
        data = Dataset(X, rng.permutation(labels.astype(int)), classes)
        answers = held_out_answers(cross_validate(data, setting, folds=folds, seed=seed), data)
        found += answers is not None and answers.verdict.kind == "better"
    return found / tables


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=400)
    tables = parser.parse_args().tables
    print("examples  features  hidden  called better")
    for m, n_x, share, hidden, folds in SHAPES:
        part = called_better(m, n_x, share, hidden, folds, tables)
        print(f"{m:8}  {n_x:8}  {hidden!s:6}  {100 * part:.2f} %", flush=True)
