"""The report of one training: the answer first, then what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.inspection.evaluation import Evaluation, evaluate
from chainrule.inspection.picture_plots import weight_pictures
from chainrule.inspection.plots import learning_curve
from chainrule.inspection.quality_plots import confusion_plot, reliability_plot
from chainrule.inspection.report.images import Image, drawn, photograph
from chainrule.inspection.threshold_plots import roc_plot
from chainrule.model_file import Model
from chainrule.training import History

MISTAKES = 12
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Accuracy:
    """Right answers of `m`, with the interval that so few examples leave open.

    low, high : Wilson's interval (1927, J. Am. Stat. Assoc. 22:209), which keeps to [0, 1] and its
        coverage where examples are few or nearly all are right.
    baseline : by always saying the commonest class.
    """

    name: str
    right: int
    m: int
    low: float
    high: float
    baseline: float
    cost: float

    @classmethod
    def of(cls, name: str, found: Evaluation) -> "Accuracy":
        from scipy.stats import binomtest

        right = round(found.accuracy * found.m)
        interval = binomtest(right, found.m).proportion_ci(CONFIDENCE, method="wilson")
        bounds = float(interval.low), float(interval.high)
        return cls(name, right, found.m, *bounds, found.baseline, found.cost)

    @property
    def value(self) -> float:
        return self.right / self.m

    @property
    def verdict(self) -> str:
        """In words, compared with always saying the commonest class."""
        if self.low > self.baseline:
            return "better than always saying the commonest class"
        if self.high < self.baseline:
            return "worse than always saying the commonest class"
        return "not clearly better than always saying the commonest class"


@dataclass(frozen=True)
class PictureOfMistake:
    """A mistake with its picture, if the data are pictures."""

    name: str
    actual: str
    predicted: str
    probability: float
    picture: Image | None


def training_report(
    model: Model,
    splits: Splits,
    history: History,
    *,
    title: str,
    settings: Mapping[str, Any],
    versions: Mapping[str, str],
    explanations: Sequence[Image] = (),
) -> str:
    """HTML of a training.

    splits : the data; the answer is measured on the test set, if there is one, else on the
        validation set, else on the training set, and says so.
    settings, versions : what is needed to repeat it, as plain facts.
    explanations : pictures of why single answers were given.
    """
    from jinja2 import Environment, StrictUndefined

    sets = splits.sets
    found = {name: evaluate(model, data) for name, data in sets.items()}
    chosen = next(name for name in ("test", "validation", "training") if name in sets)
    source = files("chainrule.inspection.report").joinpath("template.html").read_text("utf-8")
    # Names of files and classes are text wherever they appear: everything is escaped.
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page.filters["percent"] = lambda x: f"{100 * x:.1f} %"
    return page.from_string(source).render(
        title=title,
        answer=Accuracy.of(chosen, found[chosen]),
        accuracies=[Accuracy.of(name, one) for name, one in found.items()],
        data=_data_facts(sets),
        source=splits.train.source,
        skipped=splits.skipped,
        network=_network_facts(model),
        members=model.n_members,
        curve=_curve(history),
        quality=_quality_pictures(model, sets[chosen], found[chosen]),
        mistakes=_mistakes(model, sets[chosen], found[chosen]),
        n_mistakes=len(found[chosen].mistakes),
        weights=_weights(model, splits.train),
        explanations=explanations,
        settings=settings,
        versions=versions,
    )


def _data_facts(sets: Mapping[str, Dataset]) -> dict[str, dict[str, int]]:
    """How many examples of each class, by set."""
    return {
        name: {
            label: int(count)
            for label, count in zip(
                data.classes,
                np.bincount(data.labels, minlength=len(data.classes)),
                strict=True,
            )
        }
        for name, data in sets.items()
    }


def _network_facts(model: Model) -> list[dict[str, Any]]:
    """A row for each layer."""
    network = model.network
    sizes = network.layer_sizes
    return [
        {
            "layer": layer,
            "units": sizes[layer],
            "activation": name,
            "parameters": (sizes[layer - 1] + 1) * sizes[layer],
        }
        for layer, name in enumerate(network.activations, start=1)
    ]


def _curve(history: History) -> Image | None:
    if not history.records:
        return None
    first, last = history.records[0], history.records[-1]
    words = f"Cost {first.cost:.4g} at the start, {last.cost:.4g} at iteration {last.iteration}"
    if last.validation_cost is not None:
        words += f"; validation {last.validation_cost:.4g}"
    return drawn(learning_curve(history), f"Learning curve. {words}.")


def _quality_pictures(model: Model, data: Dataset, found: Evaluation) -> list[Image]:
    pictures = []
    counts = "; ".join(
        f"{label}: {int(row[k])} of {int(row.sum())} right"
        for k, (label, row) in enumerate(zip(found.classes, found.confusion, strict=True))
    )
    pictures.append(drawn(confusion_plot(found), f"Confusion matrix. {counts}."))
    prepared = model.prepare(data)
    P = model.predict_proba(prepared.raw)
    if len(np.unique(prepared.labels)) > 1:
        roc = roc_plot(P, prepared.labels, model.classes)
        pictures.append(drawn(roc, "ROC curve: true against false positive rate."))
    reliability = reliability_plot(P, prepared.labels, model.classes)
    words = "Reliability: how often answers of each probability were right."
    pictures.append(drawn(reliability, words))
    return pictures


def _mistakes(model: Model, data: Dataset, found: Evaluation) -> list[PictureOfMistake]:
    prepared = model.prepare(data)
    return [
        PictureOfMistake(
            one.name,
            one.actual,
            one.predicted,
            one.probability,
            photograph(prepared, one.index, f"{one.name}, taken for {one.predicted}"),
        )
        for one in found.mistakes[:MISTAKES]
    ]


def _weights(model: Model, data: Dataset) -> Image | None:
    if model.image_shape is None or model.n_members > 1:
        return None
    figure = weight_pictures(model, data)
    words = "Weights of the first layer's units as pictures."
    return drawn(figure, words, photographs=True)
