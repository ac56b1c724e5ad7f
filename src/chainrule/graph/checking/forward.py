"""A person's own functions and their arguments: called as they want to be, with one argument
changed at a time, and what they give as numbers."""

import re
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph import trees
from chainrule.graph.calls import names_of_arguments

Array = np.ndarray
NOTHING = object()  # no cache, no gradient of that name

# ---- arguments ---------------------------------------------------------------------------------


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
    def key(self) -> str:
        """Its path in the tuple of all arguments: [0]['W1']."""
        return f"[{self.place}]{self.path}"

    @property
    def label(self) -> str:
        """parameters['W1']"""
        return self.argument + self.path


class Arguments:
    """The positional arguments of f, with float32 as float64: it is the formulas that are checked.

    leaves : every array or number in them, also in lists and dictionaries; no booleans, no text.
    """

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.names = names_of_arguments(f, len(args))
        self.args: tuple[Any, ...] = trees.mapped(_wide, args)
        found = [
            _leaf(place, path, name, leaf)
            for place, (name, arg) in enumerate(zip(self.names, self.args, strict=True))
            for path, leaf in trees.leaves(arg).items()
            if is_numeric(leaf)
        ]
        count = Counter(leaf.name for leaf in found)
        self.leaves = [
            leaf if count[leaf.name] == 1 else replace(leaf, name=leaf.label) for leaf in found
        ]

    def with_values(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The arguments with other values in some places, by their keys; the rest not copied."""
        found: tuple[Any, ...] = trees.mapped(lambda leaf, path: values.get(path, leaf), self.args)
        return found

    def left_out(self, checked: Collection[Leaf]) -> tuple[str, ...]:
        """A note on those that were not differentiated, if there are any."""
        keys, held = {leaf.key for leaf in checked}, {leaf.place for leaf in self.leaves}
        rest = [leaf.name for leaf in self.leaves if leaf.key not in keys]
        rest += [name for place, name in enumerate(self.names) if place not in held]
        return (f"Not differentiated: {', '.join(rest)}.",) if rest else ()

    def changed(self, args: tuple[Any, ...]) -> list[str]:
        """What in `args`, once a copy of these, is no longer what it was."""
        before, after = map(self._leaves, (self.args, args))
        return [
            name
            for name in [*before, *(after.keys() - before.keys())]
            if name not in before or name not in after or not _same(before[name], after[name])
        ]

    def _leaves(self, args: tuple[Any, ...]) -> dict[str, Any]:
        named = zip(self.names, args, strict=True)
        return {name + path: x for name, arg in named for path, x in trees.leaves(arg).items()}


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


# ---- functions ---------------------------------------------------------------------------------


class Forward:
    """function(*args), called once, and its values where one argument is changed.

    where : the check, for errors. name : what these call the function.
    output : what it gives, float64. cache : what it gives besides, or NOTHING.
    Raises InputError if it raises, gives no numbers, changes its arguments in place, or gives
    something else when called again.
    """

    def __init__(
        self, where: str, name: str, function: Callable[..., Any], arguments: Arguments
    ) -> None:
        self.where, self._name = where, name
        self.function, self.arguments = function, arguments
        given = deepcopy(arguments.args)
        self.output, self.cache = self._run(given)
        if changed := arguments.changed(given):
            raise InputError(
                where,
                f"a {name} that leaves its arguments as they are",
                f"one that changes {', '.join(changed)} in place",
                "Make a new array: Z = Z * 2 and not Z *= 2, np.where(Z > 0, Z, 0) and not "
                "Z[Z < 0] = 0.",
            )
        again, _ = self._run(deepcopy(arguments.args))
        if not np.array_equal(again, self.output, equal_nan=True):
            raise InputError(
                where,
                f"a {name} that gives the same for the same arguments",
                "something else at the second call",
                "Seed what it draws at random inside it, or pass the numbers drawn (a dropout "
                "mask) as an argument.",
            )

    def _run(self, args: tuple[Any, ...]) -> tuple[Array, Any]:
        output, cache = self.unpacked(self.called(self.function, args))
        array = as_numbers(output)
        if isinstance(array, str):
            fix = f"{self._name} returns Z or the cost, alone or before its cache."
            expected = f"a {self._name} that gives an array or a number"
            raise InputError(self.where, expected, array, fix)
        return array, cache

    def called(self, function: Callable[..., Any], args: tuple[Any, ...], name: str = "") -> Any:
        """function(*args); what it raises becomes an InputError that says where."""
        try:
            return function(*args)
        except Exception as error:
            lines = traceback.extract_tb(error.__traceback__)[1:]
            line = f" in {lines[-1].name}, line {lines[-1].lineno}" if lines else ""
            got = f"{type(error).__name__}{line}: {str(error)[:200]}"
            fix = ""
            if isinstance(error, ValueError) and re.search(r"shape|align|mismatch|broadcast", got):
                fix = "Such shapes in a product often want a transpose: X.T."
            elif "no attribute 'value'" in got:
                fix = "Nodes alone have .value: write getattr(x, 'value', x)."
            expected = f"a {name or self._name} that runs through"
            raise InputError(self.where, expected, got, fix) from error

    def unpacked(self, result: Any) -> tuple[Any, Any]:
        """What it computes, and the cache, of what it gives.

        (Z, cache), Z alone, and the course's (grads, cost), where the grads are passed over.
        """
        if not isinstance(result, tuple):
            return result, NOTHING
        if len(result) != 2:
            got, fix = f"{len(result)} things", "Put what backward needs into one cache."
            raise InputError(self.where, f"a {self._name} that gives Z, or (Z, cache)", got, fix)
        return (result[1], NOTHING) if isinstance(result[0], Mapping) else result

    def values(self, leaf: Leaf) -> Callable[[Array], Array]:
        """The output as a function of that argument alone."""

        def F(x: Array) -> Array:
            output, _ = self._run(self.arguments.with_values({leaf.key: x}))
            same_shape = output.shape == self.output.shape
            return output if same_shape else np.full_like(self.output, np.nan)

        return F


class Pair(Forward):
    """forward(*args), called once, and what a backward gives for it.

    dZ : the derivative that backward starts from: random numbers of the output's shape, and 1 for
        a cost. m : the output's columns, None where it is no matrix.
    notes : what deserves a word and is no wrong number.
    """

    def __init__(
        self,
        where: str,
        forward: Callable[..., Any],
        arguments: Arguments,
        form: str | None,
        rng: np.random.Generator,
    ) -> None:
        super().__init__(where, "forward", forward, arguments)
        self.notes: list[str] = []
        if not np.isfinite(self.output).all():
            expected, fix = "a forward that gives finite numbers", "Try arguments of size 1 or so."
            raise InputError(where, expected, "infinite ones, or nan", fix)
        self.is_cost = self.output.ndim == 0 if form is None else form == "cost"
        if self.is_cost and self.output.size != 1:
            got = f"an array of shape {self.output.shape}"
            raise InputError(where, "a forward that gives the cost, one number", got)
        drawn = rng.standard_normal(self.output.shape)
        self.dZ = np.ones(self.output.shape) if self.is_cost else drawn
        self.m = self.output.shape[1] if self.output.ndim == 2 and not self.is_cost else None

    def gradients(self, backward: Callable[..., Any]) -> Any:
        """What backward returns."""
        args, dZ = deepcopy(self.arguments.args), self.dZ.copy()
        calls = {
            "backward(dZ, cache)": (dZ, self.cache),
            "backward(dZ, *args)": (dZ, *args),
            "backward(dZ)": (dZ,),
        }
        if self.is_cost:
            calls = {"backward(cache)": (self.cache,), "backward(*args)": args}
        possible = {
            text: call for text, call in calls.items() if not any(part is NOTHING for part in call)
        }
        fitting = next((call for call in possible.values() if _binds(backward, call)), None)
        if fitting is None:
            raise InputError(
                self.where,
                f"a backward to be called as {' or '.join(possible)}",
                f"one that takes {signature(backward)}",
                "Wrap it: lambda dA, cache: linear_activation_backward(dA, cache, 'relu').",
            )
        returned = self.called(backward, fitting, "backward")
        changed = self.arguments.changed(args)
        changed += [] if np.array_equal(dZ, self.dZ) else ["dZ"]
        if changed:
            self.notes.append(
                f"backward changes {', '.join(changed)} in place; whoever called it keeps using "
                "the array. Copy it first."
            )
        return returned


def _binds(function: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    try:
        signature(function).bind(*args)
    except TypeError:
        return False
    except ValueError:  # no signature is known
        pass
    return True


def as_numbers(value: Any) -> Array | str:
    """float64, or in words what it is instead."""
    if value is None or isinstance(value, (str, Mapping)):
        return checks.describe(value)
    try:
        array = np.asarray(value)
    except ValueError:
        return "lists of different lengths"
    if array.dtype == object and array.size == 1:
        return as_numbers(array.item()) if not isinstance(array.item(), np.ndarray) else "an object"
    if array.dtype.kind not in "fiub":
        return checks.describe(value)
    return array.astype(np.float64)
