"""A training at one moment: what its network is made of, small where the first layer is dual."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.data import Dataset
from chainrule.device import on_host
from chainrule.network import Network
from chainrule.training.first_layer import Dual, Rotated
from chainrule.training.targets import Standardized

if TYPE_CHECKING:
    from chainrule.training.session import Session

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Moment:
    """Copies of a session's parameters, as NumPy's, to be sent elsewhere or kept.

    iteration : updates done. first : W[1], or (a, C) of W[1] = a W0 + C X^T. weights, biases : of
    the layers above, and all biases. targets : how a regression's are standardized.
    """

    iteration: int
    first: tuple[Array, ...]
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    targets: Standardized | None = None

    @classmethod
    def of(cls, session: "Session") -> "Moment":
        """The present one, of a single network."""
        first, upper = session.first, session.objective.upper
        parts = (first.weights(),)
        if isinstance(first, Dual | Rotated):
            parts = tuple(on_host(part).copy() for part in (first.a, first.coefficients()))
        weights, biases = (
            tuple(on_host(one).copy() for one in some) for some in (upper.weights, upper.biases)
        )
        return cls(session.iteration, parts, weights, biases, session.plan.targets)

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

    def network(self, start: Network, data: Dataset) -> Network:
        """The network, as the session itself makes it. start : where the training of `data` began.
        One pass over the features in the dual form, and no Gram matrix."""
        W = self.first[0]
        if len(self.first) == 2:
            a, C = self.first
            W = data.matrix(start.dtype).outer(C.astype(start.dtype, copy=False))
            W += a * start.weights[0]
        found = Network((W, *self.weights), self.biases, start.activations, start.loss)
        return found if self.targets is None else self.targets.folded(found)
