"""scikit-learn's 'lbfgs': the engine's driver, told and reported as scikit-learn does."""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from chainrule.estimators.tasks import Tasks
from chainrule.training.batches import Batch
from chainrule.training.first_layer import Rotated
from chainrule.training.lbfgs import minimize
from chainrule.training.objective import Objective
from chainrule.training.optimizers import LBFGS


def fit(estimator: Any, objective: Objective, batch: Batch, scale: float, tasks: Tasks) -> None:
    """Minimize over all examples; sets n_iter_ and loss_."""

    def after(converged: bool) -> bool:
        if tasks.end() or converged:
            return True
        tasks.begin()
        return False

    rule, l2 = LBFGS(estimator.tol, estimator.max_fun), estimator.alpha / batch.share
    told = after if tasks.heard or isinstance(objective.first, Rotated) else None
    tasks.begin()
    found = minimize(objective, batch, l2, rule, estimator.max_iter, scale=scale, after=told)
    tasks.leave()
    estimator.n_iter_, estimator.loss_ = found.nit, float(found.fun)
    if found.status != 0:
        _warn(found, estimator)


def _warn(found: Any, estimator: Any) -> None:
    n_iter, limit = estimator.n_iter_, estimator.max_iter
    lines = [f"lbfgs failed to converge after {n_iter} iteration(s) (status={found.status}):"]
    lines += [f"{found.message}", ""]
    if n_iter == limit:
        lines.append(
            f"Increase the number of iterations to improve the convergence (max_iter={limit})."
        )
    lines += [
        "You might also want to scale the data as shown in:",
        "    https://scikit-learn.org/stable/modules/preprocessing.html",
    ]
    warnings.warn("\n".join(lines), ConvergenceWarning, stacklevel=5)
