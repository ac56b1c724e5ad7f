"""Who is measured. Each module has one function,

    train(problem, start, experiment, **options) -> Trained

that trains from the weights of `start` (a chainrule Network, left as it is) on `problem`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Trained:
    """weights (n_l, n_{l-1}) and biases (n_l, 1) of each layer; note : a word for the table."""

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    note: str = ""


@dataclass(frozen=True)
class Peer:
    """label : in the table. module : in this package. package : what must be installed.

    pixels : whether it is given 8-bit pixels instead of floats. options : for its `train`.
    """

    label: str
    module: str
    package: str = "numpy"
    pixels: bool = False
    options: dict[str, Any] = field(default_factory=dict)


PEERS = {
    "chainrule": Peer("chainrule", "ours"),
    "pixels": Peer("chainrule, 8-bit pixels", "ours", pixels=True),
    "primal": Peer("chainrule, primal form", "ours", options={"first_layer": "primal"}),
    "textbook": Peer("textbook loop, NumPy", "textbook"),
    "sklearn": Peer("scikit-learn MLPClassifier", "sklearn_mlp", "scikit-learn"),
    "torch": Peer("PyTorch eager", "pytorch", "torch"),
}
OURS = ("chainrule", "pixels")  # what the others are compared with, the first one present
