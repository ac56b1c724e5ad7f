"""L-BFGS through SciPy, on the parameters as they are or on rotated ones. Columns are examples."""

import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult
from scipy.optimize import minimize as scipy_minimize
from sklearn.exceptions import ConvergenceWarning

from chainrule.estimators.objective import Objective
from chainrule.estimators.rotated import Rotated
from chainrule.estimators.tasks import Tasks

Array = np.ndarray
THREADED = 10_000  # numbers of a vector from which on OpenBLAS uses several threads
WITNESSES = 64  # features whose gradient is looked at first; a few rows of X, cheap to multiply


def minimize(
    estimator: Any,
    objective: Objective,
    Y: Array,
    weight: Array | None,
    rows: Any,
    tasks: Tasks,
) -> None:
    """Minimize over all examples; sets n_iter_ and loss_.

    rows : the examples as rows (m, n_x), of which a test of convergence takes a few features.
    """
    block = objective.block

    def cost(x: Array) -> tuple[float, Array]:
        block.p[...] = x
        value = objective.evaluate(None, Y, weight)
        return value, block.g.copy()

    # A rotation changes the gradient's largest element, which is what SciPy's test looks at.
    rotated = isinstance(objective.first, Rotated)
    total = Y.shape[1] if weight is None else float(weight.sum())
    converged = _Convergence(objective, rows, estimator.alpha / total, estimator.tol)
    ended: list[bool] = []

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        x = intermediate_result.x.astype(block.p.dtype, copy=False)  # as they were evaluated
        if not np.array_equal(block.p, x):
            cost(x)
        if tasks.end() or (rotated and converged()):
            ended.append(True)
            raise StopIteration
        tasks.begin()

    if rotated:
        estimator.n_iter_, estimator.loss_ = 0, cost(block.p.copy())[0]
        if converged():
            return
    tasks.begin()
    with _one_thread_of_scipys(block.p.size):
        found = scipy_minimize(
            cost,
            block.p.copy(),
            method="L-BFGS-B",
            jac=True,
            # SciPy makes much of a callback: of a short fit a twentieth.
            callback=after_iteration if rotated or tasks.heard else None,
            options={
                "maxfun": estimator.max_fun,
                "maxiter": estimator.max_iter,
                "gtol": 0.0 if rotated else estimator.tol,
            },
        )
    tasks.leave()
    block.p[...] = found.x
    estimator.n_iter_, estimator.loss_ = min(found.nit, estimator.max_iter), float(found.fun)
    if ended:
        # SciPy calls it a failure. Of itself it looks at the limits before the gradient.
        limited = found.nit >= estimator.max_iter or found.nfev > estimator.max_fun
        found.status, found.message = int(limited), "STOP: the limit of iterations or evaluations"
    if found.status != 0:
        _warn(found, estimator)


def _one_thread_of_scipys(n: int) -> AbstractContextManager:
    """SciPy's BLAS with one thread, where it would take more for vectors of n numbers.

    It is another than NumPy's, and each lets its threads wait busily: two on two cores made a fit
    three to eight times as long. What SciPy does itself here are sums of vectors.
    """
    if n < THREADED:
        return nullcontext()
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController()
    scipys = [lib.filepath for lib in controller.lib_controllers if "scipy.libs" in lib.filepath]
    return controller.select(filepath=scipys).limit(limits=1)


def _warn(found: OptimizeResult, estimator: Any) -> None:
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


class _Convergence:
    """SciPy's test max |dJ/dp| <= tol, of the weights on features, in the rotated coordinates.

    The whole gradient would cost half of what the primal form does. A single element above tol
    decides that training goes on, so the unit and the features that were largest when all were
    looked at last are looked at first.
    """

    def __init__(self, objective: Objective, rows: Any, decay: float, tol: float) -> None:
        self._objective, self._rows, self._decay, self._tol = objective, rows, decay, tol
        self._witnesses: Any = None

    def __call__(self) -> bool:
        objective = self._objective
        if np.abs(objective.upper_gradient()).max() > self._tol:
            return False
        if self._witnesses is not None and self._largest(self._witnesses) > self._tol:
            return False
        G = np.abs(objective.first.weight_gradient(objective.D, self._decay))
        size = np.max(G, axis=0)
        index = np.argsort(size)[-WITNESSES:]
        chosen = self._rows[:, index]
        chosen = chosen.toarray() if hasattr(chosen, "toarray") else chosen
        self._witnesses = chosen.T, index
        return bool(size.max() <= self._tol)

    def _largest(self, witnesses: Any) -> float:
        objective = self._objective
        G = objective.first.weight_gradient(objective.D, self._decay, witnesses)
        return float(np.abs(G).max())
