"""Optimizers: how a parameter vector p follows its gradient g.

An optimizer is a few lines over a block of parameters p and its gradient g, of shape (..., P),
leading axes being runs. `step` may overwrite g, which belongs to the engine.

`linear` says that every update is a linear recurrence with scalar coefficients; only then does the
first layer stay in the span of the examples and can be trained in its dual form. Element-wise
rules (Adam, RMSProp) leave the span.

In every formula r is the learning rate of that iteration; momentum may differ from run to run.
"""

from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from chainrule import checks
from chainrule.device import Device, namespace
from chainrule.training.parameters import per_run

Array = np.ndarray


class Optimizer(Protocol):
    """A rule with its hyperparameters; its memory lives in `state`, arrays shaped like p.

    One of your own should be a frozen dataclass: a checkpoint knows it again by its repr. On a
    device p, g and state are arrays of PyTorch's.
    """

    linear: ClassVar[bool]
    n_states: ClassVar[int]

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        """Update p in place. t counts from 1. rate : float or (R, 1)."""
        ...


@dataclass(frozen=True)
class GradientDescent:
    """p <- p - r g."""

    linear: ClassVar[bool] = True
    n_states: ClassVar[int] = 0

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        """One update of p in place; g may be overwritten. See `Optimizer`."""
        g *= rate
        p -= g


@dataclass(frozen=True)
class Momentum:
    """v <- mu v - r g;  p <- p + v  (Polyak 1964, as written by Sutskever et al. 2013, eq. 1-2).

    momentum : mu in [0, 1), a number or one per run.
    """

    momentum: Any = 0.9
    linear: ClassVar[bool] = True
    n_states: ClassVar[int] = 1

    def __post_init__(self) -> None:
        mu = checks.numbers(
            type(self).__name__, "momentum", self.momentum, least=0, most=1, open_above=True
        )
        object.__setattr__(self, "momentum", mu if mu.ndim else float(mu))

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        """One update of p in place; g may be overwritten. See `Optimizer`."""
        (v,) = state
        v *= per_run(self.momentum, p.dtype)
        g *= rate
        v -= g
        p += v

    def placed(self, device: Device, dtype: np.dtype) -> "Momentum":
        """The same where the parameters lie: a momentum per run is sent there once."""
        found = copy(self)
        object.__setattr__(found, "momentum", device.put(per_run(self.momentum, dtype)))
        return found


@dataclass(frozen=True)
class Nesterov(Momentum):
    """v <- mu v - r g;  p <- p + mu v - r g  (Sutskever et al. 2013, eq. 3-4, gradient at p).

    The same as scikit-learn's, and at a constant rate as PyTorch's.
    """

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        (v,) = state
        mu = per_run(self.momentum, p.dtype)
        v *= mu
        g *= rate
        v -= g
        p -= g
        p += namespace(p).multiply(v, mu, out=g)


@dataclass(frozen=True)
class Adam:
    """m <- b1 m + (1 - b1) g;  s <- b2 s + (1 - b2) g^2;
    p <- p - r sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(s) + epsilon).

    Kingma & Ba 2015, Algorithm 1 in the cheaper order of section 2, as in scikit-learn.
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    linear: ClassVar[bool] = False
    n_states: ClassVar[int] = 2

    def __post_init__(self) -> None:
        checks.number("Adam", "beta_1", self.beta_1, least=0, most=1, open_above=True)
        checks.number("Adam", "beta_2", self.beta_2, least=0, most=1, open_above=True)
        checks.number("Adam", "epsilon", self.epsilon, least=0, open_below=True)

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        """One update of p in place; g may be overwritten. See `Optimizer`."""
        (m, s), xp = state, namespace(p)
        m *= self.beta_1
        m += (1 - self.beta_1) * g
        s *= self.beta_2
        s += xp.multiply(xp.square(g, out=g), 1 - self.beta_2, out=g)
        xp.sqrt(s, out=g)
        g += self.epsilon
        xp.divide(m, g, out=g)
        g *= rate * ((1 - self.beta_2**t) ** 0.5 / (1 - self.beta_1**t))
        p -= g


@dataclass(frozen=True)
class RMSProp:
    """s <- rho s + (1 - rho) g^2;  p <- p - r g / (sqrt(s) + epsilon)  (Hinton 2012, 6e)."""

    rho: float = 0.9
    epsilon: float = 1e-8
    linear: ClassVar[bool] = False
    n_states: ClassVar[int] = 1

    def __post_init__(self) -> None:
        checks.number("RMSProp", "rho", self.rho, least=0, most=1, open_above=True)
        checks.number("RMSProp", "epsilon", self.epsilon, least=0, open_below=True)

    def step(self, p: Array, g: Array, state: list[Array], rate: Any, t: int) -> None:
        """One update of p in place; g may be overwritten. See `Optimizer`."""
        (s,), xp = state, namespace(p)
        s *= self.rho
        s += (1 - self.rho) * xp.square(g)
        g *= rate
        g /= xp.sqrt(s) + self.epsilon
        p -= g


@dataclass(frozen=True)
class LBFGS:
    """Limited-memory BFGS (Byrd, Lu, Nocedal & Zhu 1995, through SciPy), on all examples at once.

    tolerance : training ends where no element of the gradient is larger.
    max_evaluations : of the cost, at most.

    A rotation leaves its path as it is, so the first layer may be trained in its dual form.
    """

    tolerance: float = 1e-4
    max_evaluations: int = 15000
    linear: ClassVar[bool] = True
    n_states: ClassVar[int] = 0

    def __post_init__(self) -> None:
        checks.number("LBFGS", "tolerance", self.tolerance, least=0)
        checks.whole_number("LBFGS", "max_evaluations", self.max_evaluations, least=1)


OPTIMIZERS: dict[str, Any] = {
    "gd": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adam": Adam,
    "rmsprop": RMSProp,
    "lbfgs": LBFGS,
}


def optimizer_named(optimizer: str | Optimizer) -> Optimizer:
    """The optimizer of that name with its usual settings, or the one given."""
    stepping = callable(getattr(optimizer, "step", None)) and not isinstance(optimizer, type)
    if stepping or isinstance(optimizer, LBFGS):
        return optimizer  # type: ignore[return-value]
    made: Optimizer = OPTIMIZERS[checks.one_of("train", "optimizer", optimizer, OPTIMIZERS)]()
    return made
