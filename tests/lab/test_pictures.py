"""What the pictures hold."""

import pytest

from chainrule.lab import Measured, Trained, build
from chainrule.lab.pictures import parity_chart, ratio, times_chart
from chainrule.show.plots import save_figure


def row(way, seconds, times_as_fast):
    return Measured("dot product", "of 100 numbers", way, seconds, times_as_fast, 0.0)


def test_a_bar_for_each_way_as_long_as_its_time(tmp_path):
    figure = times_chart([row("loops", 2.0, 1.0), row("NumPy", 0.004, 500.0)], title="times")
    (axes,) = figure.axes
    ends = [bar.get_x() + bar.get_width() for bar in axes.patches]
    assert ends == pytest.approx([2.0, 0.004])
    assert axes.get_xscale() == "log"
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["loops", "NumPy"]
    assert {" 1", " 500"} <= {text.get_text() for text in axes.texts}
    save_figure(figure, tmp_path / "times.png")


@pytest.mark.parametrize(
    ("times_as_fast", "text"),
    [(1.0, "1"), (0.52, "0.5"), (5.23, "5.2"), (9.97, "10"), (664.4, "664"), (23428.0, "23,400")],
)
def test_ratios(times_as_fast, text):
    assert ratio(row("NumPy", 1.0, times_as_fast)) == text


def test_units_and_shares(tmp_path):
    built = [one for n in (2, 3) for one in build(n)]
    trained = [
        Trained(2, "tree", (2, 2, 1), 4, 1, 0.75),
        Trained(2, "counting", (2, 2, 1), 4, 3, 1),
    ]
    figure = parity_chart(built, trained)
    left, right = figure.axes
    lines = {line.get_color(): list(line.get_ydata()) for line in left.lines}
    named = {text.get_color(): text.get_text() for text in left.texts}
    assert {named[color]: units for color, units in lines.items()} == {
        "tree": [3, 6],
        "patterns": [3, 5],
        "counting": [3, 4],
    }
    assert {"tree", "counting"} <= {text.get_text() for text in right.texts}
    assert sorted(bar.get_height() for bar in right.patches) == [25, 75]
    save_figure(figure, tmp_path / "parity.png")
