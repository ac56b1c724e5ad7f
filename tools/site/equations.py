"""The page of all equations: docs/equations.md, and what the program says of its own ones."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pkgutil import resolve_name
from typing import Any

from chainrule.graph.operations.definition import OPERATIONS
from chainrule.network import ACTIVATIONS, LOSSES
from chainrule.training import OPTIMIZERS, SCHEDULES

NAMED = re.compile(r"`(chainrule\.[\w.]+)`")
ROW = re.compile(r"^\| ((?!name \|)[^|]+) \|", re.MULTILINE)


def page(text: str, pages: Callable[[Any], str]) -> str:
    """The whole page. pages : the dotted name under which something has its page."""
    linked = NAMED.sub(lambda found: _link(pages, resolve_name(found[1])), text)
    parts = [ROW.sub(lambda found: f"| {_found_as(found[1])} |", linked)]
    for title, heads, rows in _tables(pages):
        lines = [heads, ["---"] * len(heads), *rows]
        parts += [f"\n## {title}\n\n", *(f"| {' | '.join(line)} |\n" for line in lines)]
    return "".join(parts)


def _tables(pages: Callable[[Any], str]) -> Iterator[tuple[str, list[str], Iterable[list[str]]]]:
    def both(value: Any, derivative: Any) -> list[str]:
        linked = ", ".join(_link(pages, one) for one in (value, derivative))
        return [_said(value), _said(derivative), linked]

    heads = ["name", "equation", "derivative", "computed by"]
    yield (
        "Activations",
        heads,
        ([_found_as(one.name), *both(one.value, one.backward)] for one in ACTIVATIONS.values()),
    )
    yield (
        "Losses",
        heads,
        ([_found_as(one.name), *both(one.per_example, one.derivative)] for one in LOSSES.values()),
    )
    for title, kinds in (("Optimizers", OPTIMIZERS), ("Learning-rate schedules", SCHEDULES)):
        yield (
            title,
            ["name", "equation", "computed by"],
            ([_found_as(name), _said(kind), _link(pages, kind)] for name, kind in kinds.items()),
        )
    rules = ([one.text, [rule.text for rule in one.rules if rule]] for one in OPERATIONS.values())
    heads = ["z", "what comes back to x, y, ... from g = dJ/dz"]
    yield (
        "The graph's rules",
        heads,
        ([f"`{text}`", ", ".join(f"`{rule}`" for rule in back)] for text, back in rules),
    )


def _found_as(names: str) -> str:
    """A row's names, by each of which the search leads to the row, with a hyphen and without."""
    searched = dict.fromkeys([*names.split(", "), *re.sub(r"[-_]", " ", names).split(", ")])
    return f"{{index}}`{names} <{', '.join(f'!{name}' for name in searched)}>`"


def _said(thing: Any) -> str:
    """The first paragraph of what it says of itself."""
    first = inspect.getdoc(thing).partition("\n\n")[0]
    return re.sub(r"([\\|*_$<\[\]`^])", r"\\\1", " ".join(first.split()))


def _link(pages: Callable[[Any], str], thing: Any) -> str:
    return f"{{py:obj}}`{thing.__name__} <{pages(thing)}>`"
