"""The course's three experiments on its own pictures, against the results that were published."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data import open_data
from chainrule.display import Column, Result, Table
from chainrule.errors import DataError
from chainrule.network import Network
from chainrule.training import Training, train
from chainrule.wording import percent

COLUMNS = (
    Column("what", head=" "),
    Column("published", "number"),
    Column("obtained", "number"),
    Column("difference", "number"),
)
EVERY = 100  # iterations between two published costs


@dataclass(frozen=True)
class Published:
    """One published experiment: how it is set up, and what came out.

    digits : decimals to which the costs were printed. cost : those of the iterations 0, 100, ...
    accuracies : on the training set and on the test set.
    """

    name: str
    layer_sizes: tuple[int, ...]
    initializer: str
    learning_rate: float
    iterations: int
    digits: int
    cost: tuple[float, ...]
    accuracies: tuple[float, ...]

    @property
    def sizes(self) -> str:
        """Of the layers, such as 12288-20-7-5-1."""
        return "-".join(map(str, self.layer_sizes))


@dataclass(frozen=True, eq=False, repr=False)
class Reproduction(Result):
    """A published experiment and what was obtained for it.

    iteration, obtained : (T,) those of the published costs, and our costs there. accuracies : ours,
    on the training set and on the test set. agrees : whether all costs and both accuracies are
    equal to the digits that were printed.
    """

    published: Published
    training: Training
    accuracies: tuple[float, ...]

    def __repr__(self) -> str:
        agrees = "agrees" if self.agrees else "does not agree"
        return f"Reproduction({self.published.name} {agrees})"

    @property
    def iteration(self) -> np.ndarray:
        """(T,), those of which costs were published."""
        return EVERY * np.arange(len(self.published.cost))

    @property
    def obtained(self) -> np.ndarray:
        """(T,) the costs there, nats per example."""
        history = self.training.history
        return history.cost[np.isin(history.iteration, self.iteration)]

    @property
    def agrees(self) -> bool:
        """Whether all costs agree to the last published digit, and the accuracies."""
        # Half a unit of the last printed digit.
        costs = np.abs(self.obtained - self.published.cost) <= 0.5 * 10.0**-self.published.digits
        differences = np.subtract(self.accuracies, self.published.accuracies)
        return bool(costs.all() and (np.abs(differences) < 1e-9).all())

    def table(self) -> Table:
        """The published numbers beside ours."""
        published, training = self.published, self.training
        theirs, ours = (6, 8) if published.digits == 6 else (16, 16)
        costs = zip(self.iteration, published.cost, self.obtained, strict=True)
        rows = [
            (f"cost at iteration {t}", f"{e:.{theirs}f}", f"{o:.{ours}f}", f"{o - e:+.1e}")
            for t, e, o in costs
        ]
        names = "training accuracy", "test accuracy"
        accuracies = zip(names, published.accuracies, self.accuracies, strict=True)
        rows += [(name, percent(e), percent(o), "") for name, e, o in accuracies]
        title = (
            f"{published.name}, {published.sizes}: {published.iterations} iterations in "
            f"{training.seconds:.2f} s ({training.first_layer.form} form)"
        )
        return Table(COLUMNS, rows, title=title)

    def facts(self) -> dict[str, Any]:
        return {
            "experiment": self.published.name,
            "layer_sizes": self.published.layer_sizes,
            "first_layer": self.training.first_layer.form,
            "seconds": round(self.training.seconds, 3),
            "iteration": self.iteration.tolist(),
            "published_cost": self.published.cost,
            "cost": self.obtained.tolist(),
            "published_accuracy": self.published.accuracies,
            "accuracy": self.accuracies,
            "agrees": self.agrees,
        }


def published() -> tuple[Published, ...]:
    """The published experiments."""
    text = files("chainrule.course").joinpath("published.json").read_text(encoding="utf-8")
    experiments: list[dict[str, Any]] = json.loads(text)["experiments"]
    lists = ("layer_sizes", "cost", "accuracies")
    return tuple(
        Published(**facts | {name: tuple(facts[name]) for name in lists}) for facts in experiments
    )


def reproduce(
    folder: str | Path,
    first_layer: str = "auto",
    before: Callable[[Published], None] = lambda experiment: None,
) -> Iterator[Reproduction]:
    """Train the experiments one after the other on the course's files in `folder`.

    before : called with each experiment as it begins. DataError where the folder does not hold
    the course's 209 training and 50 test pictures.
    """
    splits = open_data(folder)
    counts = (len(splits.train), len(splits.test) if splits.test else 0)
    if splits.train.image_shape != (64, 64, 3) or counts != (209, 50) or splits.test is None:
        raise DataError(
            str(folder),
            "the course's 209 training and 50 test pictures, 64x64 RGB",
            f"{counts[0]} and {counts[1]} of shape {splits.train.image_shape}",
            "The published results are those of the course's own files.",
        )
    for experiment in published():
        before(experiment)
        rng, sizes = np.random.RandomState(1), experiment.layer_sizes
        training = train(
            Network.create(sizes, initializer=experiment.initializer, rng=rng),
            splits.train,
            learning_rate=experiment.learning_rate,
            iterations=experiment.iterations,
            record_every=EVERY,
            first_layer=first_layer,
        )
        if training.stopped:  # by Ctrl-C: half a training is to be compared with nothing
            raise KeyboardInterrupt
        network = training.network
        right = [network.predict(d.matrix()) == d.Y for d in (splits.train, splits.test)]
        yield Reproduction(experiment, training, tuple(float(each.mean()) for each in right))
