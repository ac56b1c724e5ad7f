"""What data may come from, and the error for what is not there: known before anything is read."""

from pathlib import Path

from chainrule.errors import DataError
from chainrule.wording import did_you_mean

# Built-in sets. Of two spellings of the flower the short one is the course's own set.
NAMES = ("fashion", "planar", "planar:flower", "planar:moons", "planar:circles", "planar:xor")
TABLES = (".csv", ".tsv", ".txt")
# What sets are called, in files and folders.
SETS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
ACCEPTED = (
    "an HDF5 file in the course's layout (.h5), a folder of pictures with one folder per class, "
    f"a table ({', '.join(TABLES)}), NumPy arrays (.npz), or a built-in name ({', '.join(NAMES)})"
)


def is_builtin(source: str | Path) -> bool:
    """Whether it is a built-in name; a Path never is."""
    return isinstance(source, str) and source in NAMES


def refuse_missing(source: str | Path) -> None:
    """DataError for a path where nothing is, with the nearest name of what there is."""
    path = Path(source)
    if source == "":
        raise DataError("DATA", ACCEPTED, "an empty text", "Write . for the present folder.")
    if is_builtin(source) or path.exists():
        return
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    there = did_you_mean(path.name, beside, "Check the path.", lambda name: str(path.parent / name))
    fix = did_you_mean(str(source), NAMES, there)
    raise DataError(str(source), ACCEPTED, "no such file or folder", fix)
