"""Small problems for the estimators: rows are examples."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression


@pytest.fixture
def wide_classes():
    """Few rows, many columns, three classes: X (40, 300), y."""
    return make_classification(40, 300, n_informative=12, n_classes=3, random_state=1)


@pytest.fixture
def two_classes():
    """X (60, 8), y of "no" and "yes", which is rare."""
    X, y = make_classification(60, 8, n_informative=5, weights=[0.8], random_state=2)
    return X, np.array(["no", "yes"])[y]


@pytest.fixture
def numbers():
    """X (60, 8), y (60,) of size 1."""
    X, y = make_regression(60, 8, noise=3.0, random_state=3)
    return X, y / y.std()
