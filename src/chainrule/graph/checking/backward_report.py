"""What check_backward found, as data and as text."""

from dataclasses import dataclass

import numpy as np

from chainrule.errors import InputError
from chainrule.graph.tables import table
from chainrule.graph.text import shape_of

HEAD = (
    "gradient", "shape", "entries", "largest difference", "at", "expected", "got",
    "relative error", "verdict",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class GradientReport:
    """One result of a backward.

    name : such as dW. expected_shape : that of W; got_shape : None where there is no array.
    entries : how many were compared, kinks : how many of those lie on a kink and were left out.
    difference, index, expected, got : the largest difference, where, and the two values there.
    relative_error : ||got - expected|| / (||got|| + ||expected||) over the entries; nan where the
    shapes differ. problem : what is wrong in kind (missing, the shape, nan), or None.
    slips : the known slip that gives exactly these numbers, or the few that do so together; slip
    is all of them in one text, None if there is none. right : the verdict.
    """

    name: str
    expected_shape: tuple[int, ...]
    got_shape: tuple[int, ...] | None
    right: bool
    problem: str | None = None
    slips: tuple[str, ...] = ()
    entries: int = 0
    kinks: int = 0
    difference: float = np.nan
    index: tuple[int, ...] = ()
    expected: float = np.nan
    got: float = np.nan
    relative_error: float = np.nan

    def cells(self) -> tuple[str, ...]:
        size = int(np.prod(self.expected_shape))
        verdict = "right" if self.right else "wrong"
        if self.kinks:
            verdict += f" ({self.kinks} at a kink)"
        shape = shape_of(np.empty(self.expected_shape))
        if self.problem:
            return self.name, shape, "", "", "", "", "", "", verdict
        return (
            self.name,
            shape,
            f"{self.entries} of {size}" if self.entries < size else f"all {size}",
            f"{self.difference:.2g}",
            str(list(self.index)) if self.index else "",
            f"{self.expected:.6g}",
            f"{self.got:.6g}",
            f"{self.relative_error:.2g}",
            verdict,
        )

    @property
    def slip(self) -> str | None:
        return " ".join(self.slips) or None

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong, in sentences without the name."""
        if self.right:
            return ()
        what = (f"{self.problem}.",) if self.problem else ()
        return (*what, *self.slips) or ("no known slip gives these numbers.",)


@dataclass(frozen=True, eq=False, repr=False)
class BackwardCheck:
    """True where every gradient is right; printed, a table and what is wrong in words.

    gradients : one report each; check["dW"] is that of dW. tolerance : for the relative error.
    expectation : what backward was expected to give. notes : what is no error and worth a word.
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
            raise InputError("BackwardCheck", f"one of {', '.join(found)}", repr(name))
        return found[name]

    def __str__(self) -> str:
        findings: dict[str, list[str]] = {}
        for report in self.gradients:
            for finding in report.findings:
                findings.setdefault(finding, []).append(report.name)
        lines = [table(HEAD, *(report.cells() for report in self.gradients)), ""]
        lines += [f"{', '.join(names)}: {finding}" for finding, names in findings.items()]
        lines += [] if findings else ["All gradients are right."]
        lines += ["", self.expectation, *self.notes]
        return "\n".join(lines)

    __repr__ = __str__
