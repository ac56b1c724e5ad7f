"""Training on a device gives NumPy's numbers: held on PyTorch's own processor device.

On a machine with a GPU the same tests run there: CHAINRULE_DEVICE=cuda pytest -k device.
"""

import os
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from chainrule import DivergenceError, EarlyStopping, InputError, Network, train
from chainrule.data import Dataset, PixelMatrix
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import NpySource
from chainrule.device import device_named
from chainrule.experiments import Execution, Setting, cross_validate
from chainrule.network import ACTIVATIONS, LOSSES
from chainrule.training import Callback, Momentum, Nesterov, OnRecord, save_checkpoint

REASON = "{}, of the extra device, is not installed: nothing is trained on a device"
torch = pytest.importorskip("torch", reason=REASON.format("PyTorch"))
pytest.importorskip("array_api_compat", reason=REASON.format("array-api-compat"))
TorchDispatchMode = pytest.importorskip("torch.utils._python_dispatch").TorchDispatchMode
DEVICE = os.environ.get("CHAINRULE_DEVICE", "torch:cpu")
RATES = np.array([0.01, 0.02, 0.1])
COLUMNS = ("cost", "accuracy", "validation_cost", "validation_accuracy")


@pytest.fixture
def problem():
    """X (40, 30), Y (1, 30), validation (X, Y) of 8 more."""
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((40, 38)) * 0.3, (rng.random((1, 38)) < 0.5).astype(float)
    return X[:, :30], Y[:, :30], (X[:, 30:], Y[:, 30:])


def network_of(n_y=1, **kinds):
    return Network.create((40, 6, 4, n_y), **{"activation": "tanh", "rng": 1} | kinds)


def assert_alike(network, data, *, weights=1e-10, costs=1e-10, **keywords):
    """The same training with NumPy and on the device; the latter."""
    keywords = {"iterations": 25, "record_every": 4, "learning_rate": 0.05} | keywords
    expected = train(network, data, **keywords)
    found = train(network, data, device=DEVICE, **keywords)
    for name in COLUMNS:
        of_each = getattr(found.history, name), getattr(expected.history, name)
        if of_each[1] is not None:
            assert_allclose(*of_each, rtol=costs, atol=costs, err_msg=name)
    arrays = zip(found.network.saved()[0].items(), expected.network.saved()[0].items(), strict=True)
    for (name, ours), (_, theirs) in arrays:
        assert type(ours) is np.ndarray
        assert ours.dtype == theirs.dtype
        assert_allclose(ours, theirs, rtol=weights, atol=weights, err_msg=name)
    assert (found.iterations, found.stopped) == (expected.iterations, expected.stopped)
    if expected.dual is not None:
        assert_allclose(found.dual.C, expected.dual.C, rtol=weights, atol=weights)
    return found


@pytest.mark.parametrize("rate", [0.1, RATES], ids=["one", "runs"])
@pytest.mark.parametrize("batch_size", [None, 7], ids=["whole", "batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_what_changes_on_the_way(form, batch_size, rate, problem):
    how = {"first_layer": form, "batch_size": batch_size, "learning_rate": rate}
    changes = "8:l2=0.2,12:learning_rate=0.02"
    assert_alike(network_of(), problem[:2], changes=changes, optimizer="nesterov", **how)


@pytest.mark.parametrize("runs", [None, 3], ids=["one", "runs"])
@pytest.mark.parametrize("batch_size", [None, 7], ids=["whole", "batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "adam", "rmsprop", "lbfgs"])
def test_every_optimizer(optimizer, form, batch_size, runs, problem):
    if form == "dual" and optimizer in ("adam", "rmsprop"):
        pytest.skip("no linear rule")
    if optimizer == "lbfgs" and (runs or batch_size):
        pytest.skip("of one network and all examples")
    X, Y, validation = problem
    keywords = {"optimizer": optimizer, "first_layer": form, "batch_size": batch_size}
    if runs:
        keywords |= {"learning_rate": RATES, "rng": [1, 2, 3]}
    if runs and optimizer in ("momentum", "nesterov"):
        kind = Momentum if optimizer == "momentum" else Nesterov
        keywords["optimizer"] = kind(np.array([0.5, 0.7, 0.9]))
    # A rule that divides by the gradient's size makes rounding of small ones large.
    loose = {"weights": 1e-7, "costs": 1e-8} if optimizer in ("adam", "rmsprop") else {}
    l2 = RATES if runs else 0.01
    assert_alike(network_of(), (X, Y), l2=l2, validation=validation, **keywords, **loose)


LABELS = {"softmax_cross_entropy": 3, "binary_cross_entropy": 1}


@pytest.mark.parametrize("runs", [1, [1, 2]], ids=["one", "runs"])
@pytest.mark.parametrize(("activation", "loss"), [*product(ACTIVATIONS, LOSSES)])
def test_every_activation_and_loss(activation, loss, runs, problem):
    X, n_y = problem[0], LABELS.get(loss, 2)
    rng = np.random.default_rng(3)
    Y = np.eye(n_y)[:, rng.integers(0, n_y, 30)] if n_y > 1 else problem[1]
    output = LOSSES[loss].output or activation
    network = network_of(n_y, activation=activation, output=output, loss=loss, rng=runs)
    assert_alike(network, (X, Y), iterations=8, sample_weight=rng.random(30))


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("batch_size", [None, 7], ids=["whole", "batches"])
def test_weights_dropout_and_schedules(form, batch_size, problem):
    X, Y, _ = problem
    weight = np.random.default_rng(4).random((3, 30))
    weight[0, :25] = 0  # some batches of the first run weigh nothing
    keywords = {"first_layer": form, "batch_size": batch_size, "rng": [1, 2, 3]}
    keywords |= {"sample_weight": weight, "validation_weight": 1.0 * (weight == 0)}
    keywords |= {"learning_rate": RATES, "dropout": (0.3, 0), "schedule": "cosine", "l2": 0.01}
    with np.errstate(invalid="ignore"):
        assert_alike(network_of(), (X, Y), **keywords)


@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("of", ["pixels", "sparse", "fortran", "read-only", "zeros", "file"])
def test_every_form_of_features(of, form, problem, tmp_path):
    X, Y, validation = problem
    start = network_of(initializer=0.0 if of == "zeros" else "he")
    if of == "pixels":
        X = PixelMatrix((np.abs(X) * 200).clip(0, 255).astype(np.uint8))
    elif of == "sparse":
        X = sparse.csc_array(X * (X > 0))
    elif of == "fortran":
        X = np.asfortranarray(X)
    elif of == "read-only":
        X = np.broadcast_to(X[:, :1], X.shape)
    elif of == "file":
        np.save(tmp_path / "X.npy", X.T)
        X = BlockMatrix(NpySource(tmp_path / "X.npy"))
    assert_alike(start, (X, Y), first_layer=form, validation=validation)


def test_numbers_keep_their_dtype(problem):
    X, Y, _ = problem
    assert_alike(network_of(dtype=np.float32), (X, Y), weights=1e-4, costs=1e-4)


def test_targets_are_standardized(problem):
    X, Y, _ = problem
    network = network_of(output="identity", loss="huber")
    assert_alike(network, (X, 50 * Y + 7), standardize_targets=True)


def test_early_stopping_keeps_each_runs_best(problem):
    X, Y, validation = problem
    rule = EarlyStopping(patience=2)
    keywords = {"early_stopping": rule, "validation": validation, "iterations": 400}
    found = assert_alike(network_of(), (X, Y), learning_rate=RATES * 10, **keywords)
    assert (found.ended >= 0).any()
    assert found.device.startswith(DEVICE.split(":")[0])


@pytest.mark.parametrize("batch_size", [None, 7], ids=["whole", "batches"])
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_it_goes_on_from_a_checkpoint(optimizer, batch_size, problem, at_step, tmp_path):
    X, Y, validation = problem
    path = tmp_path / "state.safetensors"
    keywords = {"optimizer": optimizer, "batch_size": batch_size, "dropout": 0.2, "rng": 3}
    keywords |= {"device": DEVICE, "validation": validation, "early_stopping": EarlyStopping(99)}
    keywords |= {"record_every": 4, "learning_rate": 0.05}
    whole = train(network_of(), (X, Y), iterations=30, **keywords)

    def stop(session):
        save_checkpoint(session, path)
        session.stop("interrupted")

    train(network_of(), (X, Y), iterations=30, callbacks=[at_step(13, stop)], **keywords)
    resumed = train(network_of(), (X, Y), iterations=30, resume=path, **keywords)
    assert_array_equal(resumed.history.cost, whole.history.cost)
    assert_array_equal(resumed.network.weights[0], whole.network.weights[0])
    # With NumPy, too: where it is computed is no part of a training.
    moved = train(network_of(), (X, Y), iterations=30, resume=path, **keywords | {"device": "cpu"})
    assert_allclose(moved.history.cost, whole.history.cost, rtol=1e-8)


def test_callbacks_see_numpy(problem):
    X, Y, validation = problem
    seen = []

    class Look(Callback):
        def on_record(self, session, record):
            seen.extend([record.cost, record.validation_accuracy, *session.network().weights])

    network = network_of().repeated(2)
    train(network, (X, Y), iterations=3, callbacks=[Look()], validation=validation, device=DEVICE)
    assert seen
    assert {type(one) for one in seen} == {np.ndarray}
    stopped = train(network_of(), (X, Y), callbacks=[OnRecord(lambda _: True)], device=DEVICE)
    assert (stopped.stopped, stopped.iterations) == ("callback", 0)


def diverging(problem):
    X, Y, _ = problem
    return network_of(output="identity", loss="squared_error"), (X, Y)


def test_divergence_is_said_with_its_iteration(problem):
    errors = []
    for device in ("cpu", DEVICE):
        with pytest.raises(DivergenceError) as error:
            train(*diverging(problem), learning_rate=50.0, record_every=500, device=device)
        errors.append(error.value)
    assert str(errors[0]) == str(errors[1])


def test_runs_that_diverge_leave_the_others_alone(problem):
    rates = {"learning_rate": np.array([0.01, 50.0]), "iterations": 400, "record_every": 100}
    ours, theirs = (train(*diverging(problem), **rates, device=one) for one in (DEVICE, "cpu"))
    assert_array_equal(ours.diverged, theirs.diverged)
    assert ours.diverged[0] < 0 < ours.diverged[1]
    assert_allclose(ours.network.run(0).weights[0], theirs.network.run(0).weights[0], rtol=1e-10)


SETTING = Setting(hidden=(5,), activation="tanh", learning_rate=0.05, iterations=30)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"prepare": "standard"},
        {"prepare": "standard", "first_layer": "primal"},
        {"optimizer": "lbfgs"},
        {"batch_size": 6, "prepare": "standard"},
    ],
    ids=str,
)
def test_cross_validation(change, problem):
    X, Y, _ = problem
    setting = SETTING.with_values(change)
    data = Dataset(X, Y[0].astype(int), ("no", "yes"))
    found, expected = (
        cross_validate(data, setting, folds=3, repeats=2, execution=Execution(device=one))
        for one in (DEVICE, "cpu")
    )
    assert_allclose(found.outputs, expected.outputs, rtol=1e-9)
    for ours, theirs in zip(found.folds, expected.folds, strict=True):
        assert_allclose(ours.history.cost, theirs.history.cost, rtol=1e-10)
        assert_allclose(ours.history.validation_cost, theirs.history.validation_cost, rtol=1e-10)


def test_permutation_test(problem):
    X, Y, _ = problem
    asked = {"folds": 3, "permutations": 20}
    found, expected = (
        cross_validate((X, Y), SETTING, **asked, execution=Execution(device=one)).permutation
        for one in (DEVICE, "cpu")
    )
    assert_allclose(found.permuted, expected.permuted)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(problem):
    X, Y, _ = problem
    with pytest.raises(InputError, match="a CUDA device of number 1; got none that PyTorch"):
        train(network_of(), (X, Y), device="cuda:1")
    device, reason = device_named("auto", 1e12)
    assert device.name == "cpu"
    assert "none that PyTorch" in reason


def test_full_memory_is_one_line():
    device, _ = device_named("torch:cpu")
    expected = "device torch:cpu: expected what fits into its memory"
    with pytest.raises(InputError, match=expected), device.enough():
        torch.empty(10**15)
    with pytest.raises(RuntimeError, match="another"), device.enough():
        raise RuntimeError("another")


def test_one_device_keeps_the_gram_matrix(problem):
    X, Y, _ = problem
    X = PixelMatrix((np.abs(X) * 200).clip(0, 255).astype(np.uint8))
    train(network_of(), (X, Y), first_layer="dual", iterations=2, device=DEVICE)
    there = X.on_device
    train(network_of(rng=2), (X, Y), first_layer="dual", iterations=2, device=DEVICE)
    assert X.on_device is there
    assert_allclose(there.gram().cpu(), X.gram(), rtol=1e-12)


def test_the_network_given_stays_as_it_is(problem):
    X, Y, _ = problem
    network = network_of()
    before = replace(network, weights=tuple(W.copy() for W in network.weights))
    train(network, (X, Y), iterations=5, device=DEVICE)
    for now, then in zip(network.weights, before.weights, strict=True):
        assert_array_equal(now, then)


@pytest.mark.parametrize("batch_size", [None, 10], ids=["whole", "batches"])
@pytest.mark.parametrize("form", ["primal", "dual"])
@pytest.mark.parametrize("runs", [None, 3], ids=["one", "runs"])
@pytest.mark.parametrize("optimizer", ["gd", "nesterov", "adam", "rmsprop"])
def test_nothing_waits_between_records(optimizer, runs, form, batch_size, problem):
    if form == "dual" and optimizer in ("adam", "rmsprop"):
        pytest.skip("no linear rule")
    X, Y, _ = problem
    keywords = {"optimizer": optimizer, "first_layer": form, "batch_size": batch_size}
    keywords |= {"record_every": 10**6, "device": DEVICE, "l2": 0.01}
    if runs:
        keywords |= {"learning_rate": RATES}
    start = network_of(3, activation=("relu", "leaky_relu"))
    Y = np.eye(3)[:, Y[0].astype(int)]

    def waits(iterations):
        with Waits() as seen:
            train(start, (X, Y), iterations=iterations, **keywords)
        return seen.count

    assert waits(60) == waits(30)


class Waits(TorchDispatchMode):
    """Counts what a GPU would be waited for at: numbers that are asked for, copies from it, and
    what depends on how many elements are true."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "_to_copy", "item")

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function.overloadpacket.__name__ in self.NAMES
        return function(*args, **(kwargs or {}))
