"""What goes wrong in a training, said in plain words, with the numbers and what to try.

The thresholds are rules of thumb, each with its reason: a warning says where to look, and silence
proves nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chainrule.training.history import History
from chainrule.training.layer_health import LayerSizes

# Of a layer's ReLUs. Layers of 5 or 7 units, as in the course's own network, often lose two or
# three and learn all the same; without half of a layer there is less to learn with.
DEAD = 0.5
# The first layer learns a hundred times slower than the last. Sigmoids, whose g' <= 1/4, get there
# in four layers of weights of length 1 (Glorot & Bengio 2010, section 4).
VANISHING = 1e-2
EXPLODING = 1e2  # the same, the other way
RISE = 0.1  # of the first cost, from one record to the next: more than mini-batches' noise
DIVERGED = 10  # times the first cost: worse by far than what was drawn at random
RISES = 0.05  # of the steps between records: fewer are accidents, as is a single one of any number
LEAST_FALL = 0.1  # of the first cost: after a training that fell less, nearly all is still there
# A cost that falls in a straight line does a tenth of its fall in the last tenth of the training;
# one that has nearly arrived far less. Half of the straight line's is still on its way.
STILL_FALLING = 0.05
FEW = 20  # records that a tenth of them can be averaged of
OVERFITTING = 0.1  # of the lowest validation cost: a smaller rise is often chance
LEAST_RISE = 0.01  # of the first one: of costs near 0 a tenth is nothing


@dataclass(frozen=True)
class TrainingWarning:
    """kind : in two or three words. found : what was seen, with its numbers. advice : what to try.

    Both are whole sentences; as text the warning is all three.
    """

    kind: str
    found: str
    advice: str

    def __str__(self) -> str:
        return f"{self.kind[0].upper()}{self.kind[1:]}: {self.found} {self.advice}"


def training_warnings(
    history: History, records: Sequence[LayerSizes] = (), dead: Iterable[float] = ()
) -> tuple[TrainingWarning, ...]:
    """What looks wrong in one run: in its layers first, then in its costs.

    records : `LayerHealth`'s, if it watched. Dead ReLUs are those of the last record; gradients
    vanish or explode if they do in half of all records. Of a rate too low nothing is said where
    layers already explain why the cost does not fall.
    dead : where nothing watched, the fraction of dead ReLUs by layer (L,): see `dead_relus`.
    """
    parts = records[-1].dead if records else dead
    found = [_dead(parts), _across_layers(records)]
    if len(history) >= 2:
        found.append(_too_high(history) or (None if any(found) else _too_low(history)))
        found.append(_overfitting(history))
    return tuple(one for one in found if one)


def warnings_of_runs(
    histories: Sequence[History], *, chosen: bool = False
) -> tuple[TrainingWarning, ...]:
    """What looks wrong in several trainings alike, such as those of a cross-validation: each kind
    of warning that half of them or more raise, as the first of these says it.

    chosen : whether their settings are what held-out examples said is best: then of overfitting,
    whose remedies were what the choice was among, nothing is said.
    """
    raised: dict[str, list[TrainingWarning]] = {}
    for history in histories:
        for one in training_warnings(history):
            if chosen and one.kind == "overfitting":
                continue
            raised.setdefault(one.kind, []).append(one)
    n, found = len(histories), list[TrainingWarning]()
    for first, *others in raised.values():
        if 2 * (count := 1 + len(others)) >= n:
            said = f"In {count} of {n} trainings, such as: {first.found}"
            found.append(replace(first, found=said))
    return tuple(found)


def far_above(cost: float, start: float) -> bool:
    """Whether a cost is so far above that of a training's start that it has diverged."""
    return not cost <= DIVERGED * abs(start)  # nor where it is no number


def _too_high(history: History) -> TrainingWarning | None:
    cost, iteration = history.cost, history.iteration
    advice = "Try a learning rate three to ten times smaller, lbfgs, or scale the features."
    bad = np.flatnonzero(~np.isfinite(cost))
    if len(bad):
        found = f"The cost is no longer a number at iteration {iteration[bad[0]]}."
        return TrainingWarning("learning rate too high", found, advice)
    rises = np.flatnonzero(np.diff(cost) > RISE * abs(cost[0]))
    if cost[-1] > (1 + RISE) * cost[0]:
        found = f"The cost rose from {cost[0]:.3g} to {cost[-1]:.3g}."
        if far_above(cost[-1], cost[0]):
            found = f"{found[:-1]}: the training diverged, and its answers mean nothing."
    elif len(rises) > max(1, RISES * (len(cost) - 1)):
        at = rises[0]
        found = (
            f"In {len(rises)} of {len(cost) - 1} steps between records the cost jumped up, first "
            f"from {cost[at]:.3g} to {cost[at + 1]:.3g} before iteration {iteration[at + 1]}."
        )
    else:
        return None
    return TrainingWarning("learning rate too high", found, advice)


def _too_low(history: History) -> TrainingWarning | None:
    cost, last = history.cost, history.iteration[-1]
    fall = cost[0] - cost[-1]
    if fall < LEAST_FALL * abs(cost[0]):
        found = f"In {last} iterations the cost only went from {cost[0]:.3g} to {cost[-1]:.3g}."
        advice = (
            "Try a learning rate three to ten times larger, or another start of the weights; if "
            "neither helps, the features may say little about the labels."
        )
        return TrainingWarning("learning rate too low", found, advice)
    tenth = len(cost) // 10
    if len(cost) < FEW:
        return None
    lately = cost[-2 * tenth : -tenth].mean() - cost[-tenth:].mean()
    if lately <= STILL_FALLING * fall:
        return None
    found = (
        f"After {last} iterations the cost is {cost[-1]:.3g} and still falling: its last tenth "
        f"brought {lately / fall:.0%} of the whole fall."
    )
    advice = "Train longer, or try a rate two to three times larger."
    return TrainingWarning("learning rate too low", found, advice)


def _overfitting(history: History) -> TrainingWarning | None:
    validation = history.validation_cost
    if validation is None or not np.isfinite(validation).all():
        return None
    best, cost = int(validation.argmin()), history.cost
    rise = max(OVERFITTING * validation[best], LEAST_RISE * validation[0])
    if validation[-1] - validation[best] <= rise or cost[-1] >= cost[best]:
        return None
    found = (
        f"The held-out cost was lowest, {validation[best]:.3g}, at iteration "
        f"{history.iteration[best]} and is {validation[-1]:.3g} at the end, while the training "
        f"cost went on falling from {cost[best]:.3g} to {cost[-1]:.3g}."
    )
    advice = "Try fewer iterations, a larger penalty (l2), or more examples."
    return TrainingWarning("overfitting", found, advice)


def _dead(parts: Iterable[float]) -> TrainingWarning | None:
    dead = {layer: part for layer, part in enumerate(parts, start=1) if part >= DEAD}
    if not dead:
        return None
    first, *others = (f"{part:.0%} of the ReLUs of layer {k}" for k, part in dead.items())
    listed = ", ".join([first, *(words.replace("the ReLUs of ", "") for words in others)])
    found = f"{listed} are 0 on every example."
    closed = [layer for layer, part in dead.items() if part == 1]
    if closed:
        found += f" Nothing passes layer {closed[0]}: the network gives the same answer to all."
    advice = "Try a smaller learning rate, another seed, or leaky_relu."
    return TrainingWarning("dead ReLUs", found, advice)


def _across_layers(records: Sequence[LayerSizes]) -> TrainingWarning | None:
    """Records where the length of dJ/dZ is 0 in the first or the last layer say nothing."""
    told = [r.errors for r in records if np.isfinite(r.errors).all() and r.errors[[0, -1]].all()]
    if not told:
        return None
    ratio = float(np.median([errors[0] / errors[-1] for errors in told]))
    found = (
        f"What backpropagation brings to the first layer is {ratio:.2g} times what it starts from "
        "at the last (dJ/dZ, the median of all records)."
    )
    if ratio < VANISHING:
        advice = "Try ReLU for sigmoid or tanh, He's or Xavier's initializer, or fewer layers."
        return TrainingWarning("vanishing gradients", found, advice)
    if ratio > EXPLODING:
        advice = "Try smaller starting weights (He's or Xavier's initializer), or fewer layers."
        return TrainingWarning("exploding gradients", found, advice)
    return None
