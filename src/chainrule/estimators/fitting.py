"""From rows to coefs_: what a fit asks of the engine, for one estimator or for R random states.

Rows are examples in what is given, columns in what the engine has.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from chainrule import blas, checks
from chainrule.errors import InputError
from chainrule.estimators import epochs, lbfgs, weights
from chainrule.estimators.checkpoint import Checkpoint
from chainrule.estimators.layers import OURS
from chainrule.estimators.rows import Rows
from chainrule.estimators.tasks import Tasks
from chainrule.estimators.updates import STOCHASTIC, Updates
from chainrule.network import Network
from chainrule.network.losses import output_and_loss
from chainrule.training import choice
from chainrule.training.batches import Dropout
from chainrule.training.choice import Choice
from chainrule.training.first_layer import Dual, Rotated, first_layer
from chainrule.training.objective import Objective

Array = np.ndarray

BATCH = 200  # examples a step for batch_size="auto", scikit-learn's number
# A stochastic update reads and writes each parameter and its memory some six times; on the machines
# tried, each time takes as long as ten operations of a matrix product.
UPDATE = 60.0
# Vectors of all parameters that SciPy's L-BFGS-B keeps: 2 for each of 10 corrections, and 5 more.
LBFGS_VECTORS = 25


@dataclass(frozen=True, eq=False)
class Fit:
    """One fit, checked; the estimator has the weights that it starts from.

    rows : to train on, at the places `trained` of the m that were given. held_out : those of early
    stopping. rates : of dropout. rng : a RandomState, where the starting weights left it.
    one_epoch : whether it is partial_fit's.
    """

    estimator: Any
    rows: Rows
    trained: Array
    held_out: Rows | None
    m: int
    rates: list[float]
    rng: Any
    one_epoch: bool = False
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True)
class FitSize(choice.Size):
    """The size of a fit, for the choice of the first layer's form."""

    def too_much(self) -> str:
        """Unless the dual form takes no more memory than scikit-learn does, X aside.

        The Gram matrix, half a dozen arrays (n_1, m), a batch's rows of the Gram matrix and, at
        the end, three arrays of the weights' size; against seven of these and a batch of X. For
        lbfgs the eigenvectors are two more Gram matrices, and the vectors are L-BFGS's.
        """
        square, weights = float(self.m) ** 2, float(self.n_x) * self.n_1
        if self.lbfgs:
            dual = 3 * square + LBFGS_VECTORS * self.n_1 * self.m
            if self.itemsize < 8:  # a copy of X in float64, as SciPy's vectors are in any case
                dual += self.read * self.m
            theirs = LBFGS_VECTORS * weights
        else:
            dual = square + (6.0 * self.n_1 + self.batch) * self.m
            theirs = 4 * weights + self.read * self.batch
        room = checks.GRAM_SHARE * checks.memory_bytes() / self.itemsize
        return "" if dual <= min(theirs, room) else "the Gram matrix would take more memory"


def fit_states(
    estimator: Any, X: Any, y: Any, random_states: Sequence[Any], sample_weight: Any = None
) -> list[Any]:
    """A fitted clone of the estimator for each random state, as `fit` alone would fit it.

    estimator : MLPClassifier or MLPRegressor; not changed. X, y, sample_weight : as in `fit`.
    random_states : what `random_state` may be, one for each clone.

    With 'sgd' and 'adam' all train together, in the dual form on one Gram matrix; each ends by
    itself. A later `partial_fit` begins with no momentum. With early stopping, whose held-out
    examples differ, with dropout, weights, callbacks, or 'lbfgs' they are fitted one after the
    other.
    """
    fits: list[Any] = [clone(estimator).set_params(random_state=state) for state in random_states]
    apart = (
        estimator.solver not in STOCHASTIC,
        estimator.early_stopping,
        np.any(np.ravel(estimator.dropout)),
        sample_weight is not None,
        getattr(estimator, "class_weight", None) is not None,
        hasattr(estimator, "_skl_callbacks"),
    )
    if any(apart) or len(fits) < 2:
        return [one.fit(X, y, sample_weight) for one in fits]
    for one in fits:
        one._validate_params()
    run([one._begun(X, y) for one in fits], Tasks(estimator, None, "epoch", {}))
    return fits


def run(fits: Sequence[Fit], tasks: Tasks) -> None:
    """Train the estimators, all but one alike, and give them what was reached."""
    fit, estimator = fits[0], fits[0].estimator
    rows, m, dtype = fit.rows, len(fit.rows.Y), estimator.coefs_[0].dtype
    stochastic = estimator.solver in STOCHASTIC
    batch_size = _batch_size(estimator.batch_size, m) if stochastic else m
    size = _size(fit, batch_size, len(fits))
    chosen = _choose(fit, size)
    if fit.checkpoint is not None:
        chosen = fit.checkpoint.confirm(chosen, rows, fit.held_out)
    if chosen.form == "dual" and not stochastic:
        # The rotation's eigenvalues are squares: in float32 it would lose directions.
        dtype = np.dtype(np.float64)
    units = [len(estimator.coefs_[0]), *(W.shape[1] for W in estimator.coefs_)]
    dropout = Dropout(fit.rates, units[1:-1], dtype)
    s = None if rows.weight is None else rows.weight.astype(dtype)
    rngs = [one.rng for one in fits]
    examples = epochs.Examples(rows.Y, dtype, s, batch_size, estimator.shuffle, rngs, dropout)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        objective = _objective(fits, chosen.form, dtype, whole=examples.whole)
        if chosen.form == "primal" and len(fits) == 1:
            estimator.coefs_, estimator.intercepts_ = weights.coefs(objective)
        tasks.attributes = lambda: weights.copies(objective)
        # Of a squared error scikit-learn reports the mean over the outputs.
        scale = 1 / units[-1] if estimator.out_activation_ == "identity" else 1.0
        with blas.for_steps(size.product(chosen.form), units, batch_size):
            if stochastic:
                _run_epochs(fits, objective, examples, scale, tasks)
            else:
                lbfgs.fit(estimator, objective, examples.all(), scale, tasks)
        _give_back(fits, objective, chosen)


def _run_epochs(
    fits: Sequence[Fit],
    objective: Objective,
    examples: epochs.Examples,
    scale: float,
    tasks: Tasks,
) -> None:
    """By 'sgd' or 'adam', with their memory of what went before."""
    fit, estimators = fits[0], [one.estimator for one in fits]
    updates = [Updates(one) for one in estimators]
    for block in objective.blocks:
        block.state = [np.zeros_like(block.p) for _ in range(updates[0].rule.n_states)]
    if len(fits) == 1:
        # The memory that partial_fit left goes on where training does.
        if fit.one_epoch and hasattr(fit.estimator, "_optimizer"):
            updates = [fit.estimator._optimizer]
        fit.estimator._optimizer = updates[0]
        if updates[0].memory:
            weights.remember(objective, updates[0].memory)
    others, score = fit.held_out, None
    if others is not None:
        score = others.scorer(objective, fit.estimator._score)
    state = epochs.State(estimators, objective, updates, examples, scale)
    epochs.train(state, score, tasks, fit.checkpoint, one_epoch=fit.one_epoch)


def _give_back(fits: Sequence[Fit], objective: Objective, chosen: Choice) -> None:
    """coefs_ and intercepts_, how the first layer was trained, and its dual coefficients (m, n_1),
    if there are any, into the estimators; ValueError where they are not finite."""
    first = objective.first
    C = first.coefficients() if isinstance(first, Dual | Rotated) else None
    if len(fits) == 1:
        one = fits[0].estimator
        one.coefs_, one.intercepts_, memory = weights.result(objective)
        if one.solver in STOCHASTIC:
            one._optimizer.memory = memory
        else:  # SciPy's result is float64, and so are scikit-learn's weights
            one.coefs_ = [W.astype(np.float64, copy=False) for W in one.coefs_]
            one.intercepts_ = [b.astype(np.float64, copy=False) for b in one.intercepts_]
    else:
        ended = objective.network()
        for r, fit in enumerate(fits):
            fit.estimator.coefs_ = [W[r].T for W in ended.weights]
            fit.estimator.intercepts_ = [b[r, :, 0] for b in ended.biases]
    for r, fit in enumerate(fits):
        one = fit.estimator
        one.first_layer_, one.first_layer_reason_ = chosen.form, chosen.reason
        one.__dict__.pop("dual_coef_", None)
        if C is not None:
            own = C if len(fits) == 1 else C[r]
            one.dual_coef_ = np.zeros((fit.m, len(own)), own.dtype)
            one.dual_coef_[fit.trained] = own.T
    reached = [W for fit in fits for W in (*fit.estimator.coefs_, *fit.estimator.intercepts_)]
    if not all(np.isfinite(W).all() for W in reached):
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may contain large "
            "values and need to be preprocessed."
        )


def network_of(estimator: Any, dtype: Any) -> Network:
    """The present coefs_ as the engine's network: views where the dtype allows."""
    names = [OURS.get(name, name) for name in estimator._activations()]
    return Network(
        tuple(W.T.astype(dtype, copy=False) for W in estimator.coefs_),
        tuple(b.astype(dtype, copy=False)[:, None] for b in estimator.intercepts_),
        tuple(names),
        output_and_loss(estimator.n_outputs_, names[-1], None)[1],
    )


def _objective(fits: Sequence[Fit], form: str, dtype: Any, *, whole: bool) -> Objective:
    networks = [network_of(fit.estimator, dtype) for fit in fits]
    network = networks[0] if len(fits) == 1 else Network.stack(networks)
    first = first_layer(
        fits[0].rows.features(dtype),
        network.weights[0],
        form,
        decays=fits[0].estimator.alpha > 0,
        lbfgs=fits[0].estimator.solver == "lbfgs",
        carried=True,
    )
    return Objective(network, first, whole=whole)


def _batch_size(asked: Any, m: int) -> int:
    if asked == "auto":
        return min(BATCH, m)
    if asked > m:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=5,
        )
    return min(int(asked), m)


def _size(fit: Fit, batch_size: int, runs: int) -> FitSize:
    X, W, stochastic = fit.rows.X, fit.estimator.coefs_[0], fit.estimator.solver in STOCHASTIC
    m, n_x = X.shape
    made = max(1, fit.estimator.max_iter // 4)  # a fit seldom takes all of its epochs
    return FitSize(
        n_x,
        m,
        W.shape[1],
        runs,
        batch_size,
        made * -(-m // batch_size),
        W.dtype.itemsize,
        X.nnz / max(1, m) if issparse(X) else n_x,
        not stochastic,
        UPDATE if stochastic else 0.0,
    )


def _choose(fit: Fit, size: FitSize) -> Choice:
    """The form for `first_layer`, or InputError for a dual that cannot be."""
    asked, solver = fit.estimator.first_layer, fit.estimator.solver
    if asked == "dual" and solver == "adam":
        raise InputError(
            type(fit.estimator).__name__,
            "solver='sgd' or 'lbfgs' for first_layer='dual'",
            "solver='adam', which changes every weight by a rule of its own",
            "Choose one of these solvers, or first_layer='auto'.",
        )
    if fit.one_epoch:
        return Choice("primal", "primal: a single pass over the examples")
    return choice.choose(asked, size, linear=solver != "adam", optimizer=solver)
