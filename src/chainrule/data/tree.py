"""The folders of a picture collection: which hold sets, which classes, and which files count."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from chainrule.data.labels import natural
from chainrule.errors import DataError

Skip = Callable[[str | Path, str], None]  # told of a path that is left out, and why

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


def visible(name: str) -> bool:
    """Whether a file or folder of this name is meant for people."""
    return not name.startswith(".") and name.casefold() not in LITTER


def subfolders(folder: Path) -> list[Path]:
    """The visible folders in `folder`, in natural order."""
    found = [path for path in folder.iterdir() if visible(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: natural(path.name))


def sets(root: Path, skip: Skip) -> dict[str, Path]:
    """Which folder holds the class folders of which set; "train" is always among them.

    The folders train, val and test count as sets if there are folders in them.
    """
    roles: dict[str, Path] = {}
    others = []
    for folder in subfolders(root):
        role = ROLES.get(folder.name.casefold())
        if role is None:
            others.append(folder)
        elif role in roles:
            both = f"{roles[role].name}/ and {folder.name}/"
            raise DataError(str(root), f"one {role} folder", both, "Merge the two.")
        else:
            roles[role] = folder
    nested = any(subfolders(folder) for folder in roles.values())
    if nested and "train" in roles:
        for folder in others:
            skip(folder, "not a training, validation or test set")
        return roles
    # A class may be called "train" beside "car" and "plane", but not where all are names of sets.
    if nested or (roles and not others):
        raise DataError(
            str(root),
            "a folder train/ that holds one folder per class",
            ", ".join(f"{folder.name}/" for folder in roles.values()),
            "Put the training pictures of each class into train/CLASS/.",
        )
    return {"train": root}


def class_folders(top: Path, skip: Skip) -> list[Path]:
    """The folders in `top`, without links that lead back to it or above it."""
    here, folders = top.resolve(), []
    for folder in subfolders(top):
        if here.is_relative_to(folder.resolve()):
            skip(folder, "a link that leads back")
        else:
            folders.append(folder)
    return folders


def strays(top: Path, suffixes: Sequence[str]) -> list[Path]:
    """The visible files beside the class folders that end like pictures."""
    found = [path for path in top.iterdir() if path.suffix.lower() in suffixes]
    return sorted(path for path in found if visible(path.name) and path.is_file())


def files(folder: Path, skip: Skip) -> list[Path]:
    """The visible files below a class folder, in natural order of their paths.

    Links to folders are not followed, so a loop of links ends.
    """
    found = []

    def unreadable(error: OSError) -> None:
        skip(error.filename, error.strerror or "cannot be read")

    for here, inner, names in os.walk(folder, onerror=unreadable):
        inner[:] = sorted(filter(visible, inner))
        for name in inner:
            if Path(here, name).is_symlink():
                skip(Path(here, name), "a link to a folder, not followed")
        found += [Path(here, name) for name in names if visible(name)]
    return sorted(found, key=lambda path: natural(path.as_posix()))
