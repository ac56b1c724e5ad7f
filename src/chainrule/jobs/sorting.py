"""Pictures copied into a folder for each class; a list of the copies, by which they are undone.

Nothing is moved and nothing overwritten. A copy is removed only while it is the same as its
original, so that no picture is lost.
"""

import contextlib
import csv
import errno
import filecmp
import io
import itertools
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from chainrule import checks
from chainrule.errors import InputError
from chainrule.files.atomic import copy_new, reason, remove_parts, writable
from chainrule.files.csv_file import guarded, unguarded
from chainrule.files.journal import append
from chainrule.jobs.events import Progressed, Tell

UNSURE = "unsure"
SURE = 0.8  # the probability below which a picture is in that folder
HEAD = ["copy", "original"]
LONGEST = 255  # bytes of a name, on most disks
ENDING = 20  # characters after a dot that are still the ending of a name
# No names of files or folders on Windows (learn.microsoft.com, "Naming Files").
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{one}{k}" for one in ("COM", "LPT") for k in range(10))}
# What is the matter with one name, and not with the disk.
OF_A_NAME = {os.strerror(code) for code in (errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)}


def folder_names(classes: Sequence[str]) -> dict[str, str]:
    """The name of each class's folder: one that every system takes, and that no other has, in
    whatever case; nor `unsure`."""
    taken, found = {UNSURE}, {}
    for name in classes:
        plain = NOT_IN_NAMES.sub("_", checks.printable(name)).strip().rstrip(".")
        if not plain or plain.startswith(".") or plain.partition(".")[0].upper() in DEVICES:
            plain = f"_{plain}"
        for other in _numbered(plain, ""):
            if other.casefold() not in taken:
                break
        taken.add(other.casefold())
        found[name] = other
    return found


def _numbered(stem: str, ending: str) -> Iterator[str]:
    """Names that are not too long: as it is, then with -2, -3 and so on."""
    for number in itertools.count(1):
        end = ending if number == 1 else f"-{number}{ending}"
        start = stem
        while len(os.fsencode(start + end)) > LONGEST:
            start = start[:-1]
        yield start + end


def _names(name: str) -> Iterator[str]:
    """Those that a copy of a file of this name may have."""
    stem, ending = os.path.splitext(name)
    return _numbered(stem, ending) if len(ending) <= ENDING else _numbered(name, "")


class Sorted:
    """A folder into which pictures are copied.

    A new list of the copies is begun in it. InputError where there is no place to write.
    """

    def __init__(self, into: Path) -> None:
        self.into, self.copied, self.there, self._listed = into, 0, 0, 0
        self._places: dict[str, Path] = {}  # the folders of the classes, by name
        self._made = not into.exists()
        with writable(into):
            into.mkdir(parents=True, exist_ok=True)
            self.list, self._file = _new_list(into)
        try:
            self._write(HEAD)
        except InputError:
            self.close()
            raise

    def _write(self, row: list[str]) -> None:
        """Names are kept to the byte: a list is read again."""
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(guarded, row))
        append(self._file, line.getvalue().encode("utf-8", "surrogateescape"), self.list)

    def _place(self, folder: str) -> Path:
        """Where a class's copies are, which is made; InputError where that cannot be."""
        if folder not in self._places:
            place = self.into / folder
            with writable(place):
                place.mkdir(exist_ok=True)
            if place.resolve().parent != self.into.resolve():
                raise InputError(str(place), f"a folder in {self.into}", "a link out of it")
            self._places[folder] = place
        return self._places[folder]

    def copy(self, original: Path, folder: str) -> str:
        """Copy a picture into a folder of this one, unless the same is there under its name; ""
        or why that cannot be. InputError where nothing can be copied any more."""
        place = self._place(folder)
        for name in _names(original.name):
            path = place / name
            if not os.path.lexists(path):
                break
            if _same(original, path):
                self.there += 1
                return ""
        self._write([f"{folder}/{name}", str(original.absolute())])  # before there is a copy
        self._listed += 1
        try:
            copy_new(original, path)
        except OSError as error:
            return reason(error)
        except InputError as error:
            if error.got in OF_A_NAME:
                return error.got
            raise
        self.copied += 1
        return ""

    @property
    def undo(self) -> str:
        """The command that removes the copies; "" of none."""
        return f"chainrule undo {shlex.quote(str(self.list))}" if self._listed else ""

    def close(self) -> None:
        """A list of nothing goes away, and a folder that was made for it."""
        self._file.close()
        if not self._listed:
            self.list.unlink(missing_ok=True)
            if self._made:
                _remove_empty(self.into)


def _new_list(into: Path) -> tuple[Path, FileIO]:
    """copies-1.csv, or the first number that is free."""
    for number in itertools.count(1):
        with contextlib.suppress(FileExistsError):
            path = into / f"copies-{number}.csv"
            return path, FileIO(path, "x")
    raise AssertionError


def _same(original: Path, copy: Path) -> bool:
    """Whether a file, and no link, holds what the original holds."""
    try:
        return not copy.is_symlink() and copy.is_file() and filecmp.cmp(original, copy, False)
    except OSError:
        return False


@dataclass
class Undone:
    """removed : copies. kept : those that were left, each with why. complete : or interrupted."""

    removed: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = True


def undo(lists: Sequence[Path], tell: Tell | None = None) -> Undone:
    """Remove the copies of these lists that are the same as their originals, folders that are
    empty then, and lists of which nothing is left.

    InputError for a file that is no list of copies, before anything is removed.
    """
    rows, found = {path: _copies(path) for path in lists}, Undone()
    total, done = sum(map(len, rows.values())), 0
    try:
        for path, copies in rows.items():
            top, left = path.resolve().parent, len(found.kept)
            for copy, original in copies:
                why = _remove(top, copy, original)
                found.removed += why is None
                if why:
                    found.kept.append((str(path.parent / copy), why))
                done += 1
                if tell is not None and not done % 100:
                    tell(Progressed(done, total))
            for folder in {top / copy.parent for copy, _ in copies}:
                if folder.resolve().parent == top:
                    remove_parts(folder)  # of a copy that was being made at a kill
                    _remove_empty(folder)
            if len(found.kept) == left:
                path.unlink()
                _remove_empty(top)
    except KeyboardInterrupt:
        found.complete = False
    return found


def _copies(path: Path) -> list[tuple[Path, Path]]:
    """Each copy, from the list's folder, and its original."""
    found = []
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            head = next(reader, None)
            for row in reader if head == HEAD else ():
                copy, original = (Path(unguarded(cell)) for cell in row)
                if copy.is_absolute() or ".." in copy.parts or len(copy.parts) != 2:
                    raise ValueError
                found.append((copy, original))
    except OSError as error:
        raise InputError(str(path), "a list of copies", reason(error)) from None
    except (ValueError, csv.Error):
        head = None
    if head != HEAD:
        fix = "Name the list that chainrule predict --sort-into wrote: copies-1.csv or so."
        raise InputError(str(path), "a list of copies", "something else", fix)
    return found


def _remove(top: Path, copy: Path, original: Path) -> str | None:
    """Remove a copy: None; "" if it is gone already; else why it is left."""
    path = top / copy
    try:
        if not os.path.lexists(path):
            return ""
        if path.parent.resolve().parent != top or path.is_symlink() or not path.is_file():
            return "it is a link, or behind one, now"
        if not original.is_file():
            return "its original is gone"
        if os.path.samefile(path, original):
            return "it is its own original"
        if not _same(original, path):
            return "it and its original differ now"
        path.unlink()
    except OSError as error:
        return reason(error)
    return None


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is not empty
        folder.rmdir()
