"""Losses of probabilities as textbooks write them: known values, their edges, their slopes."""

from math import inf, log

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import graph
from chainrule.graph import grad

TWO = [[0.25, 0.0], [0.75, 1.0]]  # two units, two examples


@pytest.mark.parametrize(
    ("loss", "A", "Y", "expected", "slopes"),
    [
        (graph.binary_log_loss, TWO, [[0, 0], [1, 1]], [2 * log(4 / 3), 0],
         [[4 / 3, 1], [-4 / 3, -1]]),
        (graph.binary_log_loss, [[0.25], [0.0]], [[0.5], [1]], [inf], None),
        (graph.binary_log_loss, [[0.2], [0.5]], [[0.5], [0.25]],
         [-(log(0.2) + log(0.8)) / 2 + log(2)], [[0.625 - 2.5], [1.5 - 0.5]]),
        (graph.log_loss, TWO, [[1, 0], [0, 1]], [log(4), 0], [[-4, 0], [0, -1]]),
        (graph.log_loss, TWO, [[0.5, 1], [0.5, 0]], [(log(4) + log(4 / 3)) / 2, inf], None),
        (graph.rate_deviance, [[2.0, 3.0], [0.5, 1.0]], [[0, 3], [0.5, 2]],
         [2, 2 * log(2) - 1], [[1, 0], [0, -1]]),
        (graph.squared_error, TWO, [[1, 0], [0, 2]], [0.5625, 0.5], [[-0.75, 0], [0.75, -1]]),
        (graph.absolute_error, TWO, [[1, 0], [0, 2]], [1.5, 1], [[-1, 0], [1, -1]]),
        (graph.huber, [[0.5, 3.0], [0.0, -4.0]], [[0, 0], [0, 0]], [0.125, 6], [[0.5, 1], [0, -1]]),
    ],
)  # fmt: skip
@np.errstate(divide="ignore")  # log 0
def test_losses_of_outputs(loss, A, Y, expected, slopes):
    A, Y = np.array(A), np.array(Y)
    assert_allclose(loss(A, Y), expected, rtol=1e-14)
    assert_allclose(loss(np.stack([A, A]), Y), [expected] * 2, rtol=1e-14)
    if slopes is not None:
        assert_allclose(grad(lambda A: np.sum(loss(A, Y)))(A), slopes, rtol=1e-14)


@pytest.mark.parametrize(
    ("of_outputs", "of_logits", "output", "Y"),
    [
        (graph.binary_log_loss, graph.binary_cross_entropy, graph.sigmoid, [[0.2, 1], [0, 0.5]]),
        (graph.log_loss, graph.softmax_cross_entropy, graph.softmax, [[0.2, 1], [0.8, 0]]),
        (graph.rate_deviance, graph.poisson_deviance, np.exp, [[0, 1.5], [3, 0.5]]),
    ],
)
def test_losses_of_outputs_are_those_of_logits(of_outputs, of_logits, output, Y):
    Z = np.array([[0.3, -1.2], [2.0, 0.7]])
    assert_allclose(of_outputs(output(Z), Y), of_logits(Z, Y), rtol=1e-13)
    found = grad(lambda Z: np.sum(of_outputs(output(Z), Y)))(Z)
    assert_allclose(found, grad(lambda Z: np.sum(of_logits(Z, Y)))(Z), rtol=1e-12)
