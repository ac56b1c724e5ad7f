"""How long one value and gradient takes: the course's 4-layer network as plain NumPy code,
differentiated by chainrule's graph and by HIPS autograd, all in one process, taking turns."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.experiments import named
from benchmarks.problems import Sources, load
from benchmarks.startup import Timing

NAME = "graph"
CLOSE = 1e-10  # largest relative difference of two peers' gradients


def measure(sources: Sources, tries: int) -> list[Timing]:
    """Each peer `tries` times, the handwritten backward pass of the engine as the control."""
    experiment = named("four-layer")
    problem = load(experiment.data, sources).as_floats("float64")
    start = experiment.start(problem.rows.shape[1], problem.n_classes, "float64")
    X, Y = problem.X, problem.Y
    parameters = {
        f"{kind}{layer}": array
        for kind, arrays in (("W", start.weights), ("b", start.biases))
        for layer, array in enumerate(arrays, start=1)
    }
    peers = {
        "chainrule.graph.value_and_grad": _ours(X, Y),
        "autograd.value_and_grad": _autograd(X, Y),
        "Network.forward and backward (no graph)": lambda p: _engine(start, X, Y),
    }
    timings = [Timing(name) for name in peers]
    expected = None
    for turn in range(tries + 1):  # the first one warms up
        for timing, peer in zip(timings, peers.values(), strict=True):
            if timing.failure:
                continue
            began = time.perf_counter()
            try:
                found = peer(parameters)
            except ImportError as error:
                timing.failure = f"{error}: pip install -e '.[benchmark]'"
                continue
            seconds = time.perf_counter() - began
            expected = found if expected is None else expected
            if turn:
                timing.seconds.append(seconds)
            elif _difference(found, expected) > CLOSE:
                timing.failure = f"gradients differ by {_difference(found, expected):.1e}"
    return timings


def _cost(xp: Any, X: np.ndarray, Y: np.ndarray) -> Callable[[dict], Any]:
    """The course's network and cost with the functions of xp: numpy or autograd.numpy."""

    def cost(parameters: dict) -> Any:
        L, m = len(parameters) // 2, X.shape[1]
        A = X
        for layer in range(1, L):
            A = xp.maximum(0, xp.dot(parameters[f"W{layer}"], A) + parameters[f"b{layer}"])
        Z = xp.dot(parameters[f"W{L}"], A) + parameters[f"b{L}"]
        AL = 1 / (1 + xp.exp(-Z))
        return -1 / m * xp.sum(Y * xp.log(AL) + (1 - Y) * xp.log(1 - AL))

    return cost


def _ours(X: np.ndarray, Y: np.ndarray) -> Callable[[dict], dict]:
    from chainrule.graph import value_and_grad

    differentiated = value_and_grad(_cost(np, X, Y))
    return lambda parameters: differentiated(parameters)[1]


def _autograd(X: np.ndarray, Y: np.ndarray) -> Callable[[dict], dict]:
    def run(parameters: dict) -> dict:
        import autograd
        import autograd.numpy as xp

        return autograd.value_and_grad(_cost(xp, X, Y))(parameters)[1]

    return run


def _engine(network: Any, X: np.ndarray, Y: np.ndarray) -> dict:
    cache = network.forward(X)
    gradients = network.backward(cache, Y)
    return {
        f"{kind}{layer}": array
        for kind, arrays in (("W", gradients.dW), ("b", gradients.db))
        for layer, array in enumerate(arrays, start=1)
    }


def _difference(found: dict, expected: dict) -> float:
    """The largest, relative to the largest entry of that gradient."""
    return max(
        float(np.abs(found[name] - expected[name]).max() / np.abs(expected[name]).max())
        for name in expected
    )
