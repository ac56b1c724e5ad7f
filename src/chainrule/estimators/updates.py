"""The stochastic solvers' rules and learning rates, over steps, epochs and calls of partial_fit."""

from typing import Any

import numpy as np

from chainrule.training.optimizers import Adam, GradientDescent, Momentum, Nesterov, Optimizer

STOCHASTIC = ("sgd", "adam")
SMALLEST_RATE = 1e-6  # an adaptive rate that has come down to it ends the training


class AnyMomentum(Momentum):
    """Momentum as the engine's, but for mu = 1, which scikit-learn allows."""

    def __post_init__(self) -> None:
        pass


class AnyNesterov(AnyMomentum, Nesterov):
    """Nesterov's momentum as the engine's, but for mu = 1."""


def _rule(estimator: Any) -> Optimizer:
    if estimator.solver == "adam":
        return Adam(estimator.beta_1, estimator.beta_2, estimator.epsilon)
    if estimator.momentum == 0:
        return GradientDescent()
    kind = AnyNesterov if estimator.nesterovs_momentum else AnyMomentum
    return kind(float(estimator.momentum))


class Updates:
    """An optimizer with its learning rate.

    learning_rate : of sgd, as its policy has it by now. t : steps made.
    memory : between trainings, the optimizer's state as `weights.result` gives it.
    """

    def __init__(self, estimator: Any) -> None:
        self.rule = _rule(estimator)
        self.policy = estimator.learning_rate if estimator.solver == "sgd" else "constant"
        self.power_t, self.start = float(estimator.power_t), float(estimator.learning_rate_init)
        self.learning_rate, self.t = self.start, 0
        self.memory: list[np.ndarray] = []

    def epoch_ends(self, seen: int) -> None:
        """seen : examples since the first epoch, each counted whenever it was seen."""
        if self.policy == "invscaling":
            self.learning_rate = self.start / (seen + 1) ** self.power_t

    def ends(self) -> str:
        """What follows when training no longer improves: "" to go on with a smaller rate."""
        if self.policy != "adaptive":
            return "Stopping."
        if self.learning_rate <= SMALLEST_RATE:
            return "Learning rate too small. Stopping."
        self.learning_rate /= 5
        return ""
