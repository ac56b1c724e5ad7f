"""What the classifier and the regressor share: parameters, and a fit from rows to coefs_.

Rows are examples in what is given and returned; `_train` turns them into the engine's columns.
"""

import warnings
from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, _fit_context
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from chainrule import blas, checks
from chainrule.errors import InputError
from chainrule.estimators import epochs, lbfgs, weights
from chainrule.estimators.architecture import (
    LOSS_OF_OUTPUT,
    OURS,
    hidden_activations,
    hidden_units,
    starting_weights,
)
from chainrule.estimators.checkpoint import Checkpoint, all_or_nothing
from chainrule.estimators.described import described
from chainrule.estimators.form import UPDATE, FitSize, choose
from chainrule.estimators.parameters import CONSTRAINTS
from chainrule.estimators.predictions import logits
from chainrule.estimators.rows import Rows, split
from chainrule.estimators.tasks import Tasks
from chainrule.estimators.updates import Updates
from chainrule.model.described import Described
from chainrule.network import Network
from chainrule.training.batches import Dropout, dropout_rates
from chainrule.training.choice import Choice
from chainrule.training.first_layer import Dual, Rotated, first_layer
from chainrule.training.objective import Objective

Array = np.ndarray

STOCHASTIC = ("sgd", "adam")
BATCH = 200  # examples a step for batch_size="auto", scikit-learn's number


def scale_of(network: Network) -> float:
    """Of the losses in J: of a squared error scikit-learn reports the mean over the outputs."""
    return 1 / network.layer_sizes[-1] if network.loss == "squared_error" else 1.0


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
    _parameter_constraints: ClassVar[dict] = CONSTRAINTS

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

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation_data: Any,
        *,
        incremental: bool,
        checkpoint: Checkpoint | None = None,
    ) -> Any:
        told = self._told(X, y, sample_weight)  # as given: a frame keeps its names
        given = self._begun(
            X, y, sample_weight, validation_data, incremental=incremental, checkpoint=checkpoint
        )
        context = None if incremental else self._begin_context(told)
        tasks = Tasks(self, context, "epoch" if self.solver in STOCHASTIC else "lbfgs-iter", told)
        self._train(*given, validation_data, tasks, checkpoint, one_epoch=incremental)
        self._check_finite()
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
    ) -> tuple[Rows, list[str], list[float], Any]:
        """Checked rows, hidden activations, dropout rates and the generator, with the starting
        weights drawn."""
        hidden = hidden_units(self.hidden_layer_sizes)
        rates = dropout_rates("dropout", self.dropout, len(hidden))
        first_pass = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._validated(X, y, reset=first_pass)
        self._check_use(rates, validation_data, incremental=incremental)
        Y = self._labels(y, reset=not (self.warm_start or incremental), incremental=incremental)
        rows = self._rows(X, y, Y, sample_weight, incremental=incremental)
        self.n_outputs_ = Y.shape[1]
        units = [X.shape[1], *hidden, self.n_outputs_]
        activations = hidden_activations(self.activation, len(hidden))
        rng = check_random_state(self.random_state)
        if checkpoint is not None:
            rng = checkpoint.generator(rng)
        if first_pass:
            self._initialize(units, activations, X.dtype, rng)
        self._begin_records()
        if [W.shape for W in self.coefs_] != list(pairwise(units)):
            raise InputError(
                type(self).__name__,
                f"layers of {units} units, as the parameters and the data say",
                f"{[len(self.coefs_[0]), *(W.shape[1] for W in self.coefs_)]} from the last fit",
                "Set warm_start=False to begin anew, or clone the estimator.",
            )
        return rows, activations, rates, rng

    def _check_finite(self) -> None:
        if not all(np.isfinite(W).all() for W in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """X and y as scikit-learn checks them; `reset` where X is to define the features."""
        for name, value in (("X", X), ("y", y)):
            checks.unmasked(type(self).__name__, name, value)
        return validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            y_numeric=self._y_numeric,
            reset=reset,
        )

    @staticmethod
    def _told(X: Any, y: Any, sample_weight: Any) -> dict[str, Any]:
        """What callbacks are told of the data."""
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        return {"X": X, "y": y, "metadata": metadata}

    def _begin_context(self, told: dict[str, Any]) -> Any:
        """The callback context of a fit, begun: at most max_iter steps and one never made."""
        context = self._init_callback_context(max_subtasks=self.max_iter + 1)
        context.call_on_fit_task_begin(estimator=self, **told)
        return context

    def _check_use(self, rates: list[float], validation_data: Any, *, incremental: bool) -> None:
        """Refuse parameters that contradict one another or the call."""
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        stochastic = self.solver in STOCHASTIC
        if validation_data is not None and not (stochastic and self.early_stopping):
            raise InputError(
                type(self).__name__,
                "early_stopping=True and solver='sgd' or 'adam' beside validation_data",
                f"early_stopping={self.early_stopping} and solver={self.solver!r}",
            )
        if any(rates) and not stochastic:
            fix = "L-BFGS needs a loss that does not change by chance."
            raise InputError(
                type(self).__name__, "solver='sgd' or 'adam' for dropout", repr(self.solver), fix
            )

    def _rows(self, X: Any, y: Array, Y: Array, sample_weight: Any, *, incremental: bool) -> Rows:
        if sample_weight is not None:
            checks.unmasked(type(self).__name__, "sample_weight", sample_weight)
            sample_weight = _check_sample_weight(sample_weight, X)
        by_class = self._class_weights(y, incremental=incremental)
        weight = sample_weight
        if by_class is not None:
            weight = by_class if sample_weight is None else by_class * sample_weight
        return Rows(X.tocsr() if issparse(X) else X, Y, weight, sample_weight)

    def _initialize(self, units: list[int], activations: list[str], dtype: Any, rng: Any) -> None:
        """Everything that the first fit begins with."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(units)
        self.out_activation_ = self._out_activation()
        of_output = activations[-1] if activations else str(self.activation)
        self.coefs_, self.intercepts_ = starting_weights(
            units, [*activations, of_output], dtype, rng
        )
        self.__dict__.pop("loss_curve_", None)

    def _begin_records(self) -> None:
        """Curves and best values of the stochastic solvers; a warm start goes on with its own."""
        if self.solver not in STOCHASTIC:
            return
        fresh = not hasattr(self, "loss_curve_")
        if fresh:
            self.loss_curve_: list[float] = []
            self._no_improvement_count = 0
        kept = "best_validation_score_" if self.early_stopping else "best_loss_"
        if fresh or getattr(self, kept, None) is None:
            self.best_loss_ = None if self.early_stopping else np.inf
            self.validation_scores_: list[float] | None = [] if self.early_stopping else None
            self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _train(
        self,
        rows: Rows,
        activations: list[str],
        rates: list[float],
        rng: Any,
        validation_data: Any,
        tasks: Tasks,
        checkpoint: Checkpoint | None,
        *,
        one_epoch: bool,
    ) -> None:
        """From rows to coefs_, by way of the engine."""
        stochastic, m = self.solver in STOCHASTIC, len(rows.Y)
        dtype = self.coefs_[0].dtype
        trained, others = np.arange(m), None
        if stochastic and self.early_stopping:
            if validation_data is None:
                binary = self.out_activation_ == "logistic" and rows.Y.shape[1] == 1
                trained, rest = split(rows.Y, self.validation_fraction, rng, stratified=binary)
                rows, others = rows.take(trained), rows.take(rest)
            else:
                others = self._validation_rows(validation_data, sparse=issparse(rows.X))
        if rows.weight is not None and not rows.weight.any():
            expected = "an example of positive weight among those that are trained on"
            raise InputError(type(self).__name__, expected, "only zeros")
        batch_size = self._batch_size(len(trained)) if stochastic else len(trained)
        size = self._size(rows.X, batch_size, 1)
        choice = choose(self, size, one_epoch=one_epoch)
        if checkpoint is not None:
            choice = checkpoint.confirm(choice, rows, others)
        if choice.form == "dual" and not stochastic:
            # The rotation's eigenvalues are squares: in float32 it would lose directions.
            dtype = np.dtype(np.float64)
        X = rows.features(dtype)
        network = self._network(activations, dtype)
        units, scale = network.layer_sizes, scale_of(network)
        dropout = Dropout(rates, units[1:-1], dtype)
        examples = epochs.Examples(
            rows.Y, dtype, rows.weights(dtype), batch_size, self.shuffle, rng, dropout
        )
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            first = first_layer(
                X,
                network.weights[0],
                choice.form,
                decays=self.alpha > 0,
                lbfgs=not stochastic,
                carried=True,
            )
            objective = Objective(network, first, whole=examples.whole)
            del network
            if choice.form == "primal":
                self.coefs_, self.intercepts_ = weights.coefs(objective)
            tasks.attributes = lambda: weights.copies(objective)
            steps = blas.for_steps(size.product(choice.form), units, batch_size)
            if stochastic:
                self._begin_updates(objective, go_on=one_epoch)
                score = None if others is None else others.scorer(objective, self._score)
                state = epochs.State(self, objective, self._optimizer, examples, scale)
                with steps:
                    epochs.train(state, score, tasks, checkpoint, one_epoch=one_epoch)
            else:
                with steps:
                    lbfgs.fit(self, objective, examples.all(), scale, tasks)
            self.coefs_, self.intercepts_, memory = weights.result(objective)
        if stochastic:
            self._optimizer.memory = memory
        else:  # SciPy's result is float64, and so are scikit-learn's weights
            self.coefs_ = [W.astype(np.float64, copy=False) for W in self.coefs_]
            self.intercepts_ = [b.astype(np.float64, copy=False) for b in self.intercepts_]
        C = first.coefficients() if isinstance(first, Dual | Rotated) else None
        self._report(choice, C, trained, m)

    def _size(self, X: Any, batch_size: int, runs: int) -> FitSize:
        """What the choice of the first layer's form depends on. X : rows to train on."""
        m, n_x = X.shape
        W, epochs = self.coefs_[0], max(1, self.max_iter // 4)  # a fit seldom takes all of them
        stochastic = self.solver in STOCHASTIC
        return FitSize(
            n_x,
            m,
            W.shape[1],
            runs,
            batch_size,
            epochs * -(-m // batch_size),
            W.dtype.itemsize,
            X.nnz / max(1, m) if issparse(X) else n_x,
            not stochastic,
            UPDATE if stochastic else 0.0,
        )

    def _begin_updates(self, objective: Objective, *, go_on: bool) -> None:
        """An optimizer, with the memory that partial_fit left where training is to go on."""
        if not go_on or not hasattr(self, "_optimizer"):
            self._optimizer = Updates(self)
        self._optimizer.begin(objective.blocks[0])
        if self._optimizer.memory:
            weights.remember(objective, self._optimizer.memory)

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
        if sparse and not issparse(X):
            X = csr_array(X)
        given = None if not weight or weight[0] is None else _check_sample_weight(weight[0], X)
        return Rows(X.tocsr() if sparse else X, Y, given, given)

    def _batch_size(self, m: int) -> int:
        if self.batch_size == "auto":
            return min(BATCH, m)
        if self.batch_size > m:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=5,
            )
        return min(int(self.batch_size), m)

    def _network(self, activations: list[str], dtype: Any) -> Network:
        """The present coefs_ as the engine's network: views where the dtype allows."""
        names = [OURS.get(name, name) for name in (*activations, self.out_activation_)]
        return Network(
            tuple(W.T.astype(dtype, copy=False) for W in self.coefs_),
            tuple(b.astype(dtype, copy=False)[:, None] for b in self.intercepts_),
            tuple(names),
            LOSS_OF_OUTPUT[self.out_activation_],
        )

    def _report(self, choice: Choice, C: Array | None, trained: Array, m: int) -> None:
        """How the first layer was trained, and its dual coefficients (n_1, m) if there are any."""
        self.first_layer_, self.first_layer_reason_ = choice.form, choice.reason
        self.__dict__.pop("dual_coef_", None)
        if C is not None:
            self.dual_coef_ = np.zeros((m, len(C)), C.dtype)
            self.dual_coef_[trained] = C.T

    def described(self, raw: Any) -> Described:
        """What another program has to be told of it, and its answers to `raw` (`export_onnx`)."""
        return described(self, raw)

    @property
    def network_(self) -> Network:
        """What was fitted as chainrule's own network, whose examples are columns: views."""
        check_is_fitted(self)
        hidden = hidden_activations(self.activation, len(self.coefs_) - 1)
        return self._network(hidden, self.coefs_[0].dtype)

    def _logits(self, X: Any) -> Array:
        """What goes into the output's activation (m, n_y), for new rows."""
        checks.unmasked(type(self).__name__, "X", X)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        hidden = hidden_activations(self.activation, len(self.coefs_) - 1)
        given = self.coefs_, self.intercepts_, hidden, self.out_activation_
        return logits(type(self).__name__, X, *given)

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
