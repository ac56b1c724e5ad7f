"""How many BLAS threads a block may use."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose
from threadpoolctl import ThreadpoolController, threadpool_limits

from chainrule import InputError, Network, blas, train
from chainrule.data import FloatMatrix
from chainrule.estimators import MLPClassifier
from chainrule.experiments import Execution, Setting, cross_validate
from chainrule.training import Callback

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(300, 20)), RNG.integers(0, 2, (1, 20)).astype(float)
NETWORK = Network.create((300, 4, 1), rng=0)


def now():
    """NumPy's threads."""
    (numpys,) = (
        library.num_threads
        for library in ThreadpoolController().lib_controllers
        if "numpy.libs" in library.filepath
    )
    return numpys


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        assert now() == 2
        yield


class Seen(Callback):
    """The number of threads at each step."""

    def __init__(self):
        self.threads = set()

    def on_step(self, session):
        self.threads.add(now())


def test_the_least_of_all_limits_holds_and_ends_with_its_block():
    with blas.at_most(1):
        assert now() == 1
        with blas.at_most(2), blas.at_most(None):
            assert now() == 1
    assert now() == 2
    blas.at_most(1)  # which is no block yet
    assert now() == 2
    with pytest.raises(KeyError), blas.at_most(1):
        raise KeyError
    assert now() == 2
    with blas.at_most(64):  # never more than there were
        assert now() == 2


def of_scipys():
    """Threads of SciPy's BLAS."""
    libraries = [
        lib for lib in ThreadpoolController().lib_controllers if "scipy.libs" in lib.filepath
    ]
    return {library.num_threads for library in libraries}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_that_are_added_are_those_of_numpy(dtype):
    A, B = RNG.normal(size=(30, 50)).astype(dtype), RNG.normal(size=(50, 40)).astype(dtype)
    kinds = np.ascontiguousarray, np.asfortranarray, lambda X: np.repeat(X, 2, axis=1)[:, ::2]
    exact = 1e-5 if dtype is np.float32 else 1e-13
    for of_a in kinds:
        square = np.ones((50, 50), dtype)
        blas.add_square(square, of_a(A))
        assert_allclose(np.tril(square), np.tril(1 + A.T @ A), rtol=exact, atol=exact)
        assert (square[np.triu_indices(50, 1)] == 1).all()
        for of_b in kinds:
            total = np.ones((30, 40), dtype)
            blas.add_product(total, of_a(A), of_b(B))
            assert_allclose(total, 1 + A @ B, rtol=exact, atol=exact)
    with pytest.raises(AssertionError, match="row by row"):
        blas.add_product(np.asfortranarray(total), A, B)


def test_scipys_blas_takes_as_many_threads_as_numpys():
    total, A = np.zeros((9, 9)), np.ones((2, 9))
    for threads in 1, 2, 1:
        with blas.at_most(threads):
            blas.add_square(total, A)
            assert of_scipys() <= {threads}


def test_a_thread_that_trains_beside_another_changes_nothing_for_good():
    begun, first_over = threading.Event(), threading.Event()

    def other():
        with blas.at_most(1):
            begun.set()
            first_over.wait()

    thread = threading.Thread(target=other)
    with blas.at_most(1):
        thread.start()
        begun.wait()
    first_over.set()
    thread.join()
    assert now() == 2


def test_small_steps_take_one_thread_and_large_ones_all():
    seen = Seen()
    train(NETWORK, (X, Y), iterations=2, callbacks=[seen])
    assert seen.threads == {1}
    assert now() == 2
    large = Network.create((300, 4, 40_000, 100, 1), rng=0)
    seen = Seen()
    train(large, (X, Y), iterations=2, callbacks=[seen])
    assert seen.threads == {2}
    seen = Seen()
    train(large, (X, Y), iterations=2, threads=1, callbacks=[seen])
    assert seen.threads == {1}


def test_the_gram_matrix_takes_all_threads(monkeypatch):
    seen = []
    gram = FloatMatrix.gram
    monkeypatch.setattr(FloatMatrix, "gram", lambda *a: (seen.append(now()), gram(*a))[1])
    train(NETWORK, (X, Y), iterations=2, first_layer="dual")
    assert set(seen) == {2}


@pytest.mark.parametrize("threads", [1, 2])
def test_runs_of_an_experiment_have_one_each(threads, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "chainrule.experiments.watching.Watch.on_step", lambda *_: seen.append(now())
    )
    cross_validate(
        (X, Y), Setting(hidden=(), iterations=2), folds=4, execution=Execution(threads=threads)
    )
    assert set(seen) == {1}
    assert now() == 2


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
def test_estimators_of_small_steps_take_one_thread(solver, monkeypatch):
    seen = []
    evaluate = "chainrule.training.objective.Objective.evaluate"
    from chainrule.training.objective import Objective

    plain = Objective.evaluate
    monkeypatch.setattr(evaluate, lambda *a: (seen.append(now()), plain(*a))[1])
    with np.errstate(all="ignore"), pytest.warns(Warning, match="onverge"):
        MLPClassifier((4,), solver=solver, max_iter=2, random_state=0).fit(X.T, Y[0] > 0)
    assert seen
    # SciPy's tests of convergence take the first evaluation before the steps begin.
    assert seen[-1] == 1
    assert now() == 2


@pytest.mark.parametrize("threads", [0, 1.5, "2"])
def test_threads_is_a_whole_number_from_one_up(threads):
    with pytest.raises(InputError, match="threads"):
        train(NETWORK, (X, Y), iterations=1, threads=threads)
