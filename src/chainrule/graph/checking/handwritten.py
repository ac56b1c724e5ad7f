"""A person's own forward and backward, and the derivatives that backward starts from."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.checking.arguments import Arguments
from chainrule.graph.checking.forward import NOTHING, Forward

WHERE = "check_backward"


class Pair(Forward):
    """forward(*args), called once, and what backward gives for it.

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
        super().__init__(WHERE, "forward", forward, arguments)
        self._backward = backward
        self.notes: list[str] = []
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
        possible = {
            text: call for text, call in calls.items() if not any(part is NOTHING for part in call)
        }
        fitting = next((call for call in possible.values() if _binds(self._backward, call)), None)
        if fitting is None:
            raise InputError(
                WHERE,
                f"a backward to be called as {' or '.join(possible)}",
                f"one that takes {signature(self._backward)}",
                "Wrap it: lambda dA, cache: linear_activation_backward(dA, cache, 'relu').",
            )
        returned = self.called(self._backward, fitting, "backward")
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
