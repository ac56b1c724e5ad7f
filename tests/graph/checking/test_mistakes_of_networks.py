"""A network's gradients: right ones pass, mistakes in it are named, random numbers are not."""

import numpy as np
import pytest

from chainrule.course import deep, logistic
from chainrule.graph import check_backward, grad


def network_forward(parameters, X, Y):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    A2 = 1 / (1 + np.exp(-(np.dot(parameters["W2"], A1) + parameters["b2"])))
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / X.shape[1]
    return np.squeeze(cost), (parameters, X, Y, Z1, A1, A2)


def network_with(dZ2=None, dZ1=None, change=None):
    """The course's backward_propagation with some of its lines changed."""

    def backward(cache):
        parameters, X, Y, Z1, A1, A2 = cache
        m = X.shape[1]
        E2 = dZ2(A2, Y) if dZ2 else A2 - Y
        dA1 = parameters["W2"].T @ E2
        E1 = dZ1(dA1, Z1, A1) if dZ1 else dA1 * (1 - A1**2)
        grads = {
            "dW1": E1 @ X.T / m,
            "db1": np.sum(E1, axis=1, keepdims=True) / m,
            "dW2": E2 @ A1.T / m,
            "db2": np.sum(E2, axis=1, keepdims=True) / m,
            "dA1": dA1,
        }
        return change(grads) if change else grads

    return backward


@pytest.fixture
def network():
    rng = np.random.default_rng(2)
    shapes = {"W1": (4, 3), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)}
    parameters = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    return parameters, rng.standard_normal((3, 6)), rng.integers(0, 2, (1, 6))


def test_the_courses_networks_are_right(network):
    parameters, X, Y = network
    check = check_backward(logistic.propagate, logistic.propagate, X[:, :1], 0.5, X, Y)
    assert check
    assert [report.name for report in check.gradients] == ["dw", "db"]
    assert "Not differentiated: X, Y." in check.notes

    def cost(parameters):
        return deep.compute_cost(deep.L_model_forward(X, parameters)[0], Y)

    def gradients(parameters):
        AL, caches = deep.L_model_forward(X, parameters)
        return deep.L_model_backward(AL, Y, caches)

    check = check_backward(cost, gradients, parameters)
    assert check
    assert [report.name for report in check.gradients] == ["dW1", "db1", "dW2", "db2"]
    assert "Returned besides, not checked: dA1, dA0." in check.notes
    assert "All gradients are right." in str(check)


def test_a_network_by_hand_and_the_graphs_own_gradient(network):
    assert check_backward(network_forward, network_with(), *network)

    def cost(parameters, X, Y):
        return network_forward(parameters, X, Y)[0]

    assert check_backward(cost, grad(cost), *network)


def without(*names):
    return lambda grads: {key: value for key, value in grads.items() if key not in names}


def with_(**changes):
    return lambda grads: {**grads, **{name: f(grads[name]) for name, f in changes.items()}}


ALL = {"dW1", "db1", "dW2", "db2"}
NETWORK_MISTAKES = {
    "tanh left out": (
        {"dZ1": lambda dA, Z, A: dA},
        {"dW1", "db1"},
        "the derivative of tanh after W1, b1 is left out",
    ),
    "tanh at A": (
        {"dZ1": lambda dA, Z, A: dA * (1 - np.tanh(A) ** 2)},
        {"dW1", "db1"},
        "tanh after W1, b1 is taken at A instead of Z",
    ),
    "tanh as sigmoid": (
        {"dZ1": lambda dA, Z, A: dA * A * (1 - A)},
        {"dW1", "db1"},
        "tanh after W1, b1 is that of sigmoid",
    ),
    "sigmoid left out": (
        {"dZ2": lambda A, Y: -(Y / A) + (1 - Y) / (1 - A)},
        ALL,
        "the derivative of sigmoid after W2, b2 is left out",
    ),
    "sign": ({"dZ2": lambda A, Y: Y - A}, ALL, "the sign is wrong."),
    "1/m in dW1": (
        {"change": with_(dW1=lambda g: 6 * g)},
        {"dW1"},
        "m = 6, the columns of X: the 1/m is missing",
    ),
    "keepdims": ({"change": with_(db1=np.ravel)}, {"db1"}, "keepdims=True is missing"),
    "transposed": (
        {"change": with_(dW1=np.transpose)},
        {"dW1"},
        "the transpose of the right gradient",
    ),
}


@pytest.mark.parametrize("mistake", NETWORK_MISTAKES)
def test_mistakes_of_a_network(mistake, network):
    changes, names, said = NETWORK_MISTAKES[mistake]
    check = check_backward(network_forward, network_with(**changes), *network)
    assert {report.name for report in check.gradients if not report.right} == names
    assert all(said in check[name].mistake for name in names)
    assert str(check).count(said) == 1


def test_a_forgotten_l2_term(network):
    parameters, X, Y = network

    def cost(W1, W2):
        data, _ = network_forward({**parameters, "W1": W1, "W2": W2}, X, Y)
        return data + 0.7 / 12 * (np.sum(np.square(W1)) + np.sum(np.square(W2)))

    def gradients(W1, W2):
        grads = network_with()(network_forward(parameters, X, Y)[1])
        return grads["dW1"], grads["dW2"]

    check = check_backward(cost, gradients, parameters["W1"], parameters["W2"])
    assert "0.116667 * W1 is missing: the L2 penalty's term" in check["dW1"].mistake
    assert "0.116667 * W2 is missing" in check["dW2"].mistake


def test_mistakes_that_need_no_graph_in_the_courses_network(network):
    parameters, X, Y = network

    def gradients(parameters):
        AL, caches = deep.L_model_forward(X, parameters)
        grads = deep.L_model_backward(AL, Y, caches)
        return {**grads, "dW2": -grads["dW2"], "db1": grads["db1"][:, 0]}

    check = check_backward(
        lambda parameters: deep.compute_cost(deep.L_model_forward(X, parameters)[0], Y),
        gradients,
        parameters,
    )
    assert check["dW2"].mistake == "the sign is wrong."
    assert "keepdims" in check["db1"].mistake
    assert check["dW1"].right


@pytest.mark.parametrize("seed", range(30))
def test_random_numbers_are_no_known_mistake(seed, network):
    def noise(g):
        return np.random.default_rng(seed).standard_normal(g.shape)

    names = ("dW1", "db1", "dW2", "db2")
    wrong = network_with(change=with_(**dict.fromkeys(names, noise)))
    check = check_backward(network_forward, wrong, *network)
    assert [report.mistake for report in check.gradients] == [None] * 4
    assert "dW1, db1, dW2, db2: no known mistake gives these numbers." in str(check)


@pytest.mark.parametrize(
    ("change", "name", "problem"),
    [
        (without("db1"), "db1", "backward does not return it; expected an array of shape (4, 1)"),
        (with_(dW1=lambda g: None), "dW1", "it is None; expected an array of shape (4, 3)"),
        (with_(dW1=lambda g: "text"), "dW1", "it is 'text'"),
        (with_(dW1=lambda g: [[1], [1, 2]]), "dW1", "lists of different lengths"),
        (with_(dW1=lambda g: g + 1j), "dW1", "complex"),
        (with_(dW1=lambda g: g[:2]), "dW1", "its shape is (2, 3); expected (4, 3)"),
        (with_(dW1=lambda g: np.where(g == g[1, 2], np.nan, g)), "dW1", "the first at [1, 2]"),
    ],
)
def test_problems_in_kind(change, name, problem, network):
    check = check_backward(network_forward, network_with(change=change), *network)
    assert not check
    assert problem in check[name].problem
    assert f"{name}: {check[name].problem}" in str(check)
    assert [report.name for report in check.gradients if not report.right] == [name]


def loop_backward(X, Y, parameters, *, mistake):
    """A 4-layer tanh network, whose loop back makes the same mistake in every hidden layer."""
    A, caches, L = X, [], len(parameters) // 2
    for layer in range(1, L):
        A_prev, A = A, np.tanh(parameters[f"W{layer}"] @ A + parameters[f"b{layer}"])
        caches.append((A_prev, A))
    Z = parameters[f"W{L}"] @ A + parameters[f"b{L}"]
    m, grads = X.shape[1], {}
    dZ = (1 / (1 + np.exp(-Z)) - Y) / m
    for layer in range(L, 0, -1):
        A_prev = caches[layer - 2][1] if layer > 1 else X
        grads[f"dW{layer}"], grads[f"db{layer}"] = dZ @ A_prev.T, dZ.sum(axis=1, keepdims=True)
        if layer > 1:
            W = parameters[f"W{layer}"]
            dA = (W if mistake == "transpose" and W.shape[0] == W.shape[1] else W.T) @ dZ
            dZ = dA if mistake == "derivative" else dA * (1 - A_prev**2)
    return grads


@pytest.mark.parametrize(
    ("mistake", "part"),
    [
        (None, None),
        ("derivative", "in every layer the derivative of tanh is left out"),
        ("transpose", "transpose is missing"),
    ],
)
def test_the_same_mistake_in_every_layer_of_a_loop(mistake, part):
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 6)), (rng.random((1, 6)) > 0.5).astype(float)
    sizes = (3, 4, 4, 4, 1)
    parameters = {}
    for layer in range(1, 5):
        shape = sizes[layer], sizes[layer - 1]
        parameters[f"W{layer}"] = rng.standard_normal(shape) / 2
        parameters[f"b{layer}"] = rng.standard_normal((shape[0], 1))

    def cost(parameters):
        A = X
        for layer in range(1, 4):
            A = np.tanh(parameters[f"W{layer}"] @ A + parameters[f"b{layer}"])
        A = 1 / (1 + np.exp(-(parameters["W4"] @ A + parameters["b4"])))
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    found = check_backward(cost, lambda p: loop_backward(X, Y, p, mistake=mistake), parameters)
    assert bool(found) == (mistake is None)
    if part:
        assert part in found["dW1"].mistake
        assert part in found["db2"].mistake
