"""The objective's gradient against central differences, in every form of the first layer."""

import gc
import weakref

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from chainrule import FloatMatrix, Network
from chainrule.data import SparseMatrix
from chainrule.training.batches import Batch
from chainrule.training.first_layer import Carried, Primal, Rotated, SparsePrimal
from chainrule.training.objective import Objective

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
        "primal": lambda: Primal(FloatMatrix(X), W0),
        "sparse primal": lambda: SparsePrimal(SparseMatrix(csr_array(X.T)), W0),
        "dual": lambda: Carried(FloatMatrix(X), W0, decays=True),
        "rotated": lambda: Rotated(FloatMatrix(X), W0),
    }[form.split(",")[0]]()
    return X, Y, rng.random(m) + 0.1, network, Objective(network, first, whole=whole)


def evaluate(objective, Y, s, index=None):
    """J in scikit-learn's scaling: the penalty is divided by the examples' weight."""
    return objective.evaluate(Batch(index, Y, (s / s.sum())[None]), ALPHA / s.sum())


def plain_cost(objective, X, Y, s):
    """J of the weights that the objective stands for, by the plain network."""
    return objective.network().cost(X, Y, (s / s.sum())[None], l2=ALPHA / s.sum())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_gradients_are_those_of_central_differences(output, form):
    n_x = 4 if "more examples" in form else 9
    X, Y, s, _, objective = problem(output, n_x=n_x, form=form)
    p, h = objective.blocks[0].p, 1e-6
    cost = evaluate(objective, Y, s)
    assert_allclose(cost, plain_cost(objective, X, Y, s), rtol=1e-12)
    found, numeric = objective.blocks[0].g.copy(), np.empty_like(p)
    for k, start in enumerate(p.copy()):
        values = []
        for step in (h, -h):
            p[k] = start + step
            values.append(plain_cost(objective, X, Y, s))
            assert_allclose(evaluate(objective, Y, s), values[-1], rtol=1e-10)
        p[k], numeric[k] = start, (values[0] - values[1]) / (2 * h)
    assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)


def test_rotated_coordinates_keep_lengths():
    """So L-BFGS, which sees inner products only, walks the same path in them."""
    _, Y, s, _, plain = problem(form="primal")
    _, _, _, _, rotated = problem(form="rotated")
    for objective in (plain, rotated):
        evaluate(objective, Y, s)
    assert_allclose(
        np.linalg.norm(rotated.blocks[0].g), np.linalg.norm(plain.blocks[0].g), rtol=1e-12
    )
    assert_allclose(
        np.linalg.norm(rotated.blocks[0].p), np.linalg.norm(plain.blocks[0].p), rtol=1e-12
    )


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
    assert_allclose(rotated.weights(), W0, rtol=1e-12, atol=1e-12)
    assert_allclose(rotated.squared_norm(), np.square(W0).sum(), rtol=1e-12)


@pytest.mark.parametrize("whole", [False, True])
def test_the_carried_image_is_that_of_the_weights(whole):
    """After steps of any kind Z = W X, and the norm is that of W."""
    X, Y, _, network, objective = problem(form="dual", whole=whole)
    p, g = objective.blocks[0].p, objective.blocks[0].g
    for step in range(20):
        index = None if whole else np.arange(step % 3, 6, 2)
        Y_of = Y if whole else Y[:, index]
        evaluate(objective, Y_of, np.ones(Y_of.shape[1]), index)
        p -= 0.3 * g
    W = objective.first.weights()
    assert_allclose(objective.first.as_weights(p[: p.size - 4 - 15])[0], W, rtol=1e-12)
    Z = np.empty((4, 6))
    objective.first.forward(Z, None)
    assert_allclose(Z, W @ X, rtol=1e-12, atol=1e-12)
    assert_allclose(objective.first.squared_norm(), np.square(W).sum(), rtol=1e-12)
    assert not np.allclose(W, network.weights[0])


def test_the_gradient_on_some_features_is_part_of_that_on_all():
    _, Y, s, _, objective = problem(form="rotated")
    evaluate(objective, Y, s)
    decay, index = ALPHA / s.sum(), np.array([7, 2, 3])
    whole = objective.first.weight_gradient(objective.last.D, decay)
    some = objective.first.weight_gradient(objective.last.D, decay, index)
    assert_allclose(some, whole[:, index], rtol=1e-12)
    _, _, _, _, plain = problem(form="primal")
    evaluate(plain, Y, s)
    assert_allclose(whole.ravel(), plain.blocks[0].g[: whole.size], rtol=1e-10, atol=1e-13)


def test_the_penalty_is_the_one_of_each_call():
    """Numbers and one for each run in turn, also when one equals what was there before."""
    network = Network.create((5, 4, 3), rng=[1, 2])
    W0 = network.weights[0]
    objective = Objective(network, Primal(FloatMatrix(np.ones((5, 6))), W0), whole=True)
    each = np.array([[0.1], [0.3]])
    for l2 in (0.1, 0.1, 0.2, each, each, np.array([[0.1], [0.1]]), 0.1, 0.0):
        for block in objective.blocks:
            block.g[...] = 1.0
        objective.decay(l2)
        expected = [1 + np.reshape(l2, (-1, 1, 1)) * W for W in network.weights]
        assert_allclose(objective.blocks[0].g, expected[0].reshape(2, -1), rtol=1e-15)
        found = objective.upper.dV[0]
        assert_allclose(found[..., :-1], expected[1], rtol=1e-15)
        assert (found[..., -1] == 1).all()  # biases have no penalty
        assert (objective.upper.db1 == 1).all()


def test_a_scale_of_the_losses_leaves_the_gradient():
    X, Y, s, network, objective = problem()
    batch = Batch(None, Y, (s / s.sum())[None])
    plain = objective.evaluate(batch, 0.0)
    assert_allclose(plain, network.cost(X, Y, batch.weight), rtol=1e-13)
    g = objective.blocks[0].g.copy()
    assert_allclose(objective.evaluate(batch, 0.0, 3.0), 3 * plain, rtol=1e-14)
    assert (objective.blocks[0].g == g).all()
    assert_allclose(
        objective.evaluate(batch, 0.4, 3.0), 3 * plain + 0.2 * objective.squared_norm(), rtol=1e-14
    )


@pytest.mark.parametrize("form", ["primal", "dual", "rotated"])
def test_an_objective_that_is_no_longer_used_is_freed_at_once(form):
    """Its arrays are as large as the weights: they do not wait for the collector of circles."""
    _, Y, s, _, objective = problem(form=form)
    evaluate(objective, Y, s)
    arrays = [weakref.ref(block.p) for block in objective.blocks]
    gc.disable()
    try:
        del objective
        assert [array() for array in arrays] == [None] * len(arrays)
    finally:
        gc.enable()
