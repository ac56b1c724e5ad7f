"""What each training example does to the answers about new ones: see `leave_one_out`.

New examples weigh nothing, so that all trainings share one Gram matrix here, too.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.experiments.examples import Examples
from chainrule.experiments.execute import Execution, execute
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import Setting, given
from chainrule.model.model_file import class_probabilities
from chainrule.network import Network
from chainrule.training import History, train

Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class WithoutEach:
    """network : trained on all m examples, with `data.rescaled()`'s scaling.

    full : (n_classes, q) probabilities by it; of a regression (1, q) predictions.
    without : (m, n_classes, q) the same by the network trained without example i, of those that
        were left out; not a number where a training was not finished, or diverged. complete :
        whether all were finished.
    history : of the training on all examples.
    """

    network: Network
    full: Array
    without: Array
    complete: bool = True
    history: History | None = None

    def __repr__(self) -> str:
        m, _, q = self.without.shape
        return f"WithoutEach({m} examples left out, {q} predictions)"

    def change(self, classes: Any = None) -> Array:
        """(m, q): how much example i, by being trained on, raises the probability of class
        `classes[j]` (q,) for new example j; of the most probable class by default."""
        n, q = self.full.shape
        classes = self.full.argmax(axis=0) if classes is None else np.asarray(classes)
        if classes.shape != (q,) or not np.isin(classes, range(n)).all():
            expected = f"a class from 0 to {n - 1} for each of {q} examples"
            raise InputError("WithoutEach.change", expected, checks.describe(classes))
        j = np.arange(q)
        changes: Array = self.full[classes, j] - self.without[:, classes, j]
        return changes


def without_each(
    data: Dataset,
    raw: Any,
    setting: Setting | None = None,
    *,
    only: Any = None,
    execution: Execution | None = None,
) -> WithoutEach:
    """Train m + 1 times, on all of `data` and without each example, and ask about raw (n_x, q).

    raw : unscaled features, of 8-bit pictures whole numbers from 0 to 255 as `data.raw` holds them.
    setting : what is trained; the course's 4-layer network by default. only : the examples that are
    left out, each alone; all by default.

    A scaling that is learned from data is learned in each training from what it trains on, in
    that on all of `data` as well, so that `change` is the effect of leaving one out and no other.

    Keeps m q n_classes numbers, float64. After Ctrl-C what was finished.
    InputError for features of another kind or number, and for fewer than two examples.
    """
    where = "without_each"
    checks.kind(where, "data", data, Dataset)
    setting, how = given(where, Setting, setting), given(where, Execution, execution)
    asked_about = data.unlabeled(where, raw)
    m, q = len(data), len(asked_about)
    if m < 2:
        raise InputError(where, "at least two examples", f"{m}")
    if not q:
        raise InputError(where, "at least one example to ask about", "none")
    data = setting.prepared(data.rescaled())
    network = setting.network(data.features.shape[0], len(data.Y), data.task)
    more: dict[str, Any] = {"callbacks": how.callbacks, "device": how.device}
    trained = train(network, data, **more, **setting.arguments())
    if not trained.complete:
        raise KeyboardInterrupt
    # Their labels are never looked at: they weigh nothing in any run.
    examples = Examples(where, data.joined(asked_about))
    asked = np.arange(m, m + q)
    left = range(m) if only is None else checks.listing(where, "only", only)
    for i in left:
        checks.whole_number(where, "an example to leave out", i, most=m - 1)
    runs = [Run(setting, np.append(asked, i)) for i in left]

    def keep(run: Run, A: Array) -> Array:
        """Outputs of those asked about."""
        return A[:, run.held_out[:q]].copy()

    every = max(1, setting.updates(m))
    found = execute(where, examples, runs, how, keep=keep, record_every=every)
    answers: Any = class_probabilities if data.classes else np.asarray
    without = np.full((len(runs), max(1, len(data.classes)), q), np.nan)
    for i, outcome in found.items():
        if outcome.diverged < 0 and outcome.kept is not None:
            without[i] = answers(outcome.kept)
    X = replace(asked_about, scaling=data.scaling).matrix(trained.network.dtype)
    full = answers(trained.network.predict_proba(X))
    return WithoutEach(trained.network, full, without, len(found) == len(runs), trained.history)
