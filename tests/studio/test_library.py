"""The studio's data sets: what the page may open, and what is given through it."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from chainrule.data import open_data
from chainrule.errors import DataError, InputError
from chainrule.studio import library as module
from chainrule.studio.library import Library


def png(color=(255, 0, 0), side=8):
    out = io.BytesIO()
    Image.new("RGB", (side, side), color).save(out, "png")
    return out.getvalue()


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "runs" / "data")


def test_pictures_lie_in_a_folder_that_any_command_reads(library):
    name = library.new("my cats", "pictures").name
    for label, color in (("cat", (255, 0, 0)), ("no cat", (0, 0, 255))):
        for k in range(3):
            library.add_picture(name, label, png((color[0], k, color[2])))
    facts = library.opened(name, {"size": 8}).summary()
    assert facts["classes"] == ["no cat", "cat"]
    assert facts["sets"]["training"] == {"examples": 6, "counts": [3, 3]}
    assert facts["image_shape"] == (8, 8, 3)
    read = open_data(facts["source"], size=8).train
    own = library.splits(facts["source"], library[name].options).train
    assert np.array_equal(read.features.stored(), own.features.stored())


@pytest.mark.parametrize(
    "label", ["", "..", ".", "a/b", "a\\b", "x\n", "c" * 101, "a:b", " ", "Train", "valid"]
)
def test_a_class_that_cannot_name_a_folder_is_refused(library, label):
    name = library.new("p", "pictures").name
    with pytest.raises(InputError, match="name a folder"):
        library.add_picture(name, label, png())
    assert not [p for p in library.folder.parent.rglob("[!.]*") if p.is_file()]


def test_what_is_no_picture_is_refused_and_leaves_nothing(library):
    name = library.new("p", "pictures").name
    with pytest.raises(DataError, match="PNG, JPEG or WebP"):
        library.add_picture(name, "cat", b"<svg onload=alert(1)>")
    assert not [p for p in library.folder.rglob("[!.]*") if p.is_file()]


def test_there_is_an_end_to_files(library, monkeypatch):
    monkeypatch.setattr(module, "FILES", 2)
    name = library.new("p", "pictures").name
    for _ in range(2):
        library.add_picture(name, "cat", png())
    with pytest.raises(InputError, match="at most 2 files"):
        library.add_picture(name, "cat", png())


def test_points_become_a_table(library):
    name = library.new("drawn", "points").name
    library.write_points(name, [[0, 0.5, "a"], [1, 2, "b"], [1e-3, 2, "b"]])
    facts = library.opened(name).summary()
    assert facts["kind"] == "points"
    assert facts["sets"]["training"]["counts"] == [1, 2]
    assert facts["feature_names"] == ["x1", "x2"]


def test_a_class_in_either_spelling_of_unicode_is_one(library):
    name = library.new("p", "pictures").name
    paths = [library.add_picture(name, label, png()) for label in ("\u00e9", "e\u0301")]
    assert paths[0].parent == paths[1].parent


def test_of_two_studios_on_one_folder_none_takes_the_others_file(library):
    mine = library.new("d", "points")
    library.write_points(mine.name, [[0, 1, "a"]])
    other = Library(library.folder.parent / "data")
    del other.sources[mine.name]
    assert other.new("d", "points").path != mine.path


@pytest.mark.parametrize(
    "points",
    [
        [[10**400, 1, "a"]],
        [[[1], [2], "a"]],
        [[True, 1, "a"]],
        None,
        [[1, 2]],
        [["x", 2, "a"]],
        [[np.inf, 1, "a"]],
        {"a": 1},
    ],
)
def test_points_that_are_none_are_refused(library, points):
    name = library.new("drawn", "points").name
    with pytest.raises(InputError, match="x1, x2, label"):
        library.write_points(name, points)


def test_a_table_given_anew_is_read_anew(library):
    name = library.new("t", "table").name
    library.write_table(name, b"a,b,c,label\n1,2,3,x\n2,3,4,y\n")
    assert library.opened(name, {"label": "label"}).facts["sets"]["training"]["examples"] == 2
    library.write_table(name, b"a,b,c,label\n1,2,3,x\n2,3,4,y\n5,5,5,y\n")
    assert library.opened(name).facts["sets"]["training"]["examples"] == 3


def test_nothing_but_what_was_named_can_be_opened_or_written(library, tmp_path):
    (tmp_path / "secret.csv").write_text("a,label\n1,x\n2,y\n")
    for name in ("/etc/passwd", str(tmp_path / "secret.csv"), "../secret.csv", ""):
        with pytest.raises(InputError, match="one of"):
            library.opened(name)
    named = Library(tmp_path / "data", [str(tmp_path / "secret.csv")])
    assert named.opened("secret", {"label": "label"}).facts["classes"] == ["x", "y"]
    with pytest.raises(InputError, match="made here"):
        named.write_table("secret", b"a\n")
    with pytest.raises(InputError, match="made here"):
        named.write_table("fashion", b"a\n")


def test_what_was_given_is_deleted_and_nothing_else(library, tmp_path):
    name = library.new("pets", "pictures").name
    library.add_picture(name, "cat", png())
    drawn = library.new("drawn", "points").name
    library.write_points(drawn, [[0, 1, "a"], [1, 2, "b"]])
    own = tmp_path / "own"
    (own / "cat").mkdir(parents=True)
    (library.folder / "mine.csv").write_text("a,label\n1,x\n2,y\n")
    (library.folder / "linked").symlink_to(own)
    (library.folder / "pets" / "link").symlink_to(own)
    again = Library(library.folder, [str(own)])
    for foreign in ("own", "mine", "linked", "fashion"):
        with pytest.raises(InputError, match="made here"):
            again.delete(foreign, [])
    with pytest.raises(InputError, match="these runs need: run-1"):
        again.delete(name, ["run-1"])
    again.delete(name, [])
    again.delete(drawn, [])
    left = sorted(path.name for path in library.folder.glob("[!.]*"))
    assert left == ["linked", "mine.csv"]
    assert (own / "cat").is_dir()
    assert not {name, drawn} & set(again.sources)
    # One of the same name that a person put there afterwards.
    (library.folder / "pets").mkdir()
    with pytest.raises(InputError, match="made here"):
        Library(library.folder).delete("pets", [])


def test_another_name_is_there_after_a_restart(library):
    name = library.new("drawn", "points").name
    library.write_points(name, [[0, 1, "a"], [1, 2, "b"]])
    library.rename(name, "  My   points ")
    assert Library(library.folder)[name].summary()["title"] == "My points"
    library.rename(name, "")
    assert library[name].summary()["title"] == "drawn.csv"
    with pytest.raises(InputError, match="a text"):
        library.rename(name, 3)


def test_what_was_given_is_there_again_after_a_restart(library):
    name = library.new("drawn", "points").name
    library.write_points(name, [[0, 1, "a"], [1, 2, "b"]])
    again = Library(library.folder)
    assert again.opened(name).facts["sets"]["training"]["examples"] == 2


def test_a_path_that_is_not_there_is_said_at_the_start(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        Library(tmp_path, [str(tmp_path / "none.csv")])


def test_pictures_that_come_at_once_are_all_kept(library):
    name = library.new("p", "pictures").name
    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(lambda k: library.add_picture(name, "cat", png()), range(40)))
    assert len(set(paths)) == len(list(library.folder.rglob("*.png"))) == 40


def test_of_a_files_name_what_is_harmless_is_kept(library):
    name = library.new("p", "pictures").name
    path = library.add_picture(name, "cat", png(), "../../my <b>owl</b>.jpg")
    assert path.parent == library.folder / "p" / "cat"
    assert path.name == "00001-b.png"
    assert library.add_picture(name, "cat", png(), "owl.png").name == "00002-owl.png"


def test_how_data_were_read_is_known_after_a_restart(library):
    name = library.new("drawn", "points").name
    library.write_points(name, [[k, k * k, "ab"[k % 2]] for k in range(20)])
    before = library.opened(name, {"hold_out": 0.2}).facts
    assert Library(library.folder).opened(name).facts == before
    (library.folder / ".studio.json").write_text("{")
    assert Library(library.folder).opened(name).facts["sets"]["training"]["examples"] == 20
