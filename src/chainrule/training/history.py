"""What was recorded while training."""

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.display import shown_by
from chainrule.files import atomic
from chainrule.files.csv_file import write_csv

COLUMNS = ("iteration", "epoch", "learning_rate", "cost", "accuracy")
VALIDATION = ("validation_cost", "validation_accuracy")


@dataclass(frozen=True)
class Record:
    """One line of the history. Numbers are floats, or arrays (R,) where R runs train together.

    iteration : updates done before it. epoch : passes over the data done before it.
    cost : J on the training set at that iteration, penalty included, in the loss's units; when
        training in mini-batches the mean of the batches' costs since the last record.
    accuracy : fraction of the training weight that is classified rightly, of the same outputs;
        not a number for regression losses.
    validation_cost, validation_accuracy : on the validation set, without penalty; or None.
    penalty : l2/2 sum_l ||W[l]||^2, which is part of the cost.
    """

    iteration: int
    epoch: int
    learning_rate: Any
    cost: Any
    accuracy: Any
    validation_cost: Any = None
    validation_accuracy: Any = None
    penalty: Any = 0.0


@dataclass(frozen=True)
class Sums:
    """Over the mini-batches since the last record, each by its share of all weight."""

    cost: Any = 0.0
    accuracy: Any = 0.0
    share: Any = 0.0

    def plus(self, cost: Any, accuracy: Any, share: Any) -> "Sums":
        return Sums(self.cost + cost * share, self.accuracy + accuracy * share, self.share + share)

    def means(self) -> tuple[Any, Any]:
        """Cost and accuracy, () or (R,); 0 where nothing had any weight."""
        some = np.where(np.asarray(self.share) > 0, self.share, 1.0)
        return number(self.cost / some), number(self.accuracy / some)


def number(value: Any) -> Any:
    """A float, or an array of one per run."""
    return value if np.ndim(value) else float(value)


class _Column:
    """One value of each record, by its name: (T,), or (T, R) for R runs."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, history: "History", owner: type | None = None) -> np.ndarray:
        return history._column(self._name)


class History:
    """Records in order, read as columns: `history.cost` is an array (T,), or (T, R) for R runs."""

    def __init__(self, records: list[Record] | None = None) -> None:
        self.records: list[Record] = records or []

    def __repr__(self) -> str:
        if not self.records:
            return "History(no records)"
        first, last = self.records[0], self.records[-1]
        costs = "" if np.ndim(last.cost) else f", cost {first.cost:.6g} to {last.cost:.6g}"
        return f"History({len(self)} records to iteration {last.iteration}{costs})"

    # The learning curve; None, so that a notebook shows the text, without records.
    _repr_png_ = shown_by("experiment_plots.history_png")

    def __len__(self) -> int:
        return len(self.records)

    def _column(self, name: str) -> np.ndarray:
        return np.array([getattr(record, name) for record in self.records])

    iteration = _Column()
    epoch = _Column()
    learning_rate = _Column()
    cost = _Column()
    accuracy = _Column()

    @property
    def loss(self) -> np.ndarray:
        """The cost without the penalty, as that of a validation set is: what compares with it."""
        with np.errstate(invalid="ignore"):  # where both have diverged
            return np.array([record.cost - record.penalty for record in self.records])

    def without_penalty(self) -> "History":
        """The same with the loss as its cost."""
        costs = zip(self.records, self.loss, strict=True)
        return History([replace(one, cost=loss, penalty=0.0) for one, loss in costs])

    @property
    def penalized(self) -> bool:
        """Whether weights were."""
        return any(np.any(record.penalty) for record in self.records)

    @property
    def validated(self) -> bool:
        """Whether there was a validation set."""
        return bool(self.records) and self.records[0].validation_cost is not None

    @property
    def validation_cost(self) -> np.ndarray | None:
        """(T,) or (T, R), nats per example, as `cost`; None without a validation."""
        return self._column("validation_cost") if self.validated else None

    @property
    def validation_accuracy(self) -> np.ndarray | None:
        """(T,) or (T, R), in [0, 1]; None without a validation."""
        return self._column("validation_accuracy") if self.validated else None

    def run(self, r: int, last_iteration: int | None = None) -> "History":
        """Run r's own history, up to the iteration at which it stopped; its numbers are floats, as
        those of a run alone and of a file."""

        def own(value: Any) -> Any:
            return value[r].item() if isinstance(value, np.ndarray) else value

        kept = self if last_iteration is None else self.until(last_iteration)
        return History([Record(*map(own, vars(one).values())) for one in kept.records])

    @classmethod
    def from_csv(cls, path: str | Path) -> "History":
        """The records of one run that `to_csv` wrote. OSError, or ValueError for other content."""
        try:
            text = atomic.read_bytes(path).decode()
            rows = csv.DictReader(io.StringIO(text, newline=""))
            if rows.fieldnames is None:
                raise ValueError("an empty file")
            return cls([_record(row) for row in rows])
        except (KeyError, TypeError, OverflowError, csv.Error) as error:
            raise ValueError(f"no history of one run: {error}") from None

    def until(self, iteration: int) -> "History":
        """The records up to that iteration."""
        return History([record for record in self.records if record.iteration <= iteration])

    def to_csv(self, path: str | Path) -> None:
        """A header and one line per record, atomically; for R runs one line per record and run."""
        names = [*COLUMNS, *(VALIDATION if self.validated else ())]
        names += ["penalty"] if self.penalized else []
        alone = self.cost.ndim < 2
        runs = [self] if alone else [self.run(r) for r in range(self.cost.shape[1])]
        records = ((r, record) for r, own in enumerate(runs) for record in own.records)
        rows = ([r, *(getattr(record, name) for name in names)] for r, record in records)
        start = 1 if alone else 0  # a run alone has no number
        write_csv(path, ["run", *names][start:], (row[start:] for row in rows))


def _record(row: dict[str, str]) -> Record:
    values: dict[str, Any] = {name: float(value) for name, value in row.items()}
    counts = {name: int(row[name]) for name in ("iteration", "epoch")}
    np.array(list(counts.values()), np.int64)  # OverflowError for what no training counts to
    return Record(**values | counts)
