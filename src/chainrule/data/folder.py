"""A folder of pictures: one folder per class, or train/ [val/] test/ above those."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chainrule import checks
from chainrule.data import tree
from chainrule.data.dataset import Dataset, Splits
from chainrule.data.images import read_image
from chainrule.data.labels import class_order
from chainrule.errors import DataError

FEW = 5  # pictures or folders listed in a message


@dataclass(frozen=True)
class _Reading:
    """How one folder is read: its root, the pictures' shape, how many classes its training set
    needs, and what was skipped, with why."""

    root: Path
    shape: tuple[int, ...]
    least_classes: int
    skipped: list[str] = field(default_factory=list)

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
) -> Splits:
    """Every picture below `root`, squashed to `shape`: (height, width, 3) for RGB, or gray.

    The folders train, val (valid, validation) and test, in any case, hold the class folders if
    there are folders in them; else the folders of `root` are the classes. A class folder is read
    with the folders inside it. Hidden files are ignored; a file that is no readable picture is
    listed in Splits.skipped with the reason, or with `strict` raises a DataError. So do fewer class
    folders than `least_classes`.

    Classes are those of the training set, in natural order of their names, (non-cat, cat) for
    those two. Dataset.names are paths relative to `root`; raw is uint8 (n_x, m).
    """
    reading = _Reading(root, shape, least_classes)
    sets = tree.sets(root, reading.skip)
    train = _read(reading, sets["train"])
    validation, test = (
        _read(reading, sets[role], train.classes) if role in sets else None
        for role in ("validation", "test")
    )
    if strict and reading.skipped:
        unread = checks.listed(reading.skipped, FEW, "; ")
        raise DataError(
            str(root),
            "nothing but readable pictures, as strict demands",
            f"{len(reading.skipped)} that could not be read: {unread}",
            "Mend or remove them, or leave strict out to skip them.",
        )
    return Splits(train, validation, test, tuple(reading.skipped))


def _read(reading: _Reading, top: Path, known: tuple[str, ...] | None = None) -> Dataset:
    """The class folders in `top` as a data set, whose classes are the `known` ones if given."""
    from PIL import Image

    folders = {checks.printable(f.name): f for f in tree.class_folders(top, reading.skip)}
    for path in tree.strays(top, tuple(Image.registered_extensions())):
        reading.skip(path, "not in a class folder")
    _check_classes(top, folders, known, reading.least_classes)
    classes = class_order(folders) if known is None else known
    found = [
        (path, label)
        for label, name in enumerate(classes)
        if name in folders
        for path in tree.files(folders[name], reading.skip)
    ]
    pixels, read = _pixels(reading, [path for path, _ in found])
    labels = np.array([found[k][1] for k in read], dtype=np.int64)
    _check_filled(top, classes, labels, known is None, reading.skipped)
    return Dataset(
        raw=pixels.T,
        labels=labels,
        classes=classes,
        names=tuple(reading.name(found[k][0]) for k in read),
        image_shape=reading.shape,
        source=str(top),
    )


def _pixels(reading: _Reading, paths: Sequence[Path]) -> tuple[np.ndarray, list[int]]:
    """The readable pictures (m, n_x) uint8, and which of the paths they are."""
    pixels = np.empty((len(paths), int(np.prod(reading.shape))), np.uint8)
    read: list[int] = []
    for k, path in enumerate(paths):
        try:
            pixels[len(read)] = read_image(path, reading.shape)
        except DataError as error:
            reading.skip(path, error.got)
        else:
            read.append(k)
    return pixels[: len(read)], read


def _check_classes(
    top: Path, folders: dict[str, Path], known: tuple[str, ...] | None, least: int
) -> None:
    """A training set has enough class folders, another set none that it does not know."""
    if known is None and len(folders) < least:
        raise DataError(
            str(top),
            "two or more class folders" if least == 2 else "a class folder",
            f"one, {next(iter(folders))}/" if folders else "none",
            "Put the pictures of each class into a folder of its own, named after the class.",
        )
    unknown = [name for name in folders if known is not None and name not in known]
    if unknown:
        raise DataError(
            str(top),
            f"class folders that the training set has as well ({checks.listed(known or (), FEW)})",
            checks.listed(unknown, FEW),
            "Rename or remove them.",
        )


def _check_filled(
    top: Path, classes: tuple[str, ...], labels: np.ndarray, training: bool, skipped: list[str]
) -> None:
    """Each class has a picture in the training set; another set has a picture at all."""
    empty = [name for label, name in enumerate(classes) if label not in labels]
    if (training and empty) or len(empty) == len(classes):
        reasons = f" ({checks.listed(skipped, FEW, '; ')})" if skipped else ""
        raise DataError(
            str(top),
            "a readable picture in each class folder",
            f"none in {checks.listed(empty, FEW)}{reasons}",
            "Add pictures, or remove the folder.",
        )
