"""Answers to pictures in files, of any number: read, answered, written and forgotten in blocks."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from chainrule import checks
from chainrule.data.readers import tree
from chainrule.display import Column, Result, Table
from chainrule.errors import InputError
from chainrule.files.atomic import ROOM, new_file
from chainrule.files.csv_file import write_csv
from chainrule.files.digest import digest
from chainrule.files.journal import Journal
from chainrule.files.json_file import write_json
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.influence.predictions import predictions
from chainrule.jobs.events import Answered, Control, Progressed, Tell
from chainrule.jobs.sorting import SURE, UNSURE, Sorted, folder_names
from chainrule.jobs.training_set import known_examples
from chainrule.model.model_file import Model
from chainrule.model.new_data import pictures_for, read_pictures
from chainrule.wording import listed, printable

BLOCK = 64  # pictures at a time: so many are lost by a kill
PART = ".part"  # how the name ends of what is done, beside the file that it becomes
NOT_COPIED = "not copied: "
FEW = 5  # of what a folder has
Row = dict[str, Any]


@dataclass
class Answers(Result):
    """What was found of all files together.

    total : files. before : names of those that were answered when this began. done : with these.
    classes : how many pictures of each; folders : in each that they were copied to, or would be.
    problems : files that could not be read, or copied, and why. tied, unlike : names of pictures
    whose classes are equally probable, and that are unlike the training data, with why.
    copied, there : copies made, and found. undo : the command that removes these copies.
    complete : or interrupted.
    """

    total: int
    done: int = 0
    before: list[str] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)
    folders: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)
    tied: list[str] = field(default_factory=list)
    unlike: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copied: int = 0
    there: int = 0
    undo: str = ""
    complete: bool = False

    @property
    def answered(self) -> int:
        """Pictures that have an answer."""
        failed = sum(not why.startswith(NOT_COPIED) for _, why in self.problems)
        return self.done - failed

    def count(self, row: Row) -> None:
        """One row more."""
        self.done += 1
        for counts, name in ((self.classes, "class"), (self.folders, "sorted_into")):
            if row.get(name):
                counts[row[name]] += 1
        for told, name in ((self.problems, "problem"), (self.unlike, "unlike")):
            if row.get(name):
                told.append((row["file"], row[name]))

    def table(self) -> Table:
        """How many pictures are in each folder, or of each class."""
        kind, counts = ("folder", self.folders) if self.folders else ("class", self.classes)
        return Table((Column(kind), Column("pictures", "whole")), counts.most_common())

    def facts(self) -> dict[str, Any]:
        names = ("total", "done", "classes", "folders", "copied", "there", "undo", "complete")
        errors = [{"image": path, "reason": reason} for path, reason in self.problems]
        facts = {name: getattr(self, name) for name in names}
        return facts | {"unlike": len(self.unlike), "errors": errors, "notes": self.notes}


class PicturesJob:
    """Answer pictures with a model, and write the answers; copy each into the folder of its class.

    inputs : files, and folders: every file below them. where : the model, for messages. data : its
    training data, if they are no longer where they were.
    out : a new file, .csv or .json, which is whole or not there; what is done is kept beside it as
    it goes, and the same job goes on there. into : the folder of the classes' folders; of less
    probability than `sure`, or unlike the training data, a picture is copied into `unsure`.
    dry_run : nothing is copied. cache : whether features of photos are kept.
    """

    def __init__(
        self,
        model: Model,
        inputs: Sequence[Path],
        where: str = "",
        data: str | None = None,
        *,
        out: Path | None = None,
        into: Path | None = None,
        sure: float | None = None,
        dry_run: bool = False,
        cache: bool = True,
    ) -> None:
        self.model, self.inputs, self.where, self.data = model, inputs, where or model.source, data
        self.out, self.into, self.dry_run = out, into, dry_run
        self.cache = cache
        sure = SURE if sure is None else sure
        self.sure = checks.number("--sure", "a probability", sure, least=0, most=1)
        if out is not None:
            new_file(out, (".csv", ".json"))
        if into is not None and not model.classes:
            raise InputError("--sort-into", "a model of classes", "a regression")
        if into is not None and into.exists() and not into.is_dir():
            raise InputError("--sort-into", "a folder, there or not yet", f"a file, {into}")
        self.paths, self.unread, self.notes = _found(inputs, into)
        if out is not None:  # it may lie among them
            self.part = out.with_name(f"{out.name}{PART}")
            self.paths = [path for path in self.paths if path.absolute() != self.part.absolute()]
        if not self.paths and not self.unread:
            raise InputError("predict", "at least one picture file", "none")
        if (out or into) and not any(map(os.path.lexists, self.paths)):
            where, got = self.unread[0] if self.unread else (str(self.paths[0]), "no such file")
            raise InputError(where, "a picture, or a folder of pictures", got, "Check the path.")
        self.folders = {} if into is None else folder_names(model.classes)
        for name, folder in self.folders.items():
            if name != folder:
                self.notes.append(f"pictures of {name!r} are sorted into {folder!r}")

    @cached_property
    def compared(self) -> tuple[Neighborhoods | None, str]:
        """The training examples that pictures are compared with, read once; or why not."""
        return known_examples(self.model, self.where, self.data, cache=self.cache)

    @cached_property
    def columns(self) -> list[str]:
        """Of the file of answers."""
        names = ["file", *(["class", "probability"] if self.model.classes else ["value"])]
        names += ["spread"] * (self.model.n_members > 1) + ["unlike"] * (not self.compared[1])
        names += ["sorted_into"] * (self.into is not None) + ["problem"]
        return names + [f"probability of {name}" for name in self.model.classes]

    def run(self, tell: Tell | None = None, control: Control | None = None) -> Answers:
        """Stopped by `control` or by Ctrl-C it says what was done.

        InputError for training data that are others, and where there is no place or room to write.
        """
        tell, control = tell or (lambda event: None), control or Control()
        found = Answers(len(self.paths) + len(self.unread), notes=list(self.notes))
        tell(Progressed(0, found.total))
        _ = self.compared  # whose mistakes are found before anything is made
        with ExitStack() as stack:
            journal = copies = None
            if self.out is not None:
                journal = Journal(self.part, self._work())
                stack.callback(lambda: journal.close(done=found.complete or not found.done))
            if self.into is not None and not self.dry_run:
                copies = stack.enter_context(closing(Sorted(self.into)))
            try:
                self._answer(found, journal, copies, tell, control)
            except KeyboardInterrupt:
                found.complete = False
            except InputError as error:
                undo = copies.undo if copies else ""
                if error.expected != ROOM or not (found.done or undo):
                    raise
                fix = "Then give the same command again: what is done is kept."
                fix += f" Or undo it: {undo}" if undo else ""
                raise InputError(error.where, ROOM, error.got, fix) from None
        if copies is not None:
            found.copied, found.there, found.undo = copies.copied, copies.there, copies.undo
        return found

    def _work(self) -> dict[str, Any]:
        """By which what is done is known as this job's."""
        network = self.model.network
        weights = digest(*network.weights, *network.biases, self.model.threshold)
        inputs = [str(path.absolute()) for path in self.inputs]
        into = self.into and [str(self.into.absolute()), self.sure, self.dry_run]
        return {"model": weights, "inputs": inputs, "into": into, "columns": self.columns}

    def _answer(
        self,
        found: Answers,
        journal: Journal | None,
        copies: Sorted | None,
        tell: Tell,
        control: Control,
    ) -> None:
        """All that is not answered yet, in blocks; then the file."""
        for cells in journal.rows() if journal else ():
            row = dict(zip(self.columns, cells, strict=True))
            found.count(row)
            found.before.append(row["file"])
        for rows in self._blocks(set(found.before), found, tell):
            if copies:
                for row in rows:
                    _copy(copies, row)
            if journal:
                journal.add([row[name] for name in self.columns] for row in rows)
            for row in rows:
                found.count(row)
            tell(Progressed(found.done, found.total))
            if control.is_set():
                return
        if journal and self.out:
            _write(self.out, self.columns, journal)
        found.complete = True

    def _blocks(self, before: set[str], found: Answers, tell: Tell) -> Iterator[list[Row]]:
        """A row for each file that was not answered before."""
        blank: Row = dict.fromkeys(self.columns)
        if rows := [blank | {"file": f, "problem": w} for f, w in self.unread if f not in before]:
            yield rows
        reader = pictures_for(self.model, self.cache)
        paths = [path for path in self.paths if str(path) not in before]
        for start in range(0, len(paths), BLOCK):
            block, told = paths[start : start + BLOCK], dict[str | Path, str]()
            asked = read_pictures(self.model, reader, block, told.__setitem__)
            answers = {}
            if asked is not None:
                answered = predictions(self.model, asked, self.compared[0])
                found.tied += answered.tied
                answers = {row.pop("name"): row for row in answered.table().records()}
                tell(Answered(answered))
            rows = []
            for path in block:
                row = blank | {"file": str(path), "problem": told.get(path)}
                row |= answers.get(str(path), {})
                if self.into and row["class"]:
                    unsure = row["probability"] < self.sure or row.get("unlike")
                    row["sorted_into"] = UNSURE if unsure else self.folders[row["class"]]
                rows.append(row)
            yield rows
        found.notes += reader.notes()


def _copy(copies: Sorted, row: Row) -> None:
    """Copy a picture; why that cannot be is its problem."""
    if row["sorted_into"] and (why := copies.copy(Path(row["file"]), row["sorted_into"])):
        row |= {"problem": f"{NOT_COPIED}{why}", "sorted_into": None}


def _write(out: Path, columns: Sequence[str], journal: Journal) -> None:
    """The file of answers; bytes of names that are no UTF-8 become fit to print."""
    rows = ([printable(name), *cells] for name, *cells in journal.rows())
    if out.suffix.lower() == ".csv":
        write_csv(out, columns, rows, new=True)
    else:
        write_json(out, [dict(zip(columns, row, strict=True)) for row in rows], new=True)


def _found(
    given: Sequence[Path], into: Path | None
) -> tuple[list[Path], list[tuple[str, str]], list[str]]:
    """The files to read, in the order given and within folders in natural order, but for what is
    in `into`; what below a folder cannot be read, and why; what was left out."""
    paths: list[Path] = []
    errors: list[tuple[str, str]] = []
    notes = []
    for path in given:
        if not path.is_dir():
            paths.append(path)
            continue
        below = tree.files(path, lambda inner, reason: errors.append((str(inner), reason)))
        if into is not None and (inside := _inside(path, into)):
            kept = [one for one in below if not one.is_relative_to(inside)]
            if len(kept) < len(below):
                notes.append(f"left out {inside}, into which is sorted")
            below = kept
        if not below:
            errors.append((str(path), "a folder without files"))
        paths += below
        if litter := tree.litter(path):
            notes.append(f"{path}: left out what systems hide: {listed(litter, FEW)}")
    return list(dict.fromkeys(paths)), errors, notes


def _inside(folder: Path, into: Path) -> Path | None:
    """Where in a folder of pictures the folder is into which they are sorted; None if elsewhere.
    InputError if it is the same."""
    here, there = folder.resolve(), into.resolve()
    if here == there:
        fix = "Choose another: they would lie between their originals."
        raise InputError("--sort-into", "a folder for copies", f"that of the pictures, {into}", fix)
    return folder / there.relative_to(here) if there.is_relative_to(here) else None
