"""Why the worst mistakes were made, as a section of a training's report."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.data import Splits
from chainrule.errors import InputError
from chainrule.influence.explanation import Explanation, explain
from chainrule.influence.influence import PathInfluence
from chainrule.model.evaluation import Mistake, evaluate
from chainrule.model.model_file import Model
from chainrule.show.explanation_plot import explanation_plot
from chainrule.show.report.page import Section, drawn
from chainrule.wording import isolated, shortened

EXPLAINED = 2  # mistakes
# Training pictures beyond which comparing them with each other, for what is near, takes longer than
# the rest of the report.
COMPARED = 2000

HOW = (
    "A training picture's contribution is its part in every step of gradient descent, followed "
    "from the first log-odds of the answer to the last (Bell et al. 2023). The path and the sums "
    "are exact, but for logistic regression the integral over each step is not: what it lacks is "
    "told."
)


def why_section(
    model: Model, splits: Splits, retraced: Mapping[str, Any] | None = None, note: str = ""
) -> Section | None:
    """The worst mistakes, each with where the network looked, the nearest training pictures, and
    what these contributed to the answer; None where nothing can be shown.

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
    words = (
        [f"What training pictures contributed to these answers is not shown: {note}."]
        if note
        else []
    )
    if any(why.contributions is not None for why in found):
        words.append(HOW)
        words += [
            _sum(one, why.contributions)
            for one, why in zip(mistakes, found, strict=True)
            if why.contributions
        ]
    pictures = []
    for one, why, pixels in zip(mistakes, found, raw.T, strict=True):
        names = (shortened(name, 28) for name in (one.name, one.actual, one.predicted))
        title = "{}: {}, taken for {} ({:.3f})".format(*names, one.probability)
        figure = explanation_plot(why, pixels, splits.train, title)
        pictures.append(drawn(figure, _words(one, why, splits), photographs=True))
    return Section(heading, words, pictures=pictures, wide=True)


def _sum(one: Mistake, parts: PathInfluence) -> str:
    """What the contributions add up to."""
    s = parts.of_examples
    return (
        f"{isolated(one.name)}: log-odds {parts.after:.3f} = {parts.before:.3f} at the start "
        f"{s[s > 0].sum():+.3f} by pictures that contributed to it {s[s < 0].sum():+.3f} by those "
        f"against it {parts.penalty:+.3f} by the penalty {parts.missing:+.3f} not accounted for."
    )


def _words(one: Mistake, why: Explanation, splits: Splits) -> str:
    """What the picture shows."""
    names = splits.train.example_names
    near = why.neighborhood
    assert near is not None
    unlike = f" Unlike any training picture: {near.reason}." if near.reason else ""
    text = f"{one.name}: {one.actual}, taken for {one.predicted} ({one.probability:.3f})."
    if why.contributions is not None:
        text += f" Most is contributed by {names[int(np.argmax(why.contributions.of_examples))]}."
    return f"{text} Nearest training picture: {names[near.nearest[0]]}.{unlike}"
