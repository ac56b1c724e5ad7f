"""The objective's gradient against central differences, in every form of the first layer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from chainrule import FloatMatrix, Network
from chainrule.data import SparseMatrix
from chainrule.estimators.first_layer import CarriedDual, DensePrimal
from chainrule.estimators.objective import Objective
from chainrule.estimators.rotated import Rotated
from chainrule.estimators.sparse import SparsePrimal

ALPHA = 0.7
FORMS = ["primal", "sparse primal", "rotated", "rotated, more examples than features"]
OUTPUTS = {
    "sigmoid": "binary_cross_entropy",
    "softmax": "softmax_cross_entropy",
    "exp": "poisson_deviance",
}


def problem(output="softmax", n_x=9, m=6, form="primal", whole=True):
    """X (n_x, m), Y, weights s, a network with biases, and the objective over all examples."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n_x, m))
    Y = np.eye(3)[:, rng.integers(0, 3, m)]
    sizes = ((4, n_x), (3, 4))
    network = Network(
        [rng.standard_normal(size) / 3 for size in sizes],
        [rng.standard_normal((n, 1)) / 3 for n, _ in sizes],
        ("tanh", output),
        OUTPUTS[output],
    )
    W0 = network.weights[0]
    first = {
        "primal": lambda: DensePrimal(FloatMatrix(X), W0),
        "sparse primal": lambda: SparsePrimal(SparseMatrix(csr_array(X.T)), W0),
        "dual": lambda: CarriedDual(FloatMatrix(X), W0, decays=True),
        "rotated": lambda: Rotated(FloatMatrix(X), W0),
    }[form.split(",")[0]]()
    return X, Y, rng.random(m) + 0.1, network, Objective(network, first, ALPHA, whole=whole)


def plain_cost(objective, X, Y, s, network):
    """J of the weights that the objective stands for, by the plain network."""
    coefs, intercepts = objective.coefs()
    moved = Network(
        [W.T for W in coefs],
        [b[:, None] for b in intercepts],
        network.activations,
        network.loss,
    )
    return moved.cost(X, Y, (s / s.sum())[None], l2=ALPHA / s.sum())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_those_of_central_differences(output, form):
    n_x = 4 if "more examples" in form else 9
    X, Y, s, network, objective = problem(output, n_x=n_x, form=form)
    p, h = objective.block.p, 1e-6
    cost = objective.evaluate(None, Y, s)
    assert_allclose(cost, plain_cost(objective, X, Y, s, network), rtol=1e-12)
    found, numeric = objective.block.g.copy(), np.empty_like(p)
    for k, start in enumerate(p.copy()):
        values = []
        for step in (h, -h):
            p[k] = start + step
            values.append(plain_cost(objective, X, Y, s, network))
            assert_allclose(objective.evaluate(None, Y, s), values[-1], rtol=1e-10)
        p[k], numeric[k] = start, (values[0] - values[1]) / (2 * h)
    assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)


def test_rotated_coordinates_keep_lengths():
    """So L-BFGS, which sees inner products only, walks the same path in them."""
    _, Y, s, _, plain = problem(form="primal")
    _, _, _, _, rotated = problem(form="rotated")
    for objective in (plain, rotated):
        objective.evaluate(None, Y, s)
    assert_allclose(np.linalg.norm(rotated.block.g), np.linalg.norm(plain.block.g), rtol=1e-12)
    assert_allclose(np.linalg.norm(rotated.block.p), np.linalg.norm(plain.block.p), rtol=1e-12)


@pytest.mark.parametrize("apart", [0.0, 1e-9, 1e-3])
def test_examples_that_occur_twice_or_nearly(apart):
    """The Gram matrix is singular; the numbers are those of the primal form all the same."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((20, 5))
    X = np.hstack([X, X + apart * rng.standard_normal((20, 5))])
    W0 = rng.standard_normal((3, 20))
    rotated = Rotated(FloatMatrix(X), W0)
    parts = [np.array(part.start) for part in rotated.parts]
    for part, start in zip(rotated.parts, parts, strict=True):
        part.bind(start, np.zeros_like(start))
    Z = np.empty((3, 10))
    rotated.forward(Z, None)
    assert_allclose(Z, W0 @ X, rtol=1e-12, atol=1e-12)
    (W,) = rotated.as_weights([np.concatenate(parts)])
    assert_allclose(W, W0, rtol=1e-12, atol=1e-12)
    assert_allclose(rotated.squared_norm(), np.square(W0).sum(), rtol=1e-12)


@pytest.mark.parametrize("whole", [False, True])
def test_the_carried_image_is_that_of_the_weights(whole):
    """After steps of any kind Z = W X, and the norm is that of W."""
    X, Y, _, network, objective = problem(form="dual", whole=whole)
    p, g = objective.block.p, objective.block.g
    for step in range(20):
        index = None if whole else np.arange(step % 3, 6, 2)
        objective.evaluate(index, Y if whole else Y[:, index], None)
        p -= 0.3 * g
    (W,) = objective.first.as_weights([p[: p.size - 4 - 15]])
    Z = np.empty((4, 6))
    objective.first.forward(Z, None)
    assert_allclose(Z, W @ X, rtol=1e-12, atol=1e-12)
    assert_allclose(objective.first.squared_norm(), np.square(W).sum(), rtol=1e-12)
    assert not np.allclose(W, network.weights[0])


def test_the_gradient_on_some_features_is_part_of_that_on_all():
    X, Y, s, _, objective = problem(form="rotated")
    objective.evaluate(None, Y, s)
    decay, index = ALPHA / s.sum(), np.array([7, 2, 3])
    whole = objective.first.weight_gradient(objective.D, decay)
    some = objective.first.weight_gradient(objective.D, decay, (X[index], index))
    assert_allclose(some, whole[:, index], rtol=1e-12)
    _, _, _, _, plain = problem(form="primal")
    plain.evaluate(None, Y, s)
    assert_allclose(whole.ravel(), plain.block.g[: whole.size], rtol=1e-10, atol=1e-13)
