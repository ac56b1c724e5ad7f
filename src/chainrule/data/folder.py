"""A folder of pictures: one folder per class, or train/ [val/] test/ above those."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.images import read_image
from chainrule.data.labels import class_order, natural
from chainrule.errors import DataError

ROLES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
# What systems leave behind; whatever starts with a dot is ignored as well.
LITTER = ("thumbs.db", "desktop.ini", "__macosx")
FEW = 5  # names listed in a message before it says how many more there are


@dataclass(frozen=True)
class _Reading:
    """How one folder is read: its root, the pictures' shape, and what was skipped, with why."""

    root: Path
    shape: tuple[int, int, int]
    skipped: list[str] = field(default_factory=list)

    def name(self, path: str | Path) -> str:
        """A path below the root, with slashes; bytes that are no UTF-8 become fit to print."""
        name = Path(path).relative_to(self.root).as_posix()
        return os.fsencode(name).decode("utf-8", "replace")

    def skip(self, path: str | Path, reason: str) -> None:
        self.skipped.append(f"{self.name(path)}: {reason}")


def open_folder(root: Path, size: tuple[int, int] = (64, 64), strict: bool = False) -> Splits:
    """Every picture below `root`, squashed to size (height, width), as RGB.

    The folders train, val (valid, validation) and test, in any case, hold the class folders if
    there are folders in them; else the folders of `root` are the classes. A class folder is read
    with the folders inside it. Hidden files are ignored; a file that is no readable picture is
    listed in Splits.skipped with the reason, or with `strict` raises a DataError.

    Classes are those of the training set, in natural order of their names, (non-cat, cat) for
    those two. Dataset.names are paths relative to `root`; raw is uint8 (height * width * 3, m).
    """
    reading = _Reading(root, (*size, 3))
    roles = _roles(reading)
    train = _read(reading, roles["train"])
    validation, test = (
        _read(reading, roles[role], train.classes) if role in roles else None
        for role in ("validation", "test")
    )
    if strict and reading.skipped:
        raise DataError(
            str(root),
            "nothing but readable pictures, as strict demands",
            f"{len(reading.skipped)} that could not be read: {_listed(reading.skipped, '; ')}",
            "Mend or remove them, or leave strict out to skip them.",
        )
    return Splits(train, validation, test, tuple(reading.skipped))


def subfolders(folder: Path) -> list[Path]:
    """The visible folders in `folder`, in natural order."""
    found = [path for path in folder.iterdir() if _visible(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: natural(path.name))


def _visible(name: str) -> bool:
    return not name.startswith(".") and name.casefold() not in LITTER


def _listed(names: list[str], separator: str = ", ") -> str:
    more = len(names) - FEW
    return separator.join(names[:FEW]) + (f"{separator}and {more} more" if more > 0 else "")


def _roles(reading: _Reading) -> dict[str, Path]:
    """Which folder holds the class folders of which set; "train" is always among them."""
    roles: dict[str, Path] = {}
    others = []
    for folder in subfolders(reading.root):
        role = ROLES.get(folder.name.casefold())
        if role is None:
            others.append(folder)
        elif role in roles:
            both = f"{roles[role].name}/ and {folder.name}/"
            raise DataError(str(reading.root), f"one {role} folder", both, "Merge the two.")
        else:
            roles[role] = folder
    sets = any(subfolders(folder) for folder in roles.values())
    if sets and "train" in roles:
        for folder in others:
            reading.skip(folder, "not a training, validation or test set")
        return roles
    # A class may be called "train" beside "car" and "plane", but not where all are names of sets.
    if sets or (roles and not others):
        raise DataError(
            str(reading.root),
            "a folder train/ that holds one folder per class",
            _listed([f"{folder.name}/" for folder in roles.values()]),
            "Put the training pictures of each class into train/CLASS/.",
        )
    return {"train": reading.root}


def _read(reading: _Reading, top: Path, known: tuple[str, ...] | None = None) -> Dataset:
    """The class folders in `top` as a data set, whose classes are the `known` ones if given."""
    folders = _class_folders(reading, top)
    _note_strays(reading, top)
    classes = class_order(folders) if known is None else known
    _check_classes(top, folders, known)
    found = [
        (path, classes.index(name)) for name in folders for path in _files(reading, folders[name])
    ]
    found.sort(key=lambda item: item[1])
    pixels = np.empty((len(found), int(np.prod(reading.shape))), np.uint8)
    names, labels = [], []
    for path, label in found:
        try:
            pixels[len(names)] = read_image(path, reading.shape)
        except DataError as error:
            reading.skip(path, error.got)
        else:
            names.append(reading.name(path))
            labels.append(label)
    filled = set(labels)
    empty = [name for label, name in enumerate(classes) if label not in filled]
    _check_filled(top, empty, known, reading)
    return Dataset(
        raw=pixels[: len(names)].T,
        labels=np.array(labels, dtype=np.int64),
        classes=classes,
        names=tuple(names),
        image_shape=reading.shape,
        source=str(top),
    )


def _class_folders(reading: _Reading, top: Path) -> dict[str, Path]:
    """The folders of `top` by name, without links that lead back to it or above it."""
    here, folders = top.resolve(), {}
    for folder in subfolders(top):
        if here.is_relative_to(folder.resolve()):
            reading.skip(folder, "a link that leads back")
        else:
            folders[reading.name(folder).rpartition("/")[2]] = folder
    return folders


def _note_strays(reading: _Reading, top: Path) -> None:
    """Pictures beside the class folders belong to no class: they are listed as skipped."""
    from PIL import Image

    formats = Image.registered_extensions()
    for path in sorted(top.iterdir()):
        if _visible(path.name) and path.suffix.lower() in formats and path.is_file():
            reading.skip(path, "not in a class folder")


def _files(reading: _Reading, folder: Path) -> list[Path]:
    """The visible files below a class folder. Links to folders are not followed, so loops end."""
    files = []

    def unreadable(error: OSError) -> None:
        reading.skip(error.filename, error.strerror or "cannot be read")

    for here, inner, names in os.walk(folder, onerror=unreadable):
        inner[:] = sorted(filter(_visible, inner))
        for name in inner:
            if Path(here, name).is_symlink():
                reading.skip(Path(here, name), "a link to a folder, not followed")
        files += [Path(here, name) for name in names if _visible(name)]
    return sorted(files, key=lambda path: natural(path.as_posix()))


def _check_classes(top: Path, folders: dict[str, Path], known: tuple[str, ...] | None) -> None:
    """A training set has two class folders or more, another set none that it does not know."""
    if known is None and len(folders) < 2:
        raise DataError(
            str(top),
            "two or more class folders",
            f"one, {next(iter(folders))}/" if folders else "none",
            "Put the pictures of each class into a folder of its own, named after the class.",
        )
    unknown = [name for name in folders if known is not None and name not in known]
    if unknown:
        raise DataError(
            str(top),
            f"class folders that the training set has as well: {_listed(list(known or ()))}",
            _listed(unknown),
            "Rename or remove them.",
        )


def _check_filled(
    top: Path, empty: list[str], known: tuple[str, ...] | None, reading: _Reading
) -> None:
    """Each class has a picture in the training set; another set has a picture at all."""
    if (known is None and empty) or (known is not None and len(empty) == len(known)):
        reasons = f" ({_listed(reading.skipped, '; ')})" if reading.skipped else ""
        raise DataError(
            str(top),
            "a readable picture in each class folder",
            f"none in {_listed(empty)}{reasons}",
            "Add pictures, or remove the folder.",
        )
