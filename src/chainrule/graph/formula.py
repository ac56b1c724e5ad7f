"""Formulas as text, such as "u = b*c; v = a + u; J = 3*v": read safely, never run as Python.

Python's own parser gives the tree; only arithmetic, names, numbers, lists of numbers and the
functions below are taken from it, everything else is refused by name.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import functions
from chainrule.graph.graph import Graph
from chainrule.graph.node import Node, variable

MOST_CHARACTERS = 2000  # far more than a person writes, and Python's parser has a limit of its own

FUNCTIONS: dict[str, Callable] = {
    **{
        f.__name__: f
        for f in (
            np.exp, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square, np.abs,
            np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan,
            np.maximum, np.minimum, np.logaddexp, np.sum, np.mean, np.dot,
            functions.sigmoid, functions.relu, functions.leaky_relu,
        )
    },
    "abs": np.abs, "max": np.max, "min": np.min, "norm": np.linalg.norm,
}  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e}
_BINARY: dict[type, Callable] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power, ast.MatMult: np.matmul,
}  # fmt: skip
_UNARY: dict[type, Callable] = {ast.USub: np.negative, ast.UAdd: np.positive}


def graph_of(text: str, values: Mapping[str, Any]) -> Graph:
    """The graph of a formula at given values.

    text : one formula, or several with ";" between them; "u = b*c" gives an intermediate result its
        name. The last one is the output. values : a number, or an array of them, for every name.

    Raises InputError that quotes what it does not understand.

    >>> graph = graph_of("u = b*c; v = a + u; J = 3*v", {"a": 5, "b": 3, "c": 2})
    >>> float(graph.output.value), float(graph.gradients[graph["u"]])
    (33.0, 3.0)
    """
    reader = _Reader({name: variable(value, name) for name, value in values.items()})
    output = None
    with np.errstate(all="ignore"):  # log(0) is -inf: a result to look at, not to be warned of
        for statement in _statements(text):
            try:
                output = reader.run(statement)
            except RecursionError:
                fix = "Name parts of it: u = ...; J = ... u ..."
                raise InputError("formula", "a formula nested less deeply", "more", fix) from None
        if not isinstance(output, Node):
            raise InputError("formula", "at least one name, such as a in 3*a", repr(text))
        unused = sorted(values.keys() - reader.used)
        if unused:
            raise InputError(
                "formula", f"values for its names {sorted(reader.used)}", f"{', '.join(unused)} too"
            )
        return Graph(_one_number(output), given=list(reader.given.values()))


def _one_number(output: Node) -> Node:
    if output.size != 1:
        raise InputError(
            "formula",
            "a result of one number, to take derivatives of",
            f"shape {output.shape}",
            "Sum it: sum(...).",
        )
    return output


def _statements(text: str) -> list[ast.stmt]:
    if len(text) > MOST_CHARACTERS:
        raise InputError("formula", f"at most {MOST_CHARACTERS} characters", f"{len(text)}")
    try:
        found = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        fix = "Write a power as x**2." if "^" in text else "Formulas look like 3*(a + b*c)."
        reason = getattr(error, "msg", None) or "something too deep"
        raise InputError("formula", "arithmetic", f"{text!r} ({reason})", fix) from None
    if not found:
        raise InputError("formula", "something to compute", "nothing")
    return found


class _Reader:
    """Builds the graph of one statement after the other. given, used : names with values."""

    def __init__(self, given: dict[str, Node]) -> None:
        self.given = given
        self.used: set[str] = set()
        self._made: dict[str, Any] = {}

    def run(self, statement: ast.stmt) -> Any:
        if isinstance(statement, ast.Expr):
            return self._compute(statement.value)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                return self._named(target.id, self._compute(statement.value))
        raise _refused(statement)

    def _named(self, name: str, result: Any) -> Any:
        if name in self.given or name in self._made:
            raise InputError("formula", "a new name for each result", f"{name} again")
        if isinstance(result, Node):
            result = +result if result.name else result
            result.name = name
        self._made[name] = result
        return result

    def _compute(self, part: ast.expr) -> Any:
        if isinstance(part, ast.BinOp) and type(part.op) in _BINARY:
            return self._apply(_BINARY[type(part.op)], [part.left, part.right], part)
        if isinstance(part, ast.UnaryOp) and type(part.op) in _UNARY:
            return self._apply(_UNARY[type(part.op)], [part.operand], part)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and not part.keywords:
            return self._apply(_function(part.func.id), part.args, part)
        if isinstance(part, ast.Name):
            return self._value(part.id)
        if isinstance(part, (ast.Constant, ast.List, ast.Tuple)):
            return _numbers(part)
        raise _refused(part)

    def _apply(self, function: Callable, parts: list[ast.expr], whole: ast.expr) -> Any:
        operands = [self._compute(part) for part in parts]
        try:
            return function(*operands)
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            shapes = " and ".join(str(np.shape(operand)) for operand in operands)
            raise InputError(
                "formula",
                "operands that fit each other",
                f"{ast.unparse(whole)} of shapes {shapes}",
            ) from None

    def _value(self, name: str) -> Any:
        for known in (self._made, self.given):
            if name in known:
                self.used.add(name)
                return known[name]
        if name in CONSTANTS:
            return np.float64(CONSTANTS[name])
        fix = f"It is a function: {name}(x)." if name in FUNCTIONS else f"Add {name}=1, say."
        raise InputError("formula", f"a value for {name}", "none", fix)


def _function(name: str) -> Callable:
    if name not in FUNCTIONS:
        raise InputError(
            "formula",
            "a function that it knows",
            name,
            f"It knows {', '.join(sorted(FUNCTIONS))}.",
        )
    return FUNCTIONS[name]


def _numbers(part: ast.expr) -> Any:
    """A number, or a list of them."""
    try:
        found = np.asarray(ast.literal_eval(part))
    except ValueError:
        raise _refused(part) from None
    if found.dtype.kind not in "fiu":
        raise _refused(part)
    return np.float64(found) if found.ndim == 0 else found.astype(np.float64)


def _refused(part: ast.AST) -> InputError:
    power = isinstance(getattr(part, "op", None), ast.BitXor)
    return InputError(
        "formula",
        "names, numbers, + - * / ** @ and functions such as exp(x)",
        checks.describe(ast.unparse(part)),
        "Write a power as x**2." if power else "",
    )
