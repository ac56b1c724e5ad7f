"""A graph's two passes, one line a step: to be read, or played one at a time."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, pairwise, takewhile
from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.graph.node import Node
from chainrule.graph.operations.definition import plain
from chainrule.graph.text import shape_of, short, table, with_names

if TYPE_CHECKING:
    from chainrule.graph.graph import Graph

Array = Any
Shown = Callable[[Array], str]


def _few(value: Array) -> str:
    """Short enough for a cell beside six others; the steps hold the whole."""
    return short(value) if np.ndim(value) == 0 else short(value, digits=4, most=3)


def _all(value: Array) -> str:
    """Every number, a line for each row."""
    if np.ndim(value) == 0:
        return short(value)
    value = np.asarray(value) + 0.0  # -0 is 0
    return np.array2string(value, max_line_width=sys.maxsize, threshold=sys.maxsize, precision=6)


def _some(value: Array) -> str:
    """The rows of an array, of a large one the first and last, in lines that fit a terminal."""
    return np.array2string(np.asarray(value) + 0.0, max_line_width=72, threshold=30, precision=4)


def _below(value: Array, shown: Shown) -> str:
    return indent(shown(value), "    ")


def _sized(value: Array) -> str:
    return f"({shape_of(value).strip('()')})"


@dataclass(frozen=True, eq=False)
class Forward:
    """One value. node : its name. expression : how it is computed, or "given"."""

    node: str
    expression: str
    value: Array

    def cells(self, shown: Shown = _few) -> tuple[str, ...]:
        return self.node, self.expression, shape_of(self.value), shown(self.value)

    def line(self) -> str:
        """The formula and its value: J = 3 * v = 33."""
        return f"{self.node} = {self.expression} = {_few(self.value)}".replace(" given =", "")

    def block(self, shown: Shown = _all) -> str:
        """The line of a number; of an array the formula, and the value below it."""
        if np.ndim(self.value) == 0:
            return self.line()
        how = ", given" if self.expression == "given" else f" = {self.expression}"
        return f"{self.node}{how}  {_sized(self.value)}\n{_below(self.value, shown)}"


@dataclass(frozen=True, eq=False)
class Backward:
    """One share of one derivative, along one edge of the graph.

        total += share,    share = incoming * local

    derivative : whose share, such as dJ/da. through : the node that was computed from it.
    formula : the share in names. local : d(through)/d(it), of functions of every element; or None.
    incoming : dJ/d(through). share, total : the product, and the sum so far.
    """

    derivative: str
    through: str
    formula: str
    incoming: Array
    local: Array | None
    share: Array
    total: Array

    def cells(self, shown: Shown = _few) -> tuple[str, ...]:
        local = "" if self.local is None else shown(self.local)
        numbers = shown(self.incoming), local, shown(self.share), shown(self.total)
        return self.derivative, self.through, self.formula, *numbers

    def line(self) -> str:
        """The formula, the product and, if it is another, the sum so far: dJ/da += dJ/dv = 3."""
        so_far = f", so far {_few(self.total)}" if self._adds else ""
        return f"{self.derivative} += {self.formula} = {_few(self.share)}{so_far}"

    @property
    def _adds(self) -> bool:
        """Whether something was there before."""
        return not np.array_equal(self.share, self.total, equal_nan=True)

    def block(self, shown: Shown = _all) -> str:
        """The line of a number; of arrays the formula, and below it what is new: the incoming
        derivative is the sum of an earlier step."""
        if np.ndim(self.share) == 0:
            return self.line()
        lines = [f"{self.derivative} += {self.formula}  {_sized(self.share)}"]
        if self.local is not None and np.any(self.local != 1):
            lines += ["  local", _below(self.local, shown), "  product"]
        lines.append(_below(self.share, shown))
        if self._adds:
            lines += ["  sum so far", _below(self.total, shown)]
        return "\n".join(lines)


FORWARD = "node", "is", "shape", "value"
BACKWARD = "derivative", "through", "formula", "incoming", "local", "product", "sum so far"


class Steps(Sequence[Forward | Backward]):
    """All steps in order, forward then backward. Printed they are two tables, in a notebook HTML.

    `for step in steps` plays them one at a time; `forward` and `backward` are the two lists.
    full : print arrays whole, below each formula, instead of a few numbers of each.
    """

    def __init__(self, graph: "Graph", *, full: bool = False) -> None:
        self._output, totals = graph.label(graph.output), dict[int, Array]()
        self._full = full
        self.forward = []
        for node in graph.nodes:
            how = "given" if node.operation is None else graph.expression(node)
            self.forward.append(Forward(graph.label(node), how, node.value))
        made = sum(1 for _ in takewhile(lambda step: step.expression == "given", self.forward))
        labels = (Forward(name, "given", value) for name, value in graph.constants.items())
        self.forward[made:made] = labels
        self.backward = [
            _backward(graph, node, place, arg, totals)
            for node in reversed(graph.nodes)
            if node.operation is not None and node in graph.gradients
            for place, arg in enumerate(node.args)
            if isinstance(arg, Node)
        ]

    def __len__(self) -> int:
        return len(self.forward) + len(self.backward)

    def __getitem__(self, k: Any) -> Any:
        return [*self.forward, *self.backward][k]

    @property
    def note(self) -> str:
        """What of it is no finite number, or ""."""
        found = [step.node for step in self.forward if not np.isfinite(step.value).all()]
        found += [one.derivative for one in self.backward if not np.isfinite(one.total).all()]
        if not found:
            return ""
        names = ", ".join(dict.fromkeys(found))
        return f"Not finite: {names}. With these values there is no such number."

    def play(self) -> Iterator[str]:
        """Each step as a line of text, when asked for the next."""
        for k, step in enumerate(self, start=1):
            yield f"{k:>3}  {step.line()}"

    def _parts(self) -> list[tuple[str, tuple[str, ...], Sequence[Forward] | Sequence[Backward]]]:
        """Title, head and steps of both."""
        title = f"Backward: derivatives of {self._output}"
        return [("Forward: values", FORWARD, self.forward), (title, BACKWARD, self.backward)]

    def text(self, width: float = np.inf) -> str:
        """As tables; if these are wider than so many characters, or whole arrays are wanted, each
        array below its formula."""
        tables = "\n\n".join(
            f"{title}\n\n{table(head, *(step.cells() for step in steps))}"
            for title, head, steps in self._parts()
        )
        if not self._full and max(map(len, tables.splitlines())) <= width:
            return tables
        shown = _all if self._full else _some
        parts = ((title, _joined(steps, shown)) for title, _, steps in self._parts())
        return "\n\n".join(filter(None, chain.from_iterable(parts)))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shown = _all if self._full else _few
        return "".join(
            f"<p><b>{escape(title)}</b></p>{_html(head, *(step.cells(shown) for step in steps))}"
            for title, head, steps in self._parts()
        )


def _joined(steps: Sequence[Forward] | Sequence[Backward], shown: Shown) -> str:
    """Their blocks, with an empty line around those of several lines."""
    blocks = [step.block(shown) for step in steps]
    apart = ["\n\n" if "\n" in a + b else "\n" for a, b in pairwise(blocks)]
    return "".join(part for pair in zip(blocks, [*apart, ""], strict=False) for part in pair)


def _backward(
    graph: "Graph", node: Node, place: int, arg: Node, totals: dict[int, Array]
) -> Backward:
    operation, share = node.operation, graph.gradients.share(node, place)
    total = totals[id(arg)] = totals[id(arg)] + share if id(arg) in totals else share
    names = {"g": graph.gradient_label(node), "z": graph.label(node)}
    for letter, x in zip(operation.letters, node.args, strict=False):
        names[letter] = graph.name(x) or (short(x) if np.size(x) == 1 else f"({shape_of(x)} array)")
    formula, local = with_names(operation.rule(place).text, names), None
    if operation.elementwise:
        ones, args = np.ones(node.shape, node.dtype), tuple(map(plain, node.args))
        local = operation.derivative(place, ones, node.value, args, node.options)
        if share.shape != node.shape:
            formula = f"sum({formula})"  # over what the argument was repeated for
    incoming, derivative = graph.gradients[node], graph.gradient_label(arg)
    return Backward(derivative, graph.label(node), formula, incoming, local, share, total)


def _html(head: Sequence[str], *rows: Sequence[str]) -> str:
    look, lines = "style='text-align:left;white-space:pre'", ""
    for tag, row in (("th", head), *(("td", row) for row in rows)):
        lines += f"<tr>{''.join(f'<{tag} {look}>{escape(cell)}</{tag}>' for cell in row)}</tr>"
    return f"<table>{lines}</table>"
