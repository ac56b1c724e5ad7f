"""Columns of numbers as people and spreadsheets write them.

1.234,5 and 1,234.5 and 1 234.5; 12 %; -3 with a real minus sign; EUR 3.50 with its sign.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
AFFIX = re.compile(r"([-+]?)\s*([$€£¥]?)\s*([-+]?[\d.,][^%$€£¥]*?)\s*([%$€£¥]?)")
# Groups of three digits: spaces of all widths, or apostrophes (Switzerland).
GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}(?:[ '\u2019\u00a0\u202f\u2009]\d{3})+(?![\d])(.*)", re.S)
GROUPS = re.compile(r"[ '\u2019\u00a0\u202f\u2009]")
POINT = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(,\d{3})+|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?")
COMMA = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+|(?=,\d))(,\d*)?([eE][-+]?\d+)?")


@dataclass(frozen=True)
class Written:
    """A column of cells as its numbers are written.

    cells : without groups of digits, minus signs of other kinds, and the affix that all have.
    affix : % or a currency's sign. styles : the decimal signs, "." or ",", with which every cell
    that is a number at all is one. numeric : how many are.
    """

    cells: list[str]
    affix: str
    styles: frozenset[str]
    numeric: int

    def doubtful(self, signs: str) -> bool:
        """Whether it depends on the decimal sign which numbers they are. signs : those of which
        that is asked, "," or ".,"."""
        return len(self.styles) == 2 and any(s in cell for cell in self.cells for s in signs)

    def plain(self, decimal: str) -> list[str]:
        """The cells with a point as decimal sign, as `float` reads them; empty where one is no
        number with this sign."""
        other = "." if decimal == "," else ","
        pattern = COMMA if decimal == "," else POINT
        return [
            cell.replace(other, "").replace(",", ".") if pattern.fullmatch(cell) else ""
            for cell in self.cells
        ]


def written(cells: Sequence[str], missing: Sequence[bool]) -> Written:
    """How the cells of a column are written, those that are missing left aside."""
    tidy = [_ungrouped(cell.strip().translate(SIGNS)) for cell in cells]
    present = [k for k, gone in enumerate(missing) if not gone]
    found = {k: AFFIX.fullmatch(tidy[k]) for k in present}
    affixes = {(m[2] or m[4]) if m and not (m[2] and m[4]) else None for m in found.values()}
    affix = ""
    if len(affixes) == 1 and (affix := affixes.pop() or ""):
        for k, m in found.items():
            tidy[k] = _ungrouped(m[1] + m[3]) if m else tidy[k]
    styles, numeric = {".", ","}, 0
    for k in present:
        fits = {sign for sign, form in ((".", POINT), (",", COMMA)) if form.fullmatch(tidy[k])}
        if fits:
            numeric += 1
            styles &= fits
    return Written(tidy, affix, frozenset(styles), numeric)


def _ungrouped(cell: str) -> str:
    if " " not in cell and cell.isascii() and "'" not in cell:
        return cell
    found = GROUPED.fullmatch(cell)
    if not found:
        return cell
    head = cell[: found.start(1)]
    return GROUPS.sub("", head) + found[1]
