"""Does gradient descent find a network for the parity? From random starts, all runs at once."""

from dataclasses import dataclass

import numpy as np

from chainrule.lab.parity import CONSTRUCTIONS, all_inputs, parity
from chainrule.network import Network
from chainrule.training import train

# Plain gradient descent at one rate. In 20 starts each, momentum (rate 0.1) and Adam (0.01, 0.003)
# found other shares, but tree and counting, which have no unit to spare, in 3 of 20 at most.
LEARNING_RATE = 0.5
WIDER = 4


@dataclass(frozen=True)
class Trained:
    """How many of `runs` random starts ended in the parity of all 2^n inputs.

    accuracy : of the mean run, on those inputs.
    """

    n: int
    network: str
    layer_sizes: tuple[int, ...]
    runs: int
    found: int
    accuracy: float


def layer_sizes(n: int) -> dict[str, tuple[int, ...]]:
    """Sizes (n, n_1, ..., 1) to train: those of the constructions, and the tree with more units."""
    sizes = {name: construct(n).layer_sizes for name, construct in CONSTRUCTIONS.items()}
    inputs, *hidden, output = sizes["tree"]
    wide = (inputs, *(WIDER * units for units in hidden), output)
    return {"tree": sizes["tree"], "wide tree": wide} | sizes


def train_from_random_starts(
    n: int, *, runs: int = 10, iterations: int = 2000, seed: int = 0
) -> list[Trained]:
    """Each architecture from `runs` random starts (He), on all 2^n inputs, in full batches.

    Hidden units are relu, the output a sigmoid with its cross-entropy. KeyboardInterrupt after
    Ctrl-C: half a training answers nothing.
    """
    from threadpoolctl import threadpool_limits

    X = all_inputs(n)
    found = []
    for name, sizes in layer_sizes(n).items():
        starts = [np.random.default_rng([seed, run]) for run in range(runs)]
        network = Network.create(sizes, rng=starts)
        # Matrices this small gain nothing from a second thread.
        with threadpool_limits(1):
            result = train(
                network,
                (X, parity(X)),
                learning_rate=LEARNING_RATE,
                iterations=iterations,
                record_every=iterations,
            )
        if result.stopped == "interrupted":
            raise KeyboardInterrupt
        # A run that diverged has not found it.
        accuracy = np.where(result.diverged >= 0, 0.0, result.history.accuracy[-1])
        right = int((accuracy == 1).sum())
        found.append(Trained(n, name, sizes, runs, right, float(accuracy.mean())))
    return found
