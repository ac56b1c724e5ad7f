"""The graph's functions and the network's give the same bits."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.graph import functions
from chainrule.network import ACTIVATIONS, LOSSES
from chainrule.network.activations import LEAK
from chainrule.tracing.network_trace import FUNCTIONS

Z = np.concatenate([[-1000, -1, -1e-9, 0, 3, 700], np.random.default_rng(0).normal(0, 9, 90)])
Z = Z.reshape(3, 32)
Y = np.random.default_rng(1).dirichlet([1, 1, 1], 32).T


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, dtype):
    x = (Z if name != "exp" else Z / 20).astype(dtype)
    found = FUNCTIONS[name](x)
    assert found.dtype == dtype
    assert_array_equal(found, ACTIVATIONS[name](x))
    assert functions.LEAK == LEAK


@pytest.mark.parametrize("name", [name for name in LOSSES if hasattr(functions, name)])
def test_losses(name):
    loss = LOSSES[name]
    x = Z / 100 if loss.output is None else Z / 2
    A = ACTIVATIONS[loss.output or "identity"](x)
    assert_array_equal(getattr(functions, name)(x, Y), loss.per_example(x, A, Y))
