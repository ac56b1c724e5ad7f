"""A person's own function, called as it wants to be, and what it gives as numbers."""

import re
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Leaf

Array = np.ndarray
NOTHING = object()  # no cache, no gradient of that name


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
        self._function, self._arguments = function, arguments
        given = arguments.copies()
        self.output, self.cache = self._run(given)
        if changed := arguments.changed(given):
            raise InputError(
                where,
                f"a {name} that leaves its arguments as they are",
                f"one that changes {', '.join(changed)} in place",
                "Make a new array: Z = Z * 2 and not Z *= 2, np.where(Z > 0, Z, 0) and not "
                "Z[Z < 0] = 0.",
            )
        again, _ = self._run(arguments.copies())
        if not np.array_equal(again, self.output, equal_nan=True):
            raise InputError(
                where,
                f"a {name} that gives the same for the same arguments",
                "something else at the second call",
                "Seed what it draws at random inside it, or pass the numbers drawn (a dropout "
                "mask) as an argument.",
            )

    def _run(self, args: tuple) -> tuple[Array, Any]:
        output, cache = unpacked(self.where, self._name, self.called(self._function, args))
        array = as_numbers(output)
        if isinstance(array, str):
            fix = f"{self._name} returns Z or the cost, alone or before its cache."
            expected = f"a {self._name} that gives an array or a number"
            raise InputError(self.where, expected, array, fix)
        return array, cache

    def called(self, function: Callable[..., Any], args: tuple, name: str = "") -> Any:
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

    def values(self, leaf: Leaf) -> Callable[[Array], Array]:
        """The output as a function of that argument alone."""

        def F(x: Array) -> Array:
            output, _ = self._run(self._arguments.with_values({leaf.key: x}))
            same_shape = output.shape == self.output.shape
            return output if same_shape else np.full_like(self.output, np.nan)

        return F


def unpacked(where: str, name: str, result: Any) -> tuple[Any, Any]:
    """What a forward computes, and the cache, of what it gives.

    (Z, cache), Z alone, and the course's (grads, cost), where the grads are passed over.
    """
    if not isinstance(result, tuple):
        return result, NOTHING
    if len(result) != 2:
        got, fix = f"{len(result)} things", "Put what backward needs into one cache."
        raise InputError(where, f"a {name} that gives Z, or (Z, cache)", got, fix)
    return (result[1], NOTHING) if isinstance(result[0], Mapping) else result


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
