"""The folders of a picture collection: which hold sets, which classes, and which files count."""

import os
import re
from collections import Counter
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from chainrule import checks
from chainrule.data.labels import FEW, alike, natural
from chainrule.data.readers.sources import SETS
from chainrule.errors import DataError

Skip = Callable[[str | Path, str], None]  # told of a path that is left out, and why

# What folders of sets are called: one of these words, in any case, alone or beside PLAIN ones,
# numbers and signs: seg_train, Test-Set, val2017.
OF_FOLDERS = {
    "train": (*SETS["train"], "trn"),
    "validation": (*SETS["validation"], "development"),
    "test": (*SETS["test"], "tst", "holdout", "eval", "evaluation"),
}
# Words that say nothing of what is in a folder.
PLAIN = (
    *("set", "data", "dataset", "split", "image", "images", "img", "imgs", "picture", "pictures"),
    *("photos", "seg", "all", "unknown", "unlabeled", "unlabelled"),
)
# What systems and devices leave behind; whatever starts with a dot is left out as well.
LITTER = {
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "picasa.ini", "icon\r"),
    *("__macosx", "@eadir", "@tmp", "@__thumb", "@recycle", "#recycle", "$recycle.bin"),
    *("recycler", "system volume information", "lost+found", "found.000", "#snapshot"),
    *("~snapshot", "network trash folder", "temporary items", "__pycache__"),
}
# Files of cameras and phones that Pillow does not read.
UNREADABLE = (".heic", ".heif", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2")


def visible(name: str) -> bool:
    """Whether a file or folder of this name is meant for people."""
    return not name.startswith(".") and name.casefold() not in LITTER


def litter(top: Path) -> list[str]:
    """The names below `top` that are not visible, the commonest first, each with its count."""
    found: Counter[str] = Counter()
    for _, folders, names in os.walk(top):
        hidden = (name for name in folders + names if not visible(name))
        found.update("._*" if name.startswith("._") else name for name in hidden)
        folders[:] = filter(visible, folders)
    ordered = sorted(found, key=lambda name: (-found[name], name))
    return [f"{checks.printable(name)} ({found[name]:,})" for name in ordered]


def _inside(folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """What is visible in a folder and wanted, in natural order."""
    found = [path for path in folder.iterdir() if visible(path.name) and wanted(path)]
    return sorted(found, key=lambda path: natural(path.name))


def subfolders(folder: Path) -> list[Path]:
    """The visible folders in `folder`, in natural order."""
    return _inside(folder, Path.is_dir)


def pictures(folder: Path) -> list[Path]:
    """The visible files in `folder` itself that end like pictures, in natural order."""
    return _inside(folder, lambda path: pictured(path) and path.is_file())


def beside(root: Path, tops: Collection[Path]) -> list[Path]:
    """The visible files that lie beside the class folders of `tops` and on the way there from
    `root`, but for the pictures beside class folders."""
    ways = {folder for top in tops for folder in (top, *top.parents)}
    return [
        path
        for folder in sorted(ways)
        if folder.is_relative_to(root)
        for path in _inside(folder, lambda path: not path.is_dir())
        if folder not in tops or not pictured(path)
    ]


def pictured(path: Path) -> bool:
    """Whether a file ends like a picture."""
    return path.suffix.lower() in _suffixes()


@cache
def _suffixes() -> frozenset[str]:
    from PIL import Image

    return frozenset((*Image.registered_extensions(), *UNREADABLE))


def role(name: str) -> str | None:
    """The set that a folder of this name holds, "" if the name says nothing, None for others."""
    letters = re.sub(r"[\W\d_]+", "", name.casefold())
    plain = "|".join(PLAIN)
    for found, words in OF_FOLDERS.items():
        if re.fullmatch(rf"(?:{plain})*(?:{'|'.join(words)})(?:{plain})*", letters):
            return found
    return "" if re.fullmatch(rf"(?:{plain})+", letters) else None


def mentioned(name: str) -> set[str]:
    """The sets that a name speaks of: cat_train, trainA."""
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
    return {found for found, known in OF_FOLDERS.items() if not set(known).isdisjoint(words)}


def sets(root: Path, skip: Skip) -> dict[str, Path]:
    """Which folder is which set's; "train" is always among them, and `root` itself if there are
    no sets.

    Folders named so count as sets if there are folders in them.
    """
    roles: dict[str, list[Path]] = {}
    others: list[Path] = []
    for folder in subfolders(root):
        found = role(folder.name)
        (roles.setdefault(found, []) if found else others).append(folder)
    # An evaluation folder beside a test folder is for validation: both words are used for both.
    if len(roles.get("test", ())) == 2 and "validation" not in roles:
        by_name = sorted(roles["test"], key=lambda path: "eval" in path.name.casefold())
        if "eval" in by_name[1].name.casefold():
            roles["test"], roles["validation"] = by_name[:1], by_name[1:]
    for found, folders in roles.items():
        if len(folders) > 1:
            both = " and ".join(f"{folder.name}/" for folder in folders)
            raise DataError(str(root), f"one {found} folder", both, "Merge them, or move one.")
    single = {found: folder for found, (folder,) in roles.items()}
    nested = any(subfolders(folder) for folder in single.values())
    if nested and "train" in single:
        if len(single) == 1 and any(pictures(one) or subfolders(one) for one in others):
            if pictures(single["train"]):
                return {"train": root}
            train, beside = single["train"], [f"{folder.name}/" for folder in others]
            got = f"a folder {train.name}/ with folders in it, as of a training set, beside "
            got += checks.listed(beside, FEW)
            fix = f"Give {train} as the data, or rename {train.name}/ if it is a class."
            raise DataError(str(root), "sets or classes", got, fix)
        for folder in others:
            held = files(folder, lambda *_: None)
            hint = " (chainrule predict answers its pictures)" if any(map(pictured, held)) else ""
            skip(folder, f"not a training, validation or test set{hint}")
        return single
    # A class may be called "train" beside "car" and "plane", but not where all are names of sets.
    if "train" in single and not others:
        return single
    if nested or (single and not others):
        got = ", ".join(f"{folder.name}/" for folder in single.values())
        fix = "Put the training pictures of each class into train/CLASS/."
        raise DataError(str(root), "a folder train/ that holds one folder per class", got, fix)
    return {"train": root}


def unwrapped(folder: Path, own: str | None = None, classes: Collection[str] = ()) -> Path:
    """`folder`, or the one inside that it only wraps: archive/data/, seg_train/seg_train/.

    A folder wraps another if that is all there is in it, and that other is named as the same set
    (`own`), has a name that says nothing, or holds several folders; none of the `classes` is one.
    """
    found = folder
    while len(inner := subfolders(folder)) == 1 and not pictures(folder):
        (folder,) = inner
        is_set = role(folder.name)
        if folder.is_symlink() or (is_set and is_set != own) or alike(folder.name) in classes:
            break
        if is_set is not None or len(subfolders(folder)) > 1:
            found = folder
    return found


def class_folders(top: Path, skip: Skip) -> list[Path]:
    """The folders in `top`, without links that lead back to it or above it."""
    here, folders = top.resolve(), subfolders(top)
    back = [folder for folder in folders if here.is_relative_to(folder.resolve())]
    for folder in back:
        skip(folder, "a link that leads back")
    return [folder for folder in folders if folder not in back]


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
