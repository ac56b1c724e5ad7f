"""A model's answers to examples whose labels nobody knows yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Reading
from chainrule.display import Column, Result, Table
from chainrule.errors import DataError
from chainrule.influence.explanation import known_to
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.model.model_file import Model, decided
from chainrule.model.new_data import open_for

Array = np.ndarray
TIE = 1e-12  # by which probabilities differ that are equal but for rounding
MOST = 2000  # training examples that new ones are compared with, which takes their cube


@dataclass(frozen=True, eq=False, repr=False)
class Predictions(Result):
    """names : (m,). classes : of a classifier, or () of a regression.

    numbers : (n_classes, m) probabilities, or (1, m) values in the target's unit.
    spread : of an ensemble, how far its members disagree on each of these: the standard deviation
        around their mean, see `Model.spread`; else None.
    unlike : (m,) in what each is unlike all training examples, or ""; None where that is not known.
    notes : what was understood of the data. threshold : see `Model`.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    numbers: Array
    spread: Array | None = None
    unlike: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    threshold: float = 0.5

    def __repr__(self) -> str:
        kind = f"classes {checks.listed(self.classes)}" if self.classes else "values"
        return f"Predictions({len(self.names)} examples, {kind})"

    @property
    def decisions(self) -> Array:
        """(m,) indices into classes; zeros of a regression."""
        if not self.classes:
            return np.zeros(len(self.names), np.int64)
        return decided(self.numbers, self.threshold)

    @property
    def tied(self) -> tuple[str, ...]:
        """Names of the examples whose two most probable classes are equally probable."""
        if len(self.classes) < 2:
            return ()
        second, first = np.sort(self.numbers, axis=0)[-2:]
        return tuple(self.names[i] for i in np.flatnonzero(first - second <= TIE))

    def table(self) -> Table:
        """A row for each example: its class, the probability of that and its spread, and all
        classes' probabilities; or its value."""
        columns = [Column("name", head="example")]
        k, i = self.decisions, np.arange(len(self.names))
        cells: list[Sequence[Any]] = [self.names]
        if self.classes:
            columns += [Column("class"), Column("probability", "number")]
            cells += [[self.classes[j] for j in k], self.numbers[k, i].tolist()]
        else:
            columns.append(Column("value", "number"))
            cells.append(self.numbers[0].tolist())
        if self.spread is not None:
            columns.append(Column("spread", "number"))
            cells.append(self.spread[k, i].tolist())
        if self.unlike is not None:
            columns.append(Column("unlike", head="unlike the training data"))
            cells.append(self.unlike)
        columns += [Column(f"probability of {name}", "number") for name in self.classes]
        cells += self.numbers.tolist() if self.classes else []
        return Table(columns, list(zip(*cells, strict=True)))

    def records(self, called: str = "name") -> list[dict[str, Any]]:
        """Each example as JSON has it, its name as `called`."""
        found = []
        shown = self.table().without(*(f"probability of {name}" for name in self.classes))
        for j, row in enumerate(shown.records()):
            record = {called: row.pop("name"), **row}
            if self.classes:
                for key, values in (("probabilities", self.numbers), ("spreads", self.spread)):
                    if values is not None:
                        record[key] = dict(zip(self.classes, values[:, j].tolist(), strict=True))
            found.append(record)
        return found

    def facts(self) -> dict[str, Any]:
        return {"predictions": self.records(), "notes": self.notes}


def predictions(
    model: Model,
    data: Dataset | str | Path | Any,
    train: Dataset | Neighborhoods | None = None,
) -> Predictions:
    """The model's answers to all examples of `data`, whatever their labels.

    data : a Dataset, or what `open_for` opens: the path of a table, with or without labels, or a
        data frame; columns are matched by name.
    train : the training set, by which examples are told that are unlike all of it (see
        `Neighborhoods`); of more than 2000 examples it is not looked at. Or what `known_to` made of
        it, where several data sets are compared with it.

    Raises DataError for data that do not fit the model or hold no example; InputError for a
    training set that is not the model's.
    """
    checks.kind("predictions", "model", model, Model)
    if not isinstance(data, Dataset):
        data = open_for(model, data, Reading(label="")).train
    if len(data) == 0:
        raise DataError(data.source or "predictions", "at least one example", "none")
    if isinstance(train, Dataset):
        train = known_to("predictions", model, train) if len(train) <= MOST else None
    labels = np.zeros(len(data), np.int64 if model.classes else np.float64)
    asked = model.prepare(replace(data, labels=labels, classes=model.classes))
    numbers = model.probabilities(model.outputs(asked)[1])
    spread = model.spread(asked) if model.n_members > 1 else None
    unlike = None
    if train is not None:
        near = train.of(asked.matrix(np.float64), 1, asked.pictures())
        unlike = tuple(one.reason for one in near)
    names = asked.example_names
    own = asked.notes, model.threshold
    return Predictions(names, model.classes, numbers, spread, unlike, *own)
