"""MLPRegressor: scikit-learn's regressor on the engine, and what people asked it for."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from chainrule.errors import InputError
from chainrule.estimators.base import BaseMLP
from chainrule.estimators.layers import outputs

Array = np.ndarray


@dataclass(eq=False, repr=False)
class HasLoss:
    """The regressor's first parameter, which comes before all others."""

    loss: str = "squared_error"


@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, BaseMLP, HasLoss):
    """A neural network that predicts numbers: scikit-learn's MLPRegressor, faster on wide data.

    A[0] = X, Z[l] = A[l-1] coefs_[l] + intercepts_[l], A[l] = g(Z[l]), with the outputs as they are
    (squared error) or exp of them (Poisson). Minimized is

        J = sum_i s_i L_i / S + alpha / (2 S) sum_l ||coefs_[l]||^2,    S = sum_i s_i,

    over all examples (lbfgs) or each mini-batch (sgd, adam), with weights s_i of 1 unless given.
    Parameters, defaults, attributes, random draws and numbers are those of scikit-learn 1.9;
    ``first_layer``, ``dropout``, a list of activations, ``"leaky_relu"``, and ``validation_data``
    and ``checkpoint`` of `fit` are not in scikit-learn.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        L_i: half the squared error, or half the Poisson deviance, which has exp as the output's
        activation and needs y >= 0. As in scikit-learn the squared error that is reported is the
        mean over the outputs, the gradient that of their sum.
    hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
        Units of each hidden layer. ``()`` is linear or Poisson regression.
    activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, \
shuffle, random_state, tol, verbose, warm_start, momentum, nesterovs_momentum, beta_1, beta_2, \
epsilon, n_iter_no_change, max_fun, first_layer, dropout
        See `MLPClassifier`.
    early_stopping, validation_fraction
        See `MLPClassifier`; watched is R^2.

    Attributes
    ----------
    coefs_, intercepts_, loss_, loss_curve_, best_loss_, n_iter_, t_, n_layers_, n_outputs_, \
n_features_in_, feature_names_in_, first_layer_, first_layer_reason_, network_, dual_coef_
        See `MLPClassifier`.
    validation_scores_ : list of float or None
        R^2 on what is held out, after each epoch of early stopping.
    best_validation_score_ : float or None
    out_activation_ : str
        'identity' or 'exp'.

    Examples
    --------
    >>> from chainrule import MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=50, n_features=2000, random_state=1)
    >>> reg = MLPRegressor(hidden_layer_sizes=(20,), solver="lbfgs", random_state=1).fit(X, y)
    >>> reg.first_layer_, round(reg.score(X, y), 3)
    ('dual', 1.0)
    """

    _y_numeric = True

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseMLP._parameter_constraints,
        "loss": [StrOptions({"squared_error", "poisson"})],
    }

    @available_if(BaseMLP._stochastic_only)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> "MLPRegressor":
        """One epoch over the examples given, going on from the weights there are.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`.

        Returns
        -------
        self : MLPRegressor
        """
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any) -> Array:
        """Numbers for X (n_samples, n_features): (n_samples,) or (n_samples, n_outputs)."""
        check_is_fitted(self)
        A = outputs(self._logits(X), self.out_activation_)
        return A.ravel() if A.shape[1] == 1 else A

    def _labels(self, y: Array, *, reset: bool, incremental: bool) -> Array:
        if self.loss == "poisson" and y.min() < 0:
            raise InputError("MLPRegressor", "y >= 0 for loss='poisson'", f"{y.min():g}")
        return y.reshape(len(y), -1)

    def _out_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _score(self, A: Array, Y: Array, weight: Array | None) -> float:
        """R^2, the mean over the outputs; not a number where a prediction is none."""
        if not np.isfinite(A).all():
            return float("nan")
        return float(r2_score(Y.T, A.T, sample_weight=weight))
