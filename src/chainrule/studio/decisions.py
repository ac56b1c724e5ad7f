"""What was decided about the labels of a run's training examples: a journal, which can be undone to
its beginning, and the file for `--labels` by which a fork is trained. No file of the data is
changed.
"""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data import Dataset
from chainrule.data.hold_out import held_out
from chainrule.data.label_decisions import (
    ACTIONS,
    apply_decisions,
    decided,
    read_decisions,
    write_decisions,
)
from chainrule.errors import InputError
from chainrule.files.journal import Journal
from chainrule.jobs.held_out import Review
from chainrule.jobs.options import Options, absolute, command_line

JOURNAL = "decisions.jsonl"
_ONE = threading.Lock()  # a journal is written by one at a time
Row = dict[str, Any]


@dataclass(frozen=True)
class Decided:
    """The decisions of one run.

    folder : the run's, in which they are kept. data : the examples that it was trained on. whole :
    the data's own, with their own labels, from which these came. labels : the decisions, by whole's
    places, that were made before it was trained. places : where each of data's examples is in it.
    """

    folder: Path
    data: Dataset
    whole: Dataset
    labels: dict[int, Row]
    places: list[int]

    @classmethod
    def of(cls, folder: Path, opened: Callable[[Options], Any], options: Options) -> "Decided":
        """Of a run with these options. opened : gives the splits that some are read to."""
        whole = opened(replace(options, labels=None, hold_out=None)).train
        before = decided(whole, read_decisions(options.labels)) if options.labels else {}
        rows = {
            i: _row(whole, i, one.action, one.target if one.action == "relabel" else "")
            for i, one in before.items()
        }
        gone = {i for i, one in before.items() if one.action == "drop"}
        if options.hold_out is not None:
            groups = options.group_column, options.group_by
            gone.update(held_out(whole, options.hold_out, options.seed, *groups)[0].tolist())
        places = [i for i in range(len(whole)) if i not in gone]
        return cls(folder, opened(options).train, whole, rows, places)

    @property
    def rows(self) -> list[Row]:
        """What stands, in the order in which it was decided first; to keep a label is a decision
        where another was made before."""
        found = dict[int, Row]()
        for row in self._stack():
            found[row["example"]] = row
        known = self.labels
        return [r for r in found.values() if r["decision"] != "keep" or r["index"] in known]

    def facts(self) -> dict[str, Any]:
        """For the page."""
        stack, rows = self._stack(), self.rows
        counts = {action: sum(r["decision"] == action for r in rows) for action in ACTIONS[1:]}
        return {
            "rows": rows,
            **counts,
            "before": len(self.labels),
            "undo": _said(stack[-1]) if stack else None,
            "journal": str(self.folder / JOURNAL),
        }

    def decide(self, given: Mapping[str, Any], doubt: Callable[[int], Mapping[str, Any]]) -> None:
        """Add a decision: {"example": place, "decision": keep, drop or relabel, "relabel_as"}.

        doubt : of an example `suggested` and the probabilities, as a network gives them, or
        nothing. InputError for another, and for a regression's numbers.
        """
        i, action = given.get("example"), given.get("decision")
        if not self.data.classes:
            raise InputError("decisions", "labels that are classes", "a regression's numbers")
        if type(i) is not int or not 0 <= i < len(self.data):
            raise InputError("example", "a place in the training set", repr(i)[:40])
        if action not in ACTIONS:
            raise InputError("decision", f"one of {', '.join(ACTIONS)}", repr(action)[:40])
        target = given.get("relabel_as", "") if action == "relabel" else ""
        if action == "relabel" and target not in self.data.classes:
            raise InputError("relabel_as", "one of the classes", repr(target)[:40])
        row = _row(self.whole, self.places[i], str(action), target)
        self._write(lambda journal: journal.add([[{"example": i} | dict(doubt(i)) | row]]))

    def undo(self) -> None:
        """Take the last one back; InputError where there is none."""
        if not self._stack():
            raise InputError("undo", "a decision", "none")
        self._write(lambda journal: journal.add([[]]))

    def file(self) -> Path:
        """A new file of all decisions, those from before, too, for `--labels`.

        InputError where there is nothing new, or what is decided leaves no two classes.
        """
        if not (rows := self.rows):
            raise InputError("fork", "a decision to drop or relabel", "none")
        places = {row["index"]: row for row in rows}
        paths = (self.folder / f"labels-{n}.csv" for n in itertools.count(1))
        path = next(path for path in paths if not path.exists())
        write_decisions([row for _, row in sorted((self.labels | places).items())], path)
        try:
            left = apply_decisions(self.whole, read_decisions(path))
            if len(np.unique(left.labels)) < 2:
                raise InputError("fork", "examples of two classes", "one, after what was decided")
        except InputError:
            path.unlink()
            raise
        return path

    def _stack(self) -> list[Row]:
        """The decisions that were not taken back, the last one last."""
        stack: list[Row] = []
        if not (self.folder / JOURNAL).exists():
            return stack
        self._write(lambda journal: stack.extend(_replayed(journal)))
        return stack

    def _write(self, work: Callable[[Journal], Any]) -> None:
        with _ONE:
            self.folder.mkdir(parents=True, exist_ok=True)
            begun = {"decisions about": self.data.source, "examples": len(self.data)}
            journal = Journal(self.folder / JOURNAL, begun)
            try:
                work(journal)
            finally:
                journal.close(done=False)


def review(data: str, options: Options) -> str:
    """What to type to ask networks that were trained without each example."""
    return command_line("review-labels", absolute(data), Review(), replace(options, patience=None))


def _replayed(journal: Journal) -> list[Row]:
    stack: list[Row] = []
    for row in journal.rows():
        if row:
            stack.append(row[0])
        else:
            stack.pop()
    return stack


def _row(whole: Dataset, i: int, action: str, target: str) -> Row:
    """As a file of decisions has it."""
    names = {"name": whole.example_names[i], "index": i, "given": whole.label_of(i)}
    return names | {"decision": action, "relabel_as": target}


def _said(row: Row) -> str:
    to = f" as {row['relabel_as']}" if row["relabel_as"] else ""
    return f"{row['decision']} {row['name']}{to}"
