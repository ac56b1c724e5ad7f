"""Files of expression data, in which samples are columns: GCT with its CLS, GEO's series matrices.

GCT and CLS: GenePattern's guide (genepattern.org/file-formats-guide); series matrix: NCBI GEO
(ncbi.nlm.nih.gov/geo/info/download.html). They become grids whose rows are the samples, with what
the files say of them as facts.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chainrule.data.readers.grid import Grid, Rows, encoding_of, made_grid
from chainrule.data.reading import Reading
from chainrule.errors import DataError
from chainrule.files import atomic

GCT = re.compile(rb"(\xef\xbb\xbf)?#1\.[23]\s")
SERIES = re.compile(rb'(\xef\xbb\xbf)?\s*"?!(Series|Sample)_')
CLASS = "class"  # the fact that a CLS file says
CHARACTERISTICS = re.compile(r"characteristics_ch\d+")
Cells = list[str]


def gct(raw: bytes, path: Path, reading: Reading) -> Grid:
    """Version 1.2: features by a name and a description, which is left out; 1.3: with columns of
    facts of features, which are left out, and rows of facts of samples, which are kept.

    The classes are those of the CLS file that --label names, else of the one of the same name
    beside it.
    """
    where = str(path)
    lines = _lines(raw, where)
    first, size, header, *body = lines + [[]] * (3 - len(lines))
    counts = [int(cell) for cell in size if cell.isdecimal()]
    of_features, of_samples = 1, 0
    if first[0].strip() == "#1.3" and len(counts) == 4:
        of_features, of_samples = counts[2:]
    start = 1 + of_features
    names, rows = header[start:], body[of_samples:]
    if len(counts) < 2 or len(names) != counts[1] or len(rows) != counts[0]:
        said = f"{counts[0]} features of {counts[1]} samples" if len(counts) > 1 else "the size"
        got = f"{len(rows)} rows and {len(names)} names of samples"
        raise DataError(where, f"{said}, as its second line says", got, "Fetch it again.")
    facts = {cells[0]: cells[start:] for cells in body[:of_samples]}
    label = reading.label or ""
    beside = Path(label) if label.lower().endswith(".cls") else path.with_suffix(".cls")
    if beside.exists() or label == str(beside):
        facts = {CLASS: _classes(beside, len(names))} | facts
    columns = [[cells[0], *cells[start:]] for cells in rows]
    found = _turned(where, names, columns, facts, reading)
    notes = (*found.notes, f"classes from {beside}") if CLASS in facts else found.notes
    return replace(found, notes=notes)


def _classes(path: Path, m: int) -> Cells:
    """The classes (or the numbers of the first phenotype) of m samples in a CLS file."""
    where = str(path)
    with atomic.refused(path, "a file of classes", DataError):
        content = atomic.read_bytes(path)
    encoding, _ = encoding_of(content, where)
    lines = [line.split() for line in content.decode(encoding).splitlines() if line.strip()]
    first, names, found = (lines + [[]] * 3)[:3]
    if first != ["#numeric"]:
        names = " ".join(names).removeprefix("#").split()
        order = list(dict.fromkeys(found))
        known = order == names or set(order).isdisjoint(names)
        counted = all(map(str.isdecimal, order)) and order != list(map(str, range(len(order))))
        if len(order) != len(names) or not known or counted:
            expected = "a class name for each label, both in the order in which they come first"
            got, fix = f"{' '.join(names)} for {' '.join(order)}", "Write the labels as names."
            raise DataError(where, expected, got, fix)
        found = [dict(zip(order, names, strict=True))[one] for one in found]
    if len(found) != m:
        raise DataError(where, f"{m} labels, one for each sample", str(len(found)))
    return found


def series(raw: bytes, path: Path, reading: Reading) -> Grid:
    """A series matrix. Facts are the keys of the characteristics ("disease state: tumor"), and all
    else that is said of samples and is not the same for all."""
    where = str(path)
    said: dict[str, list[Cells]] = {}
    table: list[Cells] = []
    inside = False
    for cells in _lines(raw, where):
        if cells[0].startswith("!"):
            inside = cells[0] == "!series_matrix_table_begin"
            if cells[0].startswith("!Sample_"):
                said.setdefault(cells[0].removeprefix("!Sample_"), []).append(cells[1:])
        elif inside:
            table.append(cells)
    names = table[0][1:] if table else said.get("geo_accession", [[]])[0]
    facts: dict[str, Cells] = {}
    others: dict[str, Cells] = {}
    for line, several in said.items():
        if any(len(cells) != len(names) for cells in several):
            raise DataError(where, f"{len(names)} cells in !Sample_{line}", "another number")
        if CHARACTERISTICS.fullmatch(line):
            for cells in several:
                for i, cell in enumerate(cells):
                    key, colon, value = cell.partition(":")
                    if key := key.strip() if colon else "characteristics" if cell else "":
                        facts.setdefault(key, [""] * len(names))[i] = value.strip() or cell
        elif len(set(several[0])) > 1:
            others[line] = several[0]
    return _turned(where, names, table[1:], facts | others, reading)


def _lines(raw: bytes, where: str) -> list[Cells]:
    """Cells of the lines that are not empty and not of the series as a whole."""
    encoding, _ = encoding_of(raw, where)
    found = []
    for line in raw.decode(encoding).split("\n"):  # each by itself: quotes may be left open
        line = line.rstrip("\r")
        if line.strip() and not line.startswith("!Series_"):
            try:
                cells = next(csv.reader([line], delimiter="\t")) if '"' in line else None
            except csv.Error as error:
                raise DataError(where, "cells with tabs between them", str(error)) from None
            found.append(line.split("\t") if cells is None else cells)
    return found


def _turned(
    where: str, names: Cells, rows: Sequence[Cells], facts: dict[str, Cells], reading: Reading
) -> Grid:
    """The grid whose rows are the samples `names`, of rows of features that begin with a name."""
    for row in rows:
        if len(row) != len(names) + 1:
            got = f"{len(row) - 1} in the row of {row[0]!r}"
            raise DataError(where, f"{len(names)} values, one for each sample", got)
    if not rows:  # of a series whose values lie in other files
        alone = [(k, [name]) for k, name in enumerate(names, 1)]
        return Grid(where, ("",), lambda: iter(alone), (), 0, ",", "sample", True, facts)
    reading = replace(reading, header=True, transpose=True)
    records = list(enumerate([["", *names], *rows]))
    made = made_grid(records, where, reading)

    def samples() -> Rows:  # counted from 1
        return ((k - 1, cells) for k, cells in made.rows())

    return replace(made, rows=samples, line="sample", facts=facts)
