"""`chainrule predict`."""

from pathlib import Path

import numpy as np

from chainrule.cli import show
from chainrule.data import read_image
from chainrule.errors import InputError
from chainrule.model_file import load


def predict(model: Path, *images: Path, json: bool = False) -> int:
    """Ask a model about pictures of your own: the class and its probability for each.

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
    P = loaded.predict_proba(raw)
    chosen = loaded.decide(P)
    if json:
        answers = [
            {
                "image": str(path),
                "class": loaded.classes[k],
                "probability": float(p[k]),
                "probabilities": dict(zip(loaded.classes, p.tolist(), strict=True)),
            }
            for path, k, p in zip(images, chosen, P.T, strict=True)
        ]
        show.print_json({"model": str(model), "predictions": answers})
        return 0
    table = show.table("", "picture", "class", "probability", numbers=1)
    for path, k, p in zip(images, chosen, P.T, strict=True):
        table.add_row(show.safe(str(path)), show.safe(loaded.classes[k]), f"{p[k]:.4f}")
    show.console().print(table)
    return 0
