"""What a training changes on its way: learning_rate and l2, by iteration; as values and as text.

    400:learning_rate=0.00225,600:l2=0.1

sets the rate once 400 updates are done, and the penalty once 600 are. What is planned so and what
is changed while a training runs is the same: its numbers are, too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import checks
from chainrule.device import HOST, Device
from chainrule.errors import InputError
from chainrule.training.schedules import Constant

if TYPE_CHECKING:
    from chainrule.training.plan import Plan

# Iterations in order, each once, with what it sets.
Changes = tuple[tuple[int, dict[str, float]], ...]
BOUNDS = {"learning_rate": {"open_below": True}, "l2": {"open_below": False}}
FORM = "changes like 400:learning_rate=0.00225,600:l2=0.1"


def changes_of(where: str, given: str | Iterable[Any] | None) -> Changes:
    """From text, or from pairs (iteration, {name: value}), in any order; InputError for a name or
    value that cannot be changed to, and for two values of one."""
    found: dict[int, dict[str, float]] = {}
    for at, values in _parsed(where, given) if isinstance(given, str) else _pairs(where, given):
        own = found.setdefault(checks.whole_number(where, "the iteration of a change", at), {})
        for name, value in checked(where, values).items():
            if name in own:
                raise InputError(where, "changes, each once", f"{name} twice at iteration {at}")
            own[name] = value
    return tuple(sorted(found.items()))


def checked(where: str, values: Mapping[str, Any]) -> dict[str, float]:
    """Values that a training may be set to, as floats."""
    found = {}
    for name, value in values.items():
        checks.one_of(where, "what changes", name, BOUNDS)
        found[name] = checks.number(where, name, value, least=0, **BOUNDS[name])
    return found


def text_of(changes: Changes) -> str | None:
    """What `changes_of` reads as these very numbers; None of none."""
    each = ((at, *pair) for at, values in changes for pair in sorted(values.items()))
    return ",".join(f"{at}:{name}={value!r}" for at, name, value in each) or None


def before(iteration: int, changes: Changes) -> Changes:
    """Those that a training of so many updates comes to."""
    return tuple(change for change in changes if change[0] < iteration)


def _parsed(where: str, text: str) -> Iterable[tuple[int, dict[str, float]]]:
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+):([\w-]+)=([^=\s]+)\s*", part)
        try:
            at, name, value = found.groups() if found else ("", "", "")
            yield int(at), {name.replace("-", "_"): float(value)}
        except ValueError:
            raise InputError(where, FORM, repr(part)) from None


def _pairs(where: str, given: Any) -> list[tuple[Any, Any]]:
    try:
        pairs = [(at, dict(values)) for at, values in given or ()]
    except (TypeError, ValueError):
        got = checks.describe(given)
        raise InputError(where, f"{FORM}, or pairs (400, {{'l2': 0.1}})", got) from None
    return pairs


class Pace:
    """Learning rate and penalty of a training as they are, and what of them is to change.

    changes : planned ones, and those that were made. learning_rate, l2 : a float, or (R, 1).
    constant : the rate of every step, where the parameters lie; None where a schedule says it.
    penalty : l2 where the parameters lie; None where it is 0.
    decays : whether there was a penalty by now.
    """

    def __init__(self, plan: "Plan", per_epoch: int, device: Device) -> None:
        self._plan, self._per_epoch, self._device = plan, per_epoch, device
        self.changes = plan.changes
        self.set(0)

    def set(self, iteration: int) -> int:
        """Be as it is from that iteration on; up to which, that of the next change or the end."""
        plan, now = self._plan, {"learning_rate": self._plan.learning_rate, "l2": self._plan.l2}
        self.decays, later = bool(np.any(now["l2"])), [plan.iterations]
        for at, values in self.changes:
            if at > iteration:
                later.append(at)
                continue
            self.decays |= values.get("l2", 0.0) > 0
            for name, value in values.items():  # of R runs that differ it is an array still
                then = now[name]
                now[name] = np.full_like(then, value) if np.ndim(then) else value
        self.learning_rate, self.l2 = now["learning_rate"], now["l2"]
        put = self._device.put
        self._own = put(self.learning_rate)
        self.penalty = put(self.l2) if np.any(self.l2) else None
        # As an array, which NumPy multiplies by sooner than by a float.
        dtype, on_host = plan.start.dtype, self._device is HOST
        own = np.asarray(self.learning_rate, dtype) if on_host else self._own
        self.constant: Any = own if isinstance(plan.schedule, Constant) else None
        return min(later)

    def change(self, iteration: int, values: dict[str, float]) -> None:
        """From that iteration on, in the place of what was planned for it."""
        there = dict(self.changes)
        there[iteration] = there.get(iteration, {}) | values
        self.changes = tuple(sorted(there.items()))
        self.set(iteration)

    def step(self, iteration: int) -> Any:
        """The rate of an update by the schedule, where the parameters lie."""
        return self._own * self._factor(iteration)

    def rate(self, iteration: int) -> Any:
        """The learning rate at an iteration: float, or (R, 1)."""
        rate = self.learning_rate
        return rate if self.constant is not None else rate * self._factor(iteration)

    def _factor(self, iteration: int) -> float:
        epoch, plan = iteration // self._per_epoch, self._plan
        return plan.schedule(iteration, epoch, plan.iterations)
