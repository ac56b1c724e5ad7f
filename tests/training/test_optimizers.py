"""Optimizers: steps by hand, scikit-learn's numbers, one vector of runs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import InputError, train
from chainrule.training import (
    LBFGS,
    OPTIMIZERS,
    Adam,
    GradientDescent,
    Momentum,
    Nesterov,
    RMSProp,
)

ALL = [kind() for kind in OPTIMIZERS.values() if kind is not LBFGS]


def follow(optimizer, gradients, start=0.0, rate=0.5):
    """The values of one parameter after each of the gradients."""
    p = np.array([start])
    state = [np.zeros_like(p) for _ in range(optimizer.n_states)]
    path = []
    for t, g in enumerate(gradients, start=1):
        optimizer.step(p, np.array([float(g)]), state, rate, t)
        path.append(p.item())
    return path


@pytest.mark.parametrize(
    ("optimizer", "path"),
    [
        # p - 0.5 g
        (GradientDescent(), [-0.5, -1.5, 0.5]),
        # v = -.5, -1.25, 1.375
        (Momentum(0.5), [-0.5, -1.75, -0.375]),
        # p + 0.5 v - 0.5 g with the same v
        (Nesterov(0.5), [-0.75, -2.375, 0.3125]),
    ],
    ids=["gd", "momentum", "nesterov"],
)
def test_three_steps_by_hand(optimizer, path):
    assert_allclose(follow(optimizer, [1, 2, -4]), path, rtol=1e-15)


def test_three_steps_of_rmsprop_by_hand():
    # s = 0.5 g^2 + 0.5 s: 8, 8, 36; steps 0.5 g / sqrt(s).
    path = follow(RMSProp(rho=0.5, epsilon=1e-300), [4, 8**0.5, 8])
    steps = [2 / 8**0.5, 0.5, 4 / 6]
    assert_allclose(path, -np.cumsum(steps), rtol=1e-15)


def test_adams_first_step_is_the_learning_rate_and_constant_gradients_keep_it():
    # The bias corrections cancel: m_hat = g, s_hat = g^2.
    path = follow(Adam(epsilon=1e-300), [4, 4, 4])
    assert_allclose(path, [-0.5, -1, -1.5], rtol=1e-12)


def test_two_steps_of_adam_by_hand():
    # b1 = b2 = 1/2, g = 2, -2: m = 1, -1/2; s = 2, 3; corrections 1/2 and 3/4.
    path = follow(Adam(0.5, 0.5, 1e-300), [2, -2])
    assert_allclose(path, [-0.5, -0.5 + 0.5 * (0.5 / 0.75) / (3 / 0.75) ** 0.5], rtol=1e-15)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adam", "gd"])
def test_scikit_learns_numbers(name):
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

    rng = np.random.default_rng(30)
    start, gradients = rng.standard_normal(7), rng.standard_normal((50, 7))
    ours, theirs = start.copy(), start.copy()
    optimizer = OPTIMIZERS[name]()
    reference = (
        AdamOptimizer([theirs], 0.01)
        if name == "adam"
        else SGDOptimizer([theirs], 0.01, momentum=0.9 * (name != "gd"), nesterov=name[0] == "n")
    )
    state = [np.zeros(7) for _ in range(optimizer.n_states)]
    for t, g in enumerate(gradients, start=1):
        optimizer.step(ours, g.copy(), state, 0.01, t)
        reference.update_params([theirs], [g.copy()])
    assert_allclose(ours, theirs, rtol=1e-12)


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_row_per_run_is_a_run_alone(optimizer, dtype):
    rng = np.random.default_rng(31)
    gradients = rng.standard_normal((5, 2, 3)).astype(dtype)
    rates = np.array([[0.1], [0.02]], dtype)
    together = np.ones((2, 3), dtype)
    alone = [np.ones(3, dtype), np.ones(3, dtype)]
    states = [[np.zeros(s, dtype) for _ in range(optimizer.n_states)] for s in ((2, 3), 3, 3)]
    for t, g in enumerate(gradients, start=1):
        for r in (0, 1):
            optimizer.step(alone[r], g[r].copy(), states[1 + r], rates[r].item(), t)
        optimizer.step(together, g.copy(), states[0], rates, t)
    assert together.dtype == dtype
    assert_allclose(together, alone, rtol=10 * np.finfo(dtype).eps)


@pytest.mark.parametrize("kind", [Momentum, Nesterov])
def test_momentum_may_differ_from_run_to_run(kind):
    together, states = np.zeros((2, 1)), [np.zeros((2, 1))]
    for t, g in enumerate([1.0, 2.0, -4.0], start=1):
        kind([0.5, 0.9]).step(together, np.full((2, 1), g), states, 0.5, t)
    assert_allclose(together[:, 0], [follow(kind(mu), [1, 2, -4])[-1] for mu in (0.5, 0.9)])


def test_which_are_linear():
    assert [name for name, kind in OPTIMIZERS.items() if kind.linear] == [
        "gd",
        "momentum",
        "nesterov",
        "lbfgs",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Momentum(1.0), "Momentum: expected 0 <= momentum < 1"),
        (lambda: Nesterov(-0.1), "Nesterov: expected 0 <= momentum < 1"),
        (lambda: Momentum([0.5, 1.5]), "got 1.5"),
        (lambda: Momentum("fast"), "got 'fast'"),
        (lambda: Adam(beta_1=1.0), "Adam: expected 0 <= beta_1 < 1"),
        (lambda: Adam(beta_2=2.0), "Adam: expected 0 <= beta_2 < 1"),
        (lambda: Adam(epsilon=0), "Adam: expected 0 < epsilon"),
        (lambda: RMSProp(rho=-1), "RMSProp: expected 0 <= rho < 1"),
        (lambda: RMSProp(epsilon=-1), "RMSProp: expected 0 < epsilon"),
    ],
)
def test_hyperparameters_out_of_bounds(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "make", [lambda a: Adam(beta_1=a), lambda a: Adam(beta_2=a), lambda a: RMSProp(rho=a)]
)
def test_only_momentum_may_differ_from_run_to_run(make):
    # An array of the others would be scaled along the wrong axis.
    with pytest.raises(InputError, match=r"a finite number; got shape \(2,\)"):
        make([0.8, 0.9])


def test_an_optimizer_of_ones_own(wide_problem):
    class SignDescent:
        linear, n_states = False, 0

        def step(self, p, g, state, rate, t):
            p -= rate * np.sign(g)

    network, data = wide_problem
    result = train(network, data, optimizer=SignDescent(), learning_rate=0.25, iterations=1)
    step = np.abs(result.network.weights[0] - network.weights[0])
    assert_allclose(step, 0.25, rtol=1e-12)
    assert result.first_layer.form == "primal"


def test_a_name_that_is_none(wide_problem):
    with pytest.raises(InputError, match="Did you mean nesterov"):
        train(*wide_problem, optimizer="nesterow")


def test_a_class_instead_of_an_optimizer(wide_problem):
    with pytest.raises(InputError, match="optimizer"):
        train(*wide_problem, optimizer=Adam)


def test_gd_leaves_no_memory():
    p = np.ones(3)
    GradientDescent().step(p, np.arange(3.0), [], 0.1, 1)
    assert_array_equal(p, [1, 0.9, 0.8])
