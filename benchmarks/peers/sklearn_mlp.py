"""scikit-learn's MLPClassifier with the same batch, learning rate and start.

Plain gradient descent: no momentum, no penalty, a constant rate, never stopped early. On all
examples the batch is m and nothing is shuffled. It computes its loss in every step; that is its
own way and cannot be switched off.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.experiments import Experiment
from benchmarks.peers import Trained
from benchmarks.problems import Problem
from chainrule.network import Network


class FromGivenStart(MLPClassifier):
    """MLPClassifier draws its weights in `_init_coef`, layer by layer; here they are handed out.

    The alternative, a first `partial_fit` and then overwriting `coefs_` under `warm_start`, has
    the fit begin with an update that no other peer makes.
    """

    def given(self, start: Network) -> "FromGivenStart":
        self._given = zip(start.weights, start.biases, strict=True)
        return self

    def _init_coef(self, fan_in, fan_out, dtype):
        W, b = next(self._given)
        # (fan_in, fan_out) in C order, as scikit-learn's own draw would lie in memory.
        return np.array(W.T, dtype, order="C"), b[:, 0].astype(dtype)


def train(problem: Problem, start: Network, experiment: Experiment) -> Trained:
    full = experiment.epochs is None
    model = FromGivenStart(
        hidden_layer_sizes=experiment.hidden,  # () is logistic regression
        activation="relu",
        solver="sgd",
        alpha=0.0,
        batch_size=len(problem.rows) if full else experiment.batch_size,
        learning_rate="constant",
        learning_rate_init=experiment.learning_rate,
        max_iter=experiment.iterations if full else experiment.epochs,
        shuffle=not full,
        random_state=0,
        tol=0.0,
        n_iter_no_change=np.inf,
        momentum=0.0,
        nesterovs_momentum=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # max_iter is meant to be reached
        model.given(start).fit(problem.rows, problem.labels)
    return Trained([W.T for W in model.coefs_], [b[:, None] for b in model.intercepts_])
