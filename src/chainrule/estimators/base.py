"""What the classifier and the regressor share: parameters, their checks, and a fit of rows.

Longer than other files, for the names, bounds and words of scikit-learn's parameters. What trains
is in `fitting.py`.
"""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from chainrule import checks
from chainrule.errors import InputError
from chainrule.estimators import described, epochs, fitting, layers
from chainrule.estimators.checkpoint import Checkpoint, all_or_nothing
from chainrule.estimators.rows import Rows, split
from chainrule.estimators.tasks import Tasks
from chainrule.estimators.updates import STOCHASTIC
from chainrule.model.described import Described
from chainrule.network import Network
from chainrule.training.batches import dropout_rates

Array = np.ndarray

# scikit-learn 1.9's bounds, and those of our own parameters.
CONSTRAINTS: dict[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions(layers.ACTIVATIONS), "array-like"],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "first_layer": [StrOptions({"auto", "primal", "dual"})],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
}


# The constructor stores the fields, as scikit-learn wants it, and does nothing else.
@dataclass(eq=False, repr=False)
class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """Parameters, fitting and forward pass of MLPClassifier and MLPRegressor."""

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    solver: str = "adam"
    alpha: float = 0.0001
    batch_size: Any = "auto"
    learning_rate: str = "constant"
    learning_rate_init: float = 0.001
    power_t: float = 0.5
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    verbose: bool | int = False
    warm_start: bool = False
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: float = 10
    max_fun: int = 15000
    first_layer: str = "auto"
    dropout: Any = 0.0

    _y_numeric = False  # whether y must be numbers
    _parameter_constraints: ClassVar[dict[str, Any]] = CONSTRAINTS

    @abstractmethod
    def _labels(self, y: Array, *, reset: bool, incremental: bool) -> Array:
        """Labels y as outputs (m, n_y); `reset` where they are to define the classes."""

    @abstractmethod
    def _out_activation(self) -> str:
        """scikit-learn's name of the output's activation."""

    @abstractmethod
    def _score(self, A: Array, Y: Array, weight: Array | None) -> float:
        """What early stopping watches, from outputs A and labels Y, both (n_y, m)."""

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        """A weight for each example (m,) by its class, or None."""
        return None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: Any = None,
        *,
        checkpoint: Any = None,
        checkpoint_every: int = 10,
    ) -> Any:
        """Fit the network to X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The examples, one a row. float64 and float32 are kept, all else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, an indicator matrix of several labels, or numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the examples, any scale. Weight 0 leaves an example out.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Examples for early stopping, in the place of a part of X. Needs
            ``early_stopping=True``. Not in scikit-learn.
        checkpoint : str or path-like, default=None
            A file that keeps the training of 'sgd' or 'adam' as it goes. If it is there, `fit` goes
            on from it to the same bits as without a stop: data and parameters must be those it
            began with, but for ``max_iter``, which may grow. Not in scikit-learn.
        checkpoint_every : int, default=10
            Epochs between two writes of that file. It is also written before the first and at the
            end; Ctrl-C ends training with the epoch.

        Returns
        -------
        self : object
        """
        data = X, y, sample_weight, validation_data
        if checkpoint is None:
            return self._fit(*data, incremental=False)
        kept = Checkpoint(self, checkpoint, checkpoint_every)
        with all_or_nothing(self):
            return self._fit(*data, incremental=False, checkpoint=kept)

    def _fit(self, X: Any, y: Any, sample_weight: Any, *others: Any, **how: Any) -> Any:
        """others, how : see `_begun`. Callbacks are told of the data as given, with its names."""
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        told = {"X": X, "y": y, "metadata": metadata}
        fit = self._begun(X, y, sample_weight, *others, **how)
        context = None
        if not fit.one_epoch:  # at most max_iter steps and one that is never made
            context = self._init_callback_context(max_subtasks=self.max_iter + 1)
            context.call_on_fit_task_begin(estimator=self, **told)
        step = "epoch" if self.solver in STOCHASTIC else "lbfgs-iter"
        fitting.run([fit], Tasks(self, context, step, told))
        if context is not None:
            context.call_on_fit_task_end(estimator=self, **told, reconstruction_attributes={})
        return self

    def _begun(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        validation_data: Any = None,
        *,
        incremental: bool = False,
        checkpoint: Checkpoint | None = None,
    ) -> fitting.Fit:
        """The fit to be made, checked, with the starting weights drawn."""
        hidden = layers.hidden_units(self.hidden_layer_sizes)
        rates = dropout_rates("dropout", self.dropout, len(hidden))
        first_pass = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._validated(X, y, reset=first_pass)
        self._check_use(rates, validation_data, incremental=incremental)
        Y = self._labels(y, reset=not (self.warm_start or incremental), incremental=incremental)
        weight = self._sample_weight(X, sample_weight)
        by_class = self._class_weights(y, incremental=incremental)
        if by_class is not None:
            by_class = by_class if weight is None else by_class * weight
        rows = Rows(
            X.tocsr() if issparse(X) else X, Y, weight if by_class is None else by_class, weight
        )
        self.n_outputs_ = Y.shape[1]
        units = [X.shape[1], *hidden, self.n_outputs_]
        names = layers.hidden_activations(self.activation, len(hidden))
        rng = check_random_state(self.random_state)
        if checkpoint is not None:
            rng = checkpoint.generator(rng)
        if first_pass:
            self._initialize(units, names, X.dtype, rng)
        if self.solver in STOCHASTIC:
            epochs.begin_records(self)
        self._check_layers(units)
        parts = self._parts(rows, validation_data, rng)
        return fitting.Fit(self, *parts, len(Y), rates, rng, incremental, checkpoint)

    def _initialize(self, units: list[int], activations: list[str], dtype: Any, rng: Any) -> None:
        """Everything that the first fit begins with."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(units)
        self.out_activation_ = self._out_activation()
        of_output = activations[-1] if activations else str(self.activation)
        self.coefs_, self.intercepts_ = layers.starting_weights(
            units, [*activations, of_output], dtype, rng
        )
        self.__dict__.pop("loss_curve_", None)

    def _check_layers(self, units: list[int]) -> None:
        if [W.shape for W in self.coefs_] != list(pairwise(units)):
            raise InputError(
                type(self).__name__,
                f"layers of {units} units, as the parameters and the data say",
                f"{[len(self.coefs_[0]), *(W.shape[1] for W in self.coefs_)]} from the last fit",
                "Set warm_start=False to begin anew, or clone the estimator.",
            )

    def _parts(self, rows: Rows, validation_data: Any, rng: Any) -> tuple[Rows, Array, Rows | None]:
        """Rows to train on, their places among those given, and rows held out for the score."""
        trained, held_out = np.arange(len(rows.Y)), None
        if validation_data is not None:
            held_out = self._validation_rows(validation_data, sparse=issparse(rows.X))
        elif self.early_stopping and self.solver in STOCHASTIC:
            binary = self.out_activation_ == "logistic" and rows.Y.shape[1] == 1
            trained, rest = split(rows.Y, self.validation_fraction, rng, stratified=binary)
            rows, held_out = rows.take(trained), rows.take(rest)
        if rows.weight is not None and not rows.weight.any():
            expected = "an example of positive weight among those that are trained on"
            raise InputError(type(self).__name__, expected, "only zeros")
        return rows, trained, held_out

    def _validation_rows(self, validation_data: Any, *, sparse: bool) -> Rows:
        if not isinstance(validation_data, tuple) or len(validation_data) not in (2, 3):
            got = f"a {type(validation_data).__name__}"
            raise InputError("validation_data", "(X, y) or (X, y, sample_weight)", got)
        X, y, *weight = validation_data
        X, y = self._validated(X, y, reset=False)
        Y = self._labels(y, reset=False, incremental=True)
        if Y.shape[1] != self.n_outputs_:
            raise InputError("validation_data", f"y of {self.n_outputs_} outputs", f"{Y.shape[1]}")
        if issparse(X) and not sparse:
            X = X.toarray()
        given = self._sample_weight(X, *weight) if weight else None
        return Rows(csr_array(X) if sparse else X, Y, given, given)

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """X and y as scikit-learn checks them; `reset` where X is to define the features."""
        for name, value in (("X", X), ("y", y)):
            checks.unmasked(type(self).__name__, name, value)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            y_numeric=self._y_numeric,
            reset=reset,
        )
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _sample_weight(self, X: Any, sample_weight: Any) -> Array | None:
        if sample_weight is None:
            return None
        checks.unmasked(type(self).__name__, "sample_weight", sample_weight)
        weight: Array = _check_sample_weight(sample_weight, X)
        return weight

    def _check_use(self, rates: list[float], validation_data: Any, *, incremental: bool) -> None:
        """Refuse parameters that contradict one another or the call."""
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        where, stochastic = type(self).__name__, self.solver in STOCHASTIC
        if validation_data is not None and not (stochastic and self.early_stopping):
            expected = "early_stopping=True and solver='sgd' or 'adam' beside validation_data"
            got = f"early_stopping={self.early_stopping} and solver={self.solver!r}"
            raise InputError(where, expected, got)
        if any(rates) and not stochastic:
            expected = "solver='sgd' or 'adam' for dropout"
            fix = "L-BFGS needs a loss that does not change by chance."
            raise InputError(where, expected, repr(self.solver), fix)

    def described(self, raw: Any) -> Described:
        """What another program has to be told of it, and its answers to `raw` (`export_onnx`)."""
        return described.described(self, raw)

    @property
    def network_(self) -> Network:
        """What was fitted as chainrule's own network, whose examples are columns: views."""
        check_is_fitted(self)
        return fitting.network_of(self, self.coefs_[0].dtype)

    def _activations(self) -> list[str]:
        """scikit-learn's names of every layer's."""
        hidden = layers.hidden_activations(self.activation, len(self.coefs_) - 1)
        return [*hidden, self.out_activation_]

    def _logits(self, X: Any) -> Array:
        """What goes into the output's activation (m, n_y), for new rows."""
        checks.unmasked(type(self).__name__, "X", X)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        where, names = type(self).__name__, self._activations()
        return layers.logits(where, X, self.coefs_, self.intercepts_, names)

    def _stochastic_only(self) -> bool:
        """Whether there is a partial_fit, for available_if."""
        if self.solver not in STOCHASTIC:
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
