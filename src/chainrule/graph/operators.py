"""NumPy's functions as what nodes need: methods, and operators on either side and in place."""

from collections.abc import Callable
from typing import Any

from chainrule.errors import InputError


def method(function: Callable) -> Any:
    """The function as a method: x.sum(axis=0) is np.sum(x, axis=0)."""
    return lambda self, *others, **options: function(self, *others, **options)


def operators(function: Callable) -> tuple[Any, Any, Any]:
    """With a node on the left, on the right, and in place: x += 1 changes an array for all who
    hold it, while a number is only replaced."""

    def in_place(self: Any, other: Any) -> Any:
        if self.ndim:
            raise refused_write(f"np.{function.__name__} in place, by an operator like +=")
        return function(self, other)

    return (
        lambda self, other: function(self, other),
        lambda self, other: function(other, self),
        in_place,
    )


def refused_write(how: str, fix: str = "Write y = x + 1 for x += 1.") -> InputError:
    """A value that was computed with must not change."""
    return InputError("graph", "functions that make new arrays", f"an in-place write, {how}", fix)
