"""What the folders of a picture collection look like: refused where that is doubtful, else said."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from chainrule import checks
from chainrule.data.labels import FEW, alike
from chainrule.data.readers import tree
from chainrule.errors import DataError
from chainrule.wording import counted_by_reason

SORT = "Put the pictures of each class into a folder of its own, named after the class"


def check_classes(
    top: Path, folders: Mapping[str, Path], known: Sequence[str] | None, least: int
) -> None:
    """A training set has enough class folders, which are not sets, another set none that it does
    not know; none is there twice. folders : by their names."""
    _refuse_twins(top, folders)
    if known is None:
        if len(folders) < least:
            raise DataError(
                str(top),
                "two or more class folders" if least == 2 else "a class folder",
                f"one, {next(iter(folders))}/" if folders else f"none{_hidden(top)}",
                f"{SORT}{_by_file_names(tree.pictures(top), least)}."
                + " chainrule predict answers pictures without labels." * (least == 1),
            )
        _refuse_sets(top, folders)
        return
    own = set(map(alike, known))
    unknown = [name for name in folders if alike(name) not in own]
    if unknown:
        raise DataError(
            str(top),
            f"class folders that the training set has as well ({checks.listed(known, FEW)})",
            checks.listed(unknown, FEW),
            "Rename or remove them.",
        )


def _hidden(top: Path) -> str:
    """What was left out, as a remark."""
    hidden = tree.litter(top)
    return f" (left out what systems hide: {checks.listed(hidden, FEW)})" if hidden else ""


def _refuse_twins(top: Path, folders: Mapping[str, Path]) -> None:
    """Two folders of one name, but for its spelling, or of the same pictures through a link."""
    first: dict[str, str] = {}
    real = {name: folder.resolve() for name, folder in folders.items()}
    for name, folder in folders.items():
        twin = first.setdefault(alike(name), name)
        if twin != name:
            got, fix = f"{twin!a} and {name!a}, one name in two spellings", "Merge them."
        elif folder.is_symlink() and (same := _overlapping(name, real)):
            got, fix = f"{name}/, a link to what {same}/ holds", "Remove the link."
        else:
            continue
        raise DataError(str(top), "each class folder once", got, fix)


def _overlapping(name: str, real: Mapping[str, Path]) -> str:
    own = real[name]
    others = (other for other in real if other != name)
    return next(
        (o for o in others if own.is_relative_to(real[o]) or real[o].is_relative_to(own)), ""
    )


def _refuse_sets(top: Path, folders: Mapping[str, Path]) -> None:
    """Class folders that hold the same folders are sets, folds, or classes above sets; those that
    are named after sets are none either."""
    inside = Counter(
        alike(inner.name)
        for folder in folders.values()
        if (below := tree.subfolders(folder)) and not tree.pictures(folder)
        for inner in below
    )
    shared = [name for name, n in inside.items() if n > 1]
    if len(shared) > 1:
        got = f"{checks.listed(list(folders), FEW)}, which hold the same folders "
        got += f"({checks.listed(shared, FEW)})"
        fix = " If these are classes, take the pictures out of the folders in them."
    else:
        named = [name for name in folders if tree.mentioned(name)]
        sets = set[str]().union(*map(tree.mentioned, named))
        if "train" not in sets or len(sets) < 2:
            return
        got, fix = f"{checks.listed(named, FEW)}, which look like sets", ""
    raise DataError(
        str(top),
        "class folders",
        got,
        "Sets are named train/, val/ and test/, and the class folders are in them: "
        f"train/CLASS/, test/CLASS/.{fix}",
    )


def _by_file_names(pictures: Sequence[Path], least: int) -> str:
    """How to sort pictures whose names begin with their class: cat.0.jpg, dog_17.png."""
    names = (re.fullmatch(r"(.*?[^\W\d_])[\W_]*\d+\W*", path.stem) for path in pictures)
    starts = Counter(name[1] for name in names if name)
    if not least <= len(starts) <= len(pictures) // 2 or starts.total() < len(pictures):
        return ""
    counts = checks.listed([f"{name}: {n:,}" for name, n in starts.items()], FEW)
    return f"; their names begin with what may be classes ({counts})"


def check_filled(
    top: Path,
    classes: Sequence[str],
    labels: np.ndarray,
    training: bool,
    skipped: Sequence[str],
) -> None:
    """Each class has a picture in the training set; another set has a picture at all."""
    empty = [name for label, name in enumerate(classes) if label not in labels]
    if (training and empty) or len(empty) == len(classes):
        reasons = checks.listed(counted_by_reason(skipped), FEW, "; ")
        raise DataError(
            str(top),
            "a readable picture in each class folder",
            f"none in {checks.listed(empty, FEW)}{reasons and f' ({reasons})'}",
            "Add pictures that Pillow reads (JPEG, PNG, TIFF, WebP), or remove the folder.",
        )


def said(top: Path, folders: Mapping[str, Path], paths: Sequence[Path]) -> Iterator[str]:
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
