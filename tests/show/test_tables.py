"""One description of a result, and what a terminal, a notebook and files have of it."""

import csv
import importlib
import inspect
import io
import json
import pkgutil
import tracemalloc

import numpy as np
import pytest
from rich.console import Console

import chainrule
from chainrule.display import Column, Result, Rows, Table
from chainrule.show import tables

HOSTILE = "\x1b[31m<b>&"
TABLE = Table(
    (
        Column("name", head="example"),
        Column("hidden", "value", "layers"),
        Column("accuracy", "percent"),
        Column("cost", "number", unit="nats"),
        Column("diverged", "whole", "diverged at"),
    ),
    [(HOSTILE, (20, 7), 0.93512, 0.25, ""), ("b", (), np.nan, np.nan, 17)],
    foot=[("mean", None, 0.5, 1e5, None)],
)


class Found(Result):
    def __init__(self, table):
        self.found = table

    def __repr__(self):
        return "Found(<two>)"

    def table(self):
        return self.found


def printed(table):
    out = io.StringIO()
    Console(file=out, width=100, markup=False).print(tables.terminal(table))
    return out.getvalue()


def test_a_terminal_has_heads_and_cells_in_words():
    head, _, first, second, mean = (line for line in printed(TABLE).splitlines() if line.strip())
    assert head.split() == ["example", "layers", "accuracy", "cost", "diverged", "at"]
    assert first.split() == ["\\x1b[31m<b>&", "20-7", "93.51", "%", "0.2500"]
    assert second.split() == ["b", "none", "-", "-", "17"]
    assert mean.split() == ["mean", "50.00", "%", "1.0e+05"]


def test_a_page_has_units_and_one_decimal():
    found = tables.texts(TABLE)
    assert found.heads[3] == "cost (nats)"
    assert found.rows[0][2] == "93.5 %"
    assert found.right == [False, True, True, True, True]


def test_a_column_without_a_cell_is_left_out():
    assert "diverged" not in printed(TABLE.first(1))
    assert "diverged" in printed(Table(TABLE.columns, []))  # without rows all heads


def test_a_notebook_has_the_first_rows_escaped():
    page = Found(TABLE)._repr_html_()
    assert page.startswith("<p>Found(&lt;two&gt;)</p>")
    assert "&lt;b&gt;&amp;" in page
    long = Table(TABLE.columns, list(TABLE.rows) * 15)
    page = Found(long)._repr_html_()
    assert page.count("<tr>") == 21
    assert "and 10 more" in page
    assert Found(TABLE.first(0))._repr_html_() == "<p>Found(&lt;two&gt;)</p>"


def test_files_have_the_numbers_themselves(tmp_path):
    rows = [{"a": (20, 7), "b": float("nan"), "c": 'x, "y"'}, {"a": (), "b": 0.1 + 0.2, "c": ""}]
    result = Found(Table.of(rows))
    assert result.rows() == rows
    result.to_csv(tmp_path / "t.csv")
    result.to_csv(tmp_path / "t.JSON")
    with open(tmp_path / "t.csv", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["a"] for row in found] == ["20 7", ""]
    assert float(found[1]["b"]) == 0.1 + 0.2
    assert found[0]["c"] == 'x, "y"'
    assert json.loads((tmp_path / "t.JSON").read_text()) == [
        {"a": [20, 7], "b": None, "c": 'x, "y"'},
        {"a": [], "b": 0.1 + 0.2, "c": ""},
    ]
    tables.write(Table.of([]), tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text().strip() == ""
    tables.write(TABLE, tmp_path / "foot.csv")
    assert "mean" not in (tmp_path / "foot.csv").read_text()


def test_some_columns_and_some_rows():
    found = TABLE.only("cost", "name").sorted_by("cost").first(1)
    assert found.records() == [{"cost": 0.25, "name": HOSTILE}]
    assert found.foot == [[1e5, "mean"]]
    assert TABLE.without("cost", "name").names == ["hidden", "accuracy", "diverged"]
    with pytest.raises(ValueError, match="nothing"):
        TABLE.only("nothing")
    assert TABLE.sorted_by("accuracy").rows[1][0] == "b"  # no number is the least


def test_rows_of_columns_are_rows_that_are_made_as_they_are_asked_for(tmp_path):
    n = 50_000
    columns = np.arange(n), np.array([None, "b"] * (n // 2), object), np.linspace(0, 1, n)
    rows, made = list(zip(*(one.tolist() for one in columns), strict=True)), Rows(columns)
    assert [*made] == rows
    assert (made[:3], made[0], made[-1], len(made)) == (rows[:3], rows[0], rows[-1], n)
    assert [type(cell) for cell in made[1]] == [int, str, float]
    named = tuple(map(Column, "abc"))
    tables.write(Table(named, rows), tmp_path / "rows.csv")
    tracemalloc.start()
    tables.write(Table(named, made), tmp_path / "made.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3e6  # all rows together take 7 MB
    assert (tmp_path / "made.csv").read_bytes() == (tmp_path / "rows.csv").read_bytes()


def test_every_function_that_an_object_names_is_there():
    named = set()
    for module in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
        if module.name.endswith("__main__"):
            continue
        for _, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if one.__module__.startswith("chainrule."):
                named |= {
                    found.shown_by for found in vars(one).values() if hasattr(found, "shown_by")
                }
    assert "tables.html" in named
    for name in named:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(f"chainrule.show.{module}"), function))
