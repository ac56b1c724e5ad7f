"""Why the worst mistakes were made, as a section of a training's report."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.data import Splits
from chainrule.errors import InputError
from chainrule.influence.explanation import Explanation, Pushes, explain
from chainrule.model.evaluation import Mistake, evaluate
from chainrule.model.model_file import Model
from chainrule.show.explanation_plot import explanation_plot
from chainrule.show.report.images import drawn
from chainrule.show.report.page import Section
from chainrule.wording import isolated, shortened

EXPLAINED = 2  # mistakes
# Training pictures beyond which comparing them with each other, for what is near, takes longer than
# the rest of the report.
COMPARED = 2000

HOW = (
    "A training picture's push is its part in every step of gradient descent, followed from the "
    "first log-odds of the answer to the last (Bell et al. 2023). The path and the sums are exact, "
    "but for logistic regression the integral over each step is not: what it lacks is told."
)


def why_section(
    model: Model, splits: Splits, retraced: Mapping[str, Any] | None = None, note: str = ""
) -> Section | None:
    """The worst mistakes, each with where the network looked, the nearest training pictures, and
    which of these pushed the answer; None where nothing can be shown.

    retraced : arguments of `explain` by which the training is done again. note : why it is not,
    if there are none.
    """
    _, tested = splits.tested
    mistakes = evaluate(model, tested).mistakes[:EXPLAINED]
    if model.image_shape is None or model.n_members > 1 or not mistakes:
        return None
    heading = "Why: the worst mistakes"
    if len(splits.train) > COMPARED:
        far = f"Not shown for more than {COMPARED} training pictures: see chainrule explain."
        return Section(heading, [far])
    raw = model.prepare(tested).select([one.index for one in mistakes]).features.stored()
    try:
        found = explain(model, raw, splits.train, **(retraced or {}))
    except InputError as error:
        return Section(heading, [f"Not shown: expected {error.expected}; got {error.got}."])
    note = note or found[0].note
    words = [f"Which training pictures pushed these answers is not shown: {note}."] if note else []
    if any(why.pushes is not None for why in found):
        words.append(HOW)
        words += [
            _sum(one, why.pushes) for one, why in zip(mistakes, found, strict=True) if why.pushes
        ]
    pictures = []
    for one, why, pixels in zip(mistakes, found, raw.T, strict=True):
        names = (shortened(name, 28) for name in (one.name, one.actual, one.predicted))
        title = "{}: {}, taken for {} ({:.3f})".format(*names, one.probability)
        figure = explanation_plot(why, pixels, splits.train, title)
        pictures.append(drawn(figure, _words(one, why, splits), photographs=True))
    return Section(heading, words, pictures=pictures, wide=True)


def _sum(one: Mistake, pushes: Pushes) -> str:
    """What the pushes add up to."""
    s = pushes.of_examples
    return (
        f"{isolated(one.name)}: log-odds {pushes.log_odds:.3f} = {pushes.start:.3f} at the start "
        f"{s[s > 0].sum():+.3f} by pictures that pushed towards it {s[s < 0].sum():+.3f} by those "
        f"against it {pushes.penalty:+.3f} by the penalty {pushes.missing:+.3f} not accounted for."
    )


def _words(one: Mistake, why: Explanation, splits: Splits) -> str:
    """What the picture shows."""
    names = splits.train.example_names
    assert why.likeness is not None
    unlike = f" Unlike any training picture: {why.likeness.reason}." if why.likeness.reason else ""
    text = f"{one.name}: {one.actual}, taken for {one.predicted} ({one.probability:.3f})."
    if why.pushes is not None:
        text += f" Pushed most by {names[int(np.argmax(why.pushes.of_examples))]}."
    return f"{text} Nearest training picture: {names[why.likeness.nearest[0]]}.{unlike}"
