"""`chainrule predict`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.jobs.sources import loaded_of_pictures
from chainrule.wording import counted_by_reason, listed

if TYPE_CHECKING:
    import numpy as np

    from chainrule.model.model_file import Model


BLOCK = 256  # pictures read at a time
ANSWERS = (
    Column("image", head="picture"),
    Column("class"),
    Column("probability", "number"),
    Column("spread", "number"),
)
NAMED = 20  # files that cannot be read, beyond which they are counted


def predict(model: Path, *images: Path, json: bool = False) -> int:
    """Ask a model about pictures of your own: the class and its probability for each.

    An ensemble adds the spread: the standard deviation of its members' probabilities. Files that
    cannot be read are named on standard error, and the exit code is then 2.

    Parameters
    ----------
    model
        A model file or a run folder.
    images
        Picture files, or folders: every file below them. Each picture is shrunk to the size that
        the model was trained on.
    json
        Print one JSON object instead of text.
    """
    fix = "Use chainrule evaluate with a table, or Model.predict_proba in Python."
    asked, shape = loaded_of_pictures(model, fix)
    import numpy as np

    from chainrule.data.readers.images import Pictures

    paths, errors, notes = _found(images)
    if not paths and not errors:
        raise InputError("predict", "at least one picture file", "none")
    answers: list[dict[str, Any]] = []
    pictures = Pictures(shape, asked.bits)
    with Screen("reading", "pictures") as screen:
        for start in range(0, len(paths), BLOCK):
            some = paths[start : start + BLOCK]
            pixels, read = pictures.read(some, lambda path, why: errors.append((str(path), why)))
            if read:
                names = [str(some[k]) for k in read]
                answers += _answers(asked, names, np.ascontiguousarray(pixels.T))
            screen.update(min(start + BLOCK, len(paths)), len(paths))
    notes += pictures.notes()
    if json:
        facts = {"model": str(model), "members": asked.n_members, "predictions": answers}
        unread = [{"image": path, "reason": reason} for path, reason in errors]
        show.print_json(facts | {"errors": unread, "notes": notes})
    else:
        _report(asked, answers, notes)
    # Each file by name, or many counted by reason.
    lines = [f"{path}: {reason}" for path, reason in errors]
    for line in lines if len(lines) <= NAMED else counted_by_reason(lines):
        show.console(error=True).print(f"chainrule: {show.safe(line)}.")
    return 2 if errors else 0


def _found(given: Sequence[Path]) -> tuple[list[Path], list[tuple[str, str]], list[str]]:
    """The files to read, in the order given and within folders in natural order; what below a
    folder cannot be read, and why; what was left out."""
    from chainrule.data.readers import tree

    paths: list[Path] = []
    errors: list[tuple[str, str]] = []
    notes = []
    for path in given:
        if not path.is_dir():
            paths.append(path)
            continue
        below = tree.files(path, lambda inner, reason: errors.append((str(inner), reason)))
        if not below:
            errors.append((str(path), "a folder without files"))
        paths += below
        if litter := tree.litter(path):
            notes.append(f"{path}: left out what systems hide: {listed(litter, 5)}")
    return paths, errors, notes


def _answers(model: "Model", names: Sequence[str], raw: "np.ndarray") -> list[dict[str, Any]]:
    """The most probable class of each picture, and every class's numbers, for raw (n_x, m)."""
    from chainrule.model.model_file import decided

    P = model.predict_proba(raw)
    chosen = decided(P)
    answers: list[dict[str, Any]] = [
        {
            "image": name,
            "class": model.classes[k],
            "probability": float(p[k]),
            "probabilities": dict(zip(model.classes, p.tolist(), strict=True)),
        }
        for name, k, p in zip(names, chosen, P.T, strict=True)
    ]
    if model.n_members > 1:
        for answer, k, s in zip(answers, chosen, model.spread(raw).T, strict=True):
            answer["spread"] = float(s[k])
            answer["spreads"] = dict(zip(model.classes, s.tolist(), strict=True))
    return answers


def _report(model: "Model", answers: Sequence[dict[str, Any]], notes: Sequence[str]) -> None:
    out = show.console()
    if model.n_members > 1:
        out.print(f"Model     ensemble of {model.n_members}")
    for note in notes:
        show.print_note(show.safe(note))
    if answers:
        show.print_table(Table.of(answers, ANSWERS))
