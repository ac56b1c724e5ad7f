"""What data may come from, and the error for what is not there: known before anything is read."""

from pathlib import Path

from chainrule.data.readers.frames import READERS
from chainrule.errors import DataError
from chainrule.wording import did_you_mean

# Built-in sets. Of two spellings of the flower the short one is the course's own set.
NAMES = ("fashion", "planar", "planar:flower", "planar:moons", "planar:circles", "planar:xor")
TEXTS = (".csv", ".tsv", ".txt", ".gct")  # gzipped or not
TABLES = (*TEXTS, *READERS)
SPREADSHEETS = (".xls", ".xlsb", ".ods", ".numbers")  # that are not read
# What sets are called, in files and folders.
SETS = {
    "train": ("train", "training"),
    "validation": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing"),
}
ACCEPTED = (
    "an HDF5 file in the course's layout (.h5), a folder of pictures with one folder per class, "
    f"a table ({', '.join(TABLES)}, .csv.gz), arrays X and y (.npz, .npy, .h5, .zarr), AnnData "
    "(.h5ad), PLINK's genotypes (.bed), "
    f"or a built-in name ({', '.join(NAMES)})"
)


def parted(source: str | Path) -> tuple[Path, str]:
    """A file and the place in it that is meant, as in file.h5:/group/X; "" for all of it."""
    path, colon, place = str(source).rpartition(":/")
    if colon and Path(path).exists() and not Path(source).exists():
        return Path(path), f"/{place}"
    return Path(source), ""


def is_builtin(source: str | Path) -> bool:
    """Whether it is a built-in name; a Path never is."""
    return isinstance(source, str) and source in NAMES


def is_table(path: Path) -> bool:
    """Whether a file's name ends as a table's does."""
    name = path.name.lower()
    return path.suffix.lower() in TABLES or name.endswith(tuple(f"{end}.gz" for end in TEXTS))


def refuse_missing(source: str | Path) -> None:
    """DataError for a path where nothing is, with the nearest name of what there is."""
    path = Path(source)
    if source == "":
        raise DataError("DATA", ACCEPTED, "an empty text", "Write . for the present folder.")
    if is_builtin(source) or parted(source)[0].exists():
        return
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    there = did_you_mean(path.name, beside, "Check the path.", lambda name: str(path.parent / name))
    fix = did_you_mean(str(source), NAMES, there)
    expected = f"a file or folder, or a built-in name ({', '.join(NAMES)})"
    raise DataError(str(source), expected, "no such file or folder", fix)
