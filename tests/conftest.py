"""What all tests share: strict floating point, repeatable properties, two small problems."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image
from threadpoolctl import threadpool_limits

from chainrule import Network

# The same examples in every run, and no clock: a slow machine is no failure.
settings.register_profile("chainrule", derandomize=True, deadline=None)
settings.load_profile("chainrule")

# In the background of a shell, or under nohup, Ctrl-C would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Several BLAS threads wait for each other more than they compute, beside other work above all.
threadpool_limits(1)
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the programs that tests start


@pytest.fixture(autouse=True)
def strict_floats():
    """An overflow, an invalid operation or a division by zero is an error; underflow is not."""
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        yield


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory):
    """Features of photos are kept here, not in the user's folder."""
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def course_data():
    """The folder of the course's own files; they belong to the course and never travel here."""
    folder = os.environ.get("CHAINRULE_COURSE_DATA")
    if not folder:
        pytest.skip("CHAINRULE_COURSE_DATA does not name the folder of the course's files")
    return Path(folder)


@pytest.fixture(scope="session")
def wide_data():
    """The folder of real wide tables, which never travel here either."""
    folder = os.environ.get("CHAINRULE_WIDE_DATA")
    if not folder:
        pytest.skip("CHAINRULE_WIDE_DATA does not name the folder of wide tables")
    return Path(folder)


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made, but not laid out and painted, which takes longer than most of what a test
    is about: their files hold one pixel."""
    from matplotlib.figure import Figure

    def savefig(figure, file, *, format, **options):
        Image.new("RGB", (1, 1)).save(file, format)

    monkeypatch.setattr(Figure, "savefig", savefig)


@pytest.fixture
def wide_problem():
    """Few examples, many features, where the dual form pays: (network 40-5-3-1, (X, Y)), m = 12."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((40, 12))
    Y = (rng.random((1, 12)) > 0.5).astype(float)
    network = Network.create((40, 5, 3, 1), activation="tanh", initializer="xavier", rng=2)
    return network, (X, Y)


@pytest.fixture
def three_classes():
    """Softmax over three classes: (network 6-4-3, (X, Y)), m = 10."""
    rng = np.random.default_rng(3)
    X = rng.standard_normal((6, 10))
    Y = np.eye(3)[:, rng.integers(0, 3, 10)]
    return Network.create((6, 4, 3), rng=4), (X, Y)
