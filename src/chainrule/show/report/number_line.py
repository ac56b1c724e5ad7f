"""A verdict on a number line: the interval of what was held out, what guessing reaches, what the
training examples reach. The page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chainrule.model.verdict import HEADS, Verdict
from chainrule.wording import percent

GUESSES = {"accuracy": "commonest class", "r2": "always the mean", "auc": "guessing"}
EDGE = 35  # percent of the width, nearer to an end than which a text stands beside its place


@dataclass(frozen=True)
class NumberLine:
    """All places are percent of its width.

    low, reached, high : the interval, and `said` above it. ends : what stands at the line's ends.
    marks : lines across it, each a place and what stands below.
    """

    low: float
    reached: float
    high: float
    said: str
    ends: tuple[str, str]
    marks: Sequence[tuple[float, str]]

    @classmethod
    def of(cls, verdict: Verdict) -> "NumberLine":
        """From 0 to 1; of an R² below 0 from there, but no lower than -1."""
        head, start = HEADS.get(verdict.measure), max(-1.0, min(0.0, verdict.low))

        def place(value: float) -> float:
            return round(100 * (min(1.0, max(start, value)) - start) / (1 - start), 2)

        def say(value: float) -> str:
            return f"{value:.2f}" if head else percent(value, 1)

        said = f"{say(verdict.reached)} ({say(verdict.low)} to {say(verdict.high)})"
        said = f"{head} {said}" if head else said
        guess = GUESSES[verdict.measure]
        marks = [(place(verdict.baseline), f"{guess} {say(verdict.baseline)}")]
        if verdict.trained is not None:
            marks.append((place(verdict.trained), f"training examples {say(verdict.trained)}"))
        low, reached, high = map(place, (verdict.low, verdict.reached, verdict.high))
        ends = (f"{start:.3g}", "1") if head else ("0 %", "100 %")
        return cls(low, reached, high, said, ends, marks)

    @staticmethod
    def anchor(place: float) -> Literal["start", "middle", "end"]:
        """On which side of its place a text stands, so that it is not cut off."""
        return "start" if place < EDGE else "end" if place > 100 - EDGE else "middle"
