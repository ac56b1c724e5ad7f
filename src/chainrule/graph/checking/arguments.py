"""A function's arguments as arrays with names, which can be changed one at a time."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.graph import trees
from chainrule.graph.calls import names_of_arguments

Array = np.ndarray
Key = tuple[int, str]


@dataclass(frozen=True, eq=False)
class Leaf:
    """One array or number among the arguments.

    place : of the argument, 0 the first. path : within it, such as ['W1']; empty for all of it.
    name : W1 in parameters['W1'], else the argument's name and the path. value : float64.
    whole : whether it came as whole numbers.
    """

    place: int
    path: str
    argument: str
    name: str
    value: Array
    whole: bool

    @property
    def key(self) -> Key:
        return self.place, self.path

    @property
    def label(self) -> str:
        """parameters['W1']"""
        return self.argument + self.path


class Arguments:
    """The positional arguments of f, with float32 as float64: it is the formulas that are checked.

    leaves : every array or number in them, also in lists and dictionaries; no booleans, no text.
    others : names of the arguments in which there is none.
    """

    def __init__(self, f: Callable[..., Any], args: tuple) -> None:
        self.names = names_of_arguments(f, len(args))
        self.args = tuple(trees.mapped(_wide, arg) for arg in args)
        found = [
            _leaf(place, path, self.names[place], leaf)
            for place, arg in enumerate(self.args)
            for path, leaf in trees.leaves(arg).items()
            if is_numeric(leaf)
        ]
        count = Counter(leaf.name for leaf in found)
        self.leaves = [
            leaf if count[leaf.name] == 1 else replace(leaf, name=leaf.label) for leaf in found
        ]
        held = {leaf.place for leaf in self.leaves}
        self.others = [name for place, name in enumerate(self.names) if place not in held]

    def with_values(self, values: Mapping[Key, Any]) -> tuple:
        """The arguments with other values in some places, the rest not copied."""

        def chosen(place: int) -> Callable[[Any, str], Any]:
            return lambda leaf, path: values.get((place, path), leaf)

        return tuple(trees.mapped(chosen(place), arg) for place, arg in enumerate(self.args))

    def left_out(self, checked: Collection[Leaf]) -> tuple[str, ...]:
        """A note on those that were not differentiated, if there are any."""
        keys = {leaf.key for leaf in checked}
        rest = [leaf.name for leaf in self.leaves if leaf.key not in keys] + self.others
        return (f"Not differentiated: {', '.join(rest)}.",) if rest else ()

    def copies(self) -> tuple:
        """The arguments for code that may change them."""
        return deepcopy(self.args)

    def changed(self, args: tuple) -> list[str]:
        """What in `args`, once made by `copies`, is no longer what it was."""
        before, after = self._flat(self.args), self._flat(args)
        return [
            name
            for name in [*before, *(after.keys() - before.keys())]
            if name not in before or name not in after or not _same(before[name], after[name])
        ]

    def _flat(self, args: tuple) -> dict[str, Any]:
        return {
            name + path: leaf
            for name, arg in zip(self.names, args, strict=True)
            for path, leaf in trees.leaves(arg).items()
        }


def _leaf(place: int, path: str, argument: str, leaf: Any) -> Leaf:
    value, whole = np.array(leaf, np.float64), np.asarray(leaf).dtype.kind in "iu"
    return Leaf(place, path, argument, trees.name_of(argument, path), value, whole)


def is_numeric(leaf: Any) -> bool:
    """Whether it is a number or an array of some numbers; booleans are none."""
    if not isinstance(leaf, (int, float, np.number, np.ndarray)):
        return False
    array = np.asarray(leaf)
    return array.dtype.kind in "fiu" and array.size > 0


def _wide(leaf: Any, path: str) -> Any:
    narrow = is_numeric(leaf) and np.asarray(leaf).dtype.kind == "f"
    if isinstance(leaf, np.ndarray):
        return leaf.astype(np.float64) if narrow else leaf.copy()
    return np.float64(leaf) if narrow else leaf


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and x.dtype != object:
        return x.shape == y.shape and x.tobytes() == y.tobytes()
    return not is_numeric(x) or x is y or bool(x == y)
