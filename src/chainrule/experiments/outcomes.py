"""What became of a run, and files of such outcomes, by which an interrupted experiment goes on.

An outcome is known by its key, a digest of everything that it depends on: the data, the setting,
the examples left out. An experiment that is begun again in the same folder trains what it does not
find there, whatever the order, the grouping and the number of its runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule._version import __version__
from chainrule.experiments.examples import Examples
from chainrule.experiments.runs import Run
from chainrule.files import tensor_file
from chainrule.files.atomic import writable
from chainrule.files.digest import digest
from chainrule.network import Network
from chainrule.training import History, Record
from chainrule.training.history import VALIDATION

Array = np.ndarray
FORMAT, VERSION = "run outcomes", 1
WHOLE = ("iteration", "epoch")  # columns of a record that are whole numbers


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one run; of several networks that are one, history and diverged are of the
    first.

    history : its records; the validation's numbers are those of the examples held out.
    diverged : the iteration at which its cost stopped being finite, or -1.
    kept : what the experiment keeps of the outputs A (n_y, m) of all examples.
    network : trained, where the experiment keeps networks.
    """

    history: History
    diverged: int
    kept: Array | None = None
    network: Network | None = None

    @property
    def last(self) -> Record:
        return self.history.records[-1]


def mean_outputs(shape: tuple[int, ...], found: Iterable[tuple[Array, Array]]) -> Array:
    """(n_y, m) of examples' outputs A (n_y, k) by runs that held the examples `index` (k,) out, the
    mean of each; not a number for one that none did. found : pairs (index, A)."""
    total, times = np.zeros(shape), np.zeros(shape[1])
    for index, A in found:
        total[:, index] += A
        times[index] += 1
    return np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)


def keys(
    where: str, examples: Examples, runs: Sequence[Run], record_every: int | None
) -> list[str]:
    """A key for each run of the experiment `where`."""
    of_data = examples.digest()
    return [
        digest(
            repr((__version__, where, of_data, run.setting, record_every)),
            run.held_out,
            *(array for array in (run.scored, run.labels) if array is not None),
        )
        for run in runs
    ]


def write_outcomes(folder: Path, found: Mapping[str, Outcome]) -> None:
    """One file of finished runs in `folder`, which is made if need be; atomically."""
    arrays: dict[str, Array] = {}
    facts: dict[str, Any] = {"format": f"chainrule {FORMAT}", "version": VERSION, "runs": {}}
    for key, outcome in found.items():
        records = outcome.history.records
        # None, where nothing was validated, becomes not a number.
        arrays[f"{key}.history"] = np.array([list(vars(r).values()) for r in records], np.float64)
        if outcome.kept is not None:
            arrays[f"{key}.kept"] = outcome.kept
        fact: dict[str, Any] = {
            "columns": list(vars(records[0])),
            "validated": outcome.history.validated,
            "diverged": outcome.diverged,
        }
        if outcome.network is not None:
            own, kind = outcome.network.saved(f"{key}.")
            arrays, fact = arrays | own, fact | kind
        facts["runs"][key] = fact
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tensor_file.write(folder / f"{min(found)[:32]}.safetensors", arrays, facts)


def read_outcomes(folder: Path) -> dict[str, Outcome]:
    """All finished runs in `folder` by key; none where there is no folder yet."""
    found: dict[str, Outcome] = {}
    for path in sorted(folder.glob("*.safetensors")):
        arrays, facts = tensor_file.read(path, FORMAT, VERSION)
        for key, fact in facts["runs"].items():
            records = []
            for row in arrays[f"{key}.history"].tolist():
                values = dict(zip(fact["columns"], row, strict=True))
                values |= {name: int(values[name]) for name in WHOLE}
                if not fact["validated"]:
                    values |= dict.fromkeys(VALIDATION)
                records.append(Record(**values))
            built = "activations" in fact  # a network is kept
            network = Network.restored(arrays, fact, f"{key}.") if built else None
            kept, diverged = arrays.get(f"{key}.kept"), int(fact["diverged"])
            found[key] = Outcome(History(records), diverged, kept, network)
    return found
