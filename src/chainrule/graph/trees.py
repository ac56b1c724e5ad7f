"""Nested lists, tuples and dictionaries of numbers and arrays, such as the course's parameters."""

from collections.abc import Callable, Mapping
from typing import Any


def mapped(function: Callable[[Any, str], Any], tree: Any, path: str = "") -> Any:
    """The same structure with function(leaf, path) in the place of every leaf; paths read like
    ["W1"] or [0]."""
    if isinstance(tree, Mapping):
        return {key: mapped(function, part, f"{path}[{key!r}]") for key, part in tree.items()}
    names = getattr(tree, "_fields", ())  # of a named tuple
    if isinstance(tree, tuple) and names:
        parts = zip(names, tree, strict=True)
        return type(tree)(*(mapped(function, part, f"{path}.{name}") for name, part in parts))
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(function, part, f"{path}[{k}]") for k, part in enumerate(tree))
    return function(tree, path)


def leaves(tree: Any) -> dict[str, Any]:
    """Every leaf by its path."""
    found: dict[str, Any] = {}
    mapped(lambda leaf, path: found.setdefault(path, leaf), tree)
    return found


def name_of(argument: str, path: str) -> str:
    """Of a leaf: W1 of parameters['W1'], layers[0] of layers[0]."""
    last = path.rpartition("[")[2].rstrip("]")
    return last.strip("'\"") if last[:1] in ("'", '"') else argument + path
