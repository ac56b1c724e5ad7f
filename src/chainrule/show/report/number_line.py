"""A verdict on a number line: the interval of what was held out, what guessing reaches, what the
training examples reach. The page draws it, and a terminal, in one line of characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chainrule.model.verdict import HEADS, Verdict
from chainrule.wording import percent

GUESSES = {"accuracy": "commonest class", "r2": "always the mean", "auc": "guessing"}
LONGEST, SHORTEST = 61, 30  # characters of the line itself
# The line, the interval's, what was reached, what guessing reaches; and for old terminals.
DRAWN, PLAIN = "─━●┼", "-=o+"
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

    def text(self, width: int, encoding: str = "utf-8") -> str:
        """In one line of at most `width` characters: the interval between brackets and a cross for
        guessing, which is named where there is room; "" where there is too little."""
        (guess, said), (left, right) = self.marks[0], self.ends
        axis, span, dot, cross = tuple(_signs(encoding))
        room, key = width - len(left) - len(right) - 2, f"   {cross} {said}"
        if room - len(key) < SHORTEST:
            key = ""
        n = min(LONGEST, room - len(key))
        if n < SHORTEST:
            return ""
        places = (self.low, self.reached, self.high, guess)
        low, reached, high, at = (round(place / 100 * (n - 1)) for place in places)
        # On its side of the ends and of what was reached, however near they are.
        if guess < self.low:
            at = max(0, min(at, low - 1))
        elif guess > self.high:
            at = min(n - 1, max(at, high + 1))
        elif high - low > 1:
            at = min(max(at, low + 1), high - 1)
        if at == reached and guess != self.reached:
            at += 1 if guess > self.reached else -1
        cells = [*axis * low, "[", *span * (high - low - 1), "]", *axis * (n - 1 - high)][:n]
        cells[at], cells[reached] = cross, dot
        return f"{left} {''.join(cells)} {right}{key}"

    @staticmethod
    def anchor(place: float) -> Literal["start", "middle", "end"]:
        """On which side of its place a text stands, so that it is not cut off."""
        return "start" if place < EDGE else "end" if place > 100 - EDGE else "middle"


def _signs(encoding: str) -> str:
    try:
        DRAWN.encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return PLAIN
    return DRAWN
