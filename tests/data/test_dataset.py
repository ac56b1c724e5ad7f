"""A data set: labels as the equations want them, parts, classes matched by name."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from chainrule.data import Dataset, FloatMatrix, PixelMatrix, Scaling, SparseMatrix, Splits
from chainrule.data.matching import matched
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.source import NpySource
from chainrule.data.photos import Photos
from chainrule.data.steps import Affine
from chainrule.errors import DataError, InputError

PETS = Dataset(
    features=np.arange(8.0).reshape(2, 4),
    labels=np.array([0, 1, 2, 1]),
    classes=("cat", "dog", "fox"),
    names=("a", "b", "c", "d"),
    source="pets",
)
CATS = Dataset(np.arange(6.0).reshape(2, 3), np.array([0, 1, 1]), ("non-cat", "cat"))


def named(data):
    """Each example's class by name."""
    return [data.classes[k] for k in data.labels]


def test_Y_is_a_row_for_two_classes_and_one_hot_for_more():
    assert_array_equal(CATS.Y, [[0, 1, 1]])
    assert_array_equal(PETS.Y, [[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0]])
    assert CATS.Y.dtype == PETS.Y.dtype == np.float64


def test_matrix_scales_pixels_late_and_floats_once():
    pixels = Dataset(
        np.array([[0, 255]], np.uint8), np.array([0, 1]), ("a", "b"), scaling=Scaling.pixels()
    )
    assert isinstance(pixels.matrix(), PixelMatrix)
    assert_array_equal(pixels.matrix().columns(slice(None)), [[0.0, 1.0]])
    assert isinstance(PETS.matrix(np.float32), FloatMatrix)
    assert PETS.matrix(np.float32).dtype == np.float32


@pytest.mark.parametrize("index", [[1000], [1.5], ["a"], [True], [[1], [1, 2]], object(), 2**70])
def test_examples_that_are_not_there_cannot_be_selected(index):
    with pytest.raises(InputError, match=r"which of the .* examples"):
        PETS.select(index)


@pytest.mark.parametrize("index", [[1, 3], np.array([False, True, False, True])])
def test_select_takes_everything_along(index):
    some = PETS.select(index)
    assert_array_equal(some.raw, [[1, 3], [5, 7]])
    assert named(some) == ["dog", "dog"]
    assert some.names == ("b", "d")


def test_positive_against_the_rest():
    dogs = PETS.with_positive("dog")
    assert dogs.classes == ("not dog", "dog")
    assert_array_equal(dogs.labels, [0, 1, 0, 1])
    turned = CATS.with_positive("non-cat")
    assert turned.classes == ("cat", "non-cat")
    assert_array_equal(turned.labels, [1, 0, 0])


def test_positive_that_is_no_class_suggests_one():
    with pytest.raises(DataError, match=r"pets: .*cat, dog, fox; got 'dogg'\. Did you mean dog\?"):
        PETS.with_positive("dogg")


@pytest.mark.parametrize(
    "classes", [("fox", "dog", "cat"), ("ant", "cat", "bee", "fox", "dog"), ("cat", "dog", "fox")]
)
def test_aligned_keeps_each_examples_class(classes):
    moved = PETS.aligned(classes)
    assert moved.classes == classes
    assert named(moved) == named(PETS)


def test_aligned_asks_only_for_classes_that_occur():
    assert named(PETS.select([1, 2, 3]).aligned(("fox", "dog"))) == ["dog", "fox", "dog"]


@pytest.mark.parametrize("negative", ["not dog", "non-dog", "no_dog"])
def test_a_model_of_one_class_against_the_rest_takes_any_data_with_that_class(negative):
    binary = PETS.aligned((negative, "dog"))
    assert binary.classes == (negative, "dog")
    assert_array_equal(binary.labels, [0, 1, 0, 1])


@pytest.mark.parametrize("classes", [("cat", "dog"), ("not bird", "bird"), ("cat", "dog", "ox")])
def test_aligned_with_foreign_classes_names_them_and_those_known(classes):
    with pytest.raises(DataError) as caught:
        PETS.aligned(classes)
    assert "the model knows" in str(caught.value)
    for name in (*classes, "got examples of "):
        assert name in str(caught.value)


def test_what_does_not_fit_together_is_refused():
    raw, labels = np.ones((12, 2)), np.array([0, 1])
    with pytest.raises(DataError, match="2 labels"):
        Dataset(raw, labels[:1], ("a", "b"))
    with pytest.raises(DataError, match="2 names"):
        Dataset(raw, labels, ("a", "b"), names=("x",))
    with pytest.raises(DataError, match="expected X to hold finite numbers only; got 24"):
        Dataset(raw * np.inf, labels, ("a", "b"))


def test_features_may_be_made_of_pictures_without_being_their_pixels():
    raw, labels = np.ones((12, 2)), np.array([0, 1])
    made = Dataset(raw, labels, ("a", "b"), image_shape=(3, 5))
    assert (made.image_shape, made.picture_shape) == ((3, 5), None)
    assert Dataset(raw, labels, ("a", "b"), image_shape=(3, 4)).picture_shape == (3, 4)
    assert "<img" not in made._repr_html_()


def test_a_data_set_holds_any_feature_matrix():
    rows = csr_array(np.array([[0, 2.0, 0], [1, 0, 0]]))
    data = Dataset(
        SparseMatrix(rows), np.array([0, 1]), ("a", "b"), scaling=Scaling((Affine("pixels", 0, 2),))
    )
    assert isinstance(data.matrix(), SparseMatrix)
    assert_array_equal(data.matrix().columns(slice(None)), [[0, 0.5], [1, 0], [0, 0]])
    assert_array_equal(data.select([1]).raw, [[1], [0], [0]])
    assert data.digest() == replace(data, features=rows.toarray().T).digest()


def test_pixels_are_scaled_by_the_data_set_alone():
    pixels = np.array([[0, 51, 255]], np.uint8)
    given = PixelMatrix(pixels)
    for scaling in (Scaling(), Scaling.pixels(), Scaling.standard(pixels)):
        data, plain = (
            Dataset(X, np.array([0, 1, 1]), ("a", "b"), scaling=scaling) for X in (given, pixels)
        )
        assert_array_equal(data.matrix().columns([1, 2]), plain.matrix().columns([1, 2]))
        ours, same = (one.rescaled().scaling.arrays() for one in (data, plain))
        assert_array_equal(ours["scaling.shift"], same["scaling.shift"])
    assert np.shares_memory(data.raw, pixels)


def test_two_sets_as_one_and_others_to_ask_about():
    both = PETS.joined(PETS.select([3]))
    assert_array_equal(both.raw[:, 4], PETS.raw[:, 3])
    assert named(both)[4] == "dog"
    asked = CATS.unlabeled("test", [[1], [2]])
    assert (len(asked), asked.classes) == (1, CATS.classes)
    pixels = Dataset(np.eye(2, dtype=np.uint8), np.array([0, 1]), ("a", "b"))
    with pytest.raises(InputError, match="test: expected raw of uint8 numbers; got others"):
        pixels.unlabeled("test", [[0.5], [2]])


def test_notes_go_along_with_parts_and_are_said_once_for_several_sets():
    noted = PETS.noted("left out column 'Id'", "label column 'pet'").noted("label column 'pet'")
    assert noted.select([0, 1]).notes == ("left out column 'Id'", "label column 'pet'")
    splits = Splits(noted, test=PETS.noted("label column 'pet'", "3 rows are in training, too"))
    assert splits.notes == (*noted.notes, "3 rows are in training, too")
    assert "left out column &#x27;Id&#x27;; label column" in splits._repr_html_()


def test_classes_and_columns_are_matched_however_unicode_spells_them():
    raw = np.arange(4.0).reshape(2, 2)
    long = Dataset(raw, np.array([0, 1]), ("Mo\u0308we", "elk"), feature_names=("u\u0308", "a"))
    short = Dataset(raw, np.array([0, 1]), ("elk", "M\u00f6we"), feature_names=("a", "\u00fc"))
    found = matched(long, short)
    assert found.classes == short.classes
    assert found.feature_names == short.feature_names
    assert_array_equal(found.labels, [1, 0])
    assert_array_equal(found.raw, raw[::-1])
    assert long.with_positive("M\u00f6we").classes == ("elk", "Mo\u0308we")
    denied = long.aligned(("not M\u00f6we", "M\u00f6we"))
    assert_array_equal(denied.labels, [1, 0])


def test_what_belongs_to_each_example_is_there_for_each():
    raw, labels, small = np.ones((12, 2)), np.array([0, 1]), np.zeros((1, 2, 2, 3), np.uint8)
    with pytest.raises(DataError, match="2 texts for the fact 'site'"):
        Dataset(raw, labels, ("a", "b"), facts={"site": ["x"]})
    with pytest.raises(DataError, match="2 photos"):
        Dataset(raw, labels, ("a", "b"), photos=Photos(small, ("key",)))


def test_features_beyond_the_dtype_are_named_before_they_are_used():
    data = Dataset([[1.0, 1e39], [0.0, 1.0]], [0, 1], ("a", "b"), source="here")
    data.check_scaled(np.float64)
    with pytest.raises(InputError, match=r"here: Scaling: expected features that float32 holds"):
        data.check_scaled(np.float32)
    data.select([]).check_scaled(np.float32)


def test_columns_of_other_names_or_in_another_order(tmp_path):
    data = Dataset(np.arange(6.0).reshape(3, 2), [0, 1], ("a", "b"), feature_names=("u", "v", "w"))
    other = replace(data, feature_names=("w", "u", "x"), source="new")
    with pytest.raises(DataError, match=r"the 3 columns .* got 1 missing \(v\), 1 others \(x\)"):
        matched(other, data)
    turned = replace(other, feature_names=("w", "u", "v"))
    assert matched(turned, data).raw.tolist() == [[2, 3], [4, 5], [0, 1]]
    np.save(tmp_path / "x.npy", turned.raw.T)
    in_file = replace(turned, features=BlockMatrix(NpySource(tmp_path / "x.npy")))
    with pytest.raises(DataError, match="in their order, since they stay in their file"):
        matched(in_file, data)
