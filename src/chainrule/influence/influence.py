"""What each training example contributed to a prediction.

Two answers, of different kinds. q are the examples asked about, i the training examples.

Exact, for each unit of the first layer, where the dual form trained:

    z[1](x) = a W0 x + b + sum_i C_i <x_i, x>

so C_i <x_i, x> is what example i contributes. For logistic regression z[1] is the logit itself.

Along the path, for the output of any depth: a step of gradient descent moves the parameters by a
sum over examples, theta' - theta = - r sum_i w_i grad L_i(theta), and the log-odds f of a class by
the integral of grad f along that step. So

    s_i(x) = - sum_t r w_i  grad L_i(theta_t) . G_t(x)
    G_t(x) = int_0^1 grad f(x; theta_t + u (theta_t+1 - theta_t)) du

adds up, with the penalty's part, to f(x; theta_T) - f(x; theta_0) (Bell, Geyer, Moore & Robbins
2023, "An Exact Kernel Equivalence for Finite Classification Models"; in the limit of small steps
Domingos 2020). The integral is a sum over a few points, exact for logistic regression and elsewhere
but for kinks of relu; what is missing is reported. TracIn (Pruthi et al. 2020) takes grad f at
theta_t alone, a sum of first order: where the cost oscillates, as on the course's 4-layer network,
it came out a hundred times as large as the change itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, FeatureMatrix, FloatMatrix, feature_matrix
from chainrule.errors import InputError
from chainrule.network import Network, backward_from, forward_from
from chainrule.training import (
    Callback,
    DualCoefficients,
    GradientDescent,
    Record,
    Session,
    Training,
    train,
)
from chainrule.training.arguments import data_arrays
from chainrule.training.targets import Standardized, fits

Array = np.ndarray
# Points on [0, 1] and their shares. Gauss's rule is exact up to polynomials of degree 7; kinks need
# more points. A step takes the next rule while its parts lack more than GAP to its change of f.
GAUSS = (
    (0.06943184420297371, 0.33000947820757187, 0.6699905217924281, 0.9305681557970263),
    (0.17392742256872692, 0.3260725774312731, 0.3260725774312731, 0.17392742256872692),
)
RULES = (GAUSS, ([(k + 0.5) / 32 for k in range(32)], [1 / 32] * 32))
GAP = 1e-3


@dataclass(frozen=True, eq=False)
class Contributions:
    """Parts of the first layer's Z (n_1, q), which add up to it.

    start : (n_1, q) of the starting weights, a W0 x. bias : (n_1, 1).
    of_examples : (n_1, m, q), C_i <x_i, x>.
    """

    start: Array
    bias: Array
    of_examples: Array

    @property
    def Z(self) -> Array:
        """(n_1, q): their sum."""
        return self.start + self.bias + self.of_examples.sum(axis=1)


def contributions(training: Training, X: FeatureMatrix, others: FeatureMatrix) -> Contributions:
    """What each training example contributes to the first layer's units, exactly.

    training : of a single network, in the dual form. X : what it was trained on, (n_x, m), scaled.
    others : the examples asked about, (n_x, q). InputError where the primal form trained.
    """
    if training.dual is None:
        fix = 'Train with first_layer="dual" (gd, momentum or nesterov).'
        expected = "a training in the dual form, which has a coefficient for each example"
        raise InputError("contributions", expected, training.first_layer.form, fix)
    checks.features("contributions", others.shape, X.shape[0], "others")
    C, K = training.dual.C, X.gram(others)
    of_examples = C[:, :, None] * K
    whole = others.times(training.network.weights[0])
    # a W0 x is what remains of W x: the starting weights are not kept.
    start = whole - C @ K
    return Contributions(start, training.network.biases[0], of_examples)


@dataclass(frozen=True, eq=False)
class PathInfluence:
    """What each training example contributed to the log-odds f of a class, along the path.

    of_examples : (m, q), s_i. before, after : (q,) f with the starting weights and at the end.
    penalty : (q,) what the L2 penalty did. Without the axis q of a single example.
    """

    of_examples: Array
    before: Array
    after: Array
    penalty: Array

    def of(self, k: int) -> "PathInfluence":
        """Of the k-th example that was asked about."""
        return PathInfluence(*(part[..., k] for part in vars(self).values()))

    @property
    def missing(self) -> Array:
        """(q,) what the parts lack to the whole change."""
        return self.after - self.before - self.of_examples.sum(axis=0) - self.penalty


def path_influence(
    network: Network, data: Any, others: Any, classes: Any, **options: Any
) -> tuple[Training, PathInfluence]:
    """Train, and add up what each training example does to the log-odds of other examples.

    network : the start, a single classifier. data : a Dataset, or (X, Y).
    others : (n_x, q) the examples asked about, scaled. classes : (q,) the class of each whose
        log-odds f = log p / (1 - p) are followed; for a sigmoid output 0 or 1. Of a regression 1:
        f is its one logit, which is the value where outputs are as they are.
    options : of `train`: learning_rate, iterations, l2, schedule, class_weight, ...; gradient
        descent in full batch only.

    The other examples are trained along with weight zero. The training returned is that of the
    data alone, its dual coefficients those of the m examples.
    """
    X, Y = data_arrays("path_influence", data, network)
    others = feature_matrix(others, network.dtype).astype(network.dtype)
    checks.features("path_influence", others.shape, X.shape[0], "others")
    classes = np.asarray(classes).reshape(-1)
    n_classes, (m, q) = max(2, network.layer_sizes[-1]), (X.shape[1], others.shape[1])
    if classes.shape != (q,) or not np.isin(classes, np.arange(n_classes)).all():
        expected = f"{q} classes, indices below {n_classes}"
        raise InputError("path_influence", expected, checks.describe(classes))
    if taken := {"sample_weight", "validation_weight", "record_every", "callbacks"} & set(options):
        fix = "It needs these itself."
        raise InputError("path_influence", "other options of train", ", ".join(sorted(taken)), fix)
    both = np.concatenate([each.columns(slice(None)) for each in (X, others)], axis=1)
    labels = np.concatenate([Y, np.zeros((len(Y), q), Y.dtype)], axis=1)
    if len(Y) > 1:
        labels[0, m:] = 1  # of no weight, but to be labels of a class
    if isinstance(data, Dataset) and data.task == "regression":
        options["standardize_targets"] = fits(network)
    follow = _Follow(network, Y, both[:, :m].T @ both[:, m:], classes)
    training = train(
        network,
        (FloatMatrix(both), labels),
        sample_weight=np.r_[np.ones(m), np.zeros(q)],
        record_every=1,
        callbacks=[follow],
        **options,
    )
    dual = training.dual and DualCoefficients(training.dual.a, training.dual.C[:, :m])
    return replace(training, dual=dual), follow.result()


@dataclass(frozen=True, eq=False)
class _Look:
    """At one point of the path, the rate of the step from it and, of the m training examples,
    derivatives of the losses with respect to each layer's Z and each layer's outputs; of the q
    asked about the first layer's W x, without the bias; and W[2] ... W[L] and b[1] ... b[L].
    """

    rate: float
    losses: list[Array]
    A: list[Array]
    Wx: Array
    weights: list[Array]
    biases: list[Array]


class _Follow(Callback):
    """Adds up the parts of every step."""

    def __init__(self, network: Network, Y: Array, K: Array, classes: Array) -> None:
        self._network, self._Y, self._K, self._classes = network, Y, K, classes
        self._sum, self._penalty = np.zeros(K.shape), np.zeros(classes.size)
        self._f: list[Array] = []
        self._last: _Look | None = None
        self._targets: Standardized | None = None

    def on_start(self, session: Session) -> None:
        plan, whole = session.plan, session.batches.whole
        dropout = session.batches.dropout is not None
        if type(plan.optimizer) is not GradientDescent or whole is None or dropout:
            expected = "gradient descent on all examples and units at every step"
            got = f"{type(plan.optimizer).__name__}, mini-batches or dropout"
            raise InputError("path_influence", expected, got)
        self._targets = plan.targets
        if self._targets is not None:
            self._Y = self._targets(self._Y)
        self._weight, self._l2 = whole.weight[0, : len(self._K)], float(plan.l2)

    def on_record(self, session: Session, record: Record) -> None:
        assert session.seen is not None
        f, _ = log_odds(session.seen.logits[:, len(self._K) :], self._classes)
        self._f.append(f)
        look = self._look(session)
        if self._last is not None:
            for rule in RULES:
                of_examples, penalty = self._parts(self._last, look, *rule)
                gap = self._f[-1] - self._f[-2] - of_examples.sum(axis=0) - penalty
                if np.abs(gap).max() <= GAP:
                    break
            self._sum += of_examples
            self._penalty += penalty
        self._last = look

    def _look(self, session: Session) -> _Look:
        assert session.seen is not None
        m, q = self._K.shape
        A = [each[:, :m].copy() for each in session.seen.A]
        Wx = np.empty((self._network.layer_sizes[1], q), self._K.dtype)
        session.first.forward(Wx, np.arange(m, m + q))  # those asked about stand behind the others
        upper = session.objective.upper
        weights, biases = ([each.copy() for each in a] for a in (upper.weights, upper.biases))
        # Of each example's own loss.
        error = self._network.output_error(A[-1], self._Y, np.ones((1, m), A[-1].dtype))
        losses = backward_from(error, weights, A, self._network.activations)
        return _Look(float(session.rate()), losses, A, Wx, weights, biases)

    def _parts(
        self, at: _Look, to: _Look, points: Sequence[float], shares: Sequence[float]
    ) -> tuple[Array, Array]:
        """Of the step from one point to the next: of the examples (m, q), of the penalty (q,)."""
        of_examples, penalty = np.zeros(self._K.shape), np.zeros(self._classes.size)
        for u, share in zip(points, shares, strict=True):
            A, deltas = self._between(at, to, u)
            for layer, (d, e) in enumerate(zip(at.losses, deltas, strict=True)):
                # Derivatives with respect to W and b are outer products, so theirs are products.
                inputs = at.A[layer - 1].T @ A[layer - 1] if layer else self._K
                of_examples -= share * (d.T @ e) * (inputs + 1)
                if self._l2:
                    WA = at.weights[layer - 1] @ A[layer - 1] if layer else at.Wx
                    penalty -= share * self._l2 * (e * WA).sum(axis=0)
        return at.rate * self._weight[:, None] * of_examples, at.rate * penalty

    def _between(self, at: _Look, to: _Look, u: float) -> tuple[list[Array], list[Array]]:
        """A[l] of the examples asked about, and df/dZ[l], at theta + u (theta' - theta)."""

        def mixed(a: Array, b: Array) -> Array:
            return (1 - u) * a + u * b

        weights = [mixed(*pair) for pair in zip(at.weights, to.weights, strict=True)]
        biases = [mixed(*pair) for pair in zip(at.biases, to.biases, strict=True)]
        names = self._network.activations
        Z1 = mixed(at.Wx, to.Wx) + biases[0]
        Z, A = forward_from(Z1, weights, biases[1:], names)
        _, delta = log_odds(Z[-1], self._classes)
        return A, backward_from(delta, weights, A, names)

    def result(self) -> PathInfluence:
        """In the targets' own unit."""
        found = PathInfluence(self._sum, self._f[0], self._f[-1], self._penalty)
        if self._targets is None:
            return found
        mean, deviation = self._targets.mean.item(), self._targets.deviation.item()
        parts = {name: deviation * part for name, part in vars(found).items()}
        parts |= {name: mean + parts[name] for name in ("before", "after")}
        return PathInfluence(**parts)


def log_odds(Z: Array, classes: Array) -> tuple[Array, Array]:
    """f = log p_c / (1 - p_c) (q,) of class c = classes (q,), from logits Z (n_y, q); and df/dZ."""
    if len(Z) == 1:
        sign = np.where(classes == 1, 1.0, -1.0)
        return sign * Z[0], sign[None].astype(Z.dtype)
    own = np.arange(len(classes))
    rest = Z.copy()
    rest[classes, own] = -np.inf
    top = rest.max(axis=0)
    shares = np.exp(rest - top)
    total = shares.sum(axis=0)
    delta = -shares / total
    delta[classes, own] = 1
    return Z[classes, own] - top - np.log(total), delta


def saliency(network: Network, x: Any, classes: Any) -> Array:
    """df/dx (n_x, q): how the log-odds of a class change with each feature, to first order
    (Simonyan, Vedaldi & Zisserman 2014). For logistic regression the weights themselves.

    x : (n_x, q) scaled. classes : (q,) indices; for a sigmoid output 0 or 1.
    """
    cache = network.forward(x)
    _, delta = log_odds(cache.Z[-1], np.asarray(classes))
    first = backward_from(delta, network.weights[1:], cache.A, network.activations)[0]
    return network.weights[0].T @ first
