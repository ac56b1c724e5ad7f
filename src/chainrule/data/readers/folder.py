"""A folder of pictures: one folder per class, or train/ [val/] test/ above those.

What looks like something else is refused where that is doubtful, else said.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.labels import FEW, alike, class_order
from chainrule.data.readers import tree
from chainrule.data.readers.images import Pictures, depth
from chainrule.data.readers.photos import EncodedPictures
from chainrule.errors import DataError
from chainrule.wording import counted, counted_by_reason


def open_folder(
    root: Path,
    shape: tuple[int, ...] = (64, 64, 3),
    strict: bool = False,
    least_classes: int = 2,
    bits: int | None = None,
    encoding: Encoding | None = None,
) -> Splits:
    """Every picture below `root`, squashed to `shape`: (height, width, 3) for RGB, or gray.

    Folders named as sets (train, seg_train, Validation, test_set and many more) hold the class
    folders if there are folders in them; else the folders of `root` are the classes. A folder that
    only wraps another is entered. A class folder is read with the folders inside it. A validation
    or test folder without class folders is no set. What systems leave behind is left out; a file
    that is no readable picture is listed in Splits.skipped with the reason, or with `strict` raises
    a DataError. So do fewer class folders than `least_classes`, and folders that look like
    something else. Dataset.notes say what was understood.

    bits : how many bits the values of 16-bit files use; None: what the brightest of all asks for,
    out of 8, 10, 12, 14 and 16, which becomes Dataset.bits. encoding : makes features of the
    pictures, of which small ones of `shape` are kept.

    Classes are those of the training set, in natural order of their names, (non-cat, cat) for
    those two. Dataset.names are paths relative to `root`; raw is uint8 (n_x, m).
    """
    how = shape, bits or 16
    pictures = EncodedPictures(*how, encoding) if encoding else Pictures(*how)
    reading = _Folder(root, pictures, least_classes)
    sets: dict[str, Any] = reading.sets()
    if bits is None and pictures.brightest and depth(pictures.brightest) < 16:
        used = depth(pictures.brightest)
        return open_folder(root, shape, strict, least_classes, used, encoding)
    if strict and reading.skipped:
        n, expected = len(reading.skipped), "nothing but readable pictures, as strict demands"
        got = f"{n} that could not be read: {checks.listed(reading.skipped, FEW, '; ')}"
        fix = "Mend or remove them, or leave strict out to skip them."
        raise DataError(str(root), expected, got, fix)
    reading.notes += pictures.notes()
    if litter := _litter(root):
        reading.notes.append(litter)
    splits = Splits(**sets, skipped=tuple(reading.skipped))
    return splits.changed(lambda data: replace(data.noted(*reading.notes), bits=pictures.bits))


@dataclass
class _Folder:
    """How one folder is read: its root, its pictures, how many classes its training set needs;
    and what was met: files skipped, with why, and what is to be said."""

    root: Path
    pictures: Pictures
    least_classes: int
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def name(self, path: str | Path) -> str:
        """A path below the root, with slashes; bytes that are no UTF-8 become fit to print."""
        return checks.printable(Path(path).relative_to(self.root).as_posix())

    def skip(self, path: str | Path, reason: str) -> None:
        self.skipped.append(f"{self.name(path)}: {reason}")

    def sets(self) -> dict[str, Dataset]:
        """The sets by their names in Splits."""
        tops = tree.sets(tree.unwrapped(self.root), self.skip)
        tops["train"] = tree.unwrapped(tops["train"], "train")
        sets = {"train": self.read(tops["train"])}
        classes = sets["train"].classes
        for role in sorted(tops.keys() - sets.keys(), reverse=True):
            top = tops[role] = tree.unwrapped(tops[role], role, set(map(alike, classes)))
            if tree.subfolders(top):
                sets[role] = self.read(top, classes)
            else:
                n = len(tree.pictures(top))
                lacking = f"holds {counted(n, 'picture')} without labels (for chainrule predict)"
                lacking = lacking if n else "is empty"
                self.notes.append(f"no {role} set: {self.name(top)}/ {lacking}")
        if beside := [self.name(path) for path in tree.beside(self.root, tops.values())]:
            files = counted(len(beside), "file")
            self.notes.append(f"left out {files} beside the folders: {checks.listed(beside, FEW)}")
        if tops["train"] != self.root:
            places = (f"{self.name(tops[role])}/ ({role})" for role in sets)
            self.notes.insert(0, f"read from {', '.join(places)}")
        return sets

    def read(self, top: Path, known: tuple[str, ...] | None = None) -> Dataset:
        """The class folders in `top` as a data set, whose classes are the `known` ones if given."""
        below = tree.class_folders(top, self.skip)
        folders = {checks.printable(folder.name): folder for folder in below}
        for path in tree.pictures(top):
            self.skip(path, "not in a class folder")
        _refuse_twins(top, folders)
        if known is None:
            _check_classes(top, folders, self.least_classes)
        else:
            _refuse_unknown(top, folders, known)
        classes = class_order(folders) if known is None else known
        labels_of = {alike(name): label for label, name in enumerate(classes)}
        found = [
            (path, labels_of[alike(name)])
            for name in sorted(folders, key=lambda name: labels_of[alike(name)])
            for path in tree.files(folders[name], self.skip)
        ]
        checks.room(str(self.root), len(found) * math.prod(self.pictures.shape), DataError)
        rows, read = self.pictures.read([path for path, _ in found], self.skip)
        paths = [found[k][0] for k in read]
        labels = np.array([found[k][1] for k in read], dtype=np.int64)
        empty = [name for label, name in enumerate(classes) if label not in labels]
        if empty and (known is None or not len(labels)):
            reasons = checks.listed(counted_by_reason(self.skipped), FEW, "; ")
            got = f"none in {checks.listed(empty, FEW)}{reasons and f' ({reasons})'}"
            fix = "Add pictures that Pillow reads (JPEG, PNG, TIFF, WebP), or remove the folder."
            raise DataError(str(top), "a readable picture in each class folder", got, fix)
        self.notes += _said(top, folders, paths)
        if empty:
            self.notes.append(f"{self.name(top)}/ has no pictures of {checks.listed(empty, FEW)}")
        names, shape = tuple(map(self.name, paths)), self.pictures.shape
        of: dict[str, Any] = {"encoder": self.pictures.encoder, "photos": self.pictures.photos}
        return Dataset(rows.T, labels, classes, names, shape, source=str(top), **of)


def _litter(top: Path) -> str:
    """What systems hide below a folder, which is left out, as a remark."""
    hidden = tree.litter(top)
    return f"left out what systems hide: {checks.listed(hidden, FEW)}" if hidden else ""


def _refuse_twins(top: Path, folders: Mapping[str, Path]) -> None:
    """Two folders of one name, but for its spelling, or of the same pictures through a link."""
    first: dict[str, str] = {}
    real = {name: folder.resolve() for name, folder in folders.items()}
    for name, folder in folders.items():
        twin, own = first.setdefault(alike(name), name), real[name]
        others = ((o, at) for o, at in real.items() if o != name and folder.is_symlink())
        same = [o for o, at in others if own.is_relative_to(at) or at.is_relative_to(own)]
        if twin != name:
            got, fix = f"{twin!a} and {name!a}, one name in two spellings", "Merge them."
        elif same:
            got, fix = f"{name}/, a link to what {same[0]}/ holds", "Remove the link."
        else:
            continue
        raise DataError(str(top), "each class folder once", got, fix)


def _refuse_unknown(top: Path, folders: Mapping[str, Path], known: Sequence[str]) -> None:
    """Folders of classes that the training set does not have."""
    own = set(map(alike, known))
    if unknown := [name for name in folders if alike(name) not in own]:
        expected = f"class folders that the training set has as well ({checks.listed(known, FEW)})"
        raise DataError(str(top), expected, checks.listed(unknown, FEW), "Rename or remove them.")


def _check_classes(top: Path, folders: Mapping[str, Path], least: int) -> None:
    """A training set has enough class folders, which are no sets, folds, or classes above sets:
    neither do they hold the same folders, nor are they named after sets."""
    if len(folders) < least:
        expected = "two or more class folders" if least == 2 else "a class folder"
        litter = _litter(top)
        got = f"one, {next(iter(folders))}/" if folders else f"none{litter and f' ({litter})'}"
        fix = "Put the pictures of each class into a folder of its own, named after the class"
        fix += f"{_by_file_names(tree.pictures(top), least)}."
        fix += " chainrule predict answers pictures without labels." * (least == 1)
        raise DataError(str(top), expected, got, fix)
    inside = Counter(
        alike(inner.name)
        for folder in folders.values()
        if (below := tree.subfolders(folder)) and not tree.pictures(folder)
        for inner in below
    )
    shared = [name for name, n in inside.items() if n > 1]
    named = [name for name in folders if tree.mentioned(name)]
    mentioned = set[str]().union(*map(tree.mentioned, named))
    fix = "Sets are named train/, val/ and test/, and the class folders are in them: "
    fix += "train/CLASS/, test/CLASS/."
    if len(shared) > 1:
        same = f"which hold the same folders ({checks.listed(shared, FEW)})"
        got = f"{checks.listed(list(folders), FEW)}, {same}"
        fix += " If these are classes, take the pictures out of the folders in them."
    elif "train" in mentioned and len(mentioned) > 1:
        got = f"{checks.listed(named, FEW)}, which look like sets"
    else:
        return
    raise DataError(str(top), "class folders", got, fix)


def _by_file_names(pictures: Sequence[Path], least: int) -> str:
    """How to sort pictures whose names begin with their class: cat.0.jpg, dog_17.png."""
    names = (re.fullmatch(r"(.*?[^\W\d_])[\W_]*\d+\W*", path.stem) for path in pictures)
    starts = Counter(name[1] for name in names if name)
    if not least <= len(starts) <= len(pictures) // 2 or starts.total() < len(pictures):
        return ""
    counts = checks.listed([f"{name}: {n:,}" for name, n in starts.items()], FEW)
    return f"; their names begin with what may be classes ({counts})"


def _said(top: Path, folders: Mapping[str, Path], paths: Sequence[Path]) -> Iterator[str]:
    """What of the class folders one may not expect: folders in them, names that differ in case
    only, links to pictures that are there as well. paths : the pictures that were read."""
    inner: dict[str, Counter[str]] = {}
    for path in paths:
        name, *between, _ = path.relative_to(top).parts
        if between:
            inner.setdefault(name, Counter())[between[0]] += 1
    if inner:
        each = [
            f"{name} ({checks.listed([f'{n} {k:,}' for n, k in counts.items()], FEW)})"
            for name, counts in inner.items()
        ]
        yield f"read with the folders in them: {checks.printable(checks.listed(each, FEW))}"
    case = Counter(map(str.casefold, folders))
    if same := [name for name in folders if case[name.casefold()] > 1]:
        yield f"classes whose names differ in case only: {checks.listed(same, FEW)}"
    if links := [path for path in paths if path.is_symlink()]:
        places = set(map(Path.resolve, set(paths) - set(links)))
        if again := [path for path in links if path.resolve() in places]:
            first = checks.printable(again[0].relative_to(top).as_posix())
            yield f"links to pictures of the same set: {len(again):,}, such as {first}"
