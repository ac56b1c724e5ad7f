"""A folder of pictures: one folder per class, or train/ [val/] test/ above those."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from chainrule import checks
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.labels import FEW, alike, class_order
from chainrule.data.readers import layout, tree
from chainrule.data.readers.images import Pictures, depth
from chainrule.errors import DataError
from chainrule.wording import counted


@dataclass
class _Reading:
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


def open_folder(
    root: Path,
    shape: tuple[int, ...] = (64, 64, 3),
    strict: bool = False,
    least_classes: int = 2,
    bits: int | None = None,
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
    out of 8, 10, 12, 14 and 16, which becomes Dataset.bits.

    Classes are those of the training set, in natural order of their names, (non-cat, cat) for
    those two. Dataset.names are paths relative to `root`; raw is uint8 (n_x, m).
    """
    pictures = Pictures(shape, bits or 16)
    reading = _Reading(root, pictures, least_classes)
    sets = _sets(reading)
    if bits is None and pictures.brightest and depth(pictures.brightest) < 16:
        return open_folder(root, shape, strict, least_classes, depth(pictures.brightest))
    if strict and reading.skipped:
        unread = checks.listed(reading.skipped, FEW, "; ")
        raise DataError(
            str(root),
            "nothing but readable pictures, as strict demands",
            f"{len(reading.skipped)} that could not be read: {unread}",
            "Mend or remove them, or leave strict out to skip them.",
        )
    reading.notes += pictures.notes()
    if litter := tree.litter(root):
        reading.notes.append(f"left out what systems hide: {checks.listed(litter, FEW)}")
    splits = Splits(**sets, skipped=tuple(reading.skipped))
    return splits.changed(lambda data: replace(data.noted(*reading.notes), bits=pictures.bits))


def _sets(reading: _Reading) -> dict[str, Dataset]:
    """The sets by their names in Splits."""
    tops = tree.sets(tree.unwrapped(reading.root), reading.skip)
    tops["train"] = tree.unwrapped(tops["train"], "train")
    sets = {"train": _read(reading, tops["train"])}
    classes = sets["train"].classes
    for role in sorted(tops.keys() - sets.keys(), reverse=True):
        top = tops[role] = tree.unwrapped(tops[role], role, set(map(alike, classes)))
        if tree.subfolders(top):
            sets[role] = _read(reading, top, classes)
        else:
            n = len(tree.pictures(top))
            lacking = f"holds {counted(n, 'picture')} without labels (for chainrule predict)"
            lacking = lacking if n else "is empty"
            reading.notes.append(f"no {role} set: {reading.name(top)}/ {lacking}")
    if beside := [reading.name(path) for path in tree.beside(reading.root, tops.values())]:
        files = counted(len(beside), "file")
        reading.notes.append(f"left out {files} beside the folders: {checks.listed(beside, FEW)}")
    if tops["train"] != reading.root:
        places = (f"{reading.name(tops[role])}/ ({role})" for role in sets)
        reading.notes.insert(0, f"read from {', '.join(places)}")
    return sets


def _read(reading: _Reading, top: Path, known: tuple[str, ...] | None = None) -> Dataset:
    """The class folders in `top` as a data set, whose classes are the `known` ones if given."""
    folders: dict[str, Path] = {}
    for folder in tree.class_folders(top, reading.skip):
        name = checks.printable(folder.name)
        if folders.setdefault(name, folder) is not folder:
            got = f"two that read {name!r}, since they hold bytes that are no UTF-8"
            raise DataError(str(top), "class folders of different names", got, "Rename one.")
    for path in tree.pictures(top):
        reading.skip(path, "not in a class folder")
    layout.check_classes(top, folders, known, reading.least_classes)
    classes = class_order(folders) if known is None else known
    labels_of = {alike(name): label for label, name in enumerate(classes)}
    found = [
        (path, labels_of[alike(name)])
        for name in sorted(folders, key=lambda name: labels_of[alike(name)])
        for path in tree.files(folders[name], reading.skip)
    ]
    size = math.prod(reading.pictures.shape)
    checks.room(str(reading.root), len(found) * size, DataError)
    pixels, read = reading.pictures.read([path for path, _ in found], reading.skip)
    paths = [found[k][0] for k in read]
    labels = np.array([found[k][1] for k in read], dtype=np.int64)
    layout.check_filled(top, classes, labels, known is None, reading.skipped)
    reading.notes += layout.said(top, folders, paths)
    if lacking := [name for label, name in enumerate(classes) if label not in labels]:
        reading.notes.append(
            f"{reading.name(top)}/ has no pictures of {checks.listed(lacking, FEW)}"
        )
    return Dataset(
        features=pixels.T,
        labels=labels,
        classes=classes,
        names=tuple(map(reading.name, paths)),
        image_shape=reading.pictures.shape,
        source=str(top),
    )
