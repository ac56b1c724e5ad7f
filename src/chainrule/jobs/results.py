"""What is said of a finished training at once: results, and what looks wrong in it."""

from typing import Any

import numpy as np

from chainrule.data import Splits
from chainrule.experiments.answers import Unseen
from chainrule.jobs.options import Options
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.model.regression import Regression
from chainrule.model.verdict import UNKNOWN, verdict_of
from chainrule.training import History, Training
from chainrule.training.layer_health import dead_relus
from chainrule.training.warnings import TrainingWarning, training_warnings
from chainrule.wording import CROSSED

NOTHING_HELD_OUT = "No examples were held out: see chainrule crossval."
NOT_CROSSED = "No examples were held out, and it was not cross-validated: "


def results(
    model: Model, splits: Splits, unseen: Unseen | None = None
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """By the name of the set: fractions right, and the cost in nats per example, or errors; and
    what the examples that were held out say of it, see `Verdict.facts`, with whether the training
    examples were learned.

    unseen : the cross-validation, where nothing was held out.
    """
    found = {name: evaluate(model, data) for name, data in splits.sets.items()}
    (tested, data), trained, intervals = splits.tested, found["training"], None
    held = found[tested] if data is splits.sets[tested] else evaluate(model, data)
    if held is trained and unseen and unseen.answers:
        held = found[CROSSED] = unseen.answers.found
        intervals = unseen.answers.intervals
    reached = {name: {"examples": one.m, **one.scores} for name, one in found.items()}
    if held is trained:
        why = NOTHING_HELD_OUT if unseen is None else f"{NOT_CROSSED}{unseen.why}"
        tells: dict[str, Any] = {"command": unseen.command} if unseen and unseen.command else {}
        tells |= {"slow": True} if unseen and unseen.slow else {}
        why = f"{why} {splits.uncounted}".strip()
        return reached, UNKNOWN.facts(why) | tells | {"learned": trained.learned}
    own = trained.r2 if isinstance(trained, Regression) else trained.accuracy
    verdict, together = verdict_of(held, own, intervals), unseen.together if unseen else ""
    words = " ".join(filter(None, (verdict.said, verdict.words, together, splits.uncounted)))
    return reached, verdict.facts(words) | {"learned": trained.learned}


def rounding(found: Training, options: Options, reached: dict[str, Any]) -> dict[str, Any]:
    """What float32, of K first of all, did to the last cost of a training in full batches: that is
    beside the cost that a model has, which computes in float64; {} where the two are no pair."""
    alike = not (options.batch_size or options.dropout or options.patience or options.class_weight)
    if found.network.dtype != np.float32 or "cost" not in reached or not (alike and found.complete):
        return {}
    last = found.history.records[-1]
    return {"rounding": {"float32": last.cost - last.penalty, "float64": reached["cost"]}}


def looks_wrong(
    model: Model,
    splits: Splits,
    history: History,
    options: Options,
) -> tuple[TrainingWarning, ...]:
    """Of the training of one network."""
    if options.patience is not None and history.validation_cost is not None:
        # The network kept is that of the lowest validation cost: what came later is no matter.
        history = history.until(history.iteration[int(np.nanargmin(history.validation_cost))])
    if "l2" in (options.changes or ""):  # costs with a penalty and without do not compare
        history = history.without_penalty()
    X = model.prepare(splits.train).matrix(model.network.dtype)
    found = training_warnings(history, dead=dead_relus(model.network, X))
    has_rate = options.optimizer != "lbfgs"
    return tuple(one for one in found if has_rate or "learning rate" not in one.kind)


def chosen_on_the_same(words: str | None) -> tuple[TrainingWarning, ...]:
    """A warning where a setting was chosen, as `words` tell, on the examples that measure it."""
    if not words:
        return ()
    found = "The setting was chosen on folds of the examples that measure it here."
    advice = "So it looks a little better than it is: chainrule crossval chooses in each fold anew."
    return (TrainingWarning("chosen on the same examples", found, advice),)
