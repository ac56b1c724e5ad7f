"""Labels as they came to indices: one name per class, in a meaningful order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.data.labels import (
    alike,
    class_names,
    class_order,
    denies,
    encode,
    natural,
    numbers_kind,
    refuse_targets,
    targets,
)
from chainrule.errors import DataError


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["cat", "non-cat"], ("non-cat", "cat")),
        (["Cat", "not_cat"], ("not_cat", "Cat")),
        (["zebra", "no zebra"], ("no zebra", "zebra")),
        (["dog", "cat"], ("cat", "dog")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["-1", "1"], ("-1", "1")),
        (["grade 10", "grade 9"], ("grade 9", "grade 10")),
        (["yes", "no"], ("no", "yes")),
    ],
)
def test_class_order(names, order):
    assert class_order(names) == class_order(names[::-1]) == order


def test_natural_order_reads_numbers():
    assert sorted(["b2", "b10", "A3", "a20"], key=natural) == ["A3", "a20", "b2", "b10"]


def test_denial_is_of_that_very_name():
    assert denies("NonCat", "cat")
    assert not denies("non-cats", "cat")
    assert not denies("non-c.t", "cat")
    assert not denies("non-cat", "c.t")


@pytest.mark.parametrize("dtype", [int, float, np.float32, bool, np.uint8, str])
def test_whole_numbers_are_classes_of_whatever_dtype(dtype):
    labels, classes = encode(np.array([1, 0, 1]).astype(dtype))
    assert classes == ("0", "1")
    assert labels.tolist() == [1, 0, 1]
    assert labels.dtype == np.int64


def test_texts_are_classes_as_they_are_written():
    assert encode(["1E2", "10E1", "01", "1", "1.0"])[1] == ("01", "1", "1.0", "10E1", "1E2")
    assert encode(np.array([0.5, 1e300, 2.0**53 + 2]))[1][0] == "0.5"


@given(st.lists(st.text(max_size=5) | st.integers().map(str), min_size=1))
def test_encoding_can_be_undone(texts):
    labels, classes = encode(texts)
    assert len(set(classes)) == len(classes)
    again, _ = encode([classes[k] for k in labels])
    assert again.tolist() == labels.tolist()


def refuses(classes, m):
    try:
        refuse_targets("here", tuple(map(str, classes)), m)
    except DataError as error:
        return "regression" if "--task regression" in str(error) else "names"
    return None


def test_targets_and_names_are_no_classes():
    assert refuses(range(21), 30) == refuses(range(100), 120) == "regression"
    assert refuses(range(100), 1000) is None
    assert refuses([f"row{i}" for i in range(30)], 31) == "names"
    assert refuses("abcd", 4) == "names"
    assert refuses("ab", 2) is None


def test_class_names_that_are_numbers_are_targets():
    names = ["1.5", "2", "-3e2"]
    assert targets("here", names).tolist() == [1.5, 2, -300]
    kinds = [numbers_kind(some) for some in (names, ["1", "2"], ["1.5", "b"], [])]
    assert kinds == ["fractional", "whole", "", ""]
    assert targets("here", ["1,5", "2"]).tolist() == [1.5, 2]
    assert targets("here", ["1.500", "2"], ",").tolist() == [1500, 2]
    with pytest.raises(DataError, match="numbers as the targets of a regression; got 'high', and"):
        targets("here", ["high", "low"])


def test_two_spellings_of_unicode_are_one_class_shown_as_given():
    labels, classes = encode(["Mo\u0308we", "elk", "M\u00f6we"])
    assert classes == ("elk", "Mo\u0308we")
    assert labels.tolist() == [1, 0, 1]
    with pytest.raises(DataError, match="class names that differ"):
        class_names("file", ["M\u00f6we", "Mo\u0308we"])
    assert denies("non-Mo\u0308we", "M\u00f6we")
    assert alike("cat ") == alike("cat") != alike("Cat")
