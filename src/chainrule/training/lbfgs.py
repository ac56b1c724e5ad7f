"""L-BFGS through SciPy, on the parameters as they are or on rotated ones: a driver that evaluates.

SciPy decides where; the objective says the cost and its gradient there, over all examples.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from chainrule import blas
from chainrule.training.batches import Batch
from chainrule.training.first_layer import Rotated
from chainrule.training.objective import Objective
from chainrule.training.optimizers import LBFGS

Array = np.ndarray
THREADED = 10_000  # numbers of a vector from which on OpenBLAS uses several threads
WITNESSES = 64  # features whose gradient is looked at first; a few rows of X, cheap to multiply


def minimize(
    objective: Objective,
    batch: Batch,
    l2: float,
    rule: LBFGS,
    iterations: int,
    *,
    scale: float = 1.0,
    after: Callable[[bool], bool] | None = None,
) -> Any:
    """SciPy's OptimizeResult, with the parameters at its end.

    iterations : at most. l2, scale : see Objective.evaluate.
    after : is told after each iteration whether it has converged, with the parameters there and the
        last pass over all examples made there; where it returns True training ends, status 1.
    """
    from scipy.optimize import OptimizeResult
    from scipy.optimize import minimize as scipy_minimize

    (block,) = objective.blocks

    def cost(x: Array) -> tuple[float, Array]:
        block.p[...] = x
        value = float(objective.evaluate(batch, l2, scale))
        return value, block.g.copy()

    # A rotation changes the gradient's largest element, which is what SciPy's test looks at.
    first = objective.first
    converged = _Convergence(objective, first, l2, rule) if isinstance(first, Rotated) else None
    ended: list[bool] = []

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        x = intermediate_result.x.astype(block.p.dtype, copy=False)  # as they were evaluated
        if not np.array_equal(block.p, x):
            cost(x)
        there = converged is not None and converged()
        if (after is not None and after(there)) or there:
            ended.append(there)
            raise StopIteration

    if converged is not None:
        value = cost(block.p.copy())[0]
        if converged():
            return OptimizeResult(nit=0, nfev=1, fun=value, status=0, message="converged")
    # SciPy makes much of a callback: of a short fit a twentieth.
    told = None if after is None and converged is None else after_iteration
    limits: dict[str, Any] = {"maxfun": rule.max_evaluations, "maxiter": iterations}
    limits["gtol"] = rule.tolerance if converged is None else 0.0
    how: dict[str, Any] = {"method": "L-BFGS-B", "callback": told, "options": limits}
    with _one_thread_of_scipys(block.p.size):
        found = scipy_minimize(cost, block.p.copy(), jac=True, **how)
    block.p[...] = found.x
    found.nit = min(found.nit, iterations)
    if ended:
        # SciPy calls it a failure. Of itself it looks at the limits before the gradient.
        limited = found.nit >= iterations or found.nfev > rule.max_evaluations
        found.status, found.message = int(limited), "STOP: the limit of iterations or evaluations"
    return found


def _one_thread_of_scipys(n: int) -> AbstractContextManager[Any]:
    """SciPy's BLAS with one thread, where it would take more for vectors of n numbers.

    Beside NumPy's threads, which wait busily, its own made a fit three to eight times as long on
    two cores. What SciPy does itself here are sums of vectors.
    """
    return nullcontext() if n < THREADED else blas.one_of_scipys()


class _Convergence:
    """SciPy's test max |dJ/dp| <= tolerance, of the weights on features, in rotated coordinates.

    The whole gradient would cost half of what the primal form does. A single element above it
    decides that training goes on, so the unit and the features that were largest when all were
    looked at last are looked at first.
    """

    def __init__(self, objective: Objective, first: Rotated, l2: float, rule: LBFGS) -> None:
        self._objective, self._first, self._l2 = objective, first, l2
        self._tolerance = rule.tolerance
        self._witnesses: Array | None = None

    def __call__(self) -> bool:
        (block,) = self._objective.blocks
        if np.abs(block.g[-self._objective.upper.size :]).max() > self._tolerance:
            return False
        if self._witnesses is not None and self._gradient(self._witnesses).max() > self._tolerance:
            return False
        size = np.max(self._gradient(None), axis=0)
        self._witnesses = np.argsort(size)[-WITNESSES:]
        return bool(size.max() <= self._tolerance)

    def _gradient(self, features: Array | None) -> Array:
        """|dJ/dW| at some features, or all."""
        return np.abs(self._first.weight_gradient(self._objective.last.D, self._l2, features))
