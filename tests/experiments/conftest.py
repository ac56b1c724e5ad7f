"""What the tests of experiments share: small problems, and the plain training to compare with."""

import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from chainrule import train
from chainrule.data import Dataset, Scaling
from chainrule.experiments import Setting


@pytest.fixture
def binary():
    """(X, Y): 14 examples of 30 features, 6 of class 0."""
    rng = np.random.default_rng(11)
    Y = (np.arange(14) % 7 > 2).astype(float).reshape(1, -1)
    return rng.standard_normal((30, 14)) + 0.4 * Y, Y


@pytest.fixture
def softmax():
    """(X, Y): 15 examples of 20 features, three classes."""
    rng = np.random.default_rng(12)
    labels = np.arange(15) % 3
    return rng.standard_normal((20, 15)) + 0.5 * labels, np.eye(3)[:, labels]


@pytest.fixture
def pixels():
    """14 pictures of 4 x 4 x 3 bytes."""
    rng = np.random.default_rng(13)
    raw = rng.integers(0, 256, (48, 14)).astype(np.uint8)
    names = tuple(f"{i}.png" for i in range(14))
    return Dataset(raw, np.arange(14) % 2, ("dog", "cat"), names, (4, 4, 3), Scaling.pixels())


@pytest.fixture
def standard():
    """15 examples of 20 features, far from 0 and of different sizes, standardized."""
    rng = np.random.default_rng(14)
    raw = 50 + np.geomspace(0.1, 100, 20)[:, None] * rng.standard_normal((20, 15))
    return Dataset(raw, np.arange(15) % 3, ("a", "b", "c"), scaling=Scaling.standard(raw))


@pytest.fixture
def problems(binary, softmax, pixels, standard):
    return {"binary": binary, "softmax": softmax, "pixels": pixels, "standard": standard}


@pytest.fixture
def line():
    """(X, Y) of linear regression, whose cost grows without bound at a large learning rate; and
    the setting."""
    rng = np.random.default_rng(15)
    X = rng.standard_normal((20, 12))
    setting = Setting(hidden=(), output="identity", learning_rate=0.01, iterations=400)
    return (X, X[:1] + 1.0), setting


@pytest.fixture
def quick():
    return Setting(hidden=(3,), activation="tanh", learning_rate=0.3, iterations=12)


def without(data, held_out):
    """Two parts of the data as their own: those kept, and those held out."""
    if not isinstance(data, Dataset):
        X, Y = data
        kept = np.setdiff1d(np.arange(X.shape[1]), held_out)
        return (X[:, kept], Y[:, kept]), (X[:, held_out], Y[:, held_out])
    kept = np.setdiff1d(np.arange(len(data)), held_out)
    own, other = data.select(kept), data.select(held_out)
    if data.scaling.kind == "standard":
        scaling = Scaling.standard(own.raw)
        own, other = replace(own, scaling=scaling), replace(other, scaling=scaling)
    return own, other


@pytest.fixture
def alone():
    """function(data, setting, held_out, **more): the plain training on the data without these
    examples, validated on them, and its outputs for them."""

    def run(data, setting, held_out=(), **more):
        held_out = np.asarray(held_out, int)
        own, other = without(data, held_out)
        X, Y = (own.raw, own.Y) if isinstance(own, Dataset) else own
        start = setting.network(X.shape[0], len(Y))
        validation = other if held_out.size else None
        result = train(start, own, validation=validation, **setting.arguments(), **more)
        if not held_out.size:
            return result, None
        X = other.matrix(start.dtype) if isinstance(other, Dataset) else other[0]
        return result, result.network.predict_proba(X)

    return run


@pytest.fixture
def interrupt_at():
    """function(share, presses=1): a progress callback that presses Ctrl-C at that share."""

    class Press:
        def __init__(self, share, presses=1):
            self.share, self.presses, self.seen = share, presses, []
            self.lock = threading.Lock()

        def __call__(self, done, total):
            with self.lock:  # nobody goes on before the main thread has heard it
                self.seen.append((done, total))
                if done >= self.share * total:
                    for _ in range(self.presses):
                        self.presses -= 1
                        os.kill(os.getpid(), signal.SIGINT)
                        main = threading.current_thread() is threading.main_thread()
                        time.sleep(0.05 if main else 0.5)  # or two at once count as one

    yield Press
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
