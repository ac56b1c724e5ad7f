"""What was found of gradients beside central differences, as data and as text."""

from dataclasses import dataclass

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.checking.differences import Comparison, Slopes
from chainrule.graph.text import shape_of, table

Array = np.ndarray
HEAD = (
    "gradient", "shape", "entries", "largest difference", "at", "expected", "got",
    "relative error", "verdict",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class GradientReport:
    """One gradient.

    name : such as dW, or parameters['W1']. expected_shape : that of W; got_shape : None where there
    is no array. right : the verdict. problem : what is wrong in kind (missing, the shape, nan), or
    None. mistakes : the known mistake that gives exactly these numbers, or the few that do so
    together; mistake is all of them in one text, None if there is none.
    entries : how many were compared one by one, kinks : how many of those lie on a kink and were
    left out. difference, index, expected, got : the largest difference, where, and the two values
    there. relative_error : ||got - expected|| / (||got|| + ||expected||) over the entries; nan
    where the shapes differ. directions : the differences along random directions, relative to the
    size of the terms that each is the sum of.
    """

    name: str
    expected_shape: tuple[int, ...]
    got_shape: tuple[int, ...] | None
    right: bool
    problem: str | None = None
    mistakes: tuple[str, ...] = ()
    entries: int = 0
    kinks: int = 0
    difference: float = np.nan
    index: tuple[int, ...] = ()
    expected: float = np.nan
    got: float = np.nan
    relative_error: float = np.nan
    directions: tuple[float, ...] = ()

    def cells(self) -> tuple[str, ...]:
        """A row of the report's table."""
        size = int(np.prod(self.expected_shape))
        verdict = "right" if self.right else "wrong"
        if self.kinks:
            verdict += f" ({self.kinks} at a kink)"
        numbers = (
            f"{self.entries} of {size}" if self.entries < size else f"all {size}",
            f"{self.difference:.2g}",
            str(list(self.index)) if self.index else "",
            f"{self.expected:.6g}",
            f"{self.got:.6g}",
            f"{self.relative_error:.2g}",
        )
        shown = numbers if self.entries else [""] * len(numbers)
        return self.name, shape_of(np.empty(self.expected_shape)), *shown, verdict

    @property
    def mistake(self) -> str | None:
        """What is wrong, in words; None where nothing is known."""
        return " ".join(self.mistakes) or None

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong, in sentences without the name."""
        if self.right:
            return ()
        what = (f"{self.problem}.",) if self.problem else ()
        return (*what, *self.mistakes) or ("no known mistake gives these numbers.",)


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck:
    """True where every gradient is right; printed, a table and what is wrong in words.

    gradients : one report each; check["dW"] is that of dW. tolerance : for the relative error.
    expectation : what was expected. notes : what is no error and worth a word.
    """

    gradients: tuple[GradientReport, ...]
    tolerance: float
    expectation: str
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return all(report.right for report in self.gradients)

    def __getitem__(self, name: str) -> GradientReport:
        found = {report.name: report for report in self.gradients}
        if name not in found:
            raise InputError("GradientCheck", f"one of {', '.join(found)}", repr(name))
        return found[name]

    def __str__(self) -> str:
        findings: dict[str, list[str]] = {}
        for report in self.gradients:
            for finding in report.findings:
                findings.setdefault(finding, []).append(report.name)
        error = "||got - expected|| / (||got|| + ||expected||)"
        lines = [table(HEAD, *(report.cells() for report in self.gradients)), ""]
        lines += [f"{', '.join(names)}: {finding}" for finding, names in findings.items()]
        lines += [] if findings else ["All gradients are right."]
        lines += ["", self.expectation]
        lines.append(f"Right is a relative error {error} of at most {self.tolerance:g}.")
        if any(report.kinks for report in self.gradients):
            lines.append("At a kink the slopes to the left and to the right differ: none is wrong.")
        lines += self.notes
        return "\n".join(lines)

    __repr__ = __str__


def reported(
    name: str, shape: tuple[int, ...], got: Array | str, slopes: Slopes, directions: int | None
) -> tuple[GradientReport, Comparison]:
    """A gradient, or in words what is there instead, beside the slopes along its entries.

    directions : how many sums of all entries, with random weights, are compared besides; None for
    one, where some entries are not looked at and the others are right.
    """
    problem, tolerance = _problem(got, shape), slopes.settings.tolerance
    got_shape = None if isinstance(got, str) else got.shape
    found = slopes.beside(got if got_shape == shape else None)  # type: ignore[arg-type]
    if problem or isinstance(got, str):
        return GradientReport(name, shape, got_shape, False, problem), found
    agrees, k = found.agrees(tolerance), found.worst
    if not np.isfinite(found.numeric).all():
        problem = "the values have no finite slopes there"
    if directions is None:
        directions = int(agrees and len(found.places) < got.size)
    errors = tuple(slopes.along_random(got) for _ in range(directions))
    if agrees and max(errors, default=0.0) > tolerance:
        problem = (
            "the entries looked at are right, others not: along a random direction by "
            f"{max(errors):.2g}"
        )
    report = GradientReport(
        name,
        shape,
        got_shape,
        agrees and not problem,
        problem,
        entries=len(found.places),
        kinks=int(found.kink.sum()),
        difference=abs(float(found.given[k] - found.numeric[k])),
        index=tuple(int(i) for i in np.unravel_index(found.places[k], shape)),
        expected=float(found.numeric[k]),
        got=float(found.given[k]),
        relative_error=found.relative_error,
        directions=errors,
    )
    return report, found


def _problem(got: Array | str, shape: tuple[int, ...]) -> str | None:
    if isinstance(got, str):
        return f"{got}; expected an array of shape {shape}"
    if got.shape != shape:
        return f"its shape is {got.shape}; expected {shape}"
    bad = np.argwhere(~np.isfinite(got))
    if len(bad):
        first = bad[0].tolist()
        return f"{len(bad)} of {got.size} entries are nan or infinite, the first at {first}"
    return None
