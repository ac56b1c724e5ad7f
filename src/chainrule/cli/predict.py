"""`chainrule predict`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.options import TABLES, Tables
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.files.atomic import new_file
from chainrule.jobs.sources import loaded
from chainrule.wording import counted_by_reason, listed

if TYPE_CHECKING:
    from chainrule.influence.out_of_distribution import Neighborhoods
    from chainrule.influence.predictions import Predictions
    from chainrule.model.model_file import Model


BLOCK = 256  # pictures read at a time
ANSWERS = (
    Column("image", head="picture"),
    Column("class"),
    Column("probability", "number"),
    Column("spread", "number"),
)
NAMED = 20  # files that cannot be read, beyond which they are counted
SHOWN, FEW = 20, 5  # of what a file has, too; of what is unlike the training data


def predict(
    model: Path,
    *inputs: Path,
    reading: Annotated[Tables, Parameter(name="*", group="Tables")] = TABLES,
    out: Path | None = None,
    data: str | None = None,
    json: bool = False,
) -> int:
    """Ask a model about examples of your own: the class of each and its probability, or its value.

    An ensemble adds the spread: the standard deviation of its members' answers. Files that cannot
    be read are named on standard error, and the exit code is then 2.

    Parameters
    ----------
    model
        A model file or a run folder.
    inputs
        A table with the columns that the model was trained on, in any order, with or without
        labels. Or picture files, or folders: every file below them; each picture is shrunk to the
        size that the model was trained on.
    out
        A file to write: .csv with all probabilities, or .json. Never overwritten.
    data
        The training data, if they are no longer where they were: to warn of examples that are
        unlike all of them.
    json
        Print one JSON object instead of text.
    """
    asked = loaded(model)
    if out is not None:
        new_file(out, (".csv", ".json"))
    if asked.image_shape is None:
        from chainrule.data.readers.tree import pictured

        if any(map(pictured, inputs)):
            got = f"one of {asked.network.layer_sizes[0]} numbers an example"
            raise InputError(str(model), "a model of pictures", got, "Give it a table.")
        if len(inputs) != 1:
            raise InputError("predict", "one table of examples", f"{len(inputs) or 'none'}")
        return _of_table(model, asked, str(inputs[0]), reading, out, data, json)
    return _of_pictures(model, asked, inputs, out, data, json)


def _of_table(
    path: Path,
    model: "Model",
    table: str,
    reading: Tables,
    out: Path | None,
    data: str | None,
    json: bool,
) -> int:
    from dataclasses import replace

    from chainrule.influence.predictions import predictions
    from chainrule.model.new_data import open_for

    asked = open_for(model, table, replace(reading, label="")).train
    train, why = _known(model, path, data)
    found = predictions(model, asked, train)
    if out is not None:
        found.to_csv(out)
    facts = {"model": str(path), "data": table, "members": model.n_members, **found.facts()}
    if json:
        show.print_json(facts | {"compared_with_training_data": not why, "note": why or None})
        return 0
    print_ = show.console().print
    if model.n_members > 1:
        print_(f"Model     ensemble of {model.n_members}")
    show.print_threshold(model)
    print_(f"{len(asked)} examples from {show.safe(asked.source)}")
    for note in found.notes:
        print_(f"          {show.safe(note)}")
    whole = [f"probability of {name}" for name in found.classes]
    shown = found.table().without(*whole, *(["unlike"] if train is not None else []))
    show.print_table(shown if out is None else shown.first(SHOWN))
    if out is not None:
        print_(f"Wrote {show.safe(str(out))}: all {len(asked)}.")
    _warn([found], why)
    return 0


def _known(model: "Model", path: Path, data: str | None) -> "tuple[Neighborhoods | None, str]":
    """The training set, that new examples are compared with; or None, and why there is none."""
    from chainrule.influence.predictions import MOST, known_to
    from chainrule.jobs.trained import training_set

    train, why = training_set(model, str(path), data)
    if train is None:
        return None, why
    if len(train) > MOST:
        return None, f"there are more than {MOST}"
    return known_to(str(path), model, train), ""


def _warn(found: "Sequence[Predictions]", why: str) -> None:
    """Of ties, and of examples unlike the training data; or why that is not known."""
    tied = [name for one in found for name in one.tied]
    if tied:
        show.print_note(
            f"{show.safe(listed(tied, FEW))}: the most probable classes are equally probable, the "
            "first of them is named."
        )
    unlike = [reason for one in found for reason in one.unlike or ()]
    names = [name for one in found for name in one.names]
    if len(unlike) < len(names):
        show.print_note(f"Not compared with the training data: {show.safe(why)}.")
        return
    odd = [name for name, reason in zip(names, unlike, strict=True) if reason]
    if odd:
        why = next(filter(None, unlike))
        said = f"{odd[0]} is unlike the training data: {why}."
        if len(odd) > 1:
            shown = listed(odd, FEW)
            said = f"{len(odd)} of {len(names)} are unlike the training data: {shown}."
            said += f" {odd[0]}: {why}."
        said += " Do not rely on answers to such examples."
        show.print_set_in(show.safe(said), "Warning")


def _of_pictures(
    path: Path,
    model: "Model",
    inputs: Sequence[Path],
    out: Path | None,
    data: str | None,
    json: bool,
) -> int:
    import numpy as np

    from chainrule.data import Dataset
    from chainrule.data.readers.images import Pictures
    from chainrule.influence.predictions import predictions

    paths, errors, notes = _found(inputs)
    if not paths and not errors:
        raise InputError("predict", "at least one picture file", "none")
    train, why = _known(model, path, data)
    told: list[Predictions] = []
    shape = model.image_shape or ()
    pictures = Pictures(shape, model.bits)
    with Screen("reading", "pictures") as screen:
        for start in range(0, len(paths), BLOCK):
            some = paths[start : start + BLOCK]
            pixels, read = pictures.read(some, lambda path, why: errors.append((str(path), why)))
            if read:
                names, none = tuple(str(some[k]) for k in read), np.zeros(len(read), np.int64)
                raw = np.ascontiguousarray(pixels.T)
                asked = Dataset(raw, none, model.classes, names, shape)
                told.append(predictions(model, asked, train))
            screen.update(min(start + BLOCK, len(paths)), len(paths))
    notes += pictures.notes()
    answers = [record for one in told for record in one.records("image")]
    if out is not None and told:
        from chainrule.show.tables import write

        tables = [one.table() for one in told]
        write(Table(tables[0].columns, [row for one in tables for row in one.rows]), out)
    if json:
        facts = {"model": str(path), "members": model.n_members, "predictions": answers}
        unread = [{"image": path, "reason": reason} for path, reason in errors]
        show.print_json(facts | {"errors": unread, "notes": notes})
    else:
        if model.n_members > 1:
            show.console().print(f"Model     ensemble of {model.n_members}")
        for note in notes:
            show.print_note(show.safe(note))
        if answers:
            show.print_table(Table.of(answers, ANSWERS))
            _warn(told, why)
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
