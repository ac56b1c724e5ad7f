"""Learning rate and penalty that change on the way: planned, or while it runs, to the bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from chainrule import InputError, ModelFileError, Network, train
from chainrule.training import Callback, GradientDescent, Nesterov, save_checkpoint
from chainrule.training.changes import changes_of, text_of

CHANGES = "7:learning_rate=0.3,12:l2=0.2,12:learning_rate=0.05,20:l2=0.0"


class Live(Callback):
    """Makes the changes while it runs."""

    def __init__(self, changes):
        self.changes = dict(changes_of("test", changes))

    def on_start(self, session):
        self.on_step(session)

    def on_step(self, session):
        if values := self.changes.pop(session.iteration, None):
            session.change(**values)


class Saves(Callback):
    def __init__(self, path, iteration):
        self.path, self.iteration = path, iteration

    def on_step(self, session):
        if session.iteration == self.iteration:
            save_checkpoint(session, self.path)


def problem(dtype=np.float64, runs=None):
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(40, 12)), rng.integers(0, 2, (1, 12)).astype(float)
    network = Network.create((40, 5, 3, 1), activation="tanh", rng=runs or 1, dtype=dtype)
    return network, (X, Y)


def assert_same(found, expected):
    for mine, own in zip(
        (*found.network.weights, *found.network.biases),
        (*expected.network.weights, *expected.network.biases),
        strict=True,
    ):
        assert_array_equal(mine, own)
    for name in ("iteration", "learning_rate", "cost", "penalized", "loss"):
        assert_array_equal(getattr(found.history, name), getattr(expected.history, name), name)
    assert found.changes == expected.changes


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 5], ids=["whole", "batches"])
@pytest.mark.parametrize(
    ("optimizer", "form"),
    [("gd", "dual"), ("nesterov", "dual"), ("gd", "primal"), ("adam", "primal")],
)
@pytest.mark.parametrize("runs", [None, [1, 2]], ids=["one", "two runs"])
def test_live_planned_and_in_parts_they_are_the_same(
    runs, optimizer, form, batch_size, dtype, tmp_path
):
    network, data = problem(dtype, runs)
    how = {
        "optimizer": optimizer,
        "first_layer": form,
        "batch_size": batch_size,
        "learning_rate": 0.1 if runs is None else [0.1, 0.2],
        "iterations": 30,
        "record_every": 4,
    }
    planned = train(network, data, changes=CHANGES, **how)
    assert planned.history.learning_rate.ravel()[0] == 0.1
    assert_allclose(planned.history.learning_rate[-1], 0.05, rtol=1e-6)
    assert_same(train(network, data, callbacks=[Live(CHANGES)], **how), planned)
    # From a training that knew nothing of a penalty, saved at its change.
    path, rest = tmp_path / "part", CHANGES.partition("12:")[0][:-1]
    train(network, data, changes=rest, callbacks=[Saves(path, 12)], **how)
    assert_same(train(network, data, changes=CHANGES, resume=path, **how), planned)
    assert not np.array_equal(
        train(network, data, **how).network.weights[0], planned.network.weights[0]
    )


def test_by_hand():
    """p <- p - r (g + l2 W), with other r and l2 from the third update on."""
    network, (X, Y) = problem()
    found = train(
        network, (X, Y), changes="2:learning_rate=0.5,2:l2=0.3", iterations=4, learning_rate=0.1
    )
    for step in range(4):
        r, l2 = (0.1, 0.0) if step < 2 else (0.5, 0.3)
        gradients = network.backward(network.forward(X), Y, l2=l2)
        weights = tuple(W - r * dW for W, dW in zip(network.weights, gradients.dW, strict=True))
        biases = tuple(b - r * db for b, db in zip(network.biases, gradients.db, strict=True))
        network = Network(weights, biases, network.activations, network.loss)
    for W, expected in zip(found.network.weights, network.weights, strict=True):
        assert_allclose(W, expected, rtol=1e-10)


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_the_forms_agree(form):
    network, (X, Y) = problem()
    how = {"changes": CHANGES, "iterations": 30, "optimizer": Nesterov(0.8), "schedule": "inverse"}
    found = train(network, (X, Y), first_layer=form, **how)
    expected = train(network, (csr_array(X), Y), first_layer="primal", **how)
    assert_allclose(found.history.cost, expected.history.cost, rtol=1e-9)


def test_each_run_is_as_it_would_be_alone():
    network, data = problem()
    how = {"changes": "5:l2=0.5", "iterations": 20, "first_layer": "dual"}
    together = train(network, data, learning_rate=[0.1, 0.3], **how)
    for r, rate in enumerate((0.1, 0.3)):
        alone = train(network, data, learning_rate=rate, **how)
        assert_allclose(together.run(r).network.weights[0], alone.network.weights[0], rtol=1e-12)


def test_a_change_takes_the_place_of_a_planned_one():
    network, data = problem()
    live = Live("10:learning_rate=0.02")
    found = train(
        network, data, changes="10:learning_rate=0.9,10:l2=1", callbacks=[live], iterations=20
    )
    assert found.changes == changes_of("", "10:learning_rate=0.02,10:l2=1")
    assert_same(train(network, data, changes=found.changes, iterations=20), found)


def test_only_changes_before_a_checkpoint_must_agree(tmp_path):
    network, data = problem()
    path, how = tmp_path / "saved", {"iterations": 20}
    train(network, data, changes="5:l2=0.1,15:l2=0", callbacks=[Saves(path, 10)], **how)
    for fits in ("5:l2=0.1", "5:l2=0.1,10:l2=3"):
        expected = train(network, data, changes=fits, **how)
        assert_same(train(network, data, changes=fits, resume=path, **how), expected)
    for other in (None, "5:l2=0.2", "5:l2=0.1,9:l2=3"):
        with pytest.raises(ModelFileError, match="the changes before iteration 10"):
            train(network, data, changes=other, resume=path, **how)


values = st.floats(1e-300, 1e300)
changes = st.dictionaries(
    st.integers(0, 10**9),
    st.dictionaries(st.sampled_from(["learning_rate", "l2"]), values, min_size=1),
)


@given(changes)
def test_as_text_they_are_the_same(made):
    found = changes_of("test", made.items())
    assert dict(found) == made
    assert changes_of("test", text_of(found)) == found
    assert [at for at, _ in found] == sorted(made)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("400", "changes like 400:learning_rate"),
        ("-1:l2=0.1", "changes like"),
        ("1.5:l2=0.1", "changes like"),
        ("4:l2=much", "changes like"),
        ("4:momentum=0.5", "what changes to be one of learning_rate, l2"),
        ("4:learning_rate=0", "0 < learning_rate"),
        ("4:l2=-1", "0 <= l2"),
        ("4:l2=inf", "0 <= l2"),
        ("4:l2=1,4:l2=1", "each once; got l2 twice at iteration 4"),
        ([(4, 0.1)], "pairs"),
        (5, "pairs"),
        ([(-4, {"l2": 0.1})], "the iteration of a change"),
    ],
)
def test_what_cannot_be_changed_is_said(given, said):
    network, data = problem()
    with pytest.raises(InputError, match=said):
        train(network, data, changes=given)


def test_what_cannot_be_changed_in_a_session_is_said():
    network, data = problem()

    class Late(Callback):
        def on_end(self, session):
            session.change(l2=0.1)

    with pytest.raises(InputError, match="an update that is still to be made; got all 3 done"):
        train(network, data, iterations=3, callbacks=[Late()])
    with pytest.raises(InputError, match="one by one; got lbfgs"):
        train(network, data, optimizer="lbfgs", callbacks=[Live("1:l2=0.1")])
    with pytest.raises(InputError, match="alone; got beside it changes"):
        train(network, data, optimizer="lbfgs", changes="1:l2=0.1")
    with pytest.raises(InputError, match="learning_rate, l2; got 'rate'"):
        train(network, data, optimizer=GradientDescent(), callbacks=[Live("1:rate=0.1")])
