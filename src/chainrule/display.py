"""What stands between objects and package `show`: one hook, and one description of results.

**The hook.** Objects know no HTML and no picture. What shows itself in Jupyter, marimo or VS Code
names a function of `show`, which is imported when a notebook asks and not before:

    class Network:
        _repr_html_ = shown_by("networks.html")  # chainrule.show.networks.html(network)

No import leads upwards, and nothing is registered: a test looks that each such name is there.

**The description.** A result has one `Table` of named, typed columns, and plain facts.
`show.tables` makes of it what is asked for: text of a terminal, HTML, CSV, JSON, a DataFrame.

    class Folds(Result):
        def table(self):
            columns = Column("fold", "whole"), Column("accuracy", "percent")
            return Table(columns, [(k, one.accuracy) for k, one in enumerate(self.folds, start=1)])

A command prints it by `chainrule.cli.show.print_table(found.table())`; some columns, or the first
rows, are `found.table().only("fold", "accuracy").first(10)`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "whole", "number", "percent", "value"]
AT_ONCE = 4096  # rows that are made together of columns


def shown_by(name: str) -> Callable[..., Any]:
    """A method that gives its object, and its arguments, to a function of package `show`.

    name : "module.function" within `chainrule.show`, which is imported when the method is called.
    """
    module, function = name.rsplit(".", 1)

    def method(self: Any, *arguments: Any) -> Any:
        return getattr(import_module(f"chainrule.show.{module}"), function)(self, *arguments)

    method.shown_by = name  # type: ignore[attr-defined]
    return method


@dataclass(frozen=True)
class Column:
    """name : in CSV, JSON and DataFrames. head : where people read it; by default the name.

    kind : "text"; "whole" numbers; "number", four decimals; "percent" of fractions in [0, 1];
        "value" of a setting, such as hidden layers or a learning rate, four digits.
    unit : stands behind the head where there is room, such as "nats".
    """

    name: str
    kind: Kind = "text"
    head: str = ""
    unit: str = ""

    @property
    def heading(self) -> str:
        return self.head or self.name.replace("_", " ")


class Rows(Sequence[Any]):
    """Rows, as tuples of Python's own values, that are made as they are asked for: of hundreds of
    thousands they take ten times what their columns do.

    columns : arrays (n,), of any dtype.
    """

    def __init__(self, columns: Iterable[Any]) -> None:
        self.columns = [*columns]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return list(zip(*(column[k].tolist() for column in self.columns), strict=True))
        return self[k : k + 1 or None][0]

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), AT_ONCE):
            yield from self[start : start + AT_ONCE]


@dataclass(frozen=True)
class Table:
    """rows : a cell for each column; "" or None where there is nothing, nan for no number.

    foot : such rows that sum the others up; people see them, files leave them out.
    title : above it in a terminal.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    foot: Sequence[Sequence[Any]] = ()
    title: str = ""

    @classmethod
    def of(
        cls, records: Sequence[Mapping[str, Any]], columns: Sequence[Column] = (), title: str = ""
    ) -> "Table":
        """From dictionaries: of these names what they have; by default of all, as text."""
        columns = columns or [Column(name) for name in (records[0] if records else ())]
        rows = [[record.get(column.name) for column in columns] for record in records]
        return cls(columns, rows, title=title)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def records(self) -> list[dict[str, Any]]:
        """Each row as a dictionary by the columns' names."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    def only(self, *names: str) -> "Table":
        """These columns, in this order."""
        places = [self.names.index(name) for name in names]
        rows, foot = ([[row[k] for k in places] for row in part] for part in (self.rows, self.foot))
        return replace(self, columns=[self.columns[k] for k in places], rows=rows, foot=foot)

    def without(self, *names: str) -> "Table":
        """All other columns."""
        return self.only(*(name for name in self.names if name not in names))

    def first(self, n: int) -> "Table":
        """The first n rows; the foot stays."""
        return replace(self, rows=self.rows[:n])

    def pick(self, index: Iterable[int]) -> "Table":
        """The rows at these places, in this order; the foot stays."""
        return replace(self, rows=[self.rows[i] for i in index])

    def titled(self, title: str) -> "Table":
        return replace(self, title=title)

    def sorted_by(self, name: str) -> "Table":
        """The rows of the largest numbers in this column first, those without a number last."""
        k = self.names.index(name)
        order = sorted(self.rows, key=lambda row: (row[k] == row[k], row[k]), reverse=True)
        return replace(self, rows=order)


class Result:
    """Something found that describes itself once, by `table` and, for JSON, by `facts`."""

    def table(self) -> Table:
        """What was found, a row for each of its parts."""
        raise NotImplementedError

    def facts(self) -> dict[str, Any]:
        """What was found in all, as JSON has it but for numbers and tuples of any kind."""
        return {}

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table as dictionaries."""
        return self.table().records()

    def to_csv(self, path: str | Path) -> None:
        """The table as a file; JSON if the name ends in .json."""
        shown_by("tables.write")(self.table(), path)

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame; ImportError where pandas is not installed."""
        return shown_by("tables.frame")(self.table())

    _repr_html_ = shown_by("tables.html")
