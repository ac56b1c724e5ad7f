"""Checkpoints: a resumed training is the uninterrupted one, bit for bit."""

import json
import signal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule import EarlyStopping, ModelFileError, Network, train
from chainrule.files import tensor_file
from chainrule.training import (
    Callback,
    Momentum,
    Nesterov,
    OnRecord,
    StepDecay,
    save_checkpoint,
)
from chainrule.training.checkpoint import VERSION

COLUMNS = ("iteration", "epoch", "learning_rate", "cost", "accuracy", "validation_cost")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.safetensors"


class AtEnd(Callback):
    """Saves when training ends."""

    def __init__(self, path):
        self.path = path

    def on_end(self, session):
        save_checkpoint(session, self.path)


def assert_identical(found, expected):
    for name in COLUMNS:
        assert_array_equal(getattr(found.history, name), getattr(expected.history, name), name)
    for W, same in zip(
        (*found.network.weights, *found.network.biases),
        (*expected.network.weights, *expected.network.biases),
        strict=True,
    ):
        assert_array_equal(W, same)
    assert (found.iterations, found.stopped) == (expected.iterations, expected.stopped)
    assert_array_equal(found.diverged, expected.diverged)
    assert_array_equal(found.ended, expected.ended)
    assert found.first_layer.form == expected.first_layer.form


@pytest.mark.parametrize("n_1", [1, 3, 5])
def test_weights_that_all_runs_share_are_kept_once_and_shared_again(n_1, path):
    """As a stack they would be multiplied by other kernels, with other last bits."""
    rng = np.random.default_rng(n_1)
    data = rng.normal(size=(67, 37)), np.eye(2)[:, rng.integers(0, 2, 37)]
    network = Network.create((67, n_1, 2), rng=0)
    settings = {"learning_rate": np.geomspace(0.01, 1, 6), "l2": 0.01, "first_layer": "dual"}
    expected = train(network, data, iterations=60, **settings)
    train(network, data, iterations=20, callbacks=[AtEnd(path)], **settings)
    arrays, _ = tensor_file.read(path, "checkpoint", VERSION)
    assert arrays["start.W1"].shape == (1, n_1, 67)
    assert_identical(train(network, data, iterations=60, resume=path, **settings), expected)


BATCHES = [None, 5]  # of 12 examples: three batches an epoch, the last of two
batches = pytest.mark.parametrize("batch_size", BATCHES, ids=["full batch", "mini-batches"])
forms = pytest.mark.parametrize("form", ["primal", "dual"])


@batches
@pytest.mark.parametrize(
    ("optimizer", "form"),
    [
        *((optimizer, "primal") for optimizer in ("gd", "momentum", "nesterov", "adam", "rmsprop")),
        *((optimizer, "dual") for optimizer in ("gd", "momentum", "nesterov")),
    ],
)
@pytest.mark.parametrize("k", [0, 1, 16, 18, 21], ids=lambda k: f"step {k}")
def test_resumed_anywhere(k, optimizer, form, batch_size, wide_problem, path, at_step):
    def run(**extra):
        return train(
            *wide_problem,
            optimizer=optimizer,
            first_layer=form,
            batch_size=batch_size,
            schedule="cosine",
            l2=0.1,
            sample_weight=np.arange(1, 13),
            learning_rate=0.02,
            iterations=40,
            record_every=6,
            **extra,
        )

    class AtStart(Callback):
        def on_start(self, session):
            save_checkpoint(session, path)

    saver = at_step(k, lambda session: save_checkpoint(session, path)) if k else AtStart()
    whole = run(callbacks=[saver])
    assert_identical(run(resume=path), whole)
    assert_identical(run(), whole)


@batches
@forms
def test_runs_that_differ_in_everything(form, batch_size, wide_problem, path, at_step):
    network = Network.create((40, 5, 1), activation="tanh", rng=[1, 2])

    def run(**extra):
        return train(
            network,
            wide_problem[1],
            optimizer=Nesterov([0.5, 0.9]),
            learning_rate=[0.1, 0.02],
            l2=[0.0, 0.1],
            sample_weight=np.random.default_rng(1).random((2, 12)),
            rng=[3, 4],
            schedule=StepDecay(0.5, 4),
            validation=wide_problem[1],
            first_layer=form,
            batch_size=batch_size,
            iterations=40,
            record_every=6,
            **extra,
        )

    whole = run(callbacks=[at_step(17, lambda session: save_checkpoint(session, path))])
    assert_identical(run(resume=path), whole)


@batches
@forms
@pytest.mark.parametrize("rates", [0.3, [0.3, 0.02]], ids=["one run", "two runs"])
@pytest.mark.parametrize("k", [3, 31, 44], ids=["before the best", "after", "at the last"])
def test_early_stopping_goes_on_waiting(k, rates, form, batch_size, noisy_split, path, at_step):
    network, data, validation = noisy_split

    def run(**extra):
        return train(
            network,
            data,
            validation=validation,
            early_stopping=EarlyStopping(5),
            learning_rate=rates,
            first_layer=form,
            batch_size=batch_size,
            iterations=120,
            record_every=5,
            **extra,
        )

    whole = run(callbacks=[at_step(k, lambda session: save_checkpoint(session, path))])
    if not path.exists():
        pytest.fail("training ended before the checkpoint")
    assert_identical(run(resume=path), whole)


@batches
@pytest.mark.parametrize("first", [20, 23, 45], ids=lambda n: f"{n} iterations first")
@pytest.mark.parametrize("patience", [None, 3, 6], ids=["free", "patience 3", "patience 6"])
def test_more_iterations_afterwards(patience, first, batch_size, noisy_split, path):
    network, data, validation = noisy_split

    def run(iterations, **extra):
        return train(
            network,
            data,
            validation=validation,
            early_stopping=patience and EarlyStopping(patience),
            learning_rate=0.3,
            batch_size=batch_size,
            iterations=iterations,
            record_every=5,
            first_layer="primal",
            **extra,
        )

    run(first, callbacks=[AtEnd(path)])
    assert_identical(run(90, resume=path), run(90))


def test_what_stopped_early_stays_stopped(noisy_split, path):
    network, data, validation = noisy_split
    options = {
        "validation": validation,
        "early_stopping": EarlyStopping(3),
        "learning_rate": 0.3,
        "iterations": 200,
        "record_every": 5,
    }
    stopped = train(network, data, callbacks=[AtEnd(path)], **options)
    assert stopped.stopped == "early stopping"
    assert_identical(train(network, data, resume=path, **options), stopped)


@batches
@pytest.mark.parametrize("at", [18, 40], ids=["a record that was due", "the last of all"])
def test_saved_while_recording(at, batch_size, wide_problem, path):
    options = {"batch_size": batch_size, "record_every": 6, "first_layer": "primal"}

    class Saves(Callback):
        def on_record(self, session, record):
            if record.iteration == at:
                save_checkpoint(session, path)

    train(*wide_problem, iterations=40, callbacks=[Saves()], **options)
    resumed = train(*wide_problem, iterations=60, resume=path, **options)
    assert_identical(resumed, train(*wide_problem, iterations=60, **options))


@batches
def test_stopped_by_a_callback_and_resumed(batch_size, wide_problem, path):
    options = {"batch_size": batch_size, "iterations": 40, "record_every": 6}
    stop = OnRecord(lambda record: record.iteration == 18)
    stopped = train(*wide_problem, callbacks=[stop, AtEnd(path)], **options)
    assert (stopped.stopped, stopped.iterations) == ("callback", 18)
    assert_identical(train(*wide_problem, resume=path, **options), train(*wide_problem, **options))


@batches
def test_interrupted_and_resumed(batch_size, wide_problem, path, at_step):
    options = {"batch_size": batch_size, "iterations": 40, "record_every": 6, "l2": 0.1}
    press = at_step(17, lambda session: signal.raise_signal(signal.SIGINT))
    stopped = train(*wide_problem, callbacks=[press, AtEnd(path)], **options)
    assert (stopped.stopped, stopped.iterations) == ("interrupted", 17)
    assert_identical(train(*wide_problem, resume=path, **options), train(*wide_problem, **options))


def test_resumed_twice(wide_problem, path):
    options = {"batch_size": 5, "record_every": 6}
    for iterations in (10, 25):
        train(
            *wide_problem,
            iterations=iterations,
            resume=path if path.exists() else None,
            callbacks=[AtEnd(path)],
            **options,
        )
    resumed = train(*wide_problem, iterations=40, resume=path, **options)
    assert_identical(resumed, train(*wide_problem, iterations=40, **options))


@pytest.mark.parametrize("bits", ["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"])
def test_any_generator_goes_on_where_it_was(bits, wide_problem, path, at_step):
    def run(**extra):
        rng = np.random.Generator(getattr(np.random, bits)(7))
        return train(*wide_problem, rng=rng, batch_size=5, iterations=30, **extra)

    whole = run(callbacks=[at_step(17, lambda session: save_checkpoint(session, path))])
    assert_identical(run(resume=path), whole)


def test_another_kind_of_generator_is_refused(wide_problem, path):
    def run(bits, **extra):
        rng = np.random.Generator(bits(7))
        return train(*wide_problem, rng=rng, batch_size=5, iterations=9, **extra)

    run(np.random.PCG64, callbacks=[AtEnd(path)])
    with pytest.raises(ModelFileError, match="rng as the training began with"):
        run(np.random.Philox, resume=path)


def test_the_starting_network_is_the_saved_one(wide_problem, path):
    network, data = wide_problem
    options = {"iterations": 30, "record_every": 10, "first_layer": "dual"}
    train(network, data, callbacks=[AtEnd(path)], **options)
    other = Network.create((40, 5, 3, 1), activation="tanh", rng=99)
    options["iterations"] = 60
    assert_identical(train(other, data, resume=path, **options), train(network, data, **options))


def test_only_the_iterations_were_changed(wide_problem, path):
    # The default of record_every depends on the iterations; the saved one holds.
    train(*wide_problem, iterations=300, callbacks=[AtEnd(path)])
    resumed = train(*wide_problem, iterations=600, resume=path)
    assert resumed.iterations == 600
    assert set(np.diff(resumed.history.iteration)) == {3}


def test_the_form_that_was_chosen_holds(wide_problem, path):
    # One iteration does not pay for a Gram matrix, two thousand would.
    first = train(*wide_problem, iterations=1, record_every=1, callbacks=[AtEnd(path)])
    more = {"iterations": 2000, "record_every": 1}
    assert first.first_layer.form == "primal"
    assert train(*wide_problem, **more).first_layer.form == "dual"
    assert (
        train(*wide_problem, resume=path, **more).first_layer == first.first_layer
    )  # the reason, too


SETTINGS = {"iterations": 20, "record_every": 5, "optimizer": "momentum", "first_layer": "primal"}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"optimizer": Momentum(0.5)}, "optimizer"),
        ({"learning_rate": 0.02}, "learning_rate"),
        ({"schedule": "cosine"}, "schedule"),
        ({"l2": 0.1}, "l2"),
        ({"first_layer": "dual"}, "first_layer"),
        ({"record_every": 4}, "record_every"),
        ({"batch_size": 5}, "batch_size"),
        ({"sample_weight": np.arange(1, 13)}, "weights"),
        ({"class_weight": {1: 2.0}}, "weights"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_another_setting_is_refused(changed, name, wide_problem, path):
    train(*wide_problem, callbacks=[AtEnd(path)], **SETTINGS)
    with pytest.raises(ModelFileError) as caught:
        train(*wide_problem, resume=path, **SETTINGS | changed)
    message = str(caught.value)
    assert str(path) in message
    assert f"the {name} that the training began with" in message
    assert "only iterations may change" in message


@pytest.mark.parametrize("changed", ["X", "validation", "patience"])
def test_other_data_are_refused(changed, noisy_split, path):
    network, (X, Y), (X_v, Y_v) = noisy_split

    def run(X=X, X_v=X_v, patience=20, **extra):
        stopping = EarlyStopping(patience)
        return train(
            network, (X, Y), validation=(X_v, Y_v), early_stopping=stopping, **SETTINGS, **extra
        )

    run(callbacks=[AtEnd(path)])
    other = {"X": {"X": X + 1}, "validation": {"X_v": X_v + 1}, "patience": {"patience": 2}}
    with pytest.raises(ModelFileError):
        run(resume=path, **other[changed])


@pytest.mark.parametrize(
    "other",
    [
        Network.create((40, 6, 3, 1), activation="tanh"),
        Network.create((40, 5, 3, 1), activation="relu"),
        Network.create((40, 5, 3, 1), activation="tanh", output="identity"),
        Network.create((40, 5, 3, 1), activation="tanh", dtype="float32"),
        Network.create((40, 5, 3, 1), activation="tanh", rng=[1, 2]),
    ],
    ids=["sizes", "activations", "loss", "dtype", "runs"],
)
def test_another_architecture_is_refused(other, wide_problem, path):
    train(*wide_problem, callbacks=[AtEnd(path)], **SETTINGS)
    with pytest.raises(ModelFileError, match="the checkpoint of a network"):
        train(other, wide_problem[1], resume=path, **SETTINGS)


def test_a_model_file_is_no_checkpoint(wide_problem, path):
    from chainrule import Model, save

    save(Model(wide_problem[0], ("no", "yes")), path)
    with pytest.raises(ModelFileError, match="a chainrule model file"):
        train(*wide_problem, resume=path)


def edit(path, change):
    """Change a file's facts and arrays, by safetensors alone."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    with safe_open(path, framework="numpy") as file:
        facts = json.loads(file.metadata()["chainrule"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(facts, arrays)
    save_file(arrays, path, {"chainrule": json.dumps(facts)})


FACTS = (
    "activations", "loss", "settings", "iteration", "batches", "records", "diverged",
    "sums", "best",
)  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_a_missing_fact_is_refused(name, wide_problem, path):
    train(*wide_problem, callbacks=[AtEnd(path)], **SETTINGS)
    edit(path, lambda facts, arrays: facts.pop(name))
    with pytest.raises(ModelFileError):
        train(*wide_problem, resume=path, **SETTINGS)


@pytest.mark.parametrize("value", [None, "x", -1, 1.5, [], {}, [1], {"a": 1}], ids=repr)
@pytest.mark.parametrize("name", FACTS)
def test_an_edited_fact_is_refused_or_does_no_harm(name, value, wide_problem, path):
    train(*wide_problem, callbacks=[AtEnd(path)], **SETTINGS)
    edit(path, lambda facts, arrays: facts.update({name: value}))
    try:
        train(*wide_problem, resume=path, **SETTINGS)
    except ModelFileError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("p0"),
        lambda arrays: arrays.pop("p0.state0"),
        lambda arrays: arrays.pop("start.W2"),
        lambda arrays: arrays.update({"p0": np.zeros(3)}),
        lambda arrays: arrays.update({"start.W1": np.array(1.0)}),
        lambda arrays: arrays.update({"p0": arrays["p0"] * np.nan}),
        lambda arrays: arrays.update({"p0": arrays["p0"][:, None]}),
    ],
    ids=["no p0", "no state", "no start", "short p0", "scalar start", "nan", "column"],
)
def test_edited_arrays_are_refused(change, wide_problem, path):
    train(*wide_problem, callbacks=[AtEnd(path)], **SETTINGS)
    edit(path, lambda facts, arrays: change(arrays))
    with pytest.raises(ModelFileError, match="checkpoint"):
        train(*wide_problem, resume=path, **SETTINGS)


def test_a_cosine_cannot_be_planned_anew(wide_problem, path):
    options = {"schedule": "cosine", "learning_rate": 0.1}
    train(*wide_problem, iterations=20, callbacks=[AtEnd(path)], **options)
    with pytest.raises(ModelFileError, match="iterations that the schedule is planned for"):
        train(*wide_problem, iterations=40, resume=path, **options)
