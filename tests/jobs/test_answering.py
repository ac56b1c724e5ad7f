"""Many pictures: answered in blocks, gone on with after any end, sorted into folders and undone."""

import csv
import json
import os
from contextlib import contextmanager
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import read_image
from chainrule.errors import InputError
from chainrule.jobs import answering
from chainrule.jobs.answering import PicturesJob
from chainrule.jobs.events import Answered, Control, Progressed
from chainrule.jobs.sorting import folder_names, undo

SHAPE = (4, 4, 3)


@pytest.fixture
def model():
    """Redder pictures are more of the second class; with bits to answer surely."""
    network = cr.Network.create((48, 1), initializer="zeros")
    red = np.tile([30.0, -15, -15], 16)[None] / 16
    network = cr.Network([red], [np.zeros((1, 1))], network.activations, network.loss)
    return cr.Model(network, ("lime", "tomato"), cr.Model.of.__globals__["Scaling"](), SHAPE)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(answering, "BLOCK", 4)


def paint(path, color, size=(6, 5)):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, color).save(path)
    return path


@pytest.fixture
def photos():
    """Ten red and green ones, one between, and one that is none."""
    for k in range(10):
        paint(f"photos/{k}.png", (200 + k, 30, 30) if k % 2 else (30, 200 + k, 30))
    paint("photos/gray.png", (90, 90, 90))
    Path("photos/notes.txt").write_text("no picture")
    return Path("photos")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(folder):
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())


def test_each_file_is_a_row_with_the_models_answer_or_why_not(model, photos):
    events = []
    found = PicturesJob(model, [photos], out=Path("a.csv")).run(events.append)
    assert (found.complete, found.done, found.total) == (True, 12, 12)
    assert found.classes == {"lime": 6, "tomato": 5}
    table = {row["file"]: row for row in rows("a.csv")}
    assert list(table)[:3] == ["photos/0.png", "photos/1.png", "photos/2.png"]
    for path, row in table.items():
        if path.endswith(".txt"):
            assert row["problem"] == "no picture format that Pillow knows (.txt)"
            assert row["class"] == ""
            continue
        P = model.predict_proba(read_image(path, SHAPE)[:, None])[:, 0]
        assert row["class"] == model.classes[int(P[1] > 0.5)]
        assert float(row["probability of tomato"]) == P[1]
        assert row["problem"] == ""
    assert [e.done for e in events if isinstance(e, Progressed)] == [0, 4, 8, 12]
    assert sum(len(e.found.names) for e in events if isinstance(e, Answered)) == 11
    assert files(".") == ["a.csv", *(f"photos/{name}" for name in files("photos"))]
    PicturesJob(model, [photos], out=Path("a.json")).run()
    assert [row["file"] for row in json.loads(Path("a.json").read_text())] == list(table)


@pytest.mark.parametrize("how", ["control", "Ctrl-C", "torn"])
def test_interrupted_it_goes_on_where_it_was(model, photos, how):
    PicturesJob(model, [photos], out=Path("whole.csv")).run()
    out, control = Path("a.csv"), Control()

    def stop(event):
        if isinstance(event, Progressed) and event.done == 8:
            control.set()
            if how == "Ctrl-C":
                raise KeyboardInterrupt

    found = PicturesJob(model, [photos], out=out).run(stop, control)
    assert (found.complete, found.done) == (False, 8)
    assert not out.exists()
    part = Path("a.csv.part")
    if how == "torn":  # as a kill in the middle of a line leaves it
        part.write_bytes(part.read_bytes()[:-30])
    answered = []
    found = PicturesJob(model, [photos], out=out).run(answered.append)
    assert found.complete
    assert found.before == [f"photos/{k}.png" for k in range(8 - (how == "torn"))]
    assert found.classes == {"lime": 6, "tomato": 5}
    assert out.read_bytes() == Path("whole.csv").read_bytes()
    assert not part.exists()
    new = sum(len(e.found.names) for e in answered if isinstance(e, Answered))
    assert new == 11 - len(found.before)


def test_the_file_may_lie_among_the_pictures(model, photos):
    control = Control()
    control.set()
    PicturesJob(model, [photos], out=photos / "a.csv").run(control=control)
    found = PicturesJob(model, [photos], out=photos / "a.csv").run()
    assert (found.complete, found.total) == (True, 12)


def test_what_is_done_of_another_job_is_not_gone_on_with(model, photos):
    control = Control()
    control.set()
    PicturesJob(model, [photos], out=Path("a.csv")).run(control=control)
    kept = Path("a.csv.part").read_bytes()
    renamed = cr.Model(model.network, ("a", "b"), model.scaling, SHAPE)
    with pytest.raises(InputError, match=r"Delete it, or choose another --out"):
        PicturesJob(renamed, [photos], out=Path("a.csv")).run()
    assert Path("a.csv.part").read_bytes() == kept
    job = PicturesJob(model, [photos], out=Path("a.csv"))
    other = PicturesJob(model, [photos], out=Path("a.csv"))
    with pytest.raises(InputError, match="another is writing"):
        job.run(lambda event: isinstance(event, Answered) and other.run())
    Path("a.csv").write_text("mine")
    with pytest.raises(InputError, match="a file that does not exist yet"):
        PicturesJob(model, [photos], out=Path("a.csv"))


@contextmanager
def full(size):
    """No file may have more bytes: what a full disk says, in other words."""
    soft, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [100, 500, 850])
def test_a_full_disk_keeps_what_is_done(model, photos, size):
    with full(size), pytest.raises(InputError, match="room to write it"):
        PicturesJob(model, [photos], out=Path("a.csv")).run()
    assert not Path("a.csv").exists()
    assert Path("a.csv.part").exists() == (size > 100)
    assert PicturesJob(model, [photos], out=Path("a.csv")).run().complete
    assert len(rows("a.csv")) == 12


def test_sorted_are_copies_that_can_be_undone(model, photos):
    os.utime("photos/1.png", (1e9, 1e9))
    before = {path: Path("photos", path).read_bytes() for path in files("photos")}
    dry = PicturesJob(model, [photos], into=Path("new/sorted"), dry_run=True).run()
    assert not Path("new").exists()
    found = PicturesJob(model, [photos], into=Path("new/sorted")).run()
    assert found.folders == dry.folders == {"lime": 5, "tomato": 5, "unsure": 1}
    assert (found.copied, found.there) == (11, 0)
    expected = [f"lime/{k}.png" for k in range(0, 10, 2)]
    expected += [f"tomato/{k}.png" for k in range(1, 10, 2)]
    assert files("new/sorted") == ["copies-1.csv", *expected, "unsure/gray.png"]
    assert Path("new/sorted/tomato/1.png").read_bytes() == before["1.png"]
    assert Path("new/sorted/tomato/1.png").stat().st_mtime == 1e9
    again = PicturesJob(model, [photos], into=Path("new/sorted")).run()
    assert (again.copied, again.there, again.undo) == (0, 11, "")
    # What was changed, or is the only one left, stays.
    Path("new/sorted/lime/0.png").write_bytes(b"edited")
    Path("photos/2.png").unlink()
    paint("new/sorted/lime/own.png", (30, 250, 30))
    undone = undo([Path("new/sorted/copies-1.csv")])
    assert undone.removed == 9
    assert dict(undone.kept) == {
        "new/sorted/lime/0.png": "it and its original differ now",
        "new/sorted/lime/2.png": "its original is gone",
    }
    kept = [f"lime/{name}" for name in ("0.png", "2.png", "own.png")]
    assert files("new/sorted") == ["copies-1.csv", *kept]
    assert {path: Path("photos", path).read_bytes() for path in files("photos")} == {
        path: content for path, content in before.items() if path != "2.png"
    }


def test_undone_whole_nothing_is_left(model, photos):
    found = PicturesJob(model, [photos], into=Path("sorted")).run()
    assert found.undo == "chainrule undo sorted/copies-1.csv"
    Path("sorted/lime/.0.png.abcdefgh.part").write_bytes(b"killed")
    assert undo([Path("sorted/copies-1.csv")]).removed == 11
    assert not Path("sorted").exists()


def test_same_names_are_numbered_and_same_pictures_are_copied_once(model):
    for k in range(3):
        paint(f"in/{k}/IMG.png", (200 + k, 20, 20))
    paint("in/twin/IMG.png", (201, 20, 20))
    paint("sorted/tomato/IMG.png", (255, 0, 0))
    long = "x" * 240
    paint(f"in/a/{long}.png", (220, 20, 20))
    paint(f"in/b/{long}.png", (221, 20, 20))
    inputs = [Path("in"), Path("in/0/IMG.png")]
    found = PicturesJob(model, inputs, into=Path("sorted")).run()
    assert (found.total, found.copied, found.there) == (6, 5, 1)
    names = files("sorted/tomato")
    assert {"IMG.png", "IMG-2.png", "IMG-3.png", "IMG-4.png", f"{long}.png"} < set(names)
    assert f"{'x' * 240}-2.png" in names
    assert Image.open("sorted/tomato/IMG.png").getpixel((0, 0)) == (255, 0, 0)
    assert undo([Path("sorted/copies-1.csv")]).removed == 5
    assert files("sorted") == ["tomato/IMG.png"]


def test_names_of_any_bytes_and_formulas(model):
    odd = [os.fsdecode(b"caf\xe9.png"), "=1+1.png", 'a,"b"\r\n.png', "'=x.png", "-2.png"]
    for k, name in enumerate(odd):
        paint("plain.png", (200 + k, 9, 9))
        Path("odd").mkdir(exist_ok=True)
        Path("plain.png").rename(Path("odd", name))
    found = PicturesJob(model, [Path("odd")], out=Path("a.csv"), into=Path("sorted")).run()
    assert found.copied == 5
    assert set(os.listdir("sorted/tomato")) == set(odd)
    assert {row["file"] for row in rows("a.csv")} > {r"odd/caf\xe9.png", 'odd/a,"b"\r\n.png'}
    assert undo([Path("sorted/copies-1.csv")]).removed == 5
    assert not Path("sorted").exists()
    assert len(os.listdir("odd")) == 5


def test_the_folder_of_copies_may_be_within_that_of_the_pictures(model, photos):
    into = Path("photos/sorted")
    assert PicturesJob(model, [photos], into=into).run().copied == 11
    again = PicturesJob(model, [photos], into=into)
    assert again.notes == ["left out photos/sorted, into which is sorted"]
    assert again.run().there == 11
    with pytest.raises(InputError, match="a folder for copies"):
        PicturesJob(model, [photos], into=Path("photos/../photos"))
    Path("photos/loop").symlink_to(".")
    Path("photos/link.png").symlink_to("1.png")
    found = PicturesJob(model, [photos], into=into).run()
    assert found.problems[0] == ("photos/loop", "a link to a folder, not followed")
    assert Path("photos/sorted/tomato/link.png").is_file()
    assert not Path("photos/sorted/tomato/link.png").is_symlink()


def test_nothing_is_written_through_links_out_of_the_folder(model, photos):
    Path("elsewhere").mkdir()
    Path("sorted").mkdir()
    Path("sorted/tomato").symlink_to("../elsewhere")
    with pytest.raises(InputError, match="a link out of it"):
        PicturesJob(model, [photos], into=Path("sorted")).run()
    assert os.listdir("elsewhere") == []
    Path("sorted/tomato").unlink()
    PicturesJob(model, [photos], into=Path("sorted")).run()
    (tomatoes := Path("sorted/tomato")).rename("moved")
    tomatoes.symlink_to("../moved")
    kept = dict(undo([Path("sorted/copies-1.csv"), Path("sorted/copies-2.csv")]).kept)
    assert kept["sorted/tomato/1.png"] == "it is a link, or behind one, now"
    assert len(os.listdir("moved")) == 5


@pytest.mark.parametrize(
    "text",
    [
        "a,b\r\n1,2\r\n",
        "copy,original\r\n../photos/0.png,photos/0.png\r\n",
        "copy,original\r\n/etc/passwd,/etc/passwd\r\n",
        "copy,original\r\nlime/0.png\r\n",
        "",
        'copy,original\r\n"lime/0.png',
    ],
)
def test_what_is_no_list_of_copies_removes_nothing(photos, text):
    Path("list.csv").write_text(text)
    before = files(".")
    with pytest.raises(InputError, match="a list of copies"):
        undo([Path("list.csv")])
    assert files(".") == before


def test_names_of_folders_are_such_as_every_system_takes():
    names = ("cat", "Cat", "a/b", "a\\b", "unsure", "CON", "aux.txt", "..", "", ".x", "ends. ")
    found = folder_names((*names, "é" * 200, "\udce9", "new\nline"))
    assert len({name.casefold() for name in found.values()} | {"unsure"}) == len(found) + 1
    for name in found.values():
        assert not set(name) & set('<>:"/\\|?*\n')
        assert not name.startswith(".")
        assert name == name.strip().rstrip(".")
        assert 0 < len(os.fsencode(name)) <= 255
    assert (found["cat"], found["Cat"], found["unsure"]) == ("cat", "Cat-2", "unsure-2")
    assert (found["CON"], found["aux.txt"]) == ("_CON", "_aux.txt")


def test_no_room_for_a_copy_stops_and_the_same_command_goes_on(model, photos):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    Image.fromarray(noise).save("photos/99.png")
    with full(9000), pytest.raises(InputError, match="room to write it"):
        PicturesJob(model, [photos], into=Path("sorted")).run()
    assert "unsure/99.png" not in files("sorted")
    assert PicturesJob(model, [photos], into=Path("sorted")).run().complete
    lists = sorted(Path("sorted").glob("copies-*.csv"))
    assert undo(lists).removed == 12
    assert not Path("sorted").exists()


def test_a_start_that_fails_leaves_nothing(model, photos):
    model.training["digest"] = "0" * 64
    model.training.update(data="planar", options={})
    own = cr.open_data("planar")
    job = PicturesJob(model, [photos], data=own.train.source, into=Path("s"), out=Path("a.csv"))
    with pytest.raises(InputError):
        job.run()
    assert not Path("s").exists()
    assert not Path("a.csv.part").exists()
    model.training["training_examples"] = 10**6
    job = PicturesJob(model, [photos], into=Path("s"))
    assert "more than 2000" in job.compared[1]

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run(stop)
    assert not Path("s").exists()


@pytest.mark.parametrize("asked", ["nothere", "hollow"])
def test_where_there_is_no_picture_at_all_nothing_is_written(model, asked):
    Path("hollow").mkdir()
    for how in ({"out": Path("a.csv")}, {"into": Path("sorted")}):
        with pytest.raises(InputError, match=f"{asked}: expected a picture, or a folder of"):
            PicturesJob(model, [Path(asked)], **how)
    assert not Path("a.csv").exists()
    assert not Path("sorted").exists()
