"""Loops, and NumPy's calls beside them, against values worked out by hand."""

import numpy as np
import pytest

from chainrule.lab import products

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
u, v = np.array([1.0, -2.0]), np.array([2.0, 0.0, -1.0])


@pytest.mark.parametrize("dot", [products.dot_loops, np.dot])
def test_dot_product(dot):
    assert dot([1.0, 2.0, 3.0], [4.0, 5.0, -6.0]) == -4


@pytest.mark.parametrize("product", [products.matrix_vector_loops, np.matmul])
def test_matrix_times_vector(product):
    assert product(A, v).tolist() == [-1, 2]


@pytest.mark.parametrize("exp", [products.exp_loops, np.exp])
def test_exp(exp):
    np.testing.assert_allclose(exp(np.array([0.0, 1.0, -1.0])), [1, np.e, 1 / np.e], rtol=1e-15)


@pytest.mark.parametrize("outer", [products.outer_loops, np.outer])
def test_outer_product(outer):
    assert outer(u, v).tolist() == [[2, 0, -1], [-4, 0, 2]]
