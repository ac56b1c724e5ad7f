"""Activations and losses call what the array API standard has, and nothing else."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.network import ACTIVATIONS, LOSSES, correct

array_api_strict = pytest.importorskip(
    "array_api_strict", reason="array-api-strict, of the extra test, is not installed"
)


pytestmark = pytest.mark.filterwarnings("ignore:You are comparing")


class Strict:
    """The standard's functions, each with the `out` that loops which own their buffers give."""

    def __getattr__(self, name):
        function = getattr(array_api_strict, name)

        def with_out(*arrays, out=None, **keywords):
            found = function(*arrays, **keywords)
            if out is None:
                return found
            out[...] = found
            return out

        return with_out


STRICT = Strict()


@pytest.fixture
def both():
    """Z, A, Y of 3 units and 7 examples and a weight, NumPy's and the standard's."""
    rng = np.random.default_rng(0)
    ours = [*rng.standard_normal((2, 3, 7)), rng.integers(0, 2, (3, 7)).astype(float)]
    ours.append(np.full((1, 7), 1 / 7))
    return ours, [array_api_strict.asarray(array) for array in ours]


def assert_same(found, expected):
    assert_array_equal(np.asarray(found), expected)


@pytest.mark.parametrize("into", [False, True], ids=["new", "into"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_the_standards(name, into, both):
    if name == "relu":
        pytest.skip(
            "relu multiplies by booleans, the fastest for NumPy, which the standard has not"
        )
    (Z, A, *_), (strict_Z, strict_A, *_) = both
    ours, theirs = ACTIVATIONS[name], ACTIVATIONS[name].on(STRICT)
    out = array_api_strict.empty(Z.shape) if into else None
    assert_same(theirs.value(strict_Z, out=out), ours.value(Z))
    assert_same(theirs.backward(strict_Z, strict_A, out=out), ours.backward(Z, A))


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_the_standards(name, both):
    (Z, A, Y, weight), strict = both
    ours, theirs = LOSSES[name], LOSSES[name].on(STRICT)
    assert_same(theirs.per_example(*strict[:3]), ours.per_example(Z, A, Y))
    assert_same(theirs.derivative(*strict[1:]), ours.derivative(A, Y, weight))


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_what_is_right_is_the_standards(output, both):
    (_, A, Y, _), (_, strict_A, strict_Y, _) = both
    assert_same(correct(strict_A, strict_Y, output, STRICT), correct(A, Y, output))
