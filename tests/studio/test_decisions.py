"""Decisions are kept, taken back, and train another network; no file of the data is changed."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.errors import ChainruleError, InputError
from chainrule.jobs.options import Options
from chainrule.studio.decisions import JOURNAL, Decided, review

CLASSES = ("no", "yes")


@pytest.fixture
def table(tmp_path):
    """20 rows, of which 3 and 13 are alike but for their label."""
    path = tmp_path / "t.csv"
    rows = [f"{k % 10},{k if k not in (3, 13) else 7},{CLASSES[k % 2]}" for k in range(20)]
    rows[13] = f"3,7,{CLASSES[0]}"
    path.write_text("x,y,label\n" + "\n".join(rows) + "\n")
    return path


def of(table, folder, options=None):
    options = options or Options()
    return Decided.of(folder, lambda how: how.open(str(table)), options)


def change(one, example, decision, relabel_as=""):
    given = {"example": example, "decision": decision, "relabel_as": relabel_as}
    one.decide(given, lambda i: {"suggested": "yes"})


def test_they_are_there_again_and_taken_back_one_by_one(table, tmp_path):
    before = table.read_bytes()
    change(of(table, tmp_path / "run"), 3, "drop")
    change(of(table, tmp_path / "run"), 4, "relabel", "yes")
    change(of(table, tmp_path / "run"), 3, "keep")
    again = of(table, tmp_path / "run")
    assert [(r["example"], r["decision"]) for r in again.rows] == [(4, "relabel")]
    assert again.facts()["undo"].startswith("keep ")
    again.undo()
    assert [r["decision"] for r in again.rows] == ["drop", "relabel"]
    again.undo()
    again.undo()
    assert again.rows == []
    assert again.facts()["undo"] is None
    with pytest.raises(InputError, match="got none"):
        again.undo()
    assert table.read_bytes() == before


def test_the_file_is_what_labels_reads(table, tmp_path):
    one = of(table, tmp_path / "run")
    change(one, 3, "drop")
    change(one, 4, "relabel", "yes")
    plain = Options().open(str(table)).train
    path = one.file()
    made = replace(Options(), labels=str(path)).open(str(table)).train
    expected = np.delete(plain.labels, 3)
    expected[3] = 1
    np.testing.assert_array_equal(made.labels, expected)
    first = path.read_bytes()
    one.undo()
    assert one.file() != path
    assert path.read_bytes() == first, "what a run was trained by stays as it is"


def test_a_fork_of_a_fork_has_both(table, tmp_path):
    one = of(table, tmp_path / "run")
    change(one, 3, "drop")
    change(one, 4, "relabel", "yes")
    options = replace(Options(), labels=str(one.file()))
    other = of(table, tmp_path / "fork", options)
    assert (len(other.data), other.facts()["before"], other.rows) == (19, 2, [])
    change(other, 12, "drop")  # the row 13
    change(other, 3, "keep")  # the row 4, as it was
    both = replace(options, labels=str(other.file()))
    plain, left = (how.open(str(table)).train for how in (Options(), both))
    stay = np.setdiff1d(np.arange(20), [3, 13])
    np.testing.assert_array_equal(left.features.stored(), plain.features.stored(stay))
    np.testing.assert_array_equal(left.labels, plain.labels[stay])


def test_a_fork_holds_out_what_its_parent_does(table, tmp_path):
    options = replace(Options(), hold_out=0.3)
    one = of(table, tmp_path / "run", options)
    change(one, 2, "drop")
    change(one, 5, "relabel", CLASSES[1 - one.data.labels[5]])
    first = options.open(str(table))
    again = replace(options, labels=str(one.file()))
    made = again.open(str(table))
    assert made.test.names == first.test.names
    np.testing.assert_array_equal(made.test.labels, first.test.labels)
    assert len(made.train) == len(first.train) - 1
    # What is decided there is about its own examples.
    other = of(table, tmp_path / "fork", again)
    change(other, 3, "drop")
    assert other.rows[0]["name"] == made.train.names[3] == one.data.names[4]


@pytest.mark.parametrize("hold_out", [None, 0.3])
def test_examples_without_names_are_known_by_their_features(tmp_path, hold_out):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, (2, 30)).astype(float), rng.integers(0, 2, 30)
    np.savez(tmp_path / "d.npz", X=X, y=y)
    whole = Options().open(str(tmp_path / "d.npz")).train
    assert whole.names is None
    options = replace(Options(), hold_out=hold_out)
    for i in (0, 5, 17):
        one = of(tmp_path / "d.npz", tmp_path / f"run{i}", options)
        change(one, i, "drop")
        k = one.rows[0]["index"]
        np.testing.assert_array_equal(whole.features.stored([k]), one.data.features.stored([i]))
        assert whole.labels[k] == one.data.labels[i]
        if hold_out is None:
            assert k == i


def test_what_to_type_for_a_review():
    found = review("/data/t.csv", replace(Options(), iterations=50, patience=3))
    assert found == "chainrule review-labels /data/t.csv --iterations 50"


BAD = [
    {},
    {"example": -1, "decision": "drop"},
    {"example": 20, "decision": "drop"},
    {"example": True, "decision": "drop"},
    {"example": 1, "decision": "burn"},
    {"example": 1, "decision": ["drop"]},
    {"example": 1, "decision": "relabel"},
    {"example": 1, "decision": "relabel", "relabel_as": "cow"},
    {"example": 1, "decision": "relabel", "relabel_as": 3},
]


@pytest.mark.parametrize("given", BAD, ids=str)
def test_what_is_no_decision_leaves_nothing(table, tmp_path, given):
    one = of(table, tmp_path / "run")
    with pytest.raises(ChainruleError, match="expected"):
        one.decide(given, lambda i: {})
    assert not (tmp_path / "run" / JOURNAL).exists()


def test_nothing_to_train_on(table, tmp_path):
    one = of(table, tmp_path / "run")
    with pytest.raises(InputError, match="a decision"):
        one.file()
    for i in np.flatnonzero(one.data.labels == 1).tolist():
        change(one, i, "relabel", "no")
    with pytest.raises(InputError, match="two classes"):
        one.file()
    assert not list((tmp_path / "run").glob("*.csv"))
