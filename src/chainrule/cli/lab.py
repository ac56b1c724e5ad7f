"""`chainrule lab`."""

import os
import platform
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chainrule.cli import show
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.jobs.run_folder import ExperimentFolder
    from chainrule.lab import Built, Measured, Trained


@dataclass(frozen=True)
class Found:
    """What the lab found; of a part that was not asked for nothing."""

    times: "list[Measured]"
    built: "list[Built]"
    trained: "list[Trained]"

    @property
    def wrong(self) -> list[str]:
        """What does not agree, in words."""
        ways = [f"{row.task}, {row.way}" for row in self.times if not row.agrees]
        return ways + [f"{row.network} of {row.n} bits" for row in self.built if not row.exact]


def lab(
    part: Literal["all", "times", "depth"] = "all",
    *,
    quick: bool = False,
    seed: int = 0,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Loops against matrix equations, timed; a deep network against a shallow one, counted.

    Every result is compared with that of the loops; exits with 1 if one differs.

    Parameters
    ----------
    part
        "times" of loops, NumPy, stacked runs and the dual form; "depth": the parity of n bits by
        deep and by shallow networks; or "all".
    quick
        Small sizes and few trainings: a second or two, and ratios that say less.
    seed
        Of the numbers and of the random starts.
    out
        A folder to make, for the tables as CSV and two pictures; without it nothing is written.
    json
        Print one JSON object instead of tables.
    """
    from chainrule import checks

    began = time.perf_counter()
    checks.whole_number("lab", "--seed", seed)
    folder = _created(out)
    try:
        found = Found(
            _times(quick, seed) if part != "depth" else [],
            _constructions(quick) if part != "times" else [],
            _trainings(quick, seed) if part != "times" else [],
        )
        if folder:
            _write(found, folder)
    except BaseException:
        if folder:
            folder.remove()
        raise
    if json:
        show.print_json(_facts(found, folder, time.perf_counter() - began))
    else:
        _report(found)
        if folder:
            show.console().print(f"wrote {shlex.quote(str(folder.path))}")
    return 1 if found.wrong else 0


def _created(out: Path | None) -> "ExperimentFolder | None":
    """The folder, made before anything is timed."""
    from chainrule.jobs.run_folder import ExperimentFolder

    if out is None:
        return None
    folder = ExperimentFolder(out)
    folder.create()
    return folder


def _times(quick: bool, seed: int) -> "list[Measured]":
    from chainrule.lab import measure, tasks

    rows = []
    for task in tasks(quick=quick, seed=seed):
        _announce(f"timing {task.name}, {task.size} ...")
        rows += measure(task, 0.02 if quick else 0.2)
    return rows


def _constructions(quick: bool) -> "list[Built]":
    from chainrule.lab import build

    return [row for n in range(2, 7 if quick else 11) for row in build(n)]


def _trainings(quick: bool, seed: int) -> "list[Trained]":
    from chainrule.lab import train_from_random_starts

    rows = []
    for n in range(2, 4 if quick else 7):
        _announce(f"training networks for the parity of {n} bits ...")
        few = {"runs": 5, "iterations": 500} if quick else {}
        rows += train_from_random_starts(n, seed=seed, **few)
    return rows


def _announce(text: str) -> None:
    show.console(error=True).print(text)


def _machine() -> dict[str, Any]:
    import numpy as np

    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _report(found: Found) -> None:
    from chainrule.lab import TOLERANCE

    out = show.console()
    if found.times:
        out.print(_times_table(found.times))
        facts = _machine()
        out.print(
            f"One core of {facts['processor']}, Python {facts['python']}, NumPy {facts['numpy']}. "
            "Another machine has other ratios."
        )
    if found.built:
        out.print(_built_table(found.built))
        out.print(_trained_table(found.trained))
    for name in found.wrong:
        out.print(f"WRONG: {show.safe(name)}.")
    if not found.wrong:
        same = f"All results agree to {TOLERANCE:g} of the largest number." if found.times else ""
        exact = "Every network that was built is exact for all inputs." if found.built else ""
        out.print(" ".join(filter(None, (same, exact))))


def _times_table(rows: "Sequence[Measured]") -> Any:
    from chainrule.lab import LOOPS
    from chainrule.lab.pictures import ratio

    columns = ("time", "times as fast", "difference")
    table = show.table("Vectorization", "how", *columns, numbers=len(columns))
    task = ""
    for row in rows:
        if row.task != task:
            task = row.task
            table.add_row(f"{task}, {row.size}", "", "", "")
        apart = "" if row.way == LOOPS else f"{row.difference:.0e}" if row.difference else "0"
        table.add_row(f"  {row.way}", _time(row.seconds), ratio(row), apart)
    return table


def _time(seconds: float) -> str:
    """3 digits and a unit: 1.52 s, 310 ms, 4.05 µs."""
    factor, unit = next(
        (f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if seconds * f >= 1 or u == "µs"
    )
    return f"{seconds * factor:#.3g}".removesuffix(".") + f" {unit}"


def _built_table(rows: "Sequence[Built]") -> Any:
    """A line for each number of bits, layers and units of each construction side by side."""
    names = list(dict.fromkeys(row.network for row in rows))
    columns = [f"{name}: {what}" for name in names for what in ("layers", "units")]
    title = "Parity of n bits, weights written down"
    table = show.table(title, "bits", *columns, "exact", numbers=len(columns) + 2)
    for n in sorted({row.n for row in rows}):
        line = [row for row in rows if row.n == n]
        counts = [f"{count:,}" for row in line for count in (row.layers, row.units)]
        table.add_row(str(n), *counts, "yes" if all(row.exact for row in line) else "NO")
    return table


def _trained_table(rows: "Sequence[Trained]") -> Any:
    title = "Parity of n bits, trained from random starts"
    columns = ("found", "mean accuracy")
    table = show.table(title, "bits", "network", "layers", *columns, numbers=2)
    for row in rows:
        sizes = "-".join(map(str, row.layer_sizes))
        share = f"{row.found} of {row.runs}"
        table.add_row(str(row.n), row.network, sizes, share, percent(row.accuracy))
    return table


def _write(found: Found, folder: "ExperimentFolder") -> None:
    """Tables as CSV, and pictures."""
    from chainrule.display import Table
    from chainrule.lab.pictures import parity_chart, times_chart
    from chainrule.show import tables
    from chainrule.show.saving import save_figure

    if found.times:
        tables.write(Table.of(_rows(found.times)), folder.table)
        title = "The same results, from loops and from matrix equations"
        save_figure(times_chart(found.times, title=title), folder.path / "times.png")
    if found.built:
        tables.write(Table.of(_rows(found.built)), folder.path / "parity-built.csv")
        tables.write(Table.of(_rows(found.trained)), folder.path / "parity-trained.csv")
        chart = parity_chart(found.built, found.trained, title="Parity of n bits")
        save_figure(chart, folder.path / "parity.png")


def _rows(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Their fields by name."""
    return [asdict(row) for row in rows]


def _facts(found: Found, folder: "ExperimentFolder | None", seconds: float) -> dict[str, Any]:
    from chainrule.files.json_file import plain
    from chainrule.lab import TOLERANCE

    facts: dict[str, Any] = plain(
        {
            "agree": not found.wrong,
            "wrong": found.wrong,
            "tolerance": TOLERANCE,
            "machine": _machine(),
            "times": _rows(found.times),
            "built": _rows(found.built),
            "trained": _rows(found.trained),
            "out": str(folder.path) if folder else None,
            "seconds": round(seconds, 3),
        },
        finite=True,
    )
    return facts
