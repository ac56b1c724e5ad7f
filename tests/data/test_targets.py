"""Labels that are numbers: a regression's data sets."""

import numpy as np
import pytest

from chainrule import Dataset, open_data
from chainrule.data.label_decisions import Decisions, apply_decisions
from chainrule.errors import DataError

ROWS = "a,b,y\n" + "".join(f"{k},{k * k / 7:.3f},{k + 0.5}\n" for k in range(8))


@pytest.fixture
def numbers():
    return Dataset(np.arange(12.0).reshape(3, 4), np.array([1, 2, 3, 4]), ())


def test_labels_without_classes_are_the_numbers_themselves(numbers):
    assert numbers.task == "regression"
    assert numbers.labels.dtype == np.float64
    assert numbers.Y.tolist() == [[1, 2, 3, 4]]
    assert "targets 1 to 4" in repr(numbers)
    assert numbers.select([3, 0]).labels.tolist() == [4, 1]
    assert numbers.joined(numbers).Y.shape == (1, 8)
    assert numbers.unlabeled("here", np.ones((3, 2))).task == "regression"


@pytest.mark.parametrize("labels", [[1, np.nan, 3, 4], [1, 2, 3], ["a", "b", "c", "d"], [1j] * 4])
def test_targets_are_finite_numbers_one_for_each_example(labels):
    with pytest.raises(DataError, match="4 labels, one per example: finite numbers"):
        Dataset(np.ones((3, 4)), np.array(labels), ())


def written(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_fractions_are_a_regression_by_themselves(tmp_path):
    path = written(tmp_path, ROWS)
    splits = open_data(path)
    assert splits.train.labels.tolist() == [k + 0.5 for k in range(8)]
    assert any("a regression (--task classification)" in note for note in splits.notes)
    classes = open_data(path, task="classification").train
    assert classes.classes[0] == "0.5"
    assert len(classes.classes) == 8


def test_targets_whose_squares_floats_do_not_hold_are_refused(tmp_path):
    path = written(tmp_path, ROWS + "8,9,-1e308\n9,9,1e308\n")
    with pytest.raises(DataError, match=r"targets up to 1e\+140; got larger ones.*another unit"):
        open_data(path)
    assert open_data(written(tmp_path, ROWS + "8,9,1e139\n")).train.task == "regression"


def test_whole_numbers_are_classes_unless_asked(tmp_path):
    path = written(tmp_path, "a,b,y\n" + "".join(f"{k},{k % 5},{k % 3}\n" for k in range(3, 12)))
    assert open_data(path).train.classes == ("0", "1", "2")
    train = open_data(path, task="regression").train
    assert train.labels.tolist() == [k % 3 for k in range(3, 12)]
    assert train.classes == ()
    counts = written(
        tmp_path, "a,b,y\n" + "".join(f"{k},{k * k % 7},{k % 12}\n" for k in range(36))
    )
    assert any("taken as classes (--task regr" in note for note in open_data(counts).notes)


def test_decimal_commas_of_targets(tmp_path):
    path = written(tmp_path, ROWS.replace(",", ";").replace(".", ","))
    assert open_data(path).train.labels.tolist() == [k + 0.5 for k in range(8)]


def test_a_test_set_has_numbers_that_the_training_set_has_not(tmp_path):
    path = written(tmp_path, ROWS)
    other = written(tmp_path, "a,b,y\n1,2,7\n3,4,99\n", "test.csv")
    assert open_data(path, test=other).test.labels.tolist() == [7, 99]
    archive = tmp_path / "both.npz"
    X, y = np.arange(12.0).reshape(4, 3), np.array([1.0, 2, 4, 8])
    np.savez(archive, X_train=X, y_train=y, X_test=X + 1, y_test=y + 1)
    splits = open_data(archive, task="regression")
    assert splits.test.labels.tolist() == [2, 3, 5, 9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positive": "1.5"}, r"classes, for the positive class \(1.5\).*--task classification"),
        ({"drop_class": "1.5"}, r"classes, for a class to leave out \(1.5\)"),
    ],
)
def test_what_needs_classes_is_refused(tmp_path, options, message):
    with pytest.raises(DataError, match=message):
        open_data(written(tmp_path, ROWS), **options)


def test_classes_do_not_fit_numbers(tmp_path, numbers):
    text = Dataset(np.ones((3, 2)), np.array([0, 1]), ("high", "low"))
    with pytest.raises(DataError, match="numbers as the targets"):
        text.aligned(())
    with pytest.raises(DataError, match=r"the model knows.*a regression's numbers"):
        numbers.aligned(("high", "low"))
    path = written(tmp_path, "a,b,y\n1,2,low\n3,5,high\n")
    with pytest.raises(DataError, match="numbers as the targets of a regression; got 'high'"):
        open_data(path, task="regression")


def test_decisions_about_labels_are_about_classes(numbers):
    with pytest.raises(
        DataError, match=r"classes, for decisions about doubtful labels \(--labels\)"
    ):
        apply_decisions(numbers, Decisions((), "here"))
