"""The same numbers as HIPS autograd, from the same code, once with each NumPy."""

import numpy as np
import pytest
from autograd import grad as autograd_grad
from autograd import jacobian
from autograd import numpy as anp
from numpy.testing import assert_allclose

from chainrule.graph import grad, value_and_grad

rng = np.random.default_rng(11)
W, V, X3 = rng.uniform(-1, 1, (3, 4)), rng.uniform(0.5, 1.5, (3, 4)), rng.uniform(-1, 1, (2, 3, 4))
u, v = rng.uniform(-1, 1, 4), rng.uniform(0.5, 1.5, 4)
C = rng.uniform(-1, 1, (4, 3))

# The course's data: 2 features or pixels in [0, 1], m = 7 examples, labels 0 and 1.
X, Y = rng.random((2, 7)), np.array([[1, 0, 0, 1, 1, 0, 1]])


def propagate(np, w, b):
    """Logistic regression, week 2, as the course writes it."""
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    return np.squeeze(cost)


def three_layers(np, parameters):
    """Tanh, ReLU, sigmoid, with the cross-entropy and L2, week 4."""
    p, m = parameters, X.shape[1]
    A1 = np.tanh(np.dot(p["W1"], X) + p["b1"])
    A2 = np.maximum(0, np.dot(p["W2"], A1) + p["b2"])
    AL = 1 / (1 + np.exp(-(np.dot(p["W3"], A2) + p["b3"])))
    logprobs = np.multiply(-np.log(AL), Y) + np.multiply(-np.log(1 - AL), 1 - Y)
    squares = sum(np.sum(np.square(p[f"W{layer}"])) for layer in (1, 2, 3))
    return 1.0 / m * np.sum(logprobs) + 0.7 / (2 * m) * squares


def logsumexp(np, Z, axis=None):
    top = np.max(Z, axis=axis, keepdims=True)
    return np.sum(np.squeeze(top, axis=axis) + np.log(np.sum(np.exp(Z - top), axis=axis)))


def softmax(np, Z):
    e = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


def recurrent(np, W, h):
    for _ in range(5):
        h = np.tanh(np.dot(W[:, :3], h) + W[:, 3])
    return np.sum(h**2)


PARAMETERS = {
    "W1": rng.standard_normal((4, 2)), "b1": rng.standard_normal((4, 1)),
    "W2": rng.standard_normal((3, 4)), "b2": rng.standard_normal((3, 1)),
    "W3": rng.standard_normal((1, 3)), "b3": rng.standard_normal((1, 1)),
}  # fmt: skip
FUNCTIONS = {
    "logistic regression": (propagate, rng.standard_normal((2, 1)), 0.3),
    "logsumexp": (lambda np, Z: logsumexp(np, Z), W),
    "logsumexp of columns": (lambda np, Z: logsumexp(np, Z, 0), W),
    "softmax": (lambda np, Z: np.sum(softmax(np, Z) * V), W),
    "softmax cross-entropy": (lambda np, Z: -np.mean(np.log(softmax(np, Z)[1])), W),
    "norm": (lambda np, x: np.linalg.norm(x), W),
    "norms of columns": (lambda np, x: np.sum(np.linalg.norm(x, axis=0) ** 3), W),
    "cosine": (lambda np, x, y: np.dot(x, y) / (np.linalg.norm(x) * np.linalg.norm(y)), u, v),
    "products": (lambda np, x, y: np.sum(np.dot(np.dot(x, y), x) ** 2), W, C),
    "quadratic form": (lambda np, x, M: np.dot(x, np.dot(np.dot(M, M.T), x)), u, C),
    "stacked products": (lambda np, x, y: np.sum(np.tanh(np.matmul(x, y)) ** 2), X3, C),
    "vector times stack": (lambda np, x, y: np.sum(np.matmul(x, y) ** 3), u, rng.random((2, 4, 3))),
    "outer": (lambda np, x, y: np.sum(np.outer(x, y) ** 3), u, v),
    "indexing": (lambda np, x: np.sum(x[1] * x[:, ::2][0, 0] + np.sum(x[[0, 0, 2], 1]) * x), W),
    "a mask": (lambda np, x: np.sum(x[V > 1] ** 2), W),
    "where": (lambda np, x: np.sum(np.where(V > 1, x**2, np.exp(x)) * x), W),
    "where of the value": (lambda np, x: np.sum(np.where(x > 0, x**2, 3 * x)), W),
    "powers": (lambda np, x, y: np.sum(x**y + x**-1.5 + 2**y), V, W),
    "variance": (lambda np, x: np.sum(np.var(x, axis=0) / np.std(x, ddof=1)), W),
    "means": (lambda np, x: np.sum(np.mean(x, axis=(0, 2)) ** 2) * np.mean(x**3), X3),
    "extremes": (lambda np, x: np.sum(np.max(x, axis=1) * np.min(x, axis=1)) + np.max(x), W),
    "two extremes": (lambda np, x, y: np.sum(np.maximum(x, y) * np.minimum(x, y) ** 2), W, V),
    "clip": (lambda np, x: np.sum(np.clip(x, -0.5, 0.5) * x), W),
    "shapes": (
        lambda np, x: np.sum(np.reshape(np.transpose(x, (2, 0, 1)), (4, 6)) ** 2 * x.reshape(4, 6)),
        X3,
    ),
    "moved axes": (
        lambda np, x: np.sum(np.moveaxis(x, 0, -1) ** 3 * np.ravel(np.swapaxes(x, 0, 1))[5]),
        X3,
    ),
    "joined": (lambda np, x, y: np.sum(np.concatenate([x, y * x], axis=1) ** 2), W, V),
    "stacked": (lambda np, x, y: np.sum(np.stack([x, x * y, y], axis=-1) ** 3), u, v),
    "rows on rows": (lambda np, x, y: np.sum(np.vstack([x, y]) ** 2 @ C), W, u),
    "hyperbolic": (lambda np, x: np.sum(np.sinh(x) * np.cosh(x) - np.tanh(x) ** 2), W),
    "angles": (lambda np, x: np.sum(np.arctan(x) + np.arcsin(x / 2) * np.tan(x)), W),
    "logarithms": (lambda np, x: np.sum(np.log(x) * np.log1p(x) + np.log2(x) * np.log10(x)), V),
    "logaddexp": (lambda np, x, y: np.sum(np.logaddexp(x, y) ** 2), W, V),
    "a loop": (recurrent, rng.uniform(-1, 1, (3, 4)), rng.uniform(-1, 1, 3)),
    "broadcast": (lambda np, x, y, z: np.sum((x + y) * z / (2 + y * z)), W, u, 0.7),
}  # fmt: skip
every_function = pytest.mark.parametrize("name", FUNCTIONS)


def with_numpy(name, np):
    f, *args = FUNCTIONS[name]
    return (lambda *args: f(np, *args)), args


@every_function
def test_gradients_are_autograds(name):
    ours, args = with_numpy(name, np)
    theirs, _ = with_numpy(name, anp)
    value, gradients = value_and_grad(ours, tuple(range(len(args))))(*args)
    assert_allclose(value, theirs(*args), rtol=1e-13)
    for k, gradient in enumerate(gradients):
        expected = autograd_grad(theirs, k)(*args)
        assert_allclose(gradient, expected, rtol=1e-11, atol=1e-13)


@every_function
def test_second_derivatives_are_autograds(name):
    """Of the gradient along a direction, with respect to every argument."""
    ours, args = with_numpy(name, np)
    theirs, _ = with_numpy(name, anp)
    places = range(len(args))
    directions = [np.random.default_rng(k).uniform(-1, 1, np.shape(args[k])) for k in places]

    def along(f, grad, np):
        return lambda *args: sum(np.sum(directions[k] * grad(f, k)(*args)) for k in places)

    for k in places:
        found = grad(along(ours, grad, np), k)(*args)
        expected = autograd_grad(along(theirs, autograd_grad, anp), k)(*args)
        assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_a_network_of_three_layers():
    value, gradients = value_and_grad(lambda p: three_layers(np, p))(PARAMETERS)
    expected = autograd_grad(lambda p: three_layers(anp, p))(PARAMETERS)
    assert_allclose(value, three_layers(np, PARAMETERS), rtol=1e-14)
    assert list(gradients) == list(PARAMETERS)
    for name, gradient in gradients.items():
        assert_allclose(gradient, expected[name], rtol=1e-11, atol=1e-13)


def test_a_hessian():
    w = rng.standard_normal(2)

    def cost(np, w):
        return propagate(np, np.reshape(w, (2, 1)), 0.1)

    rows = [grad(lambda w, k=k: grad(lambda w: cost(np, w))(w)[k])(w) for k in range(2)]
    expected = jacobian(autograd_grad(lambda w: cost(anp, w)))(w)
    assert_allclose(rows, expected, rtol=1e-11)


def test_a_gradient_of_a_gradient_step():
    """The cost after one step, differentiated with respect to where the step began."""

    def after_a_step(np, grad):
        def cost(w):
            return np.sum(np.log(1 + np.exp(-np.dot(w, C) * v[:3])))

        return lambda w: cost(w - 0.5 * grad(cost)(w))

    found = grad(after_a_step(np, grad))(u)
    assert_allclose(found, autograd_grad(after_a_step(anp, autograd_grad))(u), rtol=1e-11)
