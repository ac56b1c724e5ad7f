"""scikit-learn's own tests of its MLP classes, run on ours with the import exchanged."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

# Warnings are theirs to judge, and their problems may overflow.
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

# Names of theirs that are left out, and why.
LEFT_OUT = {
    "test_gradient": "calls _loss_grad_lbfgs, which is private; for ours see test_objective.py",
}
THEIRS = "from sklearn.neural_network import MLPClassifier, MLPRegressor"
OURS = "from chainrule import MLPClassifier, MLPRegressor"


@pytest.fixture(autouse=True)
def strict_floats():
    """As in scikit-learn, not as in our own tests."""
    with np.errstate(over="warn", invalid="warn", divide="warn"):
        yield


@pytest.fixture
def global_random_seed():
    """scikit-learn's own default."""
    return 42


def path_of_theirs():
    package = importlib.util.find_spec("sklearn.neural_network")
    return Path(package.origin).parent / "tests" / "test_mlp.py"


PATH = path_of_theirs()
if not PATH.exists():
    pytest.skip("scikit-learn was installed without its tests", allow_module_level=True)
source = PATH.read_text(encoding="utf-8")
assert source.count(THEIRS) == 1
exec(compile(source.replace(THEIRS, OURS), str(PATH), "exec"), globals())
for name in LEFT_OUT:
    del globals()[name]


def test_theirs_are_here_and_run_on_ours():
    assert sum(name.startswith("test_") for name in globals()) > 40
    assert globals()["MLPClassifier"].__module__.startswith("chainrule")
