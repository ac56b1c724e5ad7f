"""MLPClassifier: scikit-learn's classifier on the engine, and what people asked it for."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import check_is_fitted

from chainrule.estimators.base import BaseMLP
from chainrule.estimators.layers import OURS, outputs
from chainrule.network import correct

Array = np.ndarray


@dataclass(eq=False, repr=False, kw_only=True)
class MLPClassifier(ClassifierMixin, BaseMLP):
    """A neural network that classifies: scikit-learn's MLPClassifier, faster on wide data.

    A[0] = X, Z[l] = A[l-1] coefs_[l] + intercepts_[l], A[l] = g(Z[l]), with one logistic output for
    two classes, a softmax over the classes for more, and a logistic output a label for several
    labels (y an indicator matrix). Minimized is

        J = sum_i s_i L_i / S + alpha / (2 S) sum_l ||coefs_[l]||^2,    S = sum_i s_i,

    over all examples (lbfgs) or each mini-batch (sgd, adam), with the cross-entropy L_i in nats and
    weights s_i of 1 unless given. Parameters, defaults, attributes, random draws and numbers are
    those of scikit-learn 1.9; ``first_layer``, ``dropout``, ``class_weight``, a list of
    activations, ``"leaky_relu"``, and ``validation_data`` and ``checkpoint`` of `fit` are not in
    scikit-learn.

    Parameters
    ----------
    hidden_layer_sizes : array-like of shape (n_layers - 2,) or int, default=(100,)
        Units of each hidden layer. ``()`` is logistic or softmax regression.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu'} or list, default='relu'
        Of the hidden layers; a list names one for each. leaky_relu has slope 0.01 below zero.
    solver : {'lbfgs', 'sgd', 'adam'}, default='adam'
        'sgd' and 'adam' take mini-batches, 'lbfgs' all examples at once, through SciPy.
        On wide data 'sgd' and 'lbfgs' are the fast ones: see ``first_layer``.
    alpha : float, default=0.0001
        L2 penalty on the weights, divided by the number of examples of a step.
    batch_size : int, default='auto'
        Examples a step for 'sgd' and 'adam'; 'auto' is ``min(200, n_samples)``.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        Of 'sgd'. 'invscaling': ``learning_rate_init / (t + 1) ** power_t`` after t examples.
        'adaptive': divided by 5 whenever training stalls, see ``n_iter_no_change``.
    learning_rate_init : float, default=0.001
        The step size at the start, of 'sgd' and 'adam'.
    power_t : float, default=0.5
        The exponent of 'invscaling'.
    max_iter : int, default=200
        Epochs of 'sgd' and 'adam', iterations of 'lbfgs', at most.
    shuffle : bool, default=True
        Whether the examples are shuffled before every epoch.
    random_state : int, RandomState instance, default=None
        Of the starting weights, the split for early stopping, the shuffles and dropout.
        The same number gives the numbers that scikit-learn gives with it.
    tol : float, default=1e-4
        What counts as an improvement of the loss or score; for 'lbfgs' the size of the gradient's
        largest element at which it ends.
    verbose : bool, default=False
        Whether to print the loss of each epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last fit.
    momentum : float, default=0.9
        Of 'sgd', from 0 to 1.
    nesterovs_momentum : bool, default=True
        Whether momentum is Nesterov's.
    early_stopping : bool, default=False
        Whether 'sgd' and 'adam' watch the accuracy on examples that are held out, instead of the
        training loss, and keep the weights that were best.
    validation_fraction : float, default=0.1
        The part of the examples that is held out, unless `fit` is given ``validation_data``.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Of 'adam': decay of the mean and of the mean square of the gradient.
    epsilon : float, default=1e-8
        Of 'adam': added to the root of the mean square.
    n_iter_no_change : int, default=10
        Epochs without an improvement after which training has stalled.
    max_fun : int, default=15000
        Evaluations of the loss by 'lbfgs', at most.
    first_layer : {'auto', 'primal', 'dual'}, default='auto'
        How the first layer is trained: by its weights (n_features, n_1), or in the dual form by
        coefficients of the examples (n_samples, n_1), which gives the same numbers and is many
        times as fast where features are many and examples few. 'auto' estimates the work. 'adam'
        and `partial_fit` have the primal form only.
    dropout : float or list, default=0.0
        The rate at which hidden units are left out at each step (inverted dropout), or one rate a
        hidden layer. For 'sgd' and 'adam'.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes, times ``sample_weight``; 'balanced' is in inverse proportion to
        their frequencies. Not part of any score.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coefs_ : list of n_layers_ - 1 arrays of shape (n_in, n_out)
        Weights.
    intercepts_ : list of n_layers_ - 1 arrays of shape (n_out,)
        Biases.
    loss_ : float
        J of the last epoch or iteration.
    loss_curve_ : list of float
        J of each epoch: the mean over its batches, each before its update. Not for 'lbfgs'.
    best_loss_ : float or None
        The least of them; None with early stopping.
    validation_scores_ : list of float or None
        The accuracy on what is held out, after each epoch of early stopping.
    best_validation_score_ : float or None
    n_iter_ : int
        Epochs or iterations of the last fit.
    t_ : int
        Examples seen by 'sgd' or 'adam', each counted in every epoch.
    n_layers_ : int
        Layers, the input's among them.
    n_outputs_ : int
    out_activation_ : str
        'logistic' or 'softmax'.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X has names that are all strings.
    first_layer_, first_layer_reason_ : str
        The form that trained, and why it was chosen.
    network_ : chainrule.Network
        What was fitted, as the rest of chainrule has it: examples are its columns.
    dual_coef_ : ndarray of shape (n_samples, n_1)
        Only where the dual form trained: ``coefs_[0]`` is ``X.T @ dual_coef_`` and a multiple of
        the starting weights. An example that was held out, or weighs nothing, has zeros.

    Notes
    -----
    The loss is computed from logits, where scikit-learn clips probabilities at 2e-16: the curves
    differ where an example is that wrong. `predict_proba` keeps the digits of small probabilities.

    Examples
    --------
    >>> from chainrule import MLPClassifier
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(n_samples=60, n_features=3000, random_state=1)
    >>> clf = MLPClassifier((20,), solver="sgd", learning_rate_init=0.01, random_state=1,
    ...                     max_iter=500).fit(X, y)
    >>> clf.first_layer_, clf.dual_coef_.shape, clf.score(X, y)
    ('dual', (60, 20), 1.0)
    """

    loss = "log_loss"

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseMLP._parameter_constraints,
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    class_weight: Any = None

    @available_if(BaseMLP._stochastic_only)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> "MLPClassifier":
        """One epoch over the examples given, going on from the weights there are.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`.
        classes : array of shape (n_classes,), default=None
            All classes that will ever come. Needed at the first call only.

        Returns
        -------
        self : MLPClassifier
        """
        if _check_partial_fit_first_call(self, classes):
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if several else classes)
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any) -> Array:
        """Classes of X (n_samples, n_features): (n_samples,), or labels (n_samples, n_outputs)."""
        check_is_fitted(self)
        A = outputs(self._logits(X), self.out_activation_)
        return self._label_binarizer.inverse_transform(A.ravel() if A.shape[1] == 1 else A)

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (n_samples, n_classes), in the order of `classes_`.

        For several labels the probability of each, which need not sum to 1.
        """
        check_is_fitted(self)
        Z = self._logits(X)
        if Z.shape[1] == 1:
            Z = np.hstack([-Z, Z])  # 1 - sigmoid(z) without losing its digits
        return outputs(Z, self.out_activation_)

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithms of `predict_proba`, -inf where that is 0."""
        P = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(P, out=P)

    def _labels(self, y: Array, *, reset: bool, incremental: bool) -> Array:
        if reset or not hasattr(self, "classes_"):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y), incremental=incremental)
        return self._label_binarizer.transform(y).astype(bool)

    def _check_classes(self, classes: Array, *, incremental: bool) -> None:
        if self.warm_start and not incremental:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the "
                    f"previous call to fit. Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        if self.class_weight is None:
            return None
        if incremental and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported for partial_fit: the frequencies are not "
                "known. Pass the weights, from compute_class_weight('balanced', classes=classes, "
                "y=y) of all y, as a dict."
            )
        return compute_sample_weight(self.class_weight, y)

    def _out_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _score(self, A: Array, Y: Array, weight: Array | None) -> float:
        """Accuracy; for several labels the part of examples with all of them right."""
        name = OURS.get(self.out_activation_, self.out_activation_)
        return float(np.average(correct(A, Y, name), weights=weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
