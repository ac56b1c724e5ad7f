"""Where the course's training functions meet the library's engine; nothing else here trains."""

from collections.abc import Callable

import numpy as np

from chainrule import checks
from chainrule.course import _checked
from chainrule.network import Network
from chainrule.training import OnRecord, train

Array = np.ndarray
Show = Callable[[int, np.float64], None]


def descend(
    where: str,
    parameters: dict[str, Array],
    X: Array,
    Y: Array,
    num_iterations: int,
    learning_rate: float,
    every: int,
    show: Show,
) -> tuple[dict[str, Array], list[np.float64]]:
    """num_iterations steps of gradient descent from `parameters`, relu and a last sigmoid.

    X : (n_x, m) floats. Y : (n_y, m).
    every : the costs of iterations 0, every, 2 every, ... are kept. show(i, cost) is called, while
    training, for these and for the last iteration. Returns new parameters and the costs.

    Iteration i's cost is the cost after i steps. So the engine records the last iteration's after
    num_iterations - 1 steps, and then takes one more.
    """
    num_iterations = checks.whole_number(where, "num_iterations", num_iterations)
    rate = _checked.step_size(where, learning_rate)
    if num_iterations == 0:
        return parameters, []
    result = train(
        _network(parameters),
        (X, Y),
        optimizer="gd",
        learning_rate=rate,
        iterations=num_iterations - 1,
        record_every=every,
        callbacks=[OnRecord(lambda record: show(record.iteration, np.float64(record.cost)))],
    )
    if result.stopped:  # by Ctrl-C: the engine would hand over what it has, the course does not
        raise KeyboardInterrupt
    records = result.history.records
    costs = [np.float64(record.cost) for record in records if record.iteration % every == 0]
    last = train(result.network, (X, Y), optimizer="gd", learning_rate=rate, iterations=1)
    return _parameters(last.network), costs


def regress(
    where: str,
    X: Array,
    Y: Array,
    num_iterations: int,
    learning_rate: float,
    every: int,
    print_cost: bool,
) -> tuple[Array, np.float64, list[np.float64]]:
    """Logistic regression from zeros: w (n_x, 1), b, and the costs, printed if asked for."""
    every = checks.whole_number(where, "print_num", every, least=1)

    def show(i: int, cost: np.float64) -> None:
        if print_cost and i % every == 0:
            print(f"Cost after iteration {i}: {cost:f}")

    zeros = {"W1": np.zeros((1, X.shape[0])), "b1": np.zeros((1, 1))}
    parameters, costs = descend(where, zeros, X, Y, num_iterations, learning_rate, every, show)
    return parameters["W1"].T.copy(), parameters["b1"][0, 0], costs


def _network(parameters: dict[str, Array]) -> Network:
    L = len(parameters) // 2
    return Network(
        weights=tuple(parameters[f"W{k}"] for k in range(1, L + 1)),
        biases=tuple(parameters[f"b{k}"] for k in range(1, L + 1)),
        activations=("relu",) * (L - 1) + ("sigmoid",),
        loss="binary_cross_entropy",
    )


def _parameters(network: Network) -> dict[str, Array]:
    layers = enumerate(zip(network.weights, network.biases, strict=True), start=1)
    return {name: array for k, (W, b) in layers for name, array in ((f"W{k}", W), (f"b{k}", b))}
