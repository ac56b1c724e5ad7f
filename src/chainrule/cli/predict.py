"""`chainrule predict`."""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli import show
from chainrule.data import read_image
from chainrule.errors import InputError
from chainrule.model_file import Model, decided, load


def predict(model: Path, *images: Path, json: bool = False) -> int:
    """Ask a model about pictures of your own: the class and its probability for each.

    An ensemble adds the spread: the standard deviation of its members' probabilities.

    Parameters
    ----------
    model
        A model file or a run folder.
    images
        Picture files; each is shrunk to the size that the model was trained on.
    json
        Print one JSON object instead of text.
    """
    loaded = load(model)
    if not images:
        raise InputError("predict", "at least one picture file", "none")
    if loaded.image_shape is None:
        n_x = loaded.network.layer_sizes[0]
        raise InputError(
            str(model),
            "a model of pictures",
            f"one of {n_x} numbers an example",
            "Use chainrule evaluate with a table, or Model.predict_proba in Python.",
        )
    # All pictures are read before anything is printed: one that is none stops the whole command.
    raw = np.stack([read_image(path, loaded.image_shape) for path in images], axis=1)
    answers = [
        {"image": str(path)} | answer
        for path, answer in zip(images, _answers(loaded, raw), strict=True)
    ]
    if json:
        facts = {"model": str(model), "members": loaded.n_members}
        show.print_json(facts | {"predictions": answers})
        return 0
    measures = ["probability", "spread"] if loaded.n_members > 1 else ["probability"]
    table = show.table("", "picture", "class", *measures, numbers=len(measures))
    for answer in answers:
        names = (show.safe(answer[key]) for key in ("image", "class"))
        table.add_row(*names, *(f"{answer[key]:.4f}" for key in measures))
    if loaded.n_members > 1:
        show.console().print(f"Model     ensemble of {loaded.n_members}")
    show.console().print(table)
    return 0


def _answers(model: Model, raw: np.ndarray) -> list[dict[str, Any]]:
    """The most probable class of each picture, and every class's numbers, for raw (n_x, m)."""
    P = model.predict_proba(raw)
    chosen = decided(P)
    answers: list[dict[str, Any]] = [
        {
            "class": model.classes[k],
            "probability": float(p[k]),
            "probabilities": dict(zip(model.classes, p.tolist(), strict=True)),
        }
        for k, p in zip(chosen, P.T, strict=True)
    ]
    if model.n_members > 1:
        for answer, k, s in zip(answers, chosen, model.spread(raw).T, strict=True):
            answer["spread"] = float(s[k])
            answer["spreads"] = dict(zip(model.classes, s.tolist(), strict=True))
    return answers
