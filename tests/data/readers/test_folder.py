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
    assert reasons["cat/notes.txt"] == "no picture format that Pillow knows (.txt)"
    assert "truncated" in reasons["cat/cut.png"]
    assert reasons["stray.png"] == "not in a class folder"


def test_strict_stops_and_names_the_files(pets):
    spoil(pets)
    with pytest.raises(DataError, match=r"5 that could not be read: .*cat/notes\.txt: no picture"):
        open_data(pets, strict=True)


def test_strict_is_content_with_a_clean_folder(pets):
    assert len(open_data(pets, strict=True).train) == 5


LITTER = """
.DS_Store, cat/.DS_Store, cat/Thumbs.db, non-cat/ehthumbs.db, __MACOSX/cat/x.png, @eaDir/x.png,
cat/@eaDir/2.png/THUMB_M.png, .Trashes/x.png, $RECYCLE.BIN/x.png, lost+found/x.png, desktop.ini,
System Volume Information/x.png, .ipynb_checkpoints/x.png, #recycle/x.png, @Recycle/x.png,
cat/.picasaoriginals/2.png, cat/._2.png, cat/._10.png, #snapshot/cat/x.png, .snapshot/cat/x.png
"""


def test_what_systems_leave_is_left_out_and_said(pets, paint):
    for name in LITTER.split(","):
        paint(pets / name.strip(), "lime", format="PNG")
    train = open_data(pets, strict=True).train
    assert train.classes == ("non-cat", "cat")
    assert len(train) == 5
    inner, note = train.notes
    assert inner == "read with the folders in them: non-cat (inner 1)"
    assert note.startswith("left out what systems hide: .DS_Store (2), ._* (2), @eaDir (2), ")
    assert note.endswith("more")


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
        (["train/1.png", "test/1.png"], "train: expected two or more class folders; got none"),
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
    with pytest.raises(
        DataError, match=r"none in dog\. Add pictures that .*, or remove the folder\."
    ):
        open_data(pets)


@pytest.mark.parametrize("size", [0, -1, 2.5, True, (4,), (4, 4, 3), "64", 5000])
def test_a_size_that_is_none(pets, size):
    with pytest.raises(DataError, match="size to be one or two whole numbers from 1 to 4096"):
        open_data(pets, size=size)


def test_folders_whose_names_are_no_utf8_are_not_merged(pets, paint):
    for name in (b"\xe8", b"\xe9"):
        paint(pets / os.fsdecode(name) / "1.png", "green")
    assert {r"\xe8", r"\xe9"} < set(open_data(pets, size=4).train.classes)


def test_names_that_are_no_utf8_can_be_printed(pets):
    name = os.fsdecode(b"caf\xe9.png")
    shutil.copy(pets / "cat/2.png", pets / "cat" / name)
    names = open_data(pets, size=2).train.names
    assert r"cat/caf\xe9.png" in names
    "".join(names).encode("utf-8")


def test_pictures_of_all_sizes_and_modes_together(pets):
    Image.new("L", (300, 10), 128).save(pets / "cat/gray.png")
    Image.new("RGBA", (3, 90), (0, 0, 0, 0)).save(pets / "cat/clear.png")
    train = open_data(pets, size=8).train
    first = dict(zip(train.names, train.raw[:3].T.tolist(), strict=True))
    assert first["cat/gray.png"] == [128] * 3
    assert first["cat/clear.png"] == [255] * 3


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("training_set", "", "test_set"),
        ("seg_train/seg_train", "", "seg_test/seg_test"),
        ("Train_data", "Val-Data", "Test_data"),
        ("TRAIN", "DEV", "HOLDOUT"),
        ("train_images", "valid_images", "test_images"),
        ("archive/data/train", "archive/data/validation", "archive/data/testing"),
        ("train2017", "val2017", "eval"),
        ("training", "evaluation", "test"),
        ("chest/chest/train", "", "chest/chest/test"),
        ("data/training/images", "", "data/testing/images"),
    ],
)
def test_sets_by_all_their_usual_names(tmp_path, paint, train, validation, test):
    for folder in filter(None, (train, validation, test)):
        for name in ("elk/1.png", "fox/2.png"):
            paint(tmp_path / folder / name)
    splits = open_data(tmp_path, size=2)
    assert splits.train.classes == ("elk", "fox")
    assert splits.train.names == (f"{train}/elk/1.png", f"{train}/fox/2.png")
    assert splits.test.names == (f"{test}/elk/1.png", f"{test}/fox/2.png")
    assert (splits.validation is not None) == bool(validation)
    note = f"read from {train}/ (train)"
    note += f", {validation}/ (validation)" * bool(validation) + f", {test}/ (test)"
    assert splits.notes[0] == note


def test_a_folder_around_the_classes_is_entered_and_said(tmp_path, paint):
    for name in ("animals/raw/elk/1.png", "animals/raw/fox/2.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert splits.train.classes == ("elk", "fox")
    assert splits.notes[0] == "read from animals/raw/ (train)"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ("a/elk b/elk a/fox b/fox", r"got a, b, which hold the same folders \(elk, fox\)\. Sets"),
        ("elk/train fox/train elk/test fox/test", r"hold the same folders \(test, train\)"),
        ("trainA testA trainB testB", "got testA, testB, trainA, trainB, which look like sets"),
        ("cat_train dog_train cat_val dog_val", "which look like sets"),
        ("train test masks", "got test, train, which look like sets"),
        ("train/a train/b car plane", r"a folder train/ with folders in it.* beside car/, plane/"),
        ("train/a train/b Training/a", "one train folder; got train/ and Training/"),
        ("M\u00f6we Mo\u0308we elk", r"each class folder once; got 'Mo\\u0308we' and 'M\\xf6we'"),
    ],
)
def test_folders_that_look_like_something_else_are_refused(tmp_path, paint, files, message):
    for name in files.split():
        paint(tmp_path / name / "1.png")
    with pytest.raises(DataError, match=message) as caught:
        open_data(tmp_path, size=2)
    assert caught.value.fix


def test_classes_may_hold_folders_of_one_same_name(tmp_path, paint):
    for name in ("elk/images/1.png", "elk/images/2.png", "fox/images/1.png", "fox/red/old/3.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert len(splits.train) == 4
    assert splits.notes[0] == "read with the folders in them: elk (images 2), fox (images 1, red 1)"


@pytest.mark.parametrize("inner", ["", "test/", "images/"])
def test_pictures_without_labels_are_no_test_set(tmp_path, paint, inner):
    for name in ("train/a/1.png", "train/b/2.png", "val/a/3.png", f"test/{inner}4.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert splits.test is None
    assert splits.validation is not None
    place = f"test/{inner}".rstrip("/")
    note = f"no test set: {place}/ holds 1 picture without labels (for chainrule predict)"
    assert note in splits.notes
    assert not splits.skipped


def test_an_empty_test_folder_is_said(tmp_path, paint):
    for name in ("train/a/1.png", "train/b/2.png"):
        paint(tmp_path / name)
    (tmp_path / "test").mkdir()
    assert "no test set: test/ is empty" in open_data(tmp_path, size=2).notes


def test_a_test_set_of_one_class_with_folders_in_it(tmp_path, paint):
    for name in ("train/a/1.png", "train/b/2.png", "test/a/x/3.png", "test/a/y/4.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert_array_equal(splits.test.labels, [0, 0])
    for note in ("read with the folders in them: a (x 1, y 1)", "test/ has no pictures of b"):
        assert note in splits.notes


def test_names_in_two_spellings_of_unicode_are_one(tmp_path, paint):
    for name in ("train/M\u00f6we/1.png", "train/b/2.png", "test/Mo\u0308we/3.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2, positive="Mo\u0308we")
    assert splits.test.classes == splits.train.classes == ("b", "M\u00f6we")
    assert_array_equal(splits.test.labels, [1])


def test_names_that_differ_in_case_are_two_classes_and_said(tmp_path, paint):
    for name in ("A/1.png", "a/2.png", "b/3.png"):
        paint(tmp_path / name)
    splits = open_data(tmp_path, size=2)
    assert len(splits.train.classes) == 3
    assert splits.notes[0] == "classes whose names differ in case only: A, a"


def test_links_to_what_is_read_as_well(tmp_path, paint):
    for name in ("a/1.png", "b/2.png"):
        paint(tmp_path / name)
    (tmp_path / "b/again.png").symlink_to(tmp_path / "a/1.png")
    found = "links to pictures of the same set: 1, such as b/again.png"
    assert open_data(tmp_path).notes[0] == found
    (tmp_path / "c").symlink_to(tmp_path / "b", target_is_directory=True)
    with pytest.raises(DataError, match="each class folder once; got c/, a link to what b/ holds"):
        open_data(tmp_path)


def test_classes_in_file_names_are_an_error_that_says_how_to_sort(tmp_path, paint):
    for name in ("cat.0.jpg", "cat.1.jpg", "dog (1).jpg", "dog (2).jpg"):
        paint(tmp_path / "train" / name)
    with pytest.raises(DataError, match=r"may be classes \(cat: 2, dog: 2\)\.$"):
        open_data(tmp_path)


def test_a_folder_of_nothing_but_unreadable_pictures_says_what_to_do(tmp_path):
    for name in ("a/1.heic", "a/2.heic", "b/3.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(
        DataError, match=r"\(a/1\.heic, a/2\.heic, b/3\.jpg: HEIC, .* save it as JPEG\)"
    ):
        open_data(tmp_path)


def deep(path, values, paint=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint16)).save(path)


def test_12_bits_in_files_of_16_keep_their_range(tmp_path):
    deep(tmp_path / "a/1.png", [[0, 100], [200, 300]])
    deep(tmp_path / "a/2.tiff", [[16, 1600], [2000, 4095]])
    deep(tmp_path / "b/3.png", [[3000, 3000], [3000, 3000]])
    splits = open_data(tmp_path, size=2)
    assert splits.train.bits == 12
    assert splits.train.raw[::3].T.tolist() == [
        [0, 6, 12, 18],
        [1, 100, 125, 255],
        [187] * 4,
    ]
    assert splits.notes == (
        "3 pictures of more than 8 bits: the upper 8 are kept of 12; the largest value is 4,095",
    )


def test_the_range_is_that_of_all_sets(tmp_path, paint):
    for name in ("train/a/1.png", "train/b/2.png"):
        deep(tmp_path / name, [[1000, 500]])
    deep(tmp_path / "test/a/3.png", [[4000, 500]])
    splits = open_data(tmp_path, size=(1, 2))
    assert splits.test.bits == splits.train.bits == 12
    assert splits.test.raw[::3, 0].tolist() == [250, 31]


def test_another_test_source_is_read_as_the_training_set_was(tmp_path):
    for name in ("train/a/1.png", "train/b/2.png"):
        deep(tmp_path / name, [[1000, 500]])
    deep(tmp_path / "other/a/3.png", [[4000, 500]])
    splits = open_data(tmp_path / "train", test=tmp_path / "other", size=(1, 2))
    assert splits.test.raw[::3, 0].tolist() == [255, 125]
    assert splits.notes[-1].endswith("what is beyond 1,023 is white, as in training")


def test_color_of_16_bits_that_uses_fewer_cannot_be_read(tmp_path, color_of_16_bits):
    for name in ("a/1.png", "b/2.png"):
        color_of_16_bits(tmp_path / name, 4095)
    with pytest.raises(DataError, match="16-bit color that uses 12 bits: save it with 8 bits"):
        open_data(tmp_path)
    for name in ("a/1.png", "b/2.png"):
        color_of_16_bits(tmp_path / name, 50000)
    splits = open_data(tmp_path, size=2)
    assert splits.train.raw[0, 0] == 50000 >> 8
    assert splits.notes[0].startswith("2 pictures of more than 8 bits: the upper 8 are kept of 16")


def test_hidden_classes_are_named_where_none_are_left(tmp_path, paint):
    paint(tmp_path / ".a/1.png")
    with pytest.raises(DataError, match=r"got none \(left out what systems hide: \.a \(1\)\)"):
        open_data(tmp_path)


def test_of_files_of_several_pictures_the_first_is_taken_and_that_is_said(pets):
    pages = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    for name in ("cat/3.gif", "cat/4.tiff", "cat/5.webp", "cat/6.png"):
        pages[0].save(pets / name, save_all=True, append_images=pages[1:])
    splits = open_data(pets, size=2)
    assert "4 files of several pictures: the first of each is taken" in splits.notes
    assert splits.train.raw[:, splits.train.names.index("cat/4.tiff")][:3].tolist() == [255, 0, 0]


def test_a_second_picture_that_is_broken_spoils_nothing(pets):
    pages = [Image.new("RGB", (8, 8), color) for color in ("red", "lime")]
    pages[0].save(pets / "cat/3.gif", save_all=True, append_images=pages[1:])
    content = (pets / "cat/3.gif").read_bytes()
    for n in range(len(content) - 12, len(content)):
        (pets / "cat/3.gif").write_bytes(content[:n])
        assert not open_data(pets, size=2).skipped


def test_files_beside_the_class_folders_are_said(pets):
    (pets / "README.txt").touch()
    (pets / "sample_submission.csv").touch()
    note = "left out 2 files beside the folders: README.txt, sample_submission.csv"
    assert note in open_data(pets, size=2, strict=True).notes


def test_files_beside_sets_and_in_them_are_said(tmp_path, paint):
    for name in ("in/train/a/1.png", "in/train/b/2.png", "in/test/a/3.png", "in/x.png"):
        paint(tmp_path / name)
    for name in ("LICENSE", "in/train/labels.csv", "in/test/.hidden"):
        (tmp_path / name).touch()
    note = "left out 3 files beside the folders: LICENSE, in/x.png, in/train/labels.csv"
    assert note in open_data(tmp_path, size=2).notes


def test_of_pictures_that_are_no_set_the_way_to_answers_is_said(tmp_path, paint):
    for name in ("seg_train/a/1.png", "seg_train/b/2.png", "seg_test/a/3.png"):
        paint(tmp_path / name)
    paint(tmp_path / "seg_pred/seg_pred/4.png")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.txt").touch()
    assert open_data(tmp_path, size=2).skipped == (
        "docs: not a training, validation or test set",
        "seg_pred: not a training, validation or test set (chainrule predict answers its pictures)",
    )
