"""The course's HDF5 layout, in one file, as a pair, or in a folder."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.errors import DataError

NAMES = [b"non-cat", b"cat"]


@pytest.fixture
def write(tmp_path, pictures):
    """Write a file of the given sets, any dataset replaced or (by None) left out."""

    def save(name, *roles, **datasets):
        labels = np.arange(len(pictures)) % 2
        content = {"list_classes": np.array(NAMES)}
        for role in roles:
            content |= {f"{role}_set_x": pictures, f"{role}_set_y": labels}
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with h5py.File(path, "w") as file:
            for key, value in (content | datasets).items():
                if value is not None:
                    file[key] = value
        return path

    return save


def test_one_file(write, pictures):
    path = write("cats.h5", "train", "test")
    splits = open_data(path)
    for data, role in ((splits.train, "train"), (splits.test, "test")):
        assert data.classes == ("non-cat", "cat")
        assert data.image_shape == (4, 5, 3)
        assert data.names[11] == f"{role}_set_x[11]"
        assert_array_equal(data.raw[:, 3], pictures[3].ravel())
        assert_array_equal(data.labels, [0, 1] * 6)
        assert data.labels.dtype == np.int64
    assert_array_equal(splits.train.matrix().columns([3])[:, 0], pictures[3].ravel() / 255)


@pytest.mark.parametrize("given", ["train_cats.h5", "test_cats.h5", "."])
def test_either_file_of_a_pair_or_their_folder_opens_both(write, tmp_path, given):
    write("train_cats.h5", "train")
    write("test_cats.h5", "test", test_set_x=np.ones((2, 4, 5, 3), np.uint8), test_set_y=[1, 0])
    splits = open_data(tmp_path / given)
    assert (len(splits.train), len(splits.test)) == (12, 2)
    assert splits.train.source.endswith("train_cats.h5")


def test_the_given_files_own_set_wins_over_its_partners(write):
    path = write("train_cats.h5", "train")
    write("test_cats.h5", "train", "test")
    assert open_data(path).train.source == str(path)


def test_a_lone_test_file_is_the_only_set_there_is(write):
    splits = open_data(write("test_cats.h5", "test"))
    assert splits.train.names[0] == "test_set_x[0]"
    assert splits.test is None


def test_two_files_in_a_folder_need_no_matching_names(write, tmp_path):
    write("learn.hdf5", "train")
    write("exam.h5", "test")
    assert open_data(tmp_path).test is not None


def test_class_orders_of_a_pair_are_brought_together(write):
    path = write("train.h5", "train")
    write("test.h5", "test", list_classes=np.array(NAMES[::-1]))
    assert_array_equal(open_data(path).test.labels, [1, 0] * 6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, bool])
@pytest.mark.parametrize("shape", [(12,), (1, 12), (12, 1)])
def test_labels_of_any_integer_dtype_and_course_shape(write, dtype, shape):
    labels = (np.arange(12) % 2).astype(dtype).reshape(shape)
    data = open_data(write("cats.h5", "train", train_set_y=labels)).train
    assert_array_equal(data.labels, [0, 1] * 6)


@pytest.mark.parametrize(
    ("names", "classes"),
    [(["chat", "naïf"], ("chat", "naïf")), (np.arange(2), ("0", "1"))],
)
def test_class_names_may_be_texts_or_numbers(write, names, classes):
    assert open_data(write("cats.h5", "train", list_classes=names)).train.classes == classes


def test_gray_pictures(write, pictures):
    data = open_data(write("gray.h5", "train", train_set_x=pictures[..., 0])).train
    assert data.image_shape == (4, 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_set_y": None}, "no dataset train_set_y: list_classes, train_set_x"),
        ({"list_classes": None}, "no dataset list_classes"),
        ({"train_set_x": np.ones((12, 4, 5, 3))}, r"dtype uint8; got shape.*float64"),
        ({"train_set_x": np.ones((12, 60), np.uint8)}, r"\(m, height, width, 3\)"),
        (
            {"train_set_x": np.ones((11, 4, 5, 3), np.uint8)},
            r"12 rows.*got shape \(11",
        ),
        ({"train_set_x": np.ones((0, 4, 5, 3), np.uint8), "train_set_y": np.ones(0, int)}, "shape"),
        ({"train_set_y": np.arange(12)}, "labels from 0 to 1.*got 10 outside, from 0 to 11"),
        ({"train_set_y": np.ones(12)}, "labels among non-cat, cat; got 1"),
        ({"train_set_y": np.ones((3, 4), int)}, r"got shape \(3, 4\)"),
        ({"train_set_y": np.zeros(12, int)}, "two or more classes; got one class only, non-cat"),
        ({"list_classes": np.array([b"cat", b"cat"])}, "class names that differ"),
    ],
)
def test_a_file_that_is_not_as_it_should_be(write, change, message):
    with pytest.raises(DataError, match=message) as caught:
        open_data(write("cats.h5", "train", **change))
    assert "cats.h5" in str(caught.value)


def test_a_pair_with_pictures_of_two_sizes(write, pictures):
    path = write("cats.h5", "train", "test", test_set_x=pictures[:, :3])
    with pytest.raises(DataError, match=r"pictures \(4, 5, 3\), uint8; got pictures \(3, 5, 3\)"):
        open_data(path)


def test_another_layout_lists_what_was_found_and_expected(write):
    path = write("other.h5", cats=np.ones(3), answers=np.ones(3))
    with pytest.raises(DataError, match=r"X and y.*got answers, cats, list_classes"):
        open_data(path)


def test_a_group_is_no_dataset(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("train_set_x")
    with pytest.raises(DataError, match="no dataset train_set_x"):
        open_data(tmp_path / "a.h5")


@pytest.mark.parametrize("content", [b"", b"<html>Not Found</html>"])
def test_what_is_no_hdf5_file(tmp_path, content):
    (tmp_path / "cats.h5").write_bytes(content)
    with pytest.raises(DataError, match=r"cats\.h5: expected an HDF5 file"):
        open_data(tmp_path / "cats.h5")
    with pytest.raises(DataError, match=r"cats\.h5: expected an HDF5 file"):
        open_data(tmp_path)


def test_a_truncated_file(write):
    path = write("cats.h5", "train")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"undamaged HDF5 file; got .*truncated"):
        open_data(path)


def test_two_training_sets_in_a_folder(write, tmp_path):
    write("train_cats.h5", "train")
    write("train_signs.h5", "train")
    with pytest.raises(DataError, match=r"one training set; got .*cats\.h5 and .*signs\.h5\. Name"):
        open_data(tmp_path)


def test_pictures_in_folders_beside_a_foreign_hdf5_file(write, tmp_path, paint):
    write("model.h5", weights=np.ones(3))
    paint(tmp_path / "cat/1.png")
    paint(tmp_path / "dog/1.png")
    assert open_data(tmp_path, size=2).train.classes == ("cat", "dog")


@pytest.mark.parametrize("name", ["", "train_catvnoncat.h5", "test_catvnoncat.h5"])
def test_the_courses_own_files(course_data, name):
    splits = open_data(course_data / name)
    assert splits.train.classes == splits.test.classes == ("non-cat", "cat")
    assert splits.train.raw.shape == (12288, 209)
    assert splits.test.raw.shape == (12288, 50)
    # The course prints these: 72 cats in 209, 33 in 50, and picture 0's first pixels.
    assert (splits.train.labels.sum(), splits.test.labels.sum()) == (72, 33)
    assert splits.train.raw[:5, 0].tolist() == [17, 31, 56, 22, 33]


OUTSIDE = {
    "external storage": lambda h, name: h.create_dataset(
        name, shape=(4, 6, 6, 3), dtype="u1", external=[("secret.txt", 0, 432)]
    ),
    "a link to a file": lambda h, name: h.__setitem__(name, h5py.ExternalLink("pipe.h5", "/x")),
    "a link to a link": lambda h, name: (
        h.__setitem__("away", h5py.ExternalLink("pipe.h5", "/x")),
        h.__setitem__(name, h5py.SoftLink("/away")),
    ),
    "a link through a link": lambda h, name: (
        h.__setitem__("away", h5py.ExternalLink("pipe.h5", "/")),
        h.__setitem__(name, h5py.SoftLink("away/x")),
    ),
    "virtual": lambda h, name: h.create_virtual_dataset(name, virtual()),
}


def virtual():
    layout = h5py.VirtualLayout((4, 6, 6, 3), "u1")
    layout[:] = h5py.VirtualSource("pipe.h5", "x", (4, 6, 6, 3))
    return layout


@pytest.mark.parametrize("name", ["train_set_x", "train_set_y", "list_classes"])
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
def test_nothing_outside_the_file_is_read(outside, name, tmp_path, monkeypatch):
    """What it points to is a pipe: to open it would be to wait for ever."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.h5")
    os.mkfifo("secret.txt")
    whole = {"train_set_x": np.zeros((4, 6, 6, 3), "u1"), "train_set_y": [0, 1, 0, 1]}
    with h5py.File("a.h5", "w") as h:
        for own, values in (whole | {"list_classes": [b"a", b"b"]}).items():
            if own != name:
                h[own] = values
        outside(h, name)
    with pytest.raises(DataError, match=r"in the file itself; got .*Only what is in the file"):
        open_data("a.h5")
    Path("folder").mkdir()
    Path("a.h5").rename("folder/a.h5")
    with pytest.raises(DataError, match="in the file itself"):
        open_data("folder")


def test_links_within_the_file_are_followed(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as h:
        h["group/x"], h["group/y"] = np.zeros((4, 6, 6, 3), "u1"), [0, 1, 0, 1]
        h["train_set_x"] = h5py.SoftLink("/group/x")
        h["to"] = h5py.SoftLink("group")
        h["train_set_y"] = h5py.SoftLink("to/y")
        h["list_classes"] = [b"a", b"b"]
    assert open_data(tmp_path / "a.h5").train.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("to", ["train_set_y", "nowhere", "train_set_x/y"])
def test_links_that_lead_nowhere(to, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as h:
        h["train_set_x"], h["list_classes"] = np.zeros((4, 6, 6, 3), "u1"), [b"a", b"b"]
        h["train_set_y"] = h5py.SoftLink(to)
    with pytest.raises(DataError, match="no dataset train_set_y"):
        open_data(tmp_path / "a.h5")


def test_more_than_fits_into_memory_is_refused_before_it_is_taken(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as h:
        h.create_dataset("train_set_x", (10**7, 1000, 1000, 3), "u1", chunks=True)
        h["train_set_y"], h["list_classes"] = [0, 1], [b"a", b"b"]
    with pytest.raises(DataError, match="train_set_x: expected what fits into memory"):
        open_data(tmp_path / "a.h5")


def test_class_names_that_are_no_utf8_stay_apart_and_that_is_said(write):
    names = np.array([b"caf\xe9", b"caf\xe8"])
    data = open_data(write("cafes.h5", "train", list_classes=names)).train
    assert data.classes == ("caf\xe9", "caf\xe8")
    assert data.notes == ("labels read as Windows-1252, since they are no UTF-8",)


@pytest.mark.parametrize("name", ["train_set_x", "train_set_y", "list_classes"])
@pytest.mark.parametrize("options", [{}, {"chunks": True}, {"compression": "gzip"}])
def test_what_was_never_written_is_no_zeros(write, name, options):
    path = write("cats.h5", "train", **{name: None})
    dtype = "S9" if name == "list_classes" else "u1"
    with h5py.File(path, "a") as h:
        shape = {"train_set_x": (12, 4, 5, 3), "train_set_y": (12,), "list_classes": (2,)}[name]
        h.create_dataset(name, shape, dtype, **options)
    with pytest.raises(DataError, match=f"{name} written in full; got .*never written"):
        open_data(path)


def test_what_was_written_by_halves_is_no_zeros(write, pictures):
    path = write("cats.h5", "train", train_set_x=None)
    with h5py.File(path, "a") as h:
        x = h.create_dataset("train_set_x", (12, 4, 5, 3), "u1", chunks=(1, 4, 5, 3))
        x[:6] = pictures[:6]
    with pytest.raises(DataError, match="train_set_x written in full"):
        open_data(path)
    with h5py.File(path, "a") as h:
        h["train_set_x"][6:] = 0
    assert_array_equal(open_data(path).train.raw[:, 5], pictures[5].ravel())


def test_a_virtual_data_set_without_its_source_is_refused(write):
    path = write("cats.h5", "train", train_set_x=None)
    with h5py.File(path, "a") as h:
        layout = h5py.VirtualLayout((12, 4, 5, 3), "u1")
        layout[:] = h5py.VirtualSource(".", "gone", (12, 4, 5, 3))
        h.create_virtual_dataset("train_set_x", layout)
    with pytest.raises(DataError, match=r"train_set_x in the file itself; got .*virtual"):
        open_data(path)


def test_a_test_set_taken_for_training_and_what_has_other_names_are_said(write, pictures):
    splits = open_data(write("cats.h5", "test", X=pictures, y=np.arange(12) % 2))
    left, taken = splits.notes
    assert left == "left out what has other names: X, y"
    assert taken == "no train_set_x: test_set_x is taken"
    assert open_data(write("all.h5", "train", "test")).train.notes == ()
