"""What the lab found, as tables for people."""

from collections.abc import Sequence
from itertools import groupby

from chainrule.display import Column, Table
from chainrule.lab.measure import Measured
from chainrule.lab.parity import Built, Trained
from chainrule.lab.tasks import LOOPS
from chainrule.wording import setting_value


def times_table(rows: Sequence[Measured]) -> Table:
    """Every way of each task, below the task."""
    cells = []
    for (task, size), ways in groupby(rows, key=lambda row: (row.task, row.size)):
        cells.append([f"{task}, {size}", "", "", ""])
        for row in ways:
            apart = "" if row.way == LOOPS else f"{row.difference:.0e}" if row.difference else "0"
            cells.append([f"  {row.way}", _time(row.seconds), ratio(row), apart])
    heads = (Column(name, "value") for name in ("time", "times as fast", "difference"))
    return Table([Column("how"), *heads], cells, title="Vectorization")


def _time(seconds: float) -> str:
    """3 digits and a unit: 1.52 s, 310 ms, 4.05 µs."""
    factor, unit = next(
        (f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * f >= 1 or u == "µs"
    )
    return f"{seconds * factor:#.3g}".removesuffix(".") + f" {unit}"


def built_table(rows: Sequence[Built]) -> Table:
    """A line for each number of bits, layers and units of each construction side by side."""
    names = list(dict.fromkeys(row.network for row in rows))
    heads = [f"{name}: {what}" for name in names for what in ("layers", "units")]
    cells = []
    for n, group in groupby(rows, key=lambda row: row.n):
        line = list(group)
        counts = [f"{count:,}" for row in line for count in (row.layers, row.units)]
        cells.append([n, *counts, "yes" if all(row.exact for row in line) else "NO"])
    columns = [Column(name, "value") for name in ("bits", *heads, "exact")]
    return Table(columns, cells, title="Parity of n bits, weights written down")


def trained_table(rows: Sequence[Trained]) -> Table:
    """How many starts found each network."""
    columns = [Column("bits"), Column("network"), Column("layers"), Column("found", "value"),
               Column("mean accuracy", "percent")]  # fmt: skip
    cells = [
        [row.n, row.network, setting_value(row.layer_sizes), f"{row.found} of {row.runs}",
         row.accuracy]
        for row in rows
    ]  # fmt: skip
    return Table(columns, cells, title="Parity of n bits, trained from random starts")


def ratio(row: Measured) -> str:
    """1, 3.2, 41, 1,350: two or three digits are what a measurement is good for."""
    found = row.times_as_fast
    if found < 9.95:
        return f"{found:.1f}".removesuffix(".0")
    return f"{float(f'{found:.3g}'):,.0f}"
