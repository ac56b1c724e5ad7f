"""Folders of pictures: classes, sets, and what is skipped."""

import os
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from chainrule.data import open_data
from chainrule.errors import DataError


@pytest.fixture
def pets(tmp_path, paint):
    """Two cats (red) and three others (blue)."""
    root = tmp_path / "pets"
    for name in ("cat/2.png", "cat/10.png"):
        paint(root / name, "red")
    for name in ("non-cat/a.png", "non-cat/inner/b.gif", "non-cat/c.bmp"):
        paint(root / name, "blue")
    return root


def test_one_folder_per_class(pets):
    splits = open_data(pets, size=(4, 6))
    train = splits.train
    assert train.classes == ("non-cat", "cat")
    assert train.names == (
        "non-cat/a.png",
        "non-cat/c.bmp",
        "non-cat/inner/b.gif",
        "cat/2.png",
        "cat/10.png",
    )
    assert train.image_shape == (4, 6, 3)
    assert train.raw.shape == (4 * 6 * 3, 5)
    assert train.raw.dtype == np.uint8
    assert train.raw[:3].T.tolist() == [[0, 0, 255]] * 3 + [[255, 0, 0]] * 2
    assert_array_equal(train.labels, [0, 0, 0, 1, 1])
    assert_array_equal(train.matrix().columns([0])[:3, 0], [0, 0, 1])
    assert (splits.validation, splits.test, splits.skipped) == (None, None, ())


def test_pictures_are_64_x_64_by_default(pets):
    assert open_data(str(pets)).train.image_shape == (64, 64, 3)


@pytest.mark.parametrize("valid", ["val", "valid", "Validation"])
def test_sets_above_the_classes(tmp_path, paint, valid):
    for name in ("Train/b/1.png", "Train/a/2.png", f"{valid}/a/3.png", "TEST/b/4.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert splits.train.classes == splits.validation.classes == splits.test.classes == ("a", "b")
    assert splits.train.names == ("Train/a/2.png", "Train/b/1.png")
    assert splits.validation.names == (f"{valid}/a/3.png",)
    assert_array_equal(splits.test.labels, [1])


def test_a_class_that_only_the_test_set_has_is_an_error(tmp_path, paint):
    for name in ("train/a/1.png", "train/b/2.png", "test/a/3.png", "test/fox/4.png"):
        paint(tmp_path / name)
    with pytest.raises(DataError, match=r"test: .*\(a, b\); got fox\. Rename"):
        open_data(tmp_path)


def test_a_class_may_be_called_train(tmp_path, paint):
    for name in ("train/1.png", "car/2.png", "plane/3.png"):
        paint(tmp_path / name)
    assert open_data(tmp_path, size=2).train.classes == ("car", "plane", "train")


def test_more_than_two_classes_are_in_natural_order(tmp_path, paint):
    for name in ("g10/1.png", "g9/1.png", "G1/1.png"):
        paint(tmp_path / name)
    assert open_data(tmp_path, size=2).train.classes == ("G1", "g9", "g10")


def spoil(pets):
    (pets / "cat/notes.txt").write_text("no picture")
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(pets / "cat/cut.png")
    os.truncate(pets / "cat/cut.png", 1500)
    (pets / "cat/gone.png").symlink_to(pets / "nowhere.png")
    os.mkfifo(pets / "cat/pipe.png")
    shutil.copy(pets / "cat/2.png", pets / "stray.png")


def test_what_cannot_be_read_is_listed_and_skipped(pets):
    spoil(pets)
    splits = open_data(pets, size=4)
    assert len(splits.train) == 5
    reasons = dict(line.split(": ", 1) for line in splits.skipped)
    assert set(reasons) == {
        "cat/notes.txt",
        "cat/cut.png",
        "cat/gone.png",
        "cat/pipe.png",
        "stray.png",
    }
    assert reasons["cat/notes.txt"] == "no picture format that Pillow knows"
    assert "truncated" in reasons["cat/cut.png"]
    assert reasons["stray.png"] == "not in a class folder"


def test_strict_stops_and_names_the_files(pets):
    spoil(pets)
    with pytest.raises(DataError, match=r"5 that could not be read: .*cat/notes\.txt: no picture"):
        open_data(pets, strict=True)


def test_strict_is_content_with_a_clean_folder(pets):
    assert len(open_data(pets, strict=True).train) == 5


def test_litter_is_ignored(pets):
    for name in (".DS_Store", "cat/.DS_Store", "cat/Thumbs.db", "__MACOSX/cat/x.png"):
        path = pets / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"litter")
    (pets / ".git").mkdir()
    assert open_data(pets, strict=True).train.classes == ("non-cat", "cat")


def test_loops_of_links_end(pets):
    (pets / "cat/loop").symlink_to(pets / "cat", target_is_directory=True)
    (pets / "again").symlink_to(pets, target_is_directory=True)
    (pets / "self").symlink_to(pets / "self")
    splits = open_data(pets, size=4)
    assert len(splits.train) == 5
    assert "cat/loop: a link to a folder, not followed" in splits.skipped
    assert "again: a link that leads back" in splits.skipped


def test_a_link_to_a_folder_elsewhere_may_be_a_class(pets, tmp_path, paint):
    paint(tmp_path / "elsewhere/1.png")
    (pets / "dog").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert open_data(pets, size=4).train.classes == ("cat", "dog", "non-cat")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_listed(pets):
    (pets / "cat/inner").mkdir(mode=0)
    assert any("Permission denied" in line for line in open_data(pets).skipped)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "two or more class folders; got none"),
        (["1.png"], "two or more class folders; got none"),
        (["cat/1.png"], "two or more class folders; got one, cat/"),
        (["cat/1.png", "dog/notes.txt"], r"none in dog \(dog/notes.txt: no picture"),
        (["train/1.png", "test/1.png"], r"a folder train/ that holds.*test/, train/"),
        (["test/a/1.png", "test/b/1.png"], r"a folder train/ that holds"),
        (["a/1.png", "b/1.png", "test/a/1.png"], r"a folder train/ that holds"),
        (["train/a/1.png"], "two or more class folders; got one, a/"),
        (["train/a/1.png", "val/a/1.png", "valid/a/1.png"], "one validation folder; got val/ and"),
    ],
)
def test_folders_that_are_no_data_set_say_so(tmp_path, paint, files, message):
    for name in files:
        path = paint(tmp_path / name) if name.endswith("png") else tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            path.write_text("text")
    with pytest.raises(DataError, match=message) as caught:
        open_data(tmp_path)
    assert caught.value.fix


def test_an_empty_class_folder_is_an_error(pets):
    (pets / "dog").mkdir()
    with pytest.raises(DataError, match=r"none in dog\. Add pictures, or remove the folder\."):
        open_data(pets)


@pytest.mark.parametrize("size", [0, -1, 2.5, True, (4,), (4, 4, 3), "64", 5000])
def test_a_size_that_is_none(pets, size):
    with pytest.raises(DataError, match="size to be one or two whole numbers from 1 to 4096"):
        open_data(pets, size=size)


def test_names_that_are_no_utf8_can_be_printed(pets):
    name = os.fsdecode(b"caf\xe9.png")
    shutil.copy(pets / "cat/2.png", pets / "cat" / name)
    names = open_data(pets, size=2).train.names
    assert "cat/caf\ufffd.png" in names
    "".join(names).encode("utf-8")


def test_pictures_of_all_sizes_and_modes_together(pets):
    Image.new("L", (300, 10), 128).save(pets / "cat/gray.png")
    Image.new("RGBA", (3, 90), (0, 0, 0, 0)).save(pets / "cat/clear.png")
    train = open_data(pets, size=8).train
    first = dict(zip(train.names, train.raw[:3].T.tolist(), strict=True))
    assert first["cat/gray.png"] == [128] * 3
    assert first["cat/clear.png"] == [255] * 3
