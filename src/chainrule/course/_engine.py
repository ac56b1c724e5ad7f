"""Where the course's training functions meet the library's engine."""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.course.backward import L_model_backward, update_parameters
from chainrule.course.forward import L_model_forward, compute_cost
from chainrule.network import Network
from chainrule.training import OnRecord, train

Array = np.ndarray
Parameters = dict[str, Array]
Pass = Callable[[Parameters, Array, Array], tuple[dict[str, Array], Any]]
Show = Callable[[int, Array], None]


def relu_pass(parameters: Parameters, X: Array, Y: Array) -> tuple[dict[str, Array], Array]:
    """Forward and back once, with relu and a last sigmoid: the derivatives and the cost."""
    AL, caches = L_model_forward(X, parameters)
    return L_model_backward(AL, Y, caches), compute_cost(AL, Y)


def printed(wanted: bool, every: int = 1, form: str = "") -> Show:
    """The course's line for a cost, of every so many iterations, if it is wanted."""

    def show(i: int, cost: Array) -> None:
        if wanted and i % every == 0:
            print(f"Cost after iteration {i}: {cost:{form}}")

    return show


def descend(
    where: str,
    parameters: Parameters,
    X: Array,
    Y: Array,
    num_iterations: int,
    learning_rate: float,
    every: int,
    show: Show,
    hidden: str = "relu",
    one_pass: Pass = relu_pass,
) -> tuple[Parameters, list[Array]]:
    """num_iterations steps of gradient descent from `parameters`, with a last sigmoid.

    X : (n_x, m) floats. Y : (n_y, m).
    every : the costs of iterations 0, every, 2 every, ... are kept. show(i, cost) is called, while
    training, for these and for the last iteration. Returns new parameters and the costs, arrays of
    shape () as the course's are.
    hidden : the activation of the layers before the last. one_pass : forward and back once through
    such a network by the course's own steps, for labels and rates that the engine refuses.

    Iteration i's cost is the cost after i steps. So the engine records the last iteration's after
    num_iterations - 1 steps, and then takes one more.
    """
    num_iterations = checks.whole_number(where, "num_iterations", num_iterations)
    rate = checks.number(where, "learning_rate", learning_rate)
    if num_iterations == 0:
        return parameters, []
    if rate <= 0 or Y.min() < 0 or Y.max() > 1:
        return _loop(one_pass, parameters, X, Y, range(num_iterations), rate, every, show)
    descent = partial(train, data=(X, Y), optimizer="gd", learning_rate=rate)
    on_record = OnRecord(lambda record: show(record.iteration, np.array(record.cost)))
    start, iterations = _network(parameters, hidden), num_iterations - 1
    result = descent(start, iterations=iterations, record_every=every, callbacks=[on_record])
    if result.stopped:  # by Ctrl-C: the engine would hand over what it has, the course does not
        raise KeyboardInterrupt
    records = result.history.records
    costs = [np.array(record.cost) for record in records if record.iteration % every == 0]
    last = descent(result.network, iterations=1).network
    layers = enumerate(zip(last.weights, last.biases, strict=True), start=1)
    return {name: p for k, (W, b) in layers for name, p in ((f"W{k}", W), (f"b{k}", b))}, costs


def _loop(
    one_pass: Pass, parameters: Parameters, X: Array, Y: Array, iterations: range, rate: float,
    every: int, show: Show,
) -> tuple[Parameters, list[Array]]:  # fmt: skip
    """The textbook's loop, which asks nothing of labels and rate."""
    costs = []
    for i in iterations:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of the labels: it was given once
            grads, cost = one_pass(parameters, X, Y)
        parameters = update_parameters(parameters, grads, rate)
        if i % every == 0:
            costs.append(cost)
        if i % every == 0 or i == iterations[-1]:
            show(i, cost)
    return parameters, costs


def _network(parameters: Parameters, hidden: str) -> Network:
    L = len(parameters) // 2
    return Network(
        weights=tuple(parameters[f"W{k}"] for k in range(1, L + 1)),
        biases=tuple(parameters[f"b{k}"] for k in range(1, L + 1)),
        activations=(hidden,) * (L - 1) + ("sigmoid",),
        loss="binary_cross_entropy",
    )
