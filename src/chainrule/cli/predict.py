"""`chainrule predict`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from chainrule.cli import show
from chainrule.cli.options import TABLES, USUAL, Tables, Usual
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.files.atomic import new_file
from chainrule.jobs.events import Answered, Event
from chainrule.jobs.sources import loaded
from chainrule.wording import counted, counted_by_reason, listed

if TYPE_CHECKING:
    from chainrule.influence.predictions import Predictions
    from chainrule.jobs.answering import Answers, PicturesJob
    from chainrule.model.model_file import Model


ANSWERS = (
    Column("image", head="picture"),
    Column("class"),
    Column("probability", "number"),
    Column("spread", "number"),
)
NAMED = 20  # files that cannot be read, beyond which they are counted
SHOWN, FEW = 20, 5  # of what a file has, too; of what is unlike the training data
MOST = 1000  # answers that are shown where there is no file of them


def predict(
    model: Path,
    *inputs: Path,
    reading: Annotated[Tables, Parameter(name="*", group="Tables")] = TABLES,
    out: Path | None = None,
    sort_into: Annotated[Path | None, Parameter(group="Many pictures")] = None,
    sure: Annotated[float | None, Parameter(group="Many pictures")] = None,
    dry_run: Annotated[bool, Parameter(group="Many pictures")] = False,
    data: str | None = None,
    usual: Usual = USUAL,
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
        labels. Or picture files, or folders: every file below them; each picture is squeezed to
        the square that the model was trained on.
    out
        A file to write: .csv with all probabilities, or .json. Never overwritten. Interrupted, the
        same command goes on.
    sort_into
        A folder: each picture is copied into the folder of its class in there. No picture is moved
        or overwritten, and `chainrule undo` removes the copies.
    sure
        Of less probability than this, 0.8 by default, a picture is sorted into the folder unsure;
        so is one that is unlike the training data.
    dry_run
        Only say what would be sorted where.
    data
        The training data, if they are no longer where they were: to warn of examples that are
        unlike all of them.
    """
    asked = loaded(model)
    if out is not None:
        new_file(out, (".csv", ".json"))
    if sort_into is None and (sure is not None or dry_run):
        option = "--dry-run" if dry_run else "--sure"
        raise InputError(option, "--sort-into FOLDER beside it", "none")
    if asked.image_shape is None:
        from chainrule.data.readers.tree import pictured

        if sort_into is not None or any(map(pictured, inputs)):
            got = f"one of {asked.network.layer_sizes[0]} numbers an example"
            raise InputError(str(model), "a model of pictures", got, "Give it a table.")
        if len(inputs) != 1:
            raise InputError("predict", "one table of examples", f"{len(inputs) or 'none'}")
        return _of_table(model, asked, str(inputs[0]), reading, out, data, usual)
    from chainrule.jobs.answering import PicturesJob

    how: dict[str, Any] = {"into": sort_into, "sure": sure, "dry_run": dry_run}
    job = PicturesJob(asked, inputs, str(model), data, out=out, cache=usual.cache, **how)
    return _of_pictures(job, usual.json)


def _of_table(
    path: Path,
    model: "Model",
    table: str,
    reading: Tables,
    out: Path | None,
    data: str | None,
    usual: Usual,
) -> int:
    from dataclasses import replace

    from chainrule.influence.predictions import predictions
    from chainrule.jobs.training_set import known_examples
    from chainrule.model.new_data import open_for

    with Screen("answering", "GB", quiet=usual.json) as screen:
        how: dict[str, Any] = {"progress": screen.update, "memory": usual.memory}
        asked = open_for(model, table, replace(reading, label=""), **how).train
        train, why = known_examples(model, str(path), data, **how)
        found = predictions(model, asked, train)
    if out is not None:
        found.to_csv(out)
    facts = {"model": str(path), "data": table, "members": model.n_members, **found.facts()}
    if usual.json:
        show.print_json(facts | {"compared_with_training_data": not why, "note": why or None})
        return 0
    print_ = show.console().print
    show.print_model(model)
    print_(f"{counted(len(asked), 'example')} from {show.safe(asked.source)}")
    for note in found.notes:
        print_(f"          {show.safe(note)}")
    whole = [f"probability of {name}" for name in found.classes]
    shown = found.table().without(*whole, *(["unlike"] if train is not None else []))
    show.print_table(shown if out is None else shown.first(SHOWN))
    if out is not None:
        print_(f"Wrote {show.safe(str(out))}: all {len(asked)}.")
    unlike = zip(found.names, found.unlike or (), strict=not why)
    _warn(found.tied, [pair for pair in unlike if pair[1]], len(asked), why)
    return 0


def _warn(tied: Sequence[str], unlike: Sequence[tuple[str, str]], total: int, unknown: str) -> None:
    """Of ties, and of examples unlike the training data, each with why; or why that is `unknown`.

    total : examples.
    """
    if tied:
        show.print_note(
            f"{show.safe(listed(tied, FEW))}: the most probable classes are equally probable, the "
            "first of them is named."
        )
    if unknown:
        show.print_note(f"Not compared with the training data: {show.safe(unknown)}.")
    elif unlike:
        first, why = unlike[0]
        said = f"{first} is unlike the training data: {why}."
        if len(unlike) > 1:
            shown = listed([name for name, _ in unlike], FEW)
            said = f"{len(unlike)} of {total} are unlike the training data: {shown}."
            said += f" {first}: {why}."
        said += " Do not rely on answers to such examples."
        show.print_set_in(show.safe(said), "Warning")


def _of_pictures(job: "PicturesJob", json: bool) -> int:
    told: list[Predictions] = []
    whole = job.out is None and job.into is None  # no file has the answers

    def tell(event: Event) -> None:
        if isinstance(event, Answered) and (whole or len(told) * len(event.found.names) <= SHOWN):
            told.append(event.found)
        screen(event)

    with Screen("answering", "pictures", quiet=json) as screen:
        found = job.run(tell)
    if json:
        facts = {"model": job.where, "members": job.model.n_members, **found.facts()}
        answers = {"predictions": [record for one in told for record in one.records("image")]}
        show.print_json(facts | (answers if whole else {}))
    else:
        _say(job, found, told)
    # Each file by name, or many counted by reason.
    lines = [f"{path}: {reason}" for path, reason in found.problems]
    for line in lines if len(lines) <= NAMED else counted_by_reason(lines):
        show.console(error=True).print(f"chainrule: {show.safe(line)}.")
    return 1 if not found.complete else 2 if lines else 0


def _say(job: "PicturesJob", found: "Answers", told: "Sequence[Predictions]") -> None:
    """The answers, or how many there are of each, and what to do next."""
    print_, n = show.console().print, found.answered
    show.print_model(job.model)
    for note in found.notes:
        show.print_note(show.safe(note))
    each = n <= (SHOWN if job.out or job.into else MOST) and not found.before
    if n and each:
        answers = [record for one in told for record in one.records("image")]
        show.print_table(Table.of(answers, ANSWERS))
    if n and job.model.classes and (found.folders or not each):
        show.print_table(found.table())
    if not each and not job.out:
        print_(f"{counted(n, 'answer')}: --out FILE writes each.")
    if n:
        _warn(found.tied, found.unlike, n, job.compared[1])
    if job.dry_run:
        print_("Nothing was copied (--dry-run).")
    elif job.into:
        already = f"; {found.there:,} were there already" if found.there else ""
        print_(
            f"Copied {counted(found.copied, 'picture')} into {show.safe(str(job.into))}{already}."
        )
    if found.complete and job.out:
        print_(f"Wrote {show.safe(str(job.out))}: all {found.total:,}.")
    if not found.complete:
        kept = " The same command goes on: what is done is kept." if job.out or job.into else ""
        show.print_set_in(f"{found.done:,} of {found.total:,} are done.{kept}", "Interrupted", 12)
    if found.undo:
        print_(f"Undo:     {show.folded(found.undo, 10)}")
