"""The notebooks run from top to bottom, here with small settings; they are kept with outputs.

One kernel runs them all, each in an empty namespace: to start it and to import what notebooks need
costs more than most of them.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
# What a test puts into the place of the numbers that cost time.
SMALL = {
    "1-python-numpy-vectorization": {
        "EXAMPLES": 4,
        "QUICK": True,
        "BUDGET": 0.001,
        "ITERATIONS": 1,
    },
    "2-logistic-regression": {
        "ITERATIONS": 20,
        "COMPARED_ITERATIONS": 10,
        "RANGE_TEST_RATES": 5,
        "TRAINING_PICTURES": 30,
    },
    "3-computation-graph": {"EXAMPLES": 2, "WIDTHS": (2, 3), "DEPTH": 2, "REPEAT": 1},
    "4-one-hidden-layer": {
        "ITERATIONS": 20,
        "SIZES": (1, 3),
        "SEEDS": 2,
        "SMALL_SET": 10,
        "NOISES": (0.0, 1.0),
    },
    "5-deep-network": {
        "ITERATIONS": 20,
        "LOOP_ITERATIONS": 2,
        "HEALTH_ITERATIONS": 5,
        "PARITY_BITS": 3,
        "PARITY_RUNS": 2,
        "PARITY_ITERATIONS": 10,
        "TRAINING_PICTURES": 30,
    },
    "6-beyond": {
        "PICTURES": 20,
        "ITERATIONS": 10,
        "FEATURES": (50, 100),
        "EXAMPLES": (10, 20),
        "TIMED": 3,
        "RUNS": (1, 2),
        "FOLDS": 2,
        "CANDIDATES": 3,
        "LABELED": 60,
        "FLIPPED": 3,
        "MEMBERS": 2,
    },
}
COURSE = {"2-logistic-regression", "5-deep-network", "6-beyond"}  # use its pictures if there
COURSE_SHAPE = "(64, 64, 3)"  # of the course's pictures, and of no others here
SECONDS = 300  # a cell that takes longer hangs
BEGIN = """
%reset -f
import os
os.chdir({folder!r})
os.environ.pop("CHAINRULE_COURSE_DATA", None)
os.environ |= {environment!r}
get_ipython().display_formatter.formatters["image/png"].enabled = {drawn}
del os
"""


@pytest.fixture(scope="module")
def kernel():
    client = NotebookClient(nbformat.v4.new_notebook(), timeout=SECONDS)
    with client.setup_kernel():
        yield client


def kept(path):
    return nbformat.read(path, as_version=4)


def executed(path, kernel, folder, drawn=True, **environment):
    """The notebook with the outputs of a run with small settings; figures are made, and drawn."""
    notebook = kept(path)
    (at,) = (k for k, cell in enumerate(notebook.cells) if "parameters" in tags(cell))
    small = [f"{name} = {value!r}" for name, value in SMALL[path.stem].items()]
    assert all(f"{line.split()[0]} = " in notebook.cells[at].source for line in small)
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell("\n".join(small)))
    begin = BEGIN.format(folder=str(folder), environment=environment, drawn=drawn)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(begin))
    kernel.nb = notebook
    return kernel.execute(cleanup_kc=False)


def tags(cell):
    return cell.metadata.get("tags", [])


def outputs(notebook):
    return [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]


def check(notebook, drawn=True):
    """Everything ran, in order, and nothing complained."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    found = outputs(notebook)
    assert [out for out in found if out.output_type == "error"] == []
    assert [out.text for out in found if out.get("name") == "stderr"] == []
    assert any("image/png" in out.get("data", {}) for out in found) == drawn


def test_all_six_are_there():
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{k}-" for k in range(1, 7)]
    assert set(SMALL) == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_kept_outputs(path):
    check(kept(path))
    assert path.stat().st_size < 1_400_000
    text = path.read_text(encoding="utf-8")
    # The course's pictures are not ours to give away, and nobody's folders are of interest.
    assert COURSE_SHAPE not in "".join(str(out) for out in outputs(kept(path)))
    assert "/root/" not in text
    assert "/work/" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path, kernel, tmp_path):
    check(executed(path, kernel, tmp_path))


@pytest.mark.parametrize("name", sorted(COURSE))
def test_it_runs_with_the_course_s_pictures(name, kernel, tmp_path, course_data):
    """The same cells with other data: their figures have been drawn already."""
    course = {"CHAINRULE_COURSE_DATA": str(course_data)}
    notebook = executed(FOLDER / f"{name}.ipynb", kernel, tmp_path, drawn=False, **course)
    check(notebook, drawn=False)
    assert COURSE_SHAPE in "".join(str(out) for out in outputs(notebook))
