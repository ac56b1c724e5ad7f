"""A call of a NumPy function, as the graph understands it: array arguments and named options.

NumPy's functions take their arguments by position or by name, with options the graph knows and
others it does not; what has no meaning here is refused, by the function's name.
"""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.operations.definition import Args, Function, Operation, Options


def is_node(value: Any) -> bool:
    """Nodes lie above this file: they are known by what they have."""
    return hasattr(value, "operation")


def holds_nodes(value: Any) -> bool:
    """Whether it is a node, or a list or tuple with one in it."""
    return is_node(value) or (isinstance(value, (list, tuple)) and any(map(holds_nodes, value)))


def without_nodes(arg: Any) -> Any:
    """The same with the values of nodes in their places, also in lists and dictionaries."""
    if isinstance(arg, dict):
        return {name: without_nodes(part) for name, part in arg.items()}
    if isinstance(arg, (list, tuple)):
        return type(arg)(without_nodes(part) for part in arg)
    return arg.value if is_node(arg) else arg


def _operand(operation: Operation, arg: Any) -> Any:
    """A node, number or array of numbers; a list of nodes, or an array of them, as one node."""
    if is_node(arg) or isinstance(arg, (float, int)):
        return arg
    if isinstance(arg, (list, tuple)) and holds_nodes(arg):
        return np.stack([_operand(operation, part) for part in arg])
    checks.unmasked("graph", "arrays", arg)
    try:
        array = arg if isinstance(arg, np.generic) else np.asarray(arg)
    except InputError:  # from a node in it
        raise
    except ValueError:
        array = np.empty((), object)
    if array.dtype == object and array.size:
        if any(is_node(one) for one in array.flat):
            return np.reshape(np.stack(array.ravel().tolist()), array.shape)
        if all(isinstance(one, (int, float)) for one in array.flat):
            array = array.astype(np.float64)
    if array.dtype.kind not in "fiub":
        expected = f"nodes, real numbers and arrays of them in {operation.name}"
        raise InputError("graph", expected, checks.describe(arg))
    return array


def arguments_of(
    function: Function, operation: Operation, args: Args, options: Options
) -> tuple[Args, Options]:
    """The arguments as array arguments and named options; what has no meaning here is refused."""
    count = 1 if operation.any_number else len(operation.rules)
    most = count + bool(operation.parameters)
    if not count <= len(args) <= most or any(o not in operation.parameters for o in options):
        names = (names_of(function) or ("a", "b", "c"))[:count]
        given = by_name(function, (*names, *operation.parameters), args, options)
        args, options = tuple(given.pop(name) for name in names if name in given), given
        if names == ("arys",):
            raise InputError("graph", f"one array in {name_of(function)}", f"{len(args[0])}")
    if len(args) > count:
        options = dict(zip(operation.parameters, args[count:], strict=False)) | options
    arrays = args[0] if operation.any_number else args[:count]
    first = tuple(_operand(operation, array) for array in arrays)
    nodes = [name for name, option in options.items() if holds_nodes(option)]
    if nodes:
        fix = "Pass node.value where no derivative is wanted."
        expected = f"{name_of(function)} with {', '.join(nodes)} given as plain numbers"
        raise InputError("graph", expected, "a node", fix)
    if operation.name == "norm":
        _check_norm(first[0], options)
    if options.get("dtype") is not None and np.dtype(options["dtype"]).kind != "f":
        raise InputError("graph", f"a dtype of floats in {name_of(function)}", options["dtype"])
    return first, options


def by_name(function: Function, known: tuple[str, ...], args: Args, options: Options) -> Options:
    """A call's arguments by their names; those that are not known may only have their defaults."""
    signature = _signature(function)
    given = dict(zip([*known, "more arguments"], args, strict=False)) | options
    defaults = {}
    if signature is not None:
        given = signature.bind(*args, **options).arguments
        given |= given.pop("kwargs", {})
        defaults = {name: p.default for name, p in signature.parameters.items()}
    refused = [
        name
        for name, value in given.items()
        if name not in known and value is not None and value is not defaults.get(name)
    ]
    if refused:
        expected = f"{name_of(function)} with {', '.join(known)}"
        raise InputError(
            "graph", expected, ", ".join(refused), "The graph knows no more of this function."
        )
    return {
        name: value for name, value in given.items() if name in known and value is not np._NoValue
    }


def _check_norm(x: Any, options: Options) -> None:
    """Only the Euclidean length, of a vector or of all elements of a matrix."""
    ord_, axis = options.get("ord"), options.get("axis")
    vectors = np.ndim(x) == 1 if axis is None else np.size(axis) == 1
    if not (ord_ is None or (ord_ == 2 and vectors) or (ord_ == "fro" and not vectors)):
        raise InputError(
            "graph",
            "np.linalg.norm as the Euclidean (Frobenius) norm",
            f"ord={ord_!r}",
            "For the sum of absolute values use np.sum(np.abs(x)).",
        )


def signature_of(function: Function) -> inspect.Signature | None:
    """None where it is not known, as of C functions before NumPy 2.4."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


@cache  # of NumPy's functions; a person's own would stay in memory
def _signature(function: Function) -> inspect.Signature | None:
    return None if isinstance(function, np.ufunc) else signature_of(function)


def names_of(function: Function) -> tuple[str, ...]:
    signature = _signature(function)
    return () if signature is None else tuple(signature.parameters)


def name_of(function: Any) -> str:
    module = getattr(function, "__module__", "") or ""
    return f"{module.replace('numpy', 'np')}.{function.__name__}" if module else function.__name__


def unknown(name: str, *, stepwise: bool = False) -> InputError:
    if stepwise:
        return InputError(
            "graph",
            "differentiable functions",
            f"{name}, whose derivative is 0 between its jumps",
            "Apply it to node.value where a constant is meant.",
        )
    fix = "docs/graph.md lists those it knows; write yours with these."
    return InputError("graph", "a function that the graph knows", name, fix)


def positional(f: Callable[..., Any]) -> list[str]:
    """Names of the arguments that may be given by position, as far as f says them."""
    signature = signature_of(f)
    found = signature.parameters.values() if signature else ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in found if p.kind in kinds]


def names_of_arguments(f: Callable[..., Any], count: int) -> list[str]:
    """Of the positional ones; x1, x2, ... where f does not name them."""
    names = positional(f)[:count]
    return names + [f"x{k + 1}" for k in range(len(names), count)]
