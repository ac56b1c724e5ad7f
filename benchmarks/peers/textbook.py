"""The textbook loop: NumPy as the solution of an assignment would be written.

Parameters and gradients in dictionaries, a cache for each layer, W itself in every step, the
derivative with respect to the input computed although nobody reads it, parameters copied before
each update, the cost computed in every iteration. chainrule plays no part in it.
"""

import copy

import numpy as np

from benchmarks.experiments import Experiment
from benchmarks.peers import Trained
from benchmarks.problems import Problem
from chainrule.network import Network


def train(problem: Problem, start: Network, experiment: Experiment) -> Trained:
    if len(start.weights) == 1 and problem.n_classes == 2:
        w, b = logistic_model(problem, start, experiment)
        return Trained([w.T], [np.full((1, 1), b)])
    parameters = {}
    for layer, (W, b) in enumerate(zip(start.weights, start.biases, strict=True), start=1):
        parameters[f"W{layer}"], parameters[f"b{layer}"] = W.copy(), b.copy()
    if experiment.epochs is None:
        parameters = layer_model(
            problem.X, problem.Y, parameters, experiment.learning_rate, experiment.iterations
        )
    else:
        parameters = mini_batch_model(problem.X, problem.Y, parameters, experiment)
    layers = range(1, len(start.weights) + 1)
    return Trained(
        [parameters[f"W{layer}"] for layer in layers], [parameters[f"b{layer}"] for layer in layers]
    )


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def logistic_model(problem, start, experiment):
    """The first assignment's model: w (n_x, 1), b a number."""
    X, Y, m = problem.X, problem.Y, problem.X.shape[1]
    w, b = start.weights[0].T.copy(), 0.0
    costs = []
    for i in range(experiment.iterations):
        A = sigmoid(np.dot(w.T, X) + b)
        cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
        dw = np.dot(X, (A - Y).T) / m
        db = np.sum(A - Y) / m
        w = w - experiment.learning_rate * dw
        b = b - experiment.learning_rate * db
        if i % 100 == 0:
            costs.append(cost)
    return w, b


def layer_model(X, Y, parameters, learning_rate, iterations):
    """The last assignment's model: L layers, every iteration on all examples."""
    costs = []
    for i in range(iterations):
        AL, caches = model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
        if i % 100 == 0:
            costs.append(cost)
    return parameters


def mini_batch_model(X, Y, parameters, experiment):
    """Examples shuffled and cut into batches at the start of every epoch."""
    rng = np.random.default_rng(0)
    for _ in range(experiment.epochs):
        cost_total = 0.0
        for batch_X, batch_Y in random_mini_batches(X, Y, experiment.batch_size, rng):
            AL, caches = model_forward(batch_X, parameters)
            cost_total += compute_cost(AL, batch_Y) * batch_X.shape[1]
            grads = model_backward(AL, batch_Y, caches)
            parameters = update_parameters(parameters, grads, experiment.learning_rate)
    return parameters


def random_mini_batches(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    shuffled_X, shuffled_Y = X[:, order], Y[:, order]
    return [
        (shuffled_X[:, k : k + batch_size], shuffled_Y[:, k : k + batch_size])
        for k in range(0, X.shape[1], batch_size)
    ]


def model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for layer in range(1, L + 1):
        A_prev = A
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = np.dot(W, A_prev) + b
        A = np.maximum(0, Z) if layer < L else output_activation(Z)
        caches.append((A_prev, W, b, Z))
    return A, caches


def output_activation(Z):
    """Sigmoid for one unit, softmax for more."""
    if Z.shape[0] == 1:
        return sigmoid(Z)
    e = np.exp(Z - np.max(Z, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


def compute_cost(AL, Y):
    m = Y.shape[1]
    if Y.shape[0] == 1:
        return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    return -np.sum(Y * np.log(AL)) / m


def model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    if Y.shape[0] == 1:
        dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
        s = sigmoid(caches[-1][3])
        dZ = dAL * s * (1 - s)
    else:
        dZ = AL - Y
    for layer in reversed(range(1, L + 1)):
        A_prev, W, _, Z = caches[layer - 1]
        if layer < L:
            dZ = np.array(grads[f"dA{layer}"], copy=True)
            dZ[Z <= 0] = 0
        m = A_prev.shape[1]
        grads[f"dW{layer}"] = np.dot(dZ, A_prev.T) / m
        grads[f"db{layer}"] = np.sum(dZ, axis=1, keepdims=True) / m
        grads[f"dA{layer - 1}"] = np.dot(W.T, dZ)
    return grads


def update_parameters(params, grads, learning_rate):
    parameters = copy.deepcopy(params)
    for layer in range(1, len(parameters) // 2 + 1):
        for name in (f"W{layer}", f"b{layer}"):
            parameters[name] = parameters[name] - learning_rate * grads[f"d{name}"]
    return parameters
