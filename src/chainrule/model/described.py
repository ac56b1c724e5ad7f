"""What another program has to be told of a trained network, and answers to compare its own with.

A `Model` and a fitted MLPClassifier or MLPRegressor describe themselves so, by their method
`described`. Examples come first here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data import Scaling
from chainrule.data.encoders import Encoder
from chainrule.errors import InputError
from chainrule.network import Network

Array = np.ndarray
EXAMPLES = 64  # drawn at random, where none are given
MOST_BYTES = 2**26  # of the floats of examples to compare on; more would only take longer


@dataclass(frozen=True, eq=False)
class Described:
    """A network with what its inputs and outputs mean.

    network : of R runs for an ensemble, whose outputs are averaged.
    decides : "class" (one of several), "label" (each output on its own), or "" for numbers.
    rows : inputs to compare on, unscaled, (N, n_x) or (N, *image_shape), of the dtype they have in
        the file. numbers : our own answers, probabilities (N, n_classes) or values (N, n_y).
    decisions : our own, (N,) indices of classes or (N, n_y) of 0 and 1; None for numbers.
    facts : for the metadata; lists of names.
    spread : (N, n_classes), or (N, n_y) of numbers, of an ensemble of two members or more, see
        `Model.spread`; else None.
    threshold : of two classes the second is answered where its probability is above it.
    encoder : what makes the network's inputs of photos; rows are then photos at its own size. raw :
        (n_x, N) their features. others : photos of other sizes, each with our own answer (1, n).
    """

    network: Network
    scaling: Scaling
    image_shape: tuple[int, ...] | None
    decides: str
    rows: Array
    numbers: Array
    decisions: Array | None
    facts: dict[str, list[Any]]
    spread: Array | None = None
    threshold: float = 0.5
    encoder: Encoder | None = None
    raw: Array | None = None
    others: tuple[tuple[Array, Array], ...] = ()

    @property
    def input(self) -> tuple[str, Sequence[str | int]]:
        """The input's name and shape."""
        if self.encoder is not None:
            return "photo", ("N", "height", "width", 3)
        return "features" if self.image_shape is None else "picture", ("N", *self.rows.shape[1:])

    @property
    def answers(self) -> dict[str, Array]:
        """Our own answers by the names of the file's outputs, in their order; the decisions first
        where there are any."""
        found = {"value": self.numbers}
        if self.decisions is not None:
            found = {self.decides: self.decisions, "probabilities": self.numbers}
        return found if self.spread is None else found | {"spread": self.spread}

    def outputs(self, dtype: Any) -> Iterator[Array]:
        """The network's A (n_y, N), of each member in turn, as arithmetic in `dtype` gives it."""
        raw = self.rows.reshape(len(self.rows), -1).T if self.raw is None else self.raw
        X = self.scaling(raw, np.dtype(dtype))
        network, n_runs = self.network.astype(dtype), self.network.n_runs
        for member in [network] if n_runs is None else map(network.run, range(n_runs)):
            yield member.predict_proba(X)


def compared(n_x: int, most: int = EXAMPLES) -> int:
    """How many examples of n_x features are compared on, of those that there are."""
    return max(1, min(most, MOST_BYTES // (8 * n_x)))


def described(model: Any, raw: Any) -> Described:
    """`model` and its answers to `raw`, both as `export_onnx` takes them."""
    if not hasattr(model, "described"):
        got = f"a {type(model).__name__}"
        raise InputError("export_onnx", "a Model, MLPClassifier or MLPRegressor", got)
    found: Described = model.described(raw)
    return found
