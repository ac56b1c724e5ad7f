"""Formulas as text, such as "u = b*c; v = a + u; J = 3*v": read safely, never run as Python.

Python's own parser gives the tree; only arithmetic, names, numbers, lists, indices and the
functions below are taken from it, everything else is refused by name.
"""

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import functions
from chainrule.graph.backward import in_order
from chainrule.graph.graph import Graph
from chainrule.graph.node import Node, variable
from chainrule.graph.operations.definition import Function, plain

MOST_CHARACTERS = 2000  # far more than a person writes, and Python's parser has a limit of its own


def _of_labels(loss: Function) -> Function:
    """The labels may have a name: they are numbers, and have no derivative."""
    return lambda x, Y: loss(x, plain(Y))


_KNOWN: tuple[Function, ...] = (
    np.exp, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.square,
    np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan,
    np.maximum, np.minimum, np.logaddexp, np.sum, np.mean, np.dot, np.matmul, np.clip,
    np.where, np.reshape, np.transpose, np.squeeze, np.concatenate, np.stack, np.prod,
    np.var, np.std, np.cumsum, np.outer, np.inner, np.hypot, np.arctan2, np.linalg.det,
    functions.sigmoid, functions.relu, functions.leaky_relu, functions.softmax,
    functions.squared_error, functions.absolute_error, functions.huber,
)  # fmt: skip
FUNCTIONS: dict[str, Function] = {
    **{function.__name__: function for function in _KNOWN},
    "abs": np.abs, "max": np.max, "min": np.min, "norm": np.linalg.norm,
    **{loss.__name__: _of_labels(loss) for loss in (
        functions.binary_cross_entropy, functions.softmax_cross_entropy,
        functions.binary_log_loss, functions.log_loss,
    )},
}  # fmt: skip
CONSTANTS = {"pi": np.pi, "e": np.e}
_OPERATORS: dict[type, Function] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide,
    ast.Pow: np.power, ast.MatMult: np.matmul, ast.USub: np.negative, ast.UAdd: np.positive,
    ast.Gt: np.greater, ast.GtE: np.greater_equal, ast.Lt: np.less, ast.LtE: np.less_equal,
}  # fmt: skip
OPTIONS = ("axis", "keepdims", "shape", "axes")


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
    for name, node in reader.given.items():
        if node.size == 0:
            raise InputError("formula", f"at least one number for {name}", "none")
    output = None
    with np.errstate(all="ignore"):  # log(0) is -inf: a result to look at, not to be warned of
        statements = _statements(text)
        for statement in statements:
            if isinstance(statement, ast.Expr) and statement is not statements[-1]:
                got, fix = f"{ast.unparse(statement)} beside it", "Name it, or leave it out."
                raise InputError("formula", "parts that lead to the last one", got, fix)
            try:
                output = reader.run(statement)
            except RecursionError:
                fix = "Name parts of it: u = ...; J = ... u ..."
                raise InputError("formula", "a formula nested less deeply", "more", fix) from None
        if not isinstance(output, Node):
            raise InputError("formula", "at least one name, such as a in 3*a", repr(text))
        shown = {id(node) for node in in_order(output)}
        idle = [name for name, node in reader.made.items() if id(node) not in shown]
        if idle:
            got, fix = f"{', '.join(idle)} beside it", "Leave it out, or use it in the last part."
            raise InputError("formula", "parts that lead to the last one", got, fix)
        unused = sorted(values.keys() - reader.used)
        if unused:
            expected = f"values for its names {sorted(reader.used)}"
            raise InputError("formula", expected, f"{', '.join(unused)} too")
        if output.size != 1:
            fix, got = "Sum it: sum(...).", f"shape {output.shape}"
            raise InputError("formula", "a result of one number, to take derivatives of", got, fix)
        return Graph(output, given=list(reader.given.values()))


def _statements(text: str) -> list[ast.stmt]:
    if len(text) > MOST_CHARACTERS:
        raise InputError("formula", f"at most {MOST_CHARACTERS} characters", f"{len(text)}")
    try:
        found = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        fix = "Write a power as x**2." if "^" in text else "Formulas look like 3*(a + b*c)."
        reason = getattr(error, "msg", None) or "something too deep"
        got = f"{checks.describe(text)} ({reason})"
        raise InputError("formula", "arithmetic", got, fix) from None
    if not found:
        raise InputError("formula", "something to compute", "nothing")
    return found


class _Reader:
    """Builds the graph of one statement after the other.

    given : names with values, used : those that were asked for. made : intermediate results.
    """

    def __init__(self, given: dict[str, Node]) -> None:
        self.given = given
        self.used: set[str] = set()
        self.made: dict[str, Any] = {}

    def run(self, statement: ast.stmt) -> Any:
        match statement:
            case ast.Expr(value):
                return self._compute(value)
            case ast.Assign([ast.Name(name)], value):
                result = self._compute(value)
                if name in self.given or name in self.made:
                    raise InputError("formula", "a new name for each result", f"{name} again")
                if isinstance(result, Node):
                    result = +result if result.name else result
                    result.name = name
                self.made[name] = result
                return result
        raise _refused(statement)

    def _compute(self, part: ast.expr) -> Any:
        match part:
            case ast.UnaryOp(op, operand) if type(op) in _OPERATORS:
                return self._apply(_OPERATORS[type(op)], [operand], part)
            case ast.BinOp(left, op, right) | ast.Compare(left, [op], [right]) if (
                type(op) in _OPERATORS
            ):
                return self._apply(_OPERATORS[type(op)], [left, right], part)
            case ast.Call(ast.Name(name)):
                return self._call(part, name)
            case ast.Attribute(value, "T"):
                return self._apply(np.transpose, [value], part)
            case ast.Subscript(value, place):
                index = _index(place)
                return self._apply(lambda x: x[index], [value], part)
            case ast.Name(name):
                return self._value(name)
            case ast.List(parts) if any(isinstance(n, ast.Name) for n in ast.walk(part)):
                return [self._compute(element) for element in parts]
            case ast.Constant() | ast.List() | ast.Tuple():
                return _numbers(part)
        raise _refused(part)

    def _call(self, part: ast.Call, name: str) -> Any:
        """A function of computed arguments, and of options that are written as they are."""
        if name not in FUNCTIONS:
            known = checks.listed(sorted(FUNCTIONS), 20)
            fix = f"It knows {known}; docs/graph.md names them all."
            raise InputError("formula", "a function that it knows", name, fix)
        function, parts, options = FUNCTIONS[name], part.args, dict[str, Any]()
        if name == "reshape" and len(parts) == 2:
            options["shape"], parts = _literal(parts[1]), parts[:1]
        for keyword in part.keywords:
            if keyword.arg not in OPTIONS:
                raise _refused(part)
            options[keyword.arg] = _literal(keyword.value)
        takes = getattr(function, "nin", len(parts))
        if len(parts) != takes or not parts:
            got = f"{len(parts)} in {ast.unparse(part)}"
            raise InputError("formula", f"{name} of {takes or 'one or more'} arguments", got)
        return self._apply(function, parts, part, options)

    def _apply(
        self, function: Function, parts: list[ast.expr], whole: ast.expr, options: Any = None
    ) -> Any:
        operands = [self._compute(part) for part in parts]
        several = function in (np.stack, np.concatenate)  # which take a list as it is
        try:
            arrays = operands if several else [_joined(operand) for operand in operands]
            return function(*arrays, **(options or {}))
        except InputError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError,
                RuntimeError) as error:  # fmt: skip
            shapes = " and ".join(
                "a list" if isinstance(operand, list) else str(np.shape(operand))
                for operand in operands
            )
            got = f"{ast.unparse(whole)} of shapes {shapes} ({str(error)[:120]})"
            expected = "arguments that fit the function and each other"
            raise InputError("formula", expected, got) from None

    def _value(self, name: str) -> Any:
        if name in self.made or name in self.given:
            self.used.add(name)
            return (self.given | self.made)[name]
        if name in CONSTANTS:
            return np.float64(CONSTANTS[name])
        fix = f"It is a function: {name}(x)." if name in FUNCTIONS else f"Add {name}=1, say."
        raise InputError("formula", f"a value for {name}", "none", fix)


def _joined(operand: Any) -> Any:
    """[a, [b, 1]] as one array: NumPy shows the graph no list that stands alone."""
    return np.stack([_joined(part) for part in operand]) if isinstance(operand, list) else operand


def _literal(part: ast.expr) -> Any:
    """A whole number, True, None, or some of these in brackets: an axis, a shape."""
    try:
        return ast.literal_eval(part)
    except (ValueError, TypeError):
        raise _refused(part) from None


def _index(part: ast.expr) -> Any:
    """What stands in x[...]: whole numbers and slices of them."""
    match part:
        case ast.Tuple(parts):
            return tuple(map(_index, parts))
        case ast.Slice(lower, upper, step):
            ends = (lower, upper, step)
            return slice(*(None if end is None else _index(end) for end in ends))
    found = _literal(part)
    if type(found) is not int:
        raise _refused(part)
    return found


def _numbers(part: ast.expr) -> Any:
    """A number, or a list of them."""
    try:
        found = np.asarray(_literal(part))
        if found.dtype == object:  # whole numbers beyond 64 bits
            found = found.astype(np.float64)
    except (ValueError, TypeError, OverflowError):
        raise _refused(part) from None
    if found.dtype.kind not in "fiu" or not found.size:
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
