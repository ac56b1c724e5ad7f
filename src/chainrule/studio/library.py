"""The data sets of the studio: what was named at its start, what is built in, and what was given
through the page, which lies in files from then on, so that any command can read it, too."""

import contextlib
import itertools
import os
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data import Dataset, Splits
from chainrule.data.readers.sources import NAMES, SETS, is_builtin, parted, refuse_missing
from chainrule.errors import ChainruleError, DataError, InputError
from chainrule.files import atomic
from chainrule.files.csv_file import write_csv
from chainrule.jobs.options import OF_SETTING, OF_TRAINING, Options, absolute, restored, written
from chainrule.service.bodies import suffix_of
from chainrule.show.data import drawable
from chainrule.studio.frames import plane
from chainrule.studio.kept import Kept, names_of, number_of, plain, refuse_used, remove, shown

KINDS = {"pictures": "", "table": ".csv", "points": ".csv"}
FILES, ROOM = 20_000, 4 << 30  # of one data set given through the page: files, and bytes in all
NAMED = 20  # columns that are named
ROWS, WIDE = 5, 8  # of a table that are shown, and columns
State = tuple[tuple[int, int], ...] | None
KEPT = 4  # data sets that stay in memory
# What data that are read depend on; generated and held-out examples on the seed, too.
OF_DATA = {one.name for one in fields(Options)}.difference(OF_SETTING, OF_TRAINING) | {"seed"}


@dataclass(eq=False)
class Source:
    """A data set by its name in addresses.

    path : what `open_data` takes. options : how it is read. facts : of it, once it was read.
    title : as it is shown. made : whether it was given through the page.
    """

    name: str
    path: str
    kind: str = ""
    options: Options = field(default_factory=Options)
    facts: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    made: bool = False

    def summary(self) -> dict[str, Any]:
        """What the page shows of it."""
        title = self.title or Path(self.path).name
        facts = {"name": self.name, "source": self.path, "title": title, "made": self.made}
        more = {"kind": self.kind, "opened": bool(self.facts), "reading": _changed(self.options)}
        return facts | more | self.facts


class Library:
    """All data sets. Nothing outside the named paths and the own folder is ever read.

    folder : in which what is given through the page is kept. named : paths from the command line.
    """

    def __init__(self, folder: Path, named: Sequence[str] = ()) -> None:
        self.folder = folder
        self.sources: dict[str, Source] = {}
        self._read = lru_cache(KEPT)(lambda path, state, options: options.open(path))
        self._lock, self._filling = threading.Lock(), threading.Lock()
        self._filled: dict[str, tuple[int, int]] = {}  # files and bytes of what is given
        self._kept = Kept(folder)  # as which sources were read, and which of them were made here
        for path in named:
            refuse_missing(path)
            self._add(Path(path).stem or "data", absolute(path))
        for place in sorted(folder.iterdir()) if folder.is_dir() else []:
            if not place.name.startswith("."):
                self._add(place.stem, str(place.resolve()))

    def _add(self, stem: str, path: str, kind: str = "") -> Source:
        """A new source, whose name is the stem, or that and a number."""
        name = next(one for one in names_of(stem, "data") if one not in self.sources)
        known = self._kept.get(path)
        made = "made" in known and known["made"] == number_of(Path(path))
        found = Source(name, path, kind, title=known.get("title", ""), made=made)
        self.sources[name] = found
        with contextlib.suppress(ChainruleError):
            found.options = restored(known.get("options", {}), Options(), "options")
        return found

    def __getitem__(self, name: str) -> Source:
        if name in self.sources:
            return self.sources[name]
        if is_builtin(name):
            self.sources[name] = Source(name, name)
            return self.sources[name]
        known = ", ".join([*self.sources, *NAMES])
        raise InputError("data", f"one of {known}", repr(name))

    def opened(self, name: str, given: dict[str, Any] | None = None) -> Source:
        """A source that is read, as `given` options or as before; raises what `open_data` does."""
        found = self[name]
        if given is not None:
            found.options = restored(given, Options(), "options")
            found.facts = {}
            self._kept.put(found.path, options=_changed(found.options))
        found.facts = _facts(self.splits(found.path, found.options))
        found.kind = found.facts["kind"]
        return found

    def splits(self, path: str, options: Options, state: State = None) -> Splits:
        """The data as a training by these options reads them; of the last few they are kept.

        state : the files' when the training began; DataError where it is another now.
        """
        now = state_of(path)
        if state not in (None, now):
            fix = "Put them back, or train anew."
            raise DataError(path, "the data that the run was trained on", "others by now", fix)
        how = Options(**{name: getattr(options, name) for name in OF_DATA})
        with self._lock:  # of several who ask at once the first one reads
            return self._read(path, now, how)

    def new(self, title: str, kind: str) -> Source:
        """A data set to be filled: a folder of pictures, a table, or points in the plane."""
        if kind not in KINDS:
            raise InputError("kind", f"one of {', '.join(KINDS)}", repr(kind))
        taken = {Path(one.path).name for one in list(self.sources.values())}
        names, there = (one + KINDS[kind] for one in names_of(title, kind)), self.folder
        path = there / next(n for n in names if n not in taken and not (there / n).exists())
        (path if kind == "pictures" else self.folder).mkdir(parents=True, exist_ok=True)
        self._kept.put(str(path.resolve()))
        self._kept.put(str(path.resolve()), made=number_of(path))
        return self._add(path.stem, str(path.resolve()), kind)

    def add_picture(self, name: str, label: str, body: bytes, title: str = "") -> Path:
        """A picture file of a class, under a number and what is harmless of its title."""
        suffix, source = suffix_of(body), self._own(name, "pictures")
        label = unicodedata.normalize("NFC", label)  # as which folders are read
        bad = not label.strip() or label.lower() in itertools.chain(*SETS.values())
        bad |= label.startswith(".") or len(label.encode()) > 100
        if bad or any(not c.isprintable() or c in '/\\:*?"<>|' for c in label):
            raise InputError("label", "a class's name that can name a folder", repr(label[:40]))
        stem = plain(Path(title).stem)
        folder = Path(source.path, label)
        with self._filling:
            files, taken = self._filled.get(name) or _size(Path(source.path))
            if files >= FILES or taken + len(body) > ROOM:
                raise InputError(name, f"at most {FILES:,} files of {ROOM >> 30} GB", "more")
            self._filled[name] = files + 1, taken + len(body)
        folder.mkdir(exist_ok=True)
        path = folder / f"{files + 1:05d}{'-' * bool(stem)}{stem}{suffix}"
        atomic.write_bytes(path, body)
        self._forget(source)
        return path

    def write_table(self, name: str, body: bytes) -> None:
        """The table as it came."""
        source = self._own(name, "table")
        atomic.write_bytes(Path(source.path), body)
        self._forget(source)

    def write_points(self, name: str, points: Any) -> None:
        """Points in the plane, each (x1, x2, label)."""
        source = self._own(name, "points")
        good = isinstance(points, list) and all(
            isinstance(p, list) and len(p) == 3 and all(map(_finite, p[:2])) for p in points
        )
        if not good or len(points) > FILES:
            raise InputError("points", f"a list of at most {FILES:,} [x1, x2, label]", "another")
        rows = [[float(a), float(b), str(label)[:100]] for a, b, label in points]
        write_csv(Path(source.path), ["x1", "x2", "label"], rows)
        self._forget(source)

    def _forget(self, source: Source) -> None:
        source.facts, number = {}, number_of(Path(source.path))
        if self._kept.get(source.path).get("made") != number:  # a file that was written anew
            self._kept.put(source.path, made=number)

    def _own(self, name: str, kind: str = "") -> Source:
        """A source that may be written: none but what was made here."""
        found = self[name]
        if not found.made or (kind and found.kind and found.kind != kind):
            raise InputError(
                name, f"a data set {kind and f'of {kind} '}that was made here", "another"
            )
        return found

    def rename(self, name: str, given: Any) -> None:
        """Another name to be shown; its files and address stay."""
        self[name].title = shown(given)
        self._kept.put(self[name].path, title=self[name].title)

    def delete(self, name: str, by: list[str]) -> None:
        """Delete a data set that was given through the page, with its files; InputError for another
        one, and where runs, `by`, were trained on it."""
        found = self._own(name)
        refuse_used(name, by)
        remove(Path(found.path))
        self._forget(found)
        self._kept.put(found.path)
        self._filled.pop(name, None)
        del self.sources[name]


def _changed(options: Options) -> dict[str, Any]:
    """What is not as it is by default."""
    usual = written(Options())
    return {k: v for k, v in written(options).items() if v != usual[k]}


def state_of(path: str) -> State:
    """By which files are known to be the same: time and size of a file, or of a folder's folders;
    None of what is built in, or gone."""
    place = parted(path)[0]
    try:
        folders = [Path(one[0]) for one in os.walk(place)] or [place]
        states = [one.stat() for one in ([] if is_builtin(path) else folders)]
    except OSError:
        return None
    return tuple((one.st_mtime_ns, one.st_size) for one in states) or None


def _size(folder: Path) -> tuple[int, int]:
    """How many files there are, and bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def _finite(value: Any) -> bool:
    return type(value) in (int, float) and -1e300 < value < 1e300


def _facts(splits: Splits) -> dict[str, Any]:
    """What there is to say of data that were read."""
    data, shape = splits.train, splits.train.image_shape
    kind = "pictures" if shape else "points" if data.features.shape[0] == 2 else "table"
    sets = {}
    for name, one in splits.sets.items():
        counts: Any = np.bincount(one.labels, minlength=len(data.classes)) if data.classes else []
        sets[name] = {"examples": len(one), "counts": [int(n) for n in counts]}
    names = data.feature_names
    return {
        "kind": kind,
        "image_shape": shape,
        "drawable": drawable(data),
        "feature_names": None if names is None else list(names[:NAMED]),
        "n_x": data.features.shape[0],
        "classes": list(data.classes),
        "task": data.task,
        "sets": sets,
        "duplicates": {name: len(index) for name, index in splits.repeated.items()},
        "notes": [*splits.notes, *splits.skipped[:NAMED]],
        "plane": plane(data),
        "rows": _rows(data) if kind == "table" else None,
    }


def _rows(data: Dataset) -> dict[str, Any] | None:
    """The first examples of a table, as they came."""
    if data.in_file:
        return None
    first = np.arange(min(ROWS, len(data)))
    X = data.select(first).features.stored()
    X = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
    labels = [str(data.label_of(int(i))) for i in first]
    values = [[x if np.isfinite(x) else None for x in row] for row in X[:WIDE].T.tolist()]
    return {"columns": list(data.column_names[:WIDE]), "labels": labels, "values": values}
