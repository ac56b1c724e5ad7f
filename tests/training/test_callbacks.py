"""Callbacks, and Ctrl-C."""

import signal
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import interrupt, train
from chainrule.training import Callback, OnRecord, StopOn

BATCHES = pytest.mark.parametrize("batch_size", [None, 5], ids=["full batch", "mini-batches"])


class Log(Callback):
    """What is called, in order."""

    def __init__(self):
        self.calls = []

    def on_start(self, session):
        self.calls.append(("start", session.iteration))

    def on_step(self, session):
        self.calls.append(("step", session.iteration))

    def on_record(self, session, record):
        assert session.history.records[-1] is record
        self.calls.append(("record", record.iteration))

    def on_end(self, session):
        self.calls.append(("end", session.iteration))


def press():
    signal.raise_signal(signal.SIGINT)


def test_order_of_calls(wide_problem):
    log = Log()
    train(*wide_problem, iterations=3, record_every=2, callbacks=[log])
    assert log.calls == [
        ("start", 0),
        ("record", 0),
        ("step", 1),
        ("step", 2),
        ("record", 2),
        ("step", 3),
        ("record", 3),
        ("end", 3),
    ]


def test_order_of_calls_in_batches(wide_problem):
    log = Log()
    train(*wide_problem, batch_size=5, iterations=4, callbacks=[log])
    expected = ["start 0", "step 1", "step 2", "step 3", "record 3", "step 4", "record 4", "end 4"]
    assert [f"{name} {at}" for name, at in log.calls] == expected


def test_an_empty_callback_changes_nothing(wide_problem):
    plain = train(*wide_problem, iterations=20)
    watched = train(*wide_problem, iterations=20, callbacks=[Callback(), Callback()])
    assert_array_equal(plain.history.cost, watched.history.cost)


@BATCHES
def test_a_network_taken_while_training_is_the_one_of_that_step(batch_size, wide_problem, at_step):
    taken = []
    options = {"batch_size": batch_size, "l2": 0.1, "first_layer": "dual"}
    copy = at_step(7, lambda session: taken.append(session.network()))
    whole = train(*wide_problem, iterations=20, callbacks=[copy], **options)
    short = train(*wide_problem, iterations=7, **options)
    assert_array_equal(taken[0].weights[0], short.network.weights[0])
    undisturbed = train(*wide_problem, iterations=20, **options)
    assert_array_equal(whole.network.weights[0], undisturbed.network.weights[0])


@pytest.mark.parametrize(("batch_size", "at"), [(None, 0), (None, 3), (None, 6), (5, 3), (5, 6)])
def test_true_from_on_record_stops(at, batch_size, wide_problem):
    network, data = wide_problem
    log = Log()
    options = {"batch_size": batch_size, "record_every": 3, "first_layer": "dual"}
    stop = OnRecord(lambda record: record.iteration == at)
    result = train(network, data, iterations=20, callbacks=[stop, log], **options)
    assert (result.stopped, result.iterations) == ("callback", at)
    assert result.history.iteration[-1] == at
    assert [name for name, _ in log.calls].count("step") == at
    short = train(network, data, iterations=at, **options)
    assert_array_equal(result.network.weights[0], short.network.weights[0])
    assert_allclose(result.history.cost, short.history.cost, rtol=1e-15)


@pytest.mark.parametrize("answer", [None, False, 0, 1, "yes"], ids=repr)
def test_nothing_but_true_stops(answer, wide_problem):
    assert (
        train(*wide_problem, iterations=5, callbacks=[OnRecord(lambda r: answer)]).stopped is None
    )


def test_a_callback_stops_with_its_own_reason(wide_problem, at_step):
    stop = at_step(4, lambda session: session.stop("good enough"))
    result = train(*wide_problem, iterations=20, callbacks=[stop])
    assert (result.stopped, result.iterations) == ("good enough", 4)


def test_an_error_in_a_callback_comes_through(wide_problem):
    def fail(record):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        train(*wide_problem, callbacks=[OnRecord(fail)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@BATCHES
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_ctrl_c_keeps_what_was_reached(form, batch_size, wide_problem, at_step):
    network, data = wide_problem
    log = Log()
    options = {"batch_size": batch_size, "first_layer": form, "record_every": 6}
    interrupt = at_step(8, lambda session: press())
    result = train(network, data, iterations=1000, callbacks=[interrupt, log], **options)
    assert (result.stopped, result.iterations) == ("interrupted", 8)
    assert log.calls[-1] == ("end", 8)
    assert result.history.iteration[-1] == 8
    short = train(network, data, iterations=8, **options)
    assert_array_equal(result.network.weights[0], short.network.weights[0])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@BATCHES
@pytest.mark.parametrize("form", ["primal", "dual"])
def test_an_event_stops_as_ctrl_c_does(form, batch_size, wide_problem, at_step):
    network, data = wide_problem
    log, event = Log(), threading.Event()
    options = {"batch_size": batch_size, "first_layer": form, "record_every": 6}
    callbacks = [at_step(8, lambda session: event.set()), StopOn(event), log]
    result = train(network, data, iterations=1000, callbacks=callbacks, **options)
    assert (result.stopped, result.iterations, result.complete) == ("interrupted", 8, False)
    assert log.calls[-1] == ("end", 8)
    short = train(network, data, iterations=8, **options)
    assert short.complete
    assert_array_equal(result.network.weights[0], short.network.weights[0])


def test_an_event_from_another_thread_or_before_the_start(wide_problem):
    event = threading.Event()
    timer = threading.Timer(0.1, event.set)
    timer.start()
    result = train(*wide_problem, iterations=10**9, callbacks=[StopOn(event)])
    assert 0 < result.iterations < 10**9
    assert train(*wide_problem, callbacks=[StopOn(event)]).iterations == 0


def test_an_event_after_the_last_step_is_too_late(wide_problem, at_step):
    event = threading.Event()
    late = at_step(5, lambda session: event.set())
    assert train(*wide_problem, iterations=5, callbacks=[late, StopOn(event)]).complete


def test_ctrl_c_while_recording_stops_between_two_steps(wide_problem):
    options = {"record_every": 5, "first_layer": "dual"}
    at_ten = OnRecord(lambda record: record.iteration == 10 and press())
    result = train(*wide_problem, iterations=50, callbacks=[at_ten], **options)
    assert (result.stopped, result.iterations) == ("interrupted", 10)
    short = train(*wide_problem, iterations=10, **options)
    assert_array_equal(result.network.weights[0], short.network.weights[0])


def test_a_second_ctrl_c_raises_once_the_step_and_what_ends_it_are_done(wide_problem, at_step):
    ended = []

    class Ends(Callback):
        def on_end(self, session):
            press()
            ended.append((session.iteration, session.network()))

    def twice(session):
        press()
        press()

    with pytest.raises(KeyboardInterrupt):
        train(*wide_problem, iterations=50, callbacks=[at_step(8, twice), Ends()])
    ((iteration, network),) = ended
    assert iteration == 8
    short = train(*wide_problem, iterations=8).network
    assert_allclose(network.weights[0], short.weights[0], rtol=1e-12)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_is_not_put_off_for_ever(wide_problem, at_step, monkeypatch):
    monkeypatch.setattr(interrupt, "PATIENCE", 0.0)
    reached = []

    def twice(session):
        press()
        press()
        reached.append(session)

    with pytest.raises(KeyboardInterrupt):
        train(*wide_problem, iterations=50, callbacks=[at_step(8, twice)])
    assert not reached


def test_whatever_is_handled_as_ctrl_c_stops_likewise(wide_problem, at_step):
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        term = at_step(8, lambda session: signal.raise_signal(signal.SIGTERM))
        result = train(*wide_problem, iterations=50, callbacks=[term])
        assert (result.stopped, result.iterations) == ("interrupted", 8)
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, previous)


def test_a_handler_of_someone_else_is_left_alone(wide_problem, at_step):
    heard = []
    previous = signal.signal(signal.SIGINT, lambda *args: heard.append(1))
    try:
        result = train(*wide_problem, iterations=20, callbacks=[at_step(3, lambda s: press())])
        assert (heard, result.stopped, result.iterations) == ([1], None, 20)
    finally:
        signal.signal(signal.SIGINT, previous)


def test_training_in_another_thread(wide_problem):
    found = []
    thread = threading.Thread(target=lambda: found.append(train(*wide_problem, iterations=20)))
    thread.start()
    thread.join()
    here = train(*wide_problem, iterations=20)
    assert_array_equal(found[0].network.weights[0], here.network.weights[0])
    assert np.isfinite(found[0].history.cost).all()


def test_ctrl_c_in_the_last_record_is_not_lost(wide_problem):
    result = train(
        *wide_problem,
        iterations=10,
        record_every=10,
        callbacks=[OnRecord(lambda record: record.iteration == 10 and press())],
    )
    assert result.stopped == "interrupted"
