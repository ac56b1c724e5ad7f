"""Stacked runs on a device of PyTorch's beside NumPy: `chainrule.device`.

On a GPU where there is one, else on PyTorch's own processor device, which says what is lost, not
what is gained. The device's own speed is that of one large product, in the same float type.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.measure import Settings
from chainrule import Network, train
from chainrule.device import Device, device_named, namespace, on_host
from chainrule.errors import InputError

NAME = "device"
# Features, examples, units, runs. The first is leave-one-out of the course's four-layer network.
CASES = [
    (12288, 209, (20, 7, 5), 209),
    (12288, 209, (20, 7, 5), 1),
    (20000, 2000, (50,), 1),
    (20000, 2000, (20,), 20),
    (20000, 5000, (20,), 20),
]
ITERATIONS, SHORT, QUICK = 2500, 50, 5  # on a GPU, else, and for a smoke test
SIDE, TRIES = 4096, 3  # of the product that measures the device
TOLERANCE = 1e-8  # of the last costs, relative


@dataclass
class Timing:
    """numpy, there : seconds of the whole training, the Gram matrix included. speed, peak : GFLOP/s
    of the first layer's products in the training, and of one large product on the device."""

    what: str
    device: str
    iterations: int
    numpy: float
    there: float
    speed: float
    peak: float
    failure: str = ""

    @property
    def ratio(self) -> float:
        return self.numpy / self.there


def measure(settings: Settings, tell: Callable[[str], None]) -> Iterator[Timing]:
    """Nothing where PyTorch or array-api-compat is not installed."""
    device = _there()
    if device is None:
        return
    gpu = device.name != "torch:cpu"
    iterations = QUICK if settings.quick else ITERATIONS if gpu else SHORT
    peak = _peak(device)
    for n_x, m, hidden, runs in CASES[:2] if settings.quick else CASES:
        what = f"{n_x}-{'-'.join(map(str, hidden))}-1, {m} examples, {runs} runs"
        tell(f"{NAME}: {what}")
        seconds, costs = zip(
            *(_trained(name, n_x, m, hidden, runs, iterations) for name in ("cpu", device.name)),
            strict=True,
        )
        apart = float(np.max(np.abs(costs[1] - costs[0]) / np.abs(costs[0])))
        failure = f"costs differ by {apart:.1e}" if not apart < TOLERANCE else ""
        speed = iterations * 2.0 * runs * hidden[0] * m**2 / seconds[1] / 1e9
        yield Timing(what, device.name, iterations, *seconds, speed, peak, failure)


def _there() -> Device | None:
    for name in ("cuda", "torch:cpu"):
        try:
            return device_named(name)[0]
        except InputError:
            continue
    return None


def _trained(
    device: str, n_x: int, m: int, hidden: tuple[int, ...], runs: int, iterations: int
) -> tuple[float, np.ndarray]:
    """Seconds and last costs. Of several runs each leaves another example out."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_x, m)) / np.sqrt(n_x)
    Y = rng.integers(0, 2, (1, m)).astype(float)
    network = Network.create((n_x, *hidden, 1), rng=0)
    weight = 1 - np.eye(m)[np.arange(runs) % m] if runs > 1 else None
    how = {"first_layer": "dual", "learning_rate": 0.0075, "sample_weight": weight}
    train(network, (X[:, :9], Y[:, :9]), iterations=1, device=device)  # what is loaded once
    began = time.perf_counter()
    found = train(
        network, (X, Y), iterations=iterations, record_every=iterations, device=device, **how
    )
    return time.perf_counter() - began, found.history.cost[-1]


def _peak(device: Device) -> float:
    A = device.put(np.random.default_rng(0).standard_normal((SIDE, SIDE)))
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        on_host(namespace(A).matmul(A, A)[:1, :1])  # which waits for it
        seconds.append(time.perf_counter() - began)
    return 2.0 * SIDE**3 / min(seconds) / 1e9
