"""Which form the first layer takes."""

import tracemalloc

import numpy as np
import pytest

from chainrule import InputError, Network, train
from chainrule.training import choice
from chainrule.training.choice import Size, choose


def size(n_x=12288, m=209, n_1=20, runs=1, batch=209, iterations=2500, itemsize=8):
    return Size(n_x, m, n_1, runs, batch, iterations, itemsize)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ({}, "dual"),
        ({"iterations": 1}, "primal"),
        ({"n_x": 10}, "primal"),
        ({"m": 60000, "batch": 60000, "n_x": 784}, "primal"),
        ({"batch": 32}, "dual"),
        ({"runs": 50, "iterations": 100}, "dual"),
    ],
    ids=str,
)
def test_few_examples_and_many_features_are_dual(given, form):
    chosen = choose("auto", size(**given), linear=True, optimizer="GradientDescent")
    assert chosen.form == form
    assert chosen.reason.startswith(form)


def test_the_estimate_counts_the_operations():
    # By hand for n_x = 5, m = 3, n_1 = 2, four runs, batches of 1, ten steps.
    s = size(5, 3, 2, 4, 1, 10)
    assert s.primal_operations == 4 * 2 * 5 * 1 * 10 * 4
    assert s.dual_operations == 9 * 5 + 4 * 2 * 5 * 3 * 4 + 2 * 2 * 3 * 1 * 10 * 4
    assert s.gram_bytes == 72


def test_a_gram_matrix_that_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr(choice, "memory_bytes", lambda: 209**2 * 8 * 3)
    chosen = choose("auto", size(), linear=True, optimizer="GradientDescent")
    assert chosen.form == "primal"
    assert "memory" in chosen.reason
    assert choose("dual", size(), linear=True, optimizer="gd").form == "dual"


def test_the_machine_has_memory():
    assert choice.memory_bytes() > 2**28


def test_the_reason_is_told(wide_problem):
    many = train(*wide_problem, iterations=2000).first_layer
    assert many.form == "dual"
    assert "12 examples, 40 features" in many.reason
    adam = train(*wide_problem, optimizer="adam", iterations=2).first_layer
    assert (adam.form, "Adam" in adam.reason) == ("primal", True)
    assert (
        train(*wide_problem, first_layer="dual", iterations=2).first_layer.reason == "dual as asked"
    )


@pytest.mark.parametrize("form", ["primal", "dual"])
def test_pixels_are_never_copied_to_floats_as_a_whole(form):
    # 12 MB of pixels would be 96 MB of floats; a block is 16 MB, the weights 2.4 MB.
    pixels = np.zeros((300_000, 40), np.uint8)
    network = Network.create((300_000, 1), initializer="zeros")
    tracemalloc.start()
    train(network, (pixels, np.arange(40)[None] % 2), iterations=2, first_layer=form)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64e6


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_dual_with_an_element_wise_rule(optimizer, wide_problem):
    with pytest.raises(InputError) as caught:
        train(*wide_problem, optimizer=optimizer, first_layer="dual")
    error = caught.value
    assert error.where == "train"
    assert "first_layer='dual'" in error.expected
    assert error.got.lower() == optimizer
    assert error.fix == "Use gd, momentum or nesterov; or first_layer='auto' or 'primal'."


def in_file(n_x=1000, m=100, iterations=2500, memory=1e6, **more):
    """Features in a file of float64, whose step reads all of it."""
    n_bytes = 8.0 * n_x * m
    how = {"pass_bytes": n_bytes, "step_bytes": n_bytes, "memory": memory} | more
    return Size(n_x, m, 20, 1, m, iterations, 8, **how)


def test_what_a_form_reads_of_a_file_is_said():
    chosen = choose("primal", in_file(), linear=True, optimizer="gd")
    assert chosen.reason == "primal as asked; it reads 2 GB from the file, 0.03 min at 1 GB/s"
    hours = choose("primal", in_file(n_x=10**7), linear=True, optimizer="gd").reason
    assert hours.endswith(" GB from the file, 5.6 hours at 1 GB/s")
    held = choose("dual", in_file(disk=1e9, memory=1e5), linear=True, optimizer="gd").reason
    assert "it reads 0.2 GB from a Gram matrix of 8e-05 GB in " in held


def test_hours_of_reading_that_nobody_asked_for_are_refused():
    long = in_file(n_x=10**7)
    with pytest.raises(InputError, match="features in a file to be read three times"):
        choose("auto", long, linear=False, optimizer="Adam")
    assert choose("auto", long, linear=True, optimizer="gd").form == "dual"
    large = in_file(10**9, 10**5, 10**5, disk=1e12, memory=1e10)
    with pytest.raises(InputError, match="a Gram matrix in a file to be read for an hour"):
        choose("auto", large, linear=True, optimizer="gd")


def test_what_lies_in_a_file_is_made_floats_at_each_reading():
    """Forty times in twenty steps of the primal form: longer than the Gram matrix takes."""
    genotypes = {"n_x": 500_000, "m": 5_000, "iterations": 20, "pass_bytes": 2.5e9}
    of_file = in_file(**genotypes, step_bytes=5e9, memory=15e9)
    assert choose("auto", of_file, linear=True, optimizer="gd").form == "dual"
    in_memory = in_file(**(genotypes | {"pass_bytes": 0.0}), step_bytes=0.0, memory=15e9)
    assert choose("auto", in_memory, linear=True, optimizer="gd").form == "primal"


def test_the_room_of_a_form_in_words():
    assert in_file().room("primal") == "about 0.017 GB of memory; 2 GB are read"
    assert in_file(memory=1e7).room("dual") == (
        "about 0.019 GB of memory, 8e-05 of them for K; 0.0024 GB are read"
    )
    of_file = in_file(disk=1e9, memory=1e5)
    assert of_file.passes > 3
    assert "; 8e-05 GB of the disk for K; " in of_file.room("dual")


def test_a_dual_form_without_any_room():
    with pytest.raises(InputError, match=r"what fits into .* GiB; got a Gram matrix of 100 exam"):
        choose("dual", in_file(memory=1e4), linear=True, optimizer="gd")
    said = choose("auto", in_file(memory=1e5, disk=1e3), linear=True, optimizer="gd").reason
    assert "would fill the memory, and " in said
