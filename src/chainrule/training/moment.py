"""A training at one moment: what its network is made of, small where the first layer is dual."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chainrule.data import Dataset, FeatureMatrix
from chainrule.device import copies
from chainrule.files import tensor_file
from chainrule.network import Network
from chainrule.training.first_layer import Dual, Rotated, spanned
from chainrule.training.targets import Standardized

if TYPE_CHECKING:
    from chainrule.training.session import Session

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Moment:
    """Copies of a session's parameters, as NumPy's, to be sent elsewhere or kept.

    iteration : updates done. first : W[1], or (a, C) of W[1] = a W0 + C X^T. weights, biases : of
    the layers above, and all biases. targets : how those of a regression were standardized.
    """

    iteration: int
    first: tuple[Array, ...]
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    targets: Standardized | None

    @classmethod
    def of(cls, session: "Session") -> "Moment":
        """The present one."""
        first, upper = session.first, session.objective.upper
        if isinstance(first, Dual | Rotated):
            parts = copies(first.a, first.coefficients())
        else:
            parts = (first.weights(),)
        above = copies(*upper.weights), copies(*upper.biases)
        return cls(session.iteration, parts, *above, session.plan.targets)

    @property
    def coefficients(self) -> Array | None:
        """C of the network, in the dual form (n_1, m); None in the primal one."""
        if len(self.first) == 1:
            return None
        if self.targets is None or self.weights:
            return self.first[1]
        found: Array = self.first[1] * self.targets.deviation
        return found

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in (*self.first, *self.weights, *self.biases))

    def network(self, start: Network, data: Dataset | FeatureMatrix) -> Network:
        """The network, as `Session.network` makes it, to the bit where that trained on the cpu.

        start : where the training of `data` began. One pass over the features in the dual form, and
        no Gram matrix.
        """
        W = self.first[0]
        if len(self.first) == 2:
            dtype = W.dtype
            X = data.matrix(dtype) if isinstance(data, Dataset) else data.astype(dtype)
            W = spanned(X, start.weights[0].astype(dtype, copy=False), *self.first)
        kinds = start.activations, start.loss
        network = Network((W, *self.weights), self.biases, *kinds)
        return network if self.targets is None else self.targets.folded(network)


def save(moments: Iterable[Moment], path: str | Path) -> None:
    """Write moments of one training to a file, atomically."""
    arrays: dict[str, Array] = {}
    for one in moments:
        targets = () if one.targets is None else (one.targets.mean, one.targets.deviation)
        for j, part in enumerate((one.first, one.weights, one.biases, targets)):
            arrays |= {f"{one.iteration}/{j}/{k}": array for k, array in enumerate(part)}
    tensor_file.write(path, arrays, {"format": "chainrule moments", "version": 1})


def load(path: str | Path) -> dict[int, Moment]:
    """The moments of such a file, by iteration; ModelFileError where it is none."""
    arrays, _ = tensor_file.read(path, "moments", 1)
    parts: dict[int, list[list[Array]]] = {}
    for iteration, j, _ in sorted(tuple(map(int, name.split("/"))) for name in arrays):
        part = parts.setdefault(iteration, [[], [], [], []])[j]
        part.append(arrays[f"{iteration}/{j}/{len(part)}"])
    return {
        k: Moment(k, tuple(W), tuple(above), tuple(b), Standardized(*targets) if targets else None)
        for k, (W, above, b, targets) in parts.items()
    }
