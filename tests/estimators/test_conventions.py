"""scikit-learn's own checks of estimators; what it expects of its MLP classes to fail may fail."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import MLPClassifier, MLPRegressor

# scikit-learn runs its own classes with these parameters, to save time.
ESTIMATORS = [
    MLPClassifier(max_iter=100),
    MLPRegressor(max_iter=100),
    MLPClassifier(max_iter=100, solver="sgd", first_layer="dual"),
    MLPRegressor(max_iter=100, solver="lbfgs", first_layer="dual"),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_conventions(estimator, check):
    with np.errstate(divide="ignore"):  # a check takes the logarithm of a probability of 0
        check(estimator)
