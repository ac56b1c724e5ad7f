"""A network of any depth, in the course's equations.

    A[0] = X,   Z[l] = W[l] A[l-1] + b[l],   A[l] = g[l](Z[l]),   l = 1 ... L

Examples are columns. Axes before the last two are runs: weights (n_out, n_in) are one network,
weights (R, n_out, n_in) are R networks, and every line below is the same for both.

This file is the plain form, to be read and to be checked against, whole in one place and longer
for it. The form that trains fast, in buffers of its own, is `training/propagation.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.display import shown_by
from chainrule.errors import InputError
from chainrule.network.activations import ACTIVATIONS
from chainrule.network.initializers import draw_layers
from chainrule.network.losses import LOSSES, Loss, check_labels, output_and_loss

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Gradients:
    """dJ/dW[l] and dJ/db[l], in the shapes of the parameters, and dJ/dZ[l] (..., n_l, m)."""

    dW: tuple[Array, ...]
    db: tuple[Array, ...]
    dZ: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class Cache:
    """What a forward pass leaves for the backward pass: Z[l] and A[l], l = 1 ... L, and X."""

    X: Any
    Z: tuple[Array, ...]
    A: tuple[Array, ...]


def forward_from(
    Z1: Array, weights: Sequence[Array], biases: Sequence[Array], activations: Sequence[str]
) -> tuple[list[Array], list[Array]]:
    """Z[1] ... Z[L] and A[1] ... A[L], from the first layer's Z on.

        Z[l] = W[l] A[l-1] + b[l],   A[l] = g(Z[l])

    weights, biases : W[2] ... W[L] and b[2] ... b[L]. activations : of all L layers.
    """
    Z, A = [Z1], [ACTIVATIONS[activations[0]](Z1)]
    for W, b, name in zip(weights, biases, activations[1:], strict=True):
        Z.append(W @ A[-1] + b)
        A.append(ACTIVATIONS[name](Z[-1]))
    return Z, A


def backward_from(
    dZ: Array, weights: Sequence[Array], A: Sequence[Array], activations: Sequence[str]
) -> list[Array]:
    """The derivatives with respect to Z[1] ... Z[L], from that with respect to Z[L].

        dZ[l] = W[l+1]^T dZ[l+1] * g'(Z[l])

    weights : W[2] ... W[L]. A : A[1] ... A[L], of which the last is not used.
    """
    found = [dZ]
    for W, A_prev, name in zip(weights[::-1], A[-2::-1], activations[-2::-1], strict=True):
        found.append(ACTIVATIONS[name].backward(W.mT @ found[-1], A_prev))
    return found[::-1]


def _n_parameters(sizes: Sequence[int]) -> int:
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """Weights, biases, activations and the loss they are trained for.

    weights : L arrays (n_l, n_{l-1}), or (R, n_l, n_{l-1}) for R runs; float64 or float32.
    biases : L arrays (n_l, 1) or (R, n_l, 1).
    activations : L names, the output's last. See `ACTIVATIONS`.
    loss : "binary_cross_entropy" (needs sigmoid outputs), "softmax_cross_entropy" (softmax),
        "poisson_deviance" (exp), or one for outputs of any kind. See `LOSSES`.

    The arrays are kept as given, not copied; all else given as an array is taken in their dtype.
    L = 1 is logistic, softmax or linear regression.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activations: tuple[str, ...]
    loss: str

    def __post_init__(self) -> None:
        for name in ("activations", "weights", "biases"):
            given = checks.listing("Network", name, getattr(self, name))
            if name != "activations":
                given = tuple(checks.plain_array("Network", name, one, name) for one in given)
            object.__setattr__(self, name, given)
        checks.one_of("Network", "loss", self.loss, LOSSES)
        for activation in self.activations:
            checks.one_of("Network", "activation", activation, ACTIVATIONS)
        needed = LOSSES[self.loss].output
        if not self.weights or not (len(self.weights) == len(self.biases) == len(self.activations)):
            expected = "as many weights as biases and activations, at least one of each"
            found = f"{len(self.weights)}, {len(self.biases)} and {len(self.activations)}"
            raise InputError("Network", expected, found)
        if needed and self.activations[-1] != needed:
            expected = f"output activation {needed} for the loss {self.loss}"
            fix = f"Take {needed}, or another loss."
            raise InputError("Network", expected, self.activations[-1], fix)
        self._check_shapes()

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        runs = "" if self.n_runs is None else f", {self.n_runs} runs"
        kinds = ", ".join(self.activations)
        return f"Network({sizes}: {kinds}; {self.loss}, {self.dtype}{runs})"

    def _check_shapes(self) -> None:
        checks.float_dtype("Network", self.dtype)
        first = self.weights[0].shape
        lead, n_prev = first[:-2], first[-1] if first else "n_prev"
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            where, n = f"Network: layer {layer}", W.shape[-2] if W.ndim >= 2 else 0
            if n < 1 or W.shape != (*lead, n, n_prev) or len(lead) > 1:
                expected = f"W of shape {(*lead, 'n', n_prev)} (at most one axis of runs)"
                raise InputError(where, expected, f"{W.shape}")
            if b.shape != (*lead, n, 1):
                raise InputError(where, f"b of shape {(*lead, n, 1)}", f"{b.shape}")
            if W.dtype != self.dtype or b.dtype != self.dtype:
                expected = f"W and b of dtype {self.dtype}, as in layer 1"
                raise InputError(where, expected, f"{W.dtype} and {b.dtype}")
            n_prev = n

    @classmethod
    def create(
        cls,
        layer_sizes: Sequence[int],
        *,
        activation: str | Sequence[str] = "relu",
        output: str | None = None,
        loss: str | None = None,
        initializer: str | float = "he",
        rng: Any = 0,
        dtype: Any = np.float64,
    ) -> "Network":
        """A network with freshly drawn weights.

        layer_sizes : (n_x, n_1, ..., n_y), at least two numbers.
        activation : of the hidden layers; one name for all, or one per hidden layer.
        output, loss : default to sigmoid with binary cross-entropy for one output unit, softmax
            with its cross-entropy for more. Naming one of the two chooses the other.
        initializer : see `initializers.standard_deviation`.
        rng : a seed, a numpy Generator or RandomState; a list of R of them gives R runs, each
            with the weights it would have alone.
        """
        listed = checks.listing("Network.create", "layer sizes", layer_sizes)
        sizes = tuple(checks.whole_number("Network", "layer size", n, least=1) for n in listed)
        if len(sizes) < 2:
            raise InputError("Network", "at least an input and an output size", f"{sizes}")
        hidden: tuple[Any, ...] = (activation,) * (len(sizes) - 2)
        if not isinstance(activation, str):
            hidden = checks.listing("Network.create", "activations", activation)
        if len(hidden) != len(sizes) - 2:
            raise InputError(
                "Network", f"{len(sizes) - 2} hidden activations", f"{len(hidden)}: {hidden}"
            )
        output, loss = output_and_loss(sizes[-1], output, loss)
        dtype = checks.float_dtype("Network", dtype)
        several = isinstance(rng, (list, tuple))
        checks.room("Network.create", 8 * (len(rng) if several else 1) * _n_parameters(sizes))
        if several:
            runs = [draw_layers(sizes, initializer, r) for r in rng]
            weights = [np.stack(layer).astype(dtype) for layer in zip(*runs, strict=True)]
        else:
            drawn = draw_layers(sizes, initializer, rng)
            weights = [W.astype(dtype, copy=False) for W in drawn]
        biases = [np.zeros((*W.shape[:-1], 1), dtype) for W in weights]
        return cls(tuple(weights), tuple(biases), (*hidden, output), loss)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """(n_x, n_1, ..., n_y)."""
        return (self.weights[0].shape[-1], *(W.shape[-2] for W in self.weights))

    @property
    def dtype(self) -> np.dtype:
        """Of the weights, and of all that is computed with them."""
        return self.weights[0].dtype

    @property
    def n_runs(self) -> int | None:
        """R, or None for one network without an axis of runs."""
        return self.weights[0].shape[0] if self.weights[0].ndim == 3 else None

    @property
    def n_parameters(self) -> int:
        """Weights and biases of one run."""
        return _n_parameters(self.layer_sizes)

    @property
    def loss_function(self) -> Loss:
        """The loss by whose name the network is trained."""
        return LOSSES[self.loss]

    def saved(self, prefix: str = "") -> tuple[dict[str, Array], dict[str, Any]]:
        """Its arrays (views) by name, W1, b1, ... after the prefix, and its facts as JSON has them:
        what `restored` makes it of again."""
        layers = [*enumerate(zip(self.weights, self.biases, strict=True), start=1)]
        arrays = {f"{prefix}W{layer}": W for layer, (W, _) in layers}
        arrays |= {f"{prefix}b{layer}": b for layer, (_, b) in layers}
        return arrays, {"activations": self.activations, "loss": self.loss}

    @classmethod
    def restored(
        cls, arrays: Mapping[str, Array], facts: Mapping[str, Any], prefix: str = ""
    ) -> "Network":
        """The network of which a file holds what `saved` gave; KeyError if something lacks."""
        layers = range(1, len(facts["activations"]) + 1)
        weights, biases = (
            tuple(arrays[f"{prefix}{name}{layer}"] for layer in layers) for name in "Wb"
        )
        return cls(weights, biases, tuple(facts["activations"]), facts["loss"])

    def _of(self, change: Callable[[Array], Array]) -> "Network":
        """The same architecture with every array changed so."""
        weights, biases = (tuple(map(change, arrays)) for arrays in (self.weights, self.biases))
        return Network(weights, biases, self.activations, self.loss)

    def run(self, r: int) -> "Network":
        """Run r as a network of its own (views of the same arrays)."""
        if self.n_runs is None:
            raise InputError("Network.run", "a network with an axis of runs", "a single network")
        return self._of(lambda array: array[r])

    @classmethod
    def stack(cls, networks: Iterable["Network"]) -> "Network":
        """R networks of one architecture as one network with R runs (copies)."""
        networks = checks.listing("Network.stack", "networks", networks)
        for network in networks:
            checks.kind("Network.stack", "each", network, Network)
        kinds = {(n.layer_sizes, n.activations, n.loss, n.n_runs) for n in networks}
        if len(kinds) != 1 or networks[0].n_runs is not None:
            raise InputError(
                "Network.stack", "single networks of one architecture", f"{len(kinds)} kinds"
            )
        weights = tuple(map(np.stack, zip(*(n.weights for n in networks), strict=True)))
        biases = tuple(map(np.stack, zip(*(n.biases for n in networks), strict=True)))
        return cls(weights, biases, networks[0].activations, networks[0].loss)

    def repeated(self, n_runs: int) -> "Network":
        """A single network as `n_runs` equal runs (read-only views of the same arrays)."""
        if self.n_runs is not None:
            raise InputError("Network.repeated", "a single network", f"one of {self.n_runs} runs")
        return self._of(lambda array: np.broadcast_to(array, (n_runs, *array.shape)))

    def astype(self, dtype: Any) -> "Network":
        """A copy with parameters of another float dtype."""
        dtype = checks.float_dtype("Network", dtype)
        return self._of(lambda array: array.astype(dtype))

    def forward(self, X: Any) -> Cache:
        """One forward pass over X (n_x, m): an array or a feature matrix."""
        X = self._checked(X)
        W = self.weights[0]
        # A feature matrix knows how to multiply itself; this file knows nothing else of it.
        Z1 = (X.times(W) if hasattr(X, "times") else W @ X) + self.biases[0]
        Z, A = forward_from(Z1, self.weights[1:], self.biases[1:], self.activations)
        return Cache(X, tuple(Z), tuple(A))

    def output_error(self, A: Array, Y: Array, weight: Array) -> Array:
        """dJ/dZ[L], from outputs A[L] (..., n_y, m), checked labels Y and weights (..., 1, m)."""
        loss = self.loss_function
        d = loss.derivative(A, Y, weight)
        return d if loss.output else ACTIVATIONS[self.activations[-1]].backward(d, A)

    def backward(self, cache: Cache, Y: Array, weight: Any = None, l2: Any = 0.0) -> Gradients:
        """One backward pass: the chain rule from J back to the first layer.

            dZ[l] = dA[l] g'(Z[l]),  dW[l] = dZ[l] A[l-1]^T + l2 W[l],  db[l] = sum_i dZ[l]_i,
            dA[l-1] = W[l]^T dZ[l]

        Y (n_y, m). weight : (1, m) or (R, 1, m), summing to 1; 1/m each by default. l2 : a number
        or (R,). No derivative with respect to X is taken.
        """
        Y, weight = self._labels_and_weights(Y, weight, cache.A[-1].shape[-1])
        l2 = np.asarray(l2, self.dtype)[..., None, None]
        error = self.output_error(cache.A[-1], Y, weight)
        dZ = backward_from(error, self.weights[1:], cache.A, self.activations)
        X = cache.X
        first = X.outer(dZ[0]) if hasattr(X, "outer") else dZ[0] @ X.T
        above = (d @ A_prev.mT for d, A_prev in zip(dZ[1:], cache.A, strict=False))
        dW = tuple(d + l2 * W for d, W in zip((first, *above), self.weights, strict=True))
        return Gradients(dW, tuple(d.sum(axis=-1, keepdims=True) for d in dZ), tuple(dZ))

    def cost(self, X: Any, Y: Array, weight: Any = None, l2: Any = 0.0) -> Array:
        """J = sum_i w_i L_i + l2/2 sum_l ||W[l]||^2: shape (), or (R,) for R runs.

        Y, weight and l2 as in `backward`.
        """
        cache = self.forward(X)
        Y, weight = self._labels_and_weights(Y, weight, cache.A[-1].shape[-1])
        losses = self.loss_function.per_example(cache.Z[-1], cache.A[-1], Y)
        penalty = sum(np.square(W).sum(axis=(-2, -1)) for W in self.weights)
        l2 = np.asarray(l2, self.dtype)
        return (losses * weight[..., 0, :]).sum(axis=-1) + 0.5 * l2 * penalty

    def predict_proba(self, X: Any) -> Array:
        """Outputs A[L] (..., n_y, m): probabilities for the cross-entropies, values otherwise.

        InputError as for `outputs`.
        """
        return self.outputs(X)[1]

    def outputs(self, X: Any) -> tuple[Array, Array]:
        """Logits Z[L] and outputs A[L] (..., n_y, m) of X's columns.

        InputError where a single network's numbers overflow on the way: of weights that large no
        answer is known. Of R runs, some of which may have diverged, not a number stands there.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            cache = self.forward(X)
        if self.n_runs is None:
            for layer, Z in enumerate(cache.Z, start=1):
                checks.no_overflow("Network", layer, Z)
        return cache.Z[-1], cache.A[-1]

    def predict(self, X: Any, threshold: float = 0.5) -> Array:
        """Classes of X's columns.

        Softmax: (..., m) int, the most probable class. Sigmoid: (..., n_y, m) int, 1 where the
        probability exceeds `threshold` (compared as the course does, strictly). For the
        regression losses the outputs themselves, (..., n_y, m).
        """
        A = self.predict_proba(X)
        if not self.loss_function.classifies:
            return A
        if self.activations[-1] == "softmax":
            return A.argmax(axis=-2)
        return np.greater(A, threshold).astype(np.int64)

    def trace(
        self, X: Any, Y: Any, weight: Any = None, l2: float = 0.0, *, loss_of_outputs: bool = False
    ) -> Any:
        """The computation graph of one pass over X and Y, with every number of it by name.

        Arguments as in `cost`. loss_of_outputs : write the loss with A[L], as on slides, so that
        there is a dA[L]. Returns a `chainrule.tracing.network_trace.NetworkGraph`.
        """
        # By name, since it knows networks: nobody who does not ask for the graph loads it.
        traces = import_module("chainrule.tracing.network_trace")
        return traces.trace_network(self, X, Y, weight, l2, loss_of_outputs=loss_of_outputs)

    def summary(self) -> str:
        """A table: each layer's activation, shapes and number of parameters."""
        text: str = shown_by("networks.text")(self)
        return text

    _repr_html_ = shown_by("networks.html")

    def _checked(self, X: Any) -> Any:
        if not hasattr(X, "times"):
            X = checks.in_range("Network", "X", checks.matrix("Network", "X", X), self.dtype)
        checks.features("Network", X.shape, self.layer_sizes[0])
        return X

    def _labels_and_weights(self, Y: Any, weight: Any, m: int) -> tuple[Array, Array]:
        """Y and the weights, 1/m each by default, in this network's dtype."""
        Y = check_labels(Y, self.layer_sizes[-1], m, self.loss).astype(self.dtype, copy=False)
        weight = np.ones((1, m)) / m if weight is None else weight
        return Y, np.asarray(weight, self.dtype)
