"""How a table is to be read, where it does not say so itself."""

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from chainrule.errors import InputError
from chainrule.wording import describe


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What decides where a table is doubtful. Columns are listed with commas, in quotes where
    their names hold some; in Python also as a list.

    Parameters
    ----------
    label
        Label column of a table; without it the one called label, class, target or y, else the
        last, where no other may be it. "" reads no labels.
    header
        Whether the first line of a table names its columns.
    names
        Column that names the examples, and is no feature.
    drop
        Columns to leave out.
    keep
        Columns that are features although they look like running numbers or names.
    missing
        What is done about missing values: filled by the feature's mean or median in the training
        set, or by zero; or refused.
    categories
        What is done about columns of texts: onehot makes a feature of 0 and 1 of each level that
        the training set has; or refused.
    na
        What stands for a missing value, separated by commas; "" for empty cells only.
    decimal
        Decimal sign: . or , (the other one then separates thousands).
    separator
        What separates the cells: one character, tab or space.
    sheet
        Sheet of an Excel file, by its name or its number from 1; by default the first that is not
        empty.
    transpose
        The columns of the file are the examples.
    samples
        A table of what is known of the examples, joined by their names: facts such as patient or
        batch, or their labels.
    group_column
        Column of the table or of --samples that says which examples belong together (patients,
        replicates); a fact, no feature.
    batch_column
        Column of the table or of --samples that says in which batch an example was measured; a
        fact, no feature.
    """

    label: str | None = None
    header: bool | None = None
    names: str | None = None
    drop: str | None = None
    keep: str | None = None
    missing: Literal["mean", "median", "zero", "refuse"] = "refuse"
    categories: Literal["onehot", "refuse"] = "refuse"
    na: str | None = None
    decimal: str | None = None
    separator: str | None = None
    sheet: str | None = None
    transpose: bool = False
    samples: str | None = None
    group_column: str | None = None
    batch_column: str | None = None

    @property
    def fact_columns(self) -> dict[str, str]:
        """The columns that are asked for as facts, by option."""
        asked = {"group-column": self.group_column, "batch-column": self.batch_column}
        return {option: name for option, name in asked.items() if name is not None}

    @property
    def given(self) -> list[str]:
        """The names of the fields that are not as they are by default."""
        plain = {one.name: one.default for one in fields(Reading)}
        return [name for name, default in plain.items() if getattr(self, name) != default]

    def __post_init__(self) -> None:
        for one in fields(Reading):
            value, flag = getattr(self, one.name), one.name in ("header", "transpose")
            if one.name == "samples" and is_frame(value):  # in Python
                continue
            if one.name in ("drop", "keep", "na"):
                value = as_text(one.name, value)
            elif one.name == "samples" and isinstance(value, Path):
                value = str(value)
            object.__setattr__(self, one.name, value)
            if value is not None and not isinstance(value, bool if flag else str):
                raise _wrong(one.name, "True or False" if flag else "a text", value)
        for name in ("missing", "categories"):
            allowed = get_args(get_type_hints(Reading)[name])
            if getattr(self, name) not in allowed:
                raise _wrong(name, " or ".join(allowed), getattr(self, name))


def as_text(what: str, names: str | Collection[str] | None) -> str | None:
    """Names as one text with commas between them, from which `listed` takes them apart."""
    if names is None or isinstance(names, str):
        return names
    if not isinstance(names, (list, tuple, set)) or not all(
        isinstance(name, str) for name in names
    ):
        raise _wrong(what, "a text, or a list of texts", names)
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


def _wrong(name: str, expected: str, value: object) -> InputError:
    return InputError("open_data", f"{name} to be {expected}", describe(value))


def listed(text: str | None, known: Sequence[str] = ()) -> list[str]:
    """The names in a text with commas between them; the whole of it, if that is a known name, or no
    list at all."""
    if text is None or text in known:
        return [] if text is None else [text]
    try:
        return [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row]
    except csv.Error:  # of characters that end lines
        return [text]


def is_frame(source: Any) -> bool:
    """Whether it is a data frame of pandas or polars."""
    kind = type(source)
    names = ("DataFrame", "LazyFrame")
    return kind.__name__ in names and kind.__module__.startswith(("pandas", "polars"))
