"""What is measured: each experiment's data, network, training and peers."""

from dataclasses import dataclass

import numpy as np

from chainrule.network import Network


@dataclass(frozen=True)
class Entry:
    """One line of an experiment's table: a peer at a float type.

    peer : a key of peers.PEERS. dtype : "float64" or "float32".
    """

    peer: str
    dtype: str


@dataclass(frozen=True)
class Experiment:
    """One training, the same for every peer.

    data : which Problem, see problems.load. hidden : sizes of the hidden layers, all relu; the
    output is one sigmoid unit for two classes, else softmax. initializer : chainrule's name of
    the starting weights. iterations : steps on all examples; or epochs : passes in mini-batches of
    batch_size, shuffled by each peer in its own way.
    """

    name: str
    title: str
    data: str
    hidden: tuple[int, ...]
    initializer: str
    learning_rate: float
    entries: tuple[Entry, ...]
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None

    @property
    def steps(self) -> str:
        """The length of training in words."""
        if self.epochs is None:
            return f"{self.iterations} iterations on all examples"
        return f"{self.epochs} epochs in batches of {self.batch_size}"

    def start(self, n_x: int, n_classes: int, dtype: str) -> Network:
        """The starting weights: the course's own numbers, so that its costs can be recognized."""
        sizes = (n_x, *self.hidden, 1 if n_classes == 2 else n_classes)
        seed_of_the_course = np.random.RandomState(1)
        return Network.create(
            sizes, initializer=self.initializer, rng=seed_of_the_course, dtype=dtype
        )


def entries(*peers: str, dtypes: tuple[str, ...] = ("float64", "float32")) -> tuple[Entry, ...]:
    """Every peer at every float type."""
    return tuple(Entry(peer, dtype) for dtype in dtypes for peer in peers)


# The textbook loop is written for float64 and nobody runs it otherwise. "primal" is the control:
# the same engine with the course's own matrix products, so that the two forms can be told apart.
FULL_BATCH = (
    *entries("chainrule", "primal", "textbook", "sklearn", "torch", dtypes=("float64",)),
    *entries("chainrule", "sklearn", "torch", dtypes=("float32",)),
)
MINI_BATCH = entries("chainrule", "pixels", "textbook", "sklearn", "torch", dtypes=("float32",))

# Settings of the first three: the course's programming assignments.
EXPERIMENTS = (
    Experiment(
        "logistic",
        "Logistic regression",
        data="course",
        hidden=(),
        initializer="zeros",
        learning_rate=0.005,
        iterations=2000,
        entries=FULL_BATCH,
    ),
    Experiment(
        "two-layer",
        "2-layer network",
        data="course",
        hidden=(7,),
        initializer="normal",
        learning_rate=0.0075,
        iterations=2500,
        entries=FULL_BATCH,
    ),
    Experiment(
        "four-layer",
        "4-layer network",
        data="course",
        hidden=(20, 7, 5),
        initializer="fan_in",
        learning_rate=0.0075,
        iterations=2500,
        entries=FULL_BATCH,
    ),
    Experiment(
        "builtin",
        "Built-in Fashion pictures, 10 classes",
        data="fashion",
        hidden=(100,),
        initializer="he",
        learning_rate=0.05,
        iterations=500,
        entries=FULL_BATCH,
    ),
    Experiment(
        "builtin-binary",
        "Built-in Fashion pictures, Sandal or not",
        data="fashion:Sandal",
        hidden=(20, 7, 5),
        initializer="he",
        learning_rate=0.0075,
        iterations=1000,
        entries=FULL_BATCH,
    ),
    Experiment(
        "fashion-mnist",
        "Mini-batches on all of Fashion-MNIST",
        data="fashion-mnist",
        hidden=(100,),
        initializer="he",
        learning_rate=0.1,
        epochs=3,
        batch_size=200,
        entries=MINI_BATCH,
    ),
    Experiment(
        "pixels-1000",
        "8-bit pixels: 1000 random pictures",
        data="random:1000",
        hidden=(20, 7, 5),
        initializer="fan_in",
        learning_rate=0.0075,
        iterations=300,
        entries=entries("pixels", dtypes=("float64",)),
    ),
    Experiment(
        "pixels-2000",
        "8-bit pixels: 2000 random pictures",
        data="random:2000",
        hidden=(20, 7, 5),
        initializer="fan_in",
        learning_rate=0.0075,
        iterations=300,
        entries=entries("pixels", dtypes=("float64",)),
    ),
)


def named(name: str) -> Experiment:
    """The experiment called `name`."""
    return next(e for e in EXPERIMENTS if e.name == name)
