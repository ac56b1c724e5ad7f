"""A linear layer forward, its arguments, and its backward with mistakes put in."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def layer_arguments():
    """function(n, n_prev, m, seed): random A_prev (n_prev, m), W (n, n_prev) and b (n, 1)."""

    def arguments(n=4, n_prev=3, m=5, seed=1):
        rng = np.random.default_rng(seed)
        return tuple(rng.standard_normal(shape) for shape in [(n_prev, m), (n, n_prev), (n, 1)])

    return arguments


@pytest.fixture(scope="session")
def linear_forward():
    return lambda A_prev, W, b: (W @ A_prev + b, (A_prev, W, b))


@pytest.fixture(scope="session")
def linear_with():
    """function(dA_prev, dW, db): a linear_backward with some of its lines changed."""

    def changed(dA_prev=None, dW=None, db=None):
        def backward(dZ, cache):
            A_prev, W, _ = cache
            right = (
                lambda dZ, A_prev, W: W.T @ dZ,
                lambda dZ, A_prev, W: dZ @ A_prev.T / dZ.shape[1],
                lambda dZ, A_prev, W: np.sum(dZ, axis=1, keepdims=True) / dZ.shape[1],
            )
            given = (dA_prev, dW, db)
            return tuple((mine or r)(dZ, A_prev, W) for mine, r in zip(given, right, strict=True))

        return backward

    return changed
