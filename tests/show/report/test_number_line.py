"""A verdict on a line of characters: what stands where."""

import pytest

from chainrule.model.verdict import Verdict
from chainrule.show.report.number_line import NumberLine


def line(verdict, width=81, encoding="utf-8"):
    return NumberLine.of(verdict).text(width, encoding)


@pytest.mark.parametrize("width", [51, 81, 111])
def test_signs_stand_at_their_places(width):
    text = line(Verdict(0.6, 0.5, 0.75, 0.25), width)
    assert len(text) <= width
    assert text.startswith("0 % ")
    cells = text[4 : text.index(" 100 %")]
    n = len(cells) - 1
    for sign, place in (("┼", 0.25), ("[", 0.5), ("●", 0.6), ("]", 0.75)):
        assert cells.index(sign) == round(place * n)
    assert ("commonest class 25.0 %" in text) == (width > 51)


@pytest.mark.parametrize(
    ("verdict", "order"),
    [
        (Verdict(0.61, 0.533, 0.69, 0.53), "┼[●]"),
        (Verdict(0.61, 0.533, 0.69, 0.534), "[┼●]"),
        (Verdict(0.61, 0.533, 0.69, 0.612), "[●┼]"),
        (Verdict(0.61, 0.533, 0.69, 0.692), "[●]┼"),
        (Verdict(1.0, 0.93, 1.0, 0.66), "┼[●"),
        (Verdict(0.0, 0.0, 0.3, 0.5), "●]┼"),
        (Verdict(-0.5, -2.0, 0.1, 0.0, measure="r2"), "[●┼]"),
        (Verdict(0.9, 0.8999, 0.9001, 0.1), "┼●]"),
    ],
)
def test_guessing_stands_on_its_side_however_near_it_is(verdict, order):
    cells = line(verdict, 51)
    assert "".join(c for c in cells if c in "┼[●]") == order


def test_terminals_of_few_letters_or_columns():
    plain = line(Verdict(0.6, 0.5, 0.75, 0.25), encoding="ascii")
    assert plain.isascii()
    assert "+---" in plain
    assert "[===o" in plain
    assert line(Verdict(0.6, 0.5, 0.75, 0.25), encoding="no-such-code").isascii()
    assert line(Verdict(0.6, 0.5, 0.75, 0.25), 30) == ""
