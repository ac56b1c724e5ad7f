"""NumPy archives: which arrays, which axis holds the examples, what is refused."""

import zipfile

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import checks
from chainrule.data import open_data
from chainrule.errors import DataError, InputError

X = np.arange(12.0).reshape(4, 3)  # four examples in rows
y = np.array([0, 1, 1, 0])


@pytest.fixture
def archive(tmp_path):
    def write(name="data.npz", /, **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def opened(path):
    return open_data(path, scale="none").train


@pytest.mark.parametrize(
    "names", ["X y", "x Y", "X labels", "X_train y_train", "X_TRAIN Labels_Train"]
)
@pytest.mark.parametrize("shape", [(4,), (1, 4), (4, 1)])
def test_names_in_any_case_and_labels_in_any_shape(archive, names, shape):
    data = opened(archive(**dict(zip(names.split(), (X, y.reshape(shape)), strict=True))))
    assert_array_equal(data.raw, X.T)
    assert_array_equal(data.labels, y)
    assert data.classes == ("0", "1")


def test_all_three_sets(archive):
    splits = open_data(
        archive(
            **{f"X_{s}": X * k for k, s in enumerate(["train", "val", "test"], 1)},
            y_train=["b", "a", "a", "b"],
            y_val=["a"] * 4,
            y_test=["b", "b", "a", "a"],
        ),
        scale="none",
    )
    assert_array_equal(splits.validation.raw, 2 * X.T)
    assert_array_equal(splits.test.raw, 3 * X.T)
    assert splits.validation.classes == ("a", "b")
    assert_array_equal(splits.test.labels, [1, 1, 0, 0])


def test_examples_lie_on_the_axis_as_long_as_the_labels(archive):
    assert_array_equal(opened(archive(X=X.T, y=y)).raw, X.T)
    square = np.arange(16.0).reshape(4, 4)
    assert_array_equal(opened(archive(X=square, y=y)).raw, square.T)


def test_floats_are_standardized_and_pixels_divided_by_default(archive, pictures):
    floats = open_data(archive(X=X, y=y)).train
    assert floats.scaling.kind == "standard"
    assert open_data(archive(X=pictures, y=np.arange(12) % 2)).train.scaling.kind == "pixels"


@pytest.mark.parametrize("channels", [slice(None), 0, [0]], ids=["RGB", "gray", "one channel"])
def test_pictures(archive, pictures, channels):
    images = pictures[..., channels]
    data = open_data(archive(X=images, y=np.arange(12) % 3)).train
    assert data.image_shape == ((4, 5, 3) if channels == slice(None) else (4, 5))
    assert data.raw.dtype == np.uint8
    assert_array_equal(data.raw[:, 7], images[7].ravel())


def test_flat_pictures_with_their_shape_and_class_names(archive, pictures):
    flat = pictures.reshape(12, -1)
    data = open_data(
        archive(X=flat, y=np.arange(12) % 2, image_shape=(4, 5, 3), classes=["no", "an"])
    ).train
    assert data.image_shape == (4, 5, 3)
    assert data.classes == ("no", "an")
    assert_array_equal(data.raw[:, 7], pictures[7].ravel())


def test_texts_among_the_given_classes(archive):
    data = opened(archive(X=X, y=["oak", "elm", "elm", "oak"], classes=["oak", "fir", "elm"]))
    assert_array_equal(data.labels, [0, 2, 2, 0])
    assert data.labels.dtype == np.int64


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [(np.uint8, np.uint8), (np.float32, np.float32), (np.int16, np.float64), (bool, np.float64)],
)
def test_dtypes(archive, dtype, kept):
    assert opened(archive(X=X.astype(dtype), y=y)).raw.dtype == kept


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"rows": X, "y": y}, "the arrays X and y, or X_train.*got rows, y. Name them so"),
        ({}, "got an empty archive"),
        ({"X": X}, "X without y"),
        ({"X": X, "y": y, "X_val": X}, "X_val without y_val"),
        ({"X_test": X, "y_test": y}, "the arrays X and y"),
        ({"X": X, "x": X, "y": y}, "one array of each name; got X, x, y"),
        ({"X": X[:3, :2], "y": y}, r"4 rows of numbers, one per label.*got shape \(3, 2\)"),
        ({"X": np.full((4, 5, 5), -0.5), "y": y}, "from 0 to 255.*got numbers from -0.5 to -0.5"),
        ({"X": np.full((4, 5, 5), 1024), "y": y}, "got numbers from 1024 to 1024. Bring"),
        ({"X": np.ones((4, 3, 5, 5)), "y": y}, r"Colors come last: X.transpose\(0, 2, 3, 1\)"),
        ({"X": np.ones((4, 5, 5, 4), np.uint8), "y": y}, r"got shape \(4, 5, 5, 4\)"),
        ({"X": X.astype(complex), "y": y}, "complex128"),
        ({"X": np.where(X == 7, np.nan, X), "y": y}, "no missing values; got 1 of"),
        ({"X": np.where(X == 7, np.inf, X), "y": y}, "1 missing or infinite.*row 2, column 1"),
        ({"X": X, "y": np.eye(4)}, r"one label per example.*argmax"),
        ({"X": X, "y": [0, 1, np.nan, 0]}, "1 missing, first row 2"),
        ({"X": X, "y": y * 7, "classes": ["a", "b"]}, "labels from 0 to 1.*2 outside"),
        ({"X": X, "y": ["a", "b", "c", "a"], "classes": ["a", "b"]}, "labels among a, b; got c"),
        ({"X": X - 1, "y": y, "image_shape": (1, 3)}, "got numbers from -1 to 10"),
        ({"X": X, "y": y, "image_shape": (-1, -3)}, r"image_shape .*got \(-1, -3\)"),
        ({"X": X.astype(np.uint8), "y": y, "image_shape": (2, 2)}, r"pictures of 3 pixels"),
        ({"X_train": X, "y_train": y, "X_test": X, "y_test": y + 1}, "training set knows.*got.*2"),
        ({"X_train": X, "y_train": y, "X_val": X[:, 1:], "y_val": y}, "3 numbers.*got 2 numbers"),
        ({"X": np.array([[{}]] * 4), "y": y}, "Python objects. Objects could run code"),
        ({"X": X, "y": np.array([None, "a", 1, 2])}, "Python objects"),
    ],
)
def test_archives_that_cannot_be_used_say_so(archive, arrays, message):
    with pytest.raises(DataError, match=message) as caught:
        opened(archive(**arrays))
    assert "data.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY", b"text" * 99])
def test_files_that_are_no_archive(tmp_path, content):
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.npz: expected an \.npz archive"):
        opened(path)


def test_a_damaged_archive(archive):
    path = archive(X=np.random.default_rng(0).random((4, 300)), y=y)
    content = bytearray(path.read_bytes())
    content[2000:2100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"data\.npz: expected an \.npz archive"):
        opened(path)


def test_a_lone_array_under_the_name_of_an_archive(tmp_path):
    with (tmp_path / "data.npz").open("wb") as file:
        np.save(file, X)
    with pytest.raises(DataError, match=r"data\.npz: expected an \.npz archive"):
        opened(tmp_path / "data.npz")


LAID_OUT = {
    "images_labels": "train_images train_labels val_images val_labels test_images test_labels",
    "keras": "x_train y_train x_valid y_valid x_test y_test",
    "camel": "trainX trainY valX valY testX testY",
    "behind": "data_train target_train data_val target_val data_test target_test",
}


@pytest.mark.parametrize("names", LAID_OUT.values(), ids=LAID_OUT)
def test_usual_names_of_arrays(archive, pictures, names):
    labels = np.arange(12) % 2
    arrays = (pictures, labels, pictures[:4] // 2, labels[:4], pictures[4:] // 3, labels[4:])
    splits = open_data(archive(**dict(zip(names.split(), arrays, strict=True))))
    assert_array_equal(splits.train.raw.T.reshape(pictures.shape), pictures)
    assert_array_equal(splits.validation.raw.T.reshape(4, 4, 5, 3), pictures[:4] // 2)
    assert_array_equal(splits.test.labels, labels[4:])


def test_arrays_without_names_are_told_apart_by_their_shapes(tmp_path):
    np.savez(tmp_path / "two.npz", X, y)
    data = opened(tmp_path / "two.npz")
    assert_array_equal(data.raw, X.T)
    assert data.notes == ("taken arr_0 and arr_1 as X and y of the training set",)
    np.savez(tmp_path / "four.npz", X, X[1:], y, y[1:])  # as train_test_split gives them
    splits = open_data(tmp_path / "four.npz", scale="none")
    assert_array_equal(splits.test.raw, X[1:].T)
    assert_array_equal(splits.test.labels, y[1:])
    np.savez(tmp_path / "three.npz", X, y, y)
    with pytest.raises(
        DataError, match=r"got arr_0 of shape \(4, 3\), arr_1 of shape \(4,\), arr_2"
    ):
        opened(tmp_path / "three.npz")


def test_arrays_that_are_not_understood_are_said(archive):
    notes = opened(archive(data=X, target=y, target_names=["no", "yes"], filename="x.csv")).notes
    assert notes == ("left out the arrays filename",)


@pytest.mark.parametrize("top", [1, 255])
def test_pictures_of_other_numbers_become_pixels(archive, pictures, top):
    data = open_data(archive(X=pictures / (255 / top), y=np.arange(12) % 2)).train
    assert_array_equal(data.raw.T.reshape(pictures.shape), pictures)
    assert data.image_shape == pictures.shape[1:]
    assert data.scaling.kind == "pixels"
    assert data.notes == (f"pictures of numbers from 0 to {top} taken as 8-bit pixels",)
    rounded = open_data(archive(X=np.sqrt(pictures / 255), y=np.arange(12) % 2)).train
    assert rounded.notes[0].endswith("pixels, rounded")


def test_a_dark_test_set_is_measured_by_the_training_pictures(archive, pictures):
    arrays = {"X_train": pictures / 1.0, "y_train": np.arange(12) % 2}
    splits = open_data(archive(**arrays, X_test=np.ones((2, 4, 5, 3)), y_test=[0, 1]))
    assert (splits.test.raw == 1).all()


def test_bytes_that_are_no_pictures_are_standardized(archive):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 3, (30, 6)), np.arange(30) % 2
    arrays = {"y_train": y, "X_test": X[:9].astype(float), "y_test": y[:9]}
    found = [open_data(archive(X_train=X.astype(d), **arrays)) for d in (np.uint8, float)]
    for splits in found:
        assert splits.train.scaling.kind == "standard"
        train, test = (s.matrix().columns(slice(None)) for s in (splits.train, splits.test))
        assert_allclose(train.std(axis=1), 1)
        assert_allclose(test, train[:, :9])
    assert found[0].train.raw.dtype == found[0].test.raw.dtype == np.uint8
    assert "standardized (--scale pixels" in found[0].notes[0]


def test_bytes_and_fractions_do_not_go_together(archive):
    bytes_, floats = X.astype(np.uint8), X / 11
    with pytest.raises(DataError, match=r"3 numbers an example, uint8; got 3 numbers.*float64"):
        open_data(archive(X_train=bytes_, y_train=y, X_test=floats, y_test=y))


def test_whole_numbers_that_lose_digits_are_said(archive):
    big = np.array([[2**53 + 1, 0], [5, 1], [6, 0], [7, 3]])
    (note,) = opened(archive(X=big, y=y)).notes
    assert note == "whole numbers of more than 16 digits are rounded"


def header(shape, kind="|u1"):
    """A .npy file's, of an array of any size."""
    text = f"{{'descr':'{kind}','fortran_order':False,'shape':{shape}}}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def add(path, **members):
    with zipfile.ZipFile(path, "a") as z:
        for name, content in members.items():
            z.writestr(f"{name}.npy", content)


def test_arrays_that_nobody_asked_for_are_not_unpacked(archive):
    path = archive(X=X, y=y)
    add(path, extra=header((10**15,)), broken=b"nothing", objects=header((3,), "|O"))
    assert opened(path).labels.tolist() == y.tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header((10**15,)), "says it is larger than it is"),
        (header((10**30, 3)), "says it is larger than it is"),
        (header((4, 3), "<f8") + bytes(50), "says it is larger than it is"),
        (header((-4, 3)) + bytes(12), "archive"),
    ],
)
def test_sizes_are_looked_at_before_memory_is_taken(content, message, archive):
    path = archive(y=y)
    add(path, X=content)
    with pytest.raises(DataError, match=message):
        opened(path)


def test_more_than_fits_into_memory(archive, monkeypatch):
    monkeypatch.setattr(checks, "memory_bytes", lambda: 90.0)
    with pytest.raises(DataError, match=r"data\.npz: X: expected what fits into memory"):
        opened(archive(X=X, y=y))


@pytest.mark.parametrize("shape", [(-2, -2), (-1, -4), (0, 0)])
def test_pictures_of_no_size(shape, archive):
    with pytest.raises(InputError, match="image_shape"):
        opened(archive(X=np.arange(16, dtype="u1").reshape(4, 4), y=y, image_shape=shape))


def test_labels_that_are_no_utf8_stay_apart_and_that_is_said(archive):
    names = np.array([b"caf\xe9", b"caf\xe8", b"tea"])
    rows = np.arange(24.0).reshape(12, 2)
    data = opened(archive(X=rows, y=names[np.arange(12) % 3]))
    assert data.classes == ("caf\xe8", "caf\xe9", "tea")
    assert data.notes == ("labels read as Windows-1252, since they are no UTF-8",)
    assert opened(archive(X=rows, y=np.arange(12) % 3, classes=names)).classes[0] == "caf\xe9"
    both = np.array([b"caf\xe9", "caf\xe9".encode()])[np.arange(12) % 2]
    assert len(opened(archive(X=rows, y=both)).classes) == 2
    with pytest.raises(DataError, match="y: expected text in UTF-8; got bytes that are not"):
        opened(archive(X=rows, y=np.array([b"caf\x81", b"tea"])[np.arange(12) % 2]))


def test_labels_that_differ_in_spaces_are_one_and_that_is_said(archive):
    data = opened(archive(X=X, y=["a", "b", "a\xa0", " a"]))
    assert data.classes == ("a", "b")
    assert data.notes == (r"classes 'a' and 'a\xa0' and ' a' are one",)
    assert opened(archive(X=X, y=[" a", " b", " a", " a"])).notes == ()


def test_which_axis_holds_the_examples_is_said(archive):
    assert opened(archive(X=X.T, y=y)).notes == ("X has its examples as columns: transposed",)
    notes = opened(archive(X=np.arange(16).reshape(4, 4), y=y)).notes
    assert notes == ("X is square: its rows are taken as examples",)
    splits = open_data(archive(X_train=X, y_train=y, X_test=X.T + 1, y_test=y), scale="none")
    assert splits.notes[0] == "X_test has its examples as columns: transposed"
