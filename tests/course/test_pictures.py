import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.course import deep, logistic
from chainrule.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Files built as the course's are, of 3 and 2 pictures of 2 by 2 pixels."""
    rng = np.random.default_rng(0)
    for kind, m in (("train", 3), ("test", 2)):
        with h5py.File(tmp_path / f"{kind}_catvnoncat.h5", "w") as file:
            file[f"{kind}_set_x"] = rng.integers(0, 256, (m, 2, 2, 3), dtype=np.uint8)
            file[f"{kind}_set_y"] = np.arange(m) % 2
            file["list_classes"] = np.array([b"non-cat", b"cat"])
    return tmp_path


@pytest.mark.parametrize("load", [deep.load_data, logistic.load_dataset])
def test_load_data_gives_the_course_s_five_arrays(folder, load):
    train_x, train_y, test_x, test_y, classes = load(folder)
    assert (train_x.shape, test_x.shape) == ((3, 2, 2, 3), (2, 2, 2, 3))
    assert train_x.dtype == np.uint8
    assert_array_equal(train_y, [[0, 1, 0]])
    assert_array_equal(test_y, [[0, 1]])
    assert classes[1].decode("utf-8") == "cat"


def test_without_a_folder_it_reads_datasets_here(folder, tmp_path, monkeypatch):
    here = tmp_path / "notebook"
    here.mkdir()
    (here / "datasets").symlink_to(folder)
    monkeypatch.chdir(here)
    assert len(deep.load_data()[0]) == 3


def test_a_missing_file_says_where_it_was_sought(tmp_path):
    with pytest.raises(DataError, match=r"train_catvnoncat\.h5.*load_data\(folder\)"):
        deep.load_data(tmp_path)


def test_a_file_of_something_else_is_refused(folder):
    (folder / "test_catvnoncat.h5").write_bytes(b"no HDF5")
    with pytest.raises(DataError, match=r"an HDF5 file .*test_catvnoncat\.h5"):
        deep.load_data(folder)


def test_a_file_without_labels_is_refused(folder):
    with h5py.File(folder / "train_catvnoncat.h5", "a") as file:
        del file["train_set_y"]
    with pytest.raises(DataError, match="train_set_y"):
        deep.load_data(folder)
