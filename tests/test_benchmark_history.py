"""What `python -m benchmarks.history` says of runs, whose times are made up here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EMPTY = ("experiments", "startup", "graph", "many", "nested", "estimators", "busy", "defaults")
MACHINE = ("processor", "Python", "chainrule", "numpy", "scikit-learn", "torch", "load before")


def run(path, ours, **others):
    """Chainrule in so many seconds, where a textbook loop and `import numpy` take one."""
    report = {name: [] for name in EMPTY} | {
        "machine": dict.fromkeys(MACHINE, "3 of a kind"),
        "settings": {"quick": False, "threads": [1]},
        "failures": [],
        "experiments": [
            {
                "name": "four-layer",
                "times_chainrule": {"chainrule float64": 1, "textbook": 1 / ours},
            }
        ],
        "startup": [
            {"what": "import numpy", "seconds": [1, 2]},
            {"what": "import chainrule", "seconds": [3, ours]},
        ],
    }
    path.write_text(json.dumps(report | others))
    return str(path)


def said(*words):
    command = [sys.executable, "-m", "benchmarks.history", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("ours", "slower"),
    [
        ((0.5, 0.54), False),
        ((0.5, 0.56), True),
        ((0.5, 0.4, 0.62), False),
        ((0.5, 0.4, 0.63), True),
    ],
)
def test_slower_is_what_lies_beyond_the_noise_of_the_runs_before(tmp_path, ours, slower):
    *before, now = (run(tmp_path / f"{i}.json", seconds) for i, seconds in enumerate(ours))
    code, text = said("compare", now, *before)
    assert code == slower
    assert text.startswith(f"{2 * slower} slower of 2 ratios")
    assert ("SLOWER four-layer: of textbook: " in text) == slower


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"settings": {"quick": True, "threads": [1]}}, "made with --quick; measure again"),
        ({"failures": ["textbook: failed"]}, "textbook: failed; measure again"),
        ({}, "load 3 of a kind; measure on a quiet machine"),
    ],
)
def test_a_run_that_says_nothing_of_speed_is_not_kept(tmp_path, others, message):
    code, text = said("append", run(tmp_path / "run.json", 0.5, **others))
    assert code == 1
    assert message in text
