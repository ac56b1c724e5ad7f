"""Examples with their answers, as the parts of a report that can be touched share them."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.data.label_decisions import COLUMNS, decision_cells
from chainrule.display import Column, Table
from chainrule.experiments import LabelReview
from chainrule.files.csv_file import guarded
from chainrule.influence.explanation import Explanation
from chainrule.model.evaluation import Evaluation, Mistake
from chainrule.show.data import drawable, pixels
from chainrule.show.quality_plots import NUMBERED, confusion_plot
from chainrule.show.report.live import Live, packed
from chainrule.show.report.page import Image, Section, drawn
from chainrule.show.tables import data_uri
from chainrule.wording import isolated

Array = np.ndarray
MOST = 1000  # examples: more are a long list, and a large file
EXACT = 800_000  # bytes of pixels that a sheet has as they are: 1,000 pictures of 28 x 28
PIXELS = 1_400_000  # of a sheet that has them smaller, as a JPEG
LISTED = 12  # of the commonest mistakes, where there are too many classes for a table
LEAST, LARGEST = 16, 96  # the longer side of a small picture


def examples(data: Dataset, P: Array, predicted: Array, name: str) -> dict[str, Any]:
    """The examples, of many those whose answers are wrong first, the most confident ones.

    P : (n_classes, m) probabilities; of a regression (1, m) the predictions. predicted : (m,)
    class indices. name : what the examples are called.
    """
    m = len(data)
    facts = {"of": name, "m": m, "classes": data.classes}
    if not data.classes:
        index = np.arange(min(m, MOST))
        return facts | _seen(data, index)
    columns = np.arange(m)
    p, actual = P[predicted, columns], P[data.labels, columns]
    index = np.lexsort((-p, predicted == data.labels))[:MOST] if m > MOST else columns
    return facts | {
        **_seen(data, index),
        "labels": data.labels[index],
        "predicted": predicted[index],
        "p": np.round(p[index].astype(float), 6),
        "actual": np.round(actual[index].astype(float), 6),
    }


def _seen(data: Dataset, index: Array) -> dict[str, Any]:
    return {
        "index": index,
        "names": [data.example_names[i] for i in index],
        "sheet": sheet(data, index),
    }


def sheet(data: Dataset, index: Array, side: int = 0) -> dict[str, Any] | None:
    """Some examples as one picture, from left to right and from top to bottom; None where they are
    no 8-bit pictures.

    side : at most that of one of them, if they need not be larger. width, height : of one of them.
    exact : whether each pixel is as it is in the data.
    """
    if not drawable(data) or not len(index):
        return None
    from PIL import Image

    assert data.image_shape is not None
    height, width, *colors = data.image_shape
    size, largest = height * width * math.prod(colors) * len(index), max(height, width)
    exact = size <= EXACT and not 0 < side < largest
    least, most = min(LEAST, height, width), min(LARGEST, math.sqrt(PIXELS / len(index)))
    scale = 1.0 if exact else min(1.0, (side or most) / largest)
    h, w = (max(least, round(scale * length)) for length in (height, width))
    columns = math.ceil(math.sqrt(len(index)))
    made = Image.new("RGB" if colors else "L", (columns * w, -(-len(index) // columns) * h))
    for place, i in enumerate(index):
        one = Image.fromarray(np.ascontiguousarray(pixels(data, int(i))))
        one = one if exact else one.resize((w, h))
        made.paste(one, (place % columns * w, place // columns * h))
    out, kind = io.BytesIO(), "png" if exact else "jpeg"
    made.save(out, kind)
    uri = data_uri(out.getvalue(), kind)
    return {"uri": uri, "columns": columns, "width": w, "height": h, "exact": exact}


def confusion_section(found: Evaluation, shared: Mapping[str, Any], of: str = "") -> Section:
    """What was taken for what, with the examples behind each count where scripts run; of many
    classes the commonest mistakes, and a picture of all.

    shared : the answers' `examples`. of : behind the heading.
    """
    counts, n, names = found.confusion, len(found.classes), found.classes
    if n <= NUMBERED:
        cells = [(i, j + 1, i, j) for i, j in np.argwhere(counts)]
        words = "Rows are what examples are, columns what they were taken for."
        shown = Section("", [words], confusion=found)
    else:
        wrong = np.argwhere(counts * (1 - np.eye(n, dtype=int)))
        listed = sorted(wrong.tolist(), key=lambda at: -counts[*at])[:LISTED]
        cells = [(k, 2, i, j) for k, (i, j) in enumerate(listed)]
        columns = Column("is"), Column("taken for"), Column("examples", "whole")
        table = Table(columns, [(names[i], names[j], counts[i, j]) for i, j in listed])
        words = "The commonest mistakes:" if listed else "No mistakes."
        picture = drawn(confusion_plot(found), f"Confusion matrix{of}.")
        shown = Section("", [words], table=table, pictures=[picture])
    own = {"confusion": counts, "cells": cells}
    part = Live("door", own, {"examples": shared}, ("gallery",))
    return replace(shown, heading=f"Confusion{of}", live=part)


def decisions_live(found: LabelReview, data: Dataset, most: int, file: str) -> Live | None:
    """The doubtful labels, which the section shows one by one, can be decided on by buttons and
    saved as the file that `read_decisions` reads; None where there are none.

    most : how many of them can be decided on here; all are in the file. file : its name.
    """
    rows = [[guarded(cell) for cell in row] for row in decision_cells(found.undecided())]
    if not rows:
        return None
    words = "Keep, relabel or drop each, and save the decisions beside the data, for --labels."
    if len(rows) > most:
        words += f" Here are the {most} most suspicious; the review's own file has all {len(rows)}."
    own = {
        "header": COLUMNS,
        "rows": rows[:most],
        "classes": [guarded(name) for name in data.classes],
        "words": words,
        "file": file,
    }
    return Live("labels", own)


def threshold_section(
    data: Dataset, P: Array, threshold: float, shared: Mapping[str, Any], curves: Sequence[Image]
) -> Section:
    """What thresholds of two classes do, the model's and others, by P (2, m). curves : ROC, and
    precision and recall, in whose place are those of the script where there is one."""
    p, labels = packed(P[1], np.float64), packed(data.labels, np.uint8)
    words = (
        f"{isolated(data.classes[1])} is answered where its probability is above the threshold, "
        f"{threshold:g}. Each other one is another point on both curves."
    )
    own = {"p": p, "labels": labels, "threshold": threshold}
    part = Live("threshold", own, {"examples": shared}, ("chart", "gallery"), instead=True)
    return Section("Threshold", [words], pictures=curves, paired=True, live=part)


def left_out_live(
    asked: Sequence[Mistake], found: Sequence[Explanation], data: Dataset
) -> Live | None:
    """Of each training example that is pressed, what the answers asked about would be without it;
    None where that is not known. found : with the changes by all of `data`, of each of `asked`."""
    known = [why.changes for why in found if why.changes is not None]
    if len(known) < len(found):
        return None
    changes = np.stack(known)  # (q, starts, m)
    finite = np.isfinite(changes[:, 0]).all(axis=0)
    order = np.argsort(-np.abs(changes[:, 0]).max(axis=0, where=finite, initial=-1), kind="stable")
    index = np.array([i for i in order if finite[i]][:MOST], np.int64)
    own = {
        **_seen(data, index),
        "asked": [one.name for one in asked],
        "classes": [one.predicted for one in asked],
        "p": [why.P[why.decision] for why in found],
        "changes": [
            [[float(f"{c:.4g}") for c in start[index]] for start in each] for each in changes
        ],
    }
    return Live("left", own)
