"""A person's own forward and backward, called as they want to be, and their results by name."""

import re
import traceback
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments, Leaf

Array = np.ndarray

WHERE = "check_backward"
NOTHING = object()  # no cache, no gradient of that name


class Pair:
    """forward(*args), called once, and what backward gives for it.

    output : what forward gives, float64; a number where it is the cost. cache : or NOTHING.
    dZ : the derivative that backward starts from: random numbers of the output's shape, and 1 for
        a cost. m : the output's columns, None where it is no matrix.
    notes : what deserves a word and is no wrong number.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        arguments: Arguments,
        form: str | None,
        rng: np.random.Generator,
    ) -> None:
        self._forward, self._backward, self._arguments = forward, backward, arguments
        self.notes: list[str] = []
        given = arguments.copies()
        self.output, self.cache = self._run(given)
        changed = arguments.changed(given)
        if changed:
            raise InputError(
                WHERE,
                "a forward that leaves its arguments as they are",
                f"one that changes {', '.join(changed)} in place",
                "Make a new array: Z = Z * 2 and not Z *= 2, np.where(Z > 0, Z, 0) and not "
                "Z[Z < 0] = 0.",
            )
        self._is_the_same_again()
        if not np.isfinite(self.output).all():
            raise InputError(
                WHERE, "a forward that gives finite numbers", "infinite ones, or nan",
                "Try arguments of size 1 or so.",
            )  # fmt: skip
        self.is_cost = self.output.ndim == 0 if form is None else form == "cost"
        if self.is_cost and self.output.size != 1:
            got = f"an array of shape {self.output.shape}"
            raise InputError(WHERE, "a forward that gives the cost, one number", got)
        self.dZ = rng.standard_normal(self.output.shape)
        if self.is_cost:
            self.dZ = np.ones(self.output.shape)
        self.m = self.output.shape[1] if self.output.ndim == 2 and not self.is_cost else None

    def _run(self, args: tuple) -> tuple[Array, Any]:
        return opened(called("forward", self._forward, args))

    def _is_the_same_again(self) -> None:
        again, _ = self._run(self._arguments.copies())
        if not np.array_equal(again, self.output, equal_nan=True):
            raise InputError(
                WHERE,
                "a forward that gives the same for the same arguments",
                "something else at the second call",
                "Seed what it draws at random inside it, or pass the numbers drawn (a dropout "
                "mask) as an argument.",
            )

    def values(self, leaf: Leaf) -> Callable[[Array], Array]:
        """forward's output as a function of that argument alone."""

        def F(x: Array) -> Array:
            output, _ = self._run(self._arguments.with_values({leaf.key: x}))
            return (
                output if output.shape == self.output.shape else np.full_like(self.output, np.nan)
            )

        return F

    def gradients(self) -> Any:
        """What backward returns."""
        args, dZ = self._arguments.copies(), self.dZ.copy()
        calls = {
            "backward(dZ, cache)": (dZ, self.cache),
            "backward(dZ, *args)": (dZ, *args),
            "backward(dZ)": (dZ,),
        }
        if self.is_cost:
            calls = {"backward(cache)": (self.cache,), "backward(*args)": args}
        fitting = [
            call
            for call in calls.values()
            if not any(part is NOTHING for part in call) and _binds(self._backward, call)
        ]
        if not fitting:
            possible = [text for text in calls if self.cache is not NOTHING or "cache" not in text]
            raise InputError(
                WHERE,
                f"a backward to be called as {' or '.join(possible)}",
                f"one that takes {_signature(self._backward)}",
                "Wrap it: lambda dA, cache: linear_activation_backward(dA, cache, 'relu').",
            )
        returned = called("backward", self._backward, fitting[0])
        changed = self._arguments.changed(args)
        if not np.array_equal(dZ, self.dZ):
            changed.append("dZ")
        if changed:
            self.notes.append(
                f"backward changes {', '.join(changed)} in place; whoever called it keeps using "
                "the array. Copy it first."
            )
        return returned


def _binds(function: Callable[..., Any], args: tuple) -> bool:
    try:
        signature(function).bind(*args)
    except TypeError:
        return False
    except ValueError:  # no signature is known
        return True
    return True


def _signature(function: Callable[..., Any]) -> str:
    return str(signature(function))


def called(name: str, function: Callable[..., Any], args: tuple) -> Any:
    """function(*args); what it raises becomes an InputError that says where."""
    try:
        return function(*args)
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)[1:]
        line = f" in {lines[-1].name}, line {lines[-1].lineno}" if lines else ""
        got = f"{type(error).__name__}{line}: {str(error)[:200]}"
        shapes = isinstance(error, ValueError) and re.search(r"shape|align|mismatch|broadcast", got)
        fix = "Such shapes in a product often want a transpose: X.T." if shapes else ""
        raise InputError(WHERE, f"a {name} that runs through", got, fix) from error


def unpacked(result: Any) -> tuple[Any, Any]:
    """What forward computes, and the cache, of what it gives.

    (Z, cache), Z alone, and the course's (grads, cost), where the grads are passed over.
    """
    if not isinstance(result, tuple):
        return result, NOTHING
    if len(result) != 2:
        got, fix = f"{len(result)} things", "Put what backward needs into one cache."
        raise InputError(WHERE, "a forward that gives Z, or (Z, cache)", got, fix)
    return (result[1], NOTHING) if isinstance(result[0], Mapping) else result


def opened(result: Any) -> tuple[Array, Any]:
    """As `unpacked`, the output as numbers."""
    output, cache = unpacked(result)
    array = as_numbers(output)
    if isinstance(array, str):
        fix = "forward returns Z or the cost, alone or before its cache."
        raise InputError(WHERE, "a forward that gives an array or a number", array, fix)
    return array, cache


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
