"""`chainrule lab`."""

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chainrule.cli import show

if TYPE_CHECKING:
    from chainrule.jobs.run_folder import RunFolder
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
    from chainrule.jobs.run_folder import RunFolder

    began = time.perf_counter()
    checks.whole_number("lab", "--seed", seed)
    folder = RunFolder(out) if out else None
    if folder:  # before anything is timed
        folder.create()
    try:
        found = _found(part, quick, seed)
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
            show.console().print(f"wrote {folder.quoted}")
    return 1 if found.wrong else 0


def _found(part: str, quick: bool, seed: int) -> Found:
    from chainrule.lab import build, measure, tasks, train_from_random_starts

    announce = show.console(error=True).print
    times, built, trained = list["Measured"](), list["Built"](), list["Trained"]()
    if part != "depth":
        for task in tasks(quick=quick, seed=seed):
            announce(f"timing {task.name}, {task.size} ...")
            times += measure(task, 0.02 if quick else 0.2)
    if part != "times":
        built = [row for n in range(2, 7 if quick else 11) for row in build(n)]
        few = {"runs": 5, "iterations": 500} if quick else {}
        for n in range(2, 4 if quick else 7):
            announce(f"training networks for the parity of {n} bits ...")
            trained += train_from_random_starts(n, seed=seed, **few)
    return Found(times, built, trained)


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
    from chainrule.lab.tables import built_table, times_table, trained_table

    out = show.console()
    if found.times:
        show.print_table(times_table(found.times))
        facts = _machine()
        out.print(
            f"One core of {facts['processor']}, Python {facts['python']}, NumPy {facts['numpy']}. "
            "Another machine has other ratios."
        )
    if found.built:
        show.print_table(built_table(found.built))
        show.print_table(trained_table(found.trained))
    for name in found.wrong:
        out.print(f"WRONG: {show.safe(name)}.")
    if not found.wrong:
        same = f"All results agree to {TOLERANCE:g} of the largest number." if found.times else ""
        exact = "Every network that was built is exact for all inputs." if found.built else ""
        out.print(" ".join(filter(None, (same, exact))))


def _write(found: Found, folder: "RunFolder") -> None:
    """Tables as CSV, and pictures."""
    from chainrule.display import Table
    from chainrule.lab.pictures import parity_chart, times_chart
    from chainrule.show import tables
    from chainrule.show.plots import save_figure

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


def _facts(found: Found, folder: "RunFolder | None", seconds: float) -> dict[str, Any]:
    from chainrule.files.json_file import plain
    from chainrule.lab import TOLERANCE

    facts = {
        "agree": not found.wrong,
        "wrong": found.wrong,
        "tolerance": TOLERANCE,
        "machine": _machine(),
        **{name: _rows(getattr(found, name)) for name in ("times", "built", "trained")},
        "out": str(folder.path) if folder else None,
        "seconds": round(seconds, 3),
    }
    return plain(facts, finite=True)
