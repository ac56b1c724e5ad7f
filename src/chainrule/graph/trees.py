"""Nested lists, tuples and dictionaries of numbers and arrays, such as the course's parameters."""

from collections.abc import Callable, Mapping
from typing import Any


def mapped(function: Callable[[Any, str], Any], tree: Any, path: str = "") -> Any:
    """The same structure with function(leaf, path) in the place of every leaf; paths read like
    ["W1"] or [0]."""
    if isinstance(tree, Mapping):
        return {key: mapped(function, part, f"{path}[{key!r}]") for key, part in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):  # a named tuple
        return type(tree)(*(mapped(function, p, f"{path}.{n}") for n, p in tree._asdict().items()))
    if isinstance(tree, (list, tuple)):
        return type(tree)(mapped(function, part, f"{path}[{k}]") for k, part in enumerate(tree))
    return function(tree, path)
