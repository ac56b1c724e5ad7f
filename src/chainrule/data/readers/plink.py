"""PLINK's genotypes (.bed, with .bim and .fam beside it): people are examples, variants features.

Formats: cog-genomics.org/plink/1.9/formats. Two bits a genotype, four of one variant in a byte; a
feature is how many of the two alleles are the first one of .bim (A1), 0, 1 or 2.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainrule.data.dataset import Splits
from chainrule.data.matrix.source import Source
from chainrule.data.readers.annotated import annotated
from chainrule.data.readers.arrays import stays
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files import atomic

MAGIC = b"\x6c\x1b\x01"  # and the order: all people of a variant together
# By two bits, the lowest first: both A1, missing, one, none.
COUNTS = np.array([2, np.nan, 1, 0], np.float32)
BYTES = COUNTS[(np.arange(256)[:, None] >> np.arange(0, 8, 2)) & 3]  # (256, 4)
PHENOTYPE = "phenotype"
UNKNOWN = ("0", "-9", "NA", "nan")
STATES = {"1": "control", "2": "case"}


def open_plink(path: Path, reading: Reading | None = None) -> Splits:
    """The people in a .bed file as counts of A1, float32, NaN where a genotype is missing.

    Labels are the sixth column of .fam (1 control, 2 case; or numbers), or what --label names of
    the table --samples, which is joined by the people's own names (the second column). People are
    named so, variants by the second column of .bim.
    """
    people, variants = (_rows(path.with_suffix(end)) for end in (".fam", ".bim"))
    source = BedSource(path, (len(variants), len(people)))
    names, last = [row[1] for row in people], [row[5] for row in people]
    if len(set(names)) < len(names):
        names = [f"{row[0]}/{row[1]}" for row in people]
    known = set(last) - set(UNKNOWN)
    texts = [STATES.get(cell, "") if known <= STATES.keys() else cell for cell in last]
    facts = {PHENOTYPE: ["" if cell in UNKNOWN else cell for cell in texts]}
    if not known:  # then a label is asked for
        facts = {}
    stay = stays(source.shape[::-1], source.dtype)
    features = source if stay else source.features(0, len(variants)).T
    called = _unique([row[1] for row in variants], variants)
    return annotated(str(path), features, names, called, facts, reading or Reading(), PHENOTYPE)


class BedSource(Source):
    """The genotypes of a .bed file. shape : (variants, people)."""

    dtype = np.dtype(np.float32)

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        super().__init__(path)
        self.shape, self._each = shape, -(-shape[1] // 4)
        size = len(MAGIC) + shape[0] * self._each
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                fix = "Write it with plink --make-bed."
                raise DataError(str(path), "PLINK's genotypes by variants", "another file", fix)
        if self.state[0] != size:
            expected = f"{size:,} bytes for {shape[0]:,} variants (.bim) of {shape[1]:,} people"
            raise DataError(str(path), f"{expected} (.fam)", f"{self.state[0]:,}")

    def features(self, start: int, stop: int) -> np.ndarray:
        with self.unchanged(), self.path.open("rb") as file:
            file.seek(len(MAGIC) + start * self._each)
            packed = np.frombuffer(file.read((stop - start) * self._each), np.uint8)
        if packed.size < (stop - start) * self._each:
            raise DataError(f"{self}, variants {start} to {stop - 1}", "all of them", "fewer bytes")
        packed, m = packed.reshape(stop - start, self._each), self.shape[1]
        if m % 4 and (packed[:, -1] >> (2 * (m % 4))).any():  # bits that are none of these people's
            where, fix = f"{self}, variants {start} to {stop - 1}", "Is .fam complete?"
            raise DataError(where, f"no more than {m:,} people (.fam)", "others after them", fix)
        return BYTES[packed].reshape(stop - start, -1)[:, :m]


def _rows(path: Path) -> list[list[str]]:
    """The rows of six columns in .fam or .bim."""
    where = str(path)
    try:
        text = atomic.read_bytes(path).decode("utf-8", "replace")
    except FileNotFoundError:
        raise DataError(where, f"a {path.suffix} file beside the .bed", "none") from None
    rows = [line.split() for line in text.splitlines() if line.strip()]
    for number, row in enumerate(rows, 1):
        if len(row) != 6:
            raise DataError(f"{where}, line {number}", "six columns", str(len(row)))
    if not rows:
        raise DataError(where, "a line for each", "none")
    return rows


def _unique(names: Sequence[str], variants: Sequence[Sequence[str]]) -> Sequence[str]:
    """The variants' names; where some have none (.) or the same, chromosome:position:alleles."""
    if len(set(names)) == len(names):
        return names
    places = [f"{row[0]}:{row[3]}:{row[4]}:{row[5]}" for row in variants]
    if len(set(places)) == len(places):
        return places
    return [f"{place}:{k}" for k, place in enumerate(places)]
