"""Figures as bytes."""

import matplotlib
import numpy as np

from chainrule.model.evaluation import Evaluation
from chainrule.show.plots import as_bytes
from chainrule.show.quality_plots import confusion_plot


def test_no_program_for_tex_is_needed_whatever_the_settings_say(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with matplotlib.rc_context({"text.usetex": True}):
        found = Evaluation(("a_b", "100 %"), np.array([[3, 1], [0, 2]]), 0.5, ())
        content = as_bytes(confusion_plot(found, title="$5 or more"))
    assert content.startswith(b"\x89PNG")
