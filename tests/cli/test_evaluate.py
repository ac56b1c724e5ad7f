"""`chainrule evaluate` and `chainrule predict`."""

import numpy as np
import pytest
from PIL import Image

import chainrule as cr


def test_evaluate_measures_the_test_set(chainrule, trained, fruit):
    said = chainrule("evaluate", trained, fruit)
    assert said.code == 0
    assert "6 test examples" in said.out
    assert "100.00 % (6 of 6 right)" in said.out
    assert "Verdict  Better than guessing. 100.0 % of held-out" in said.out
    assert "50.00 % by always saying the commonest class" in said.out


def test_of_examples_that_training_may_have_seen_the_verdict_is_conditional(
    chainrule, trained, fruit
):
    said = chainrule("evaluate", trained, fruit / "test")
    assert "Better than guessing, if it was trained on none of these. 100.0 %" in " ".join(
        said.out.split()
    )
    assert chainrule("evaluate", trained, fruit, "--json").json["verdict"]["low"] > 0.5


def test_the_counts_add_up(chainrule, trained, fruit):
    found = chainrule("evaluate", trained, fruit / "train", "--json").json
    assert found["set"] == "all"
    assert found["confusion"] == [[8, 0], [0, 8]]
    assert [c["examples"] for c in found["classes"]] == [8, 8]
    assert found["accuracy"] == 1.0
    assert found["mistakes"] == 0


def test_mistakes_are_listed_by_file_name(chainrule, trained, fruit):
    Image.new("RGB", (9, 9), (90, 200, 60)).save(fruit / "test" / "tomato" / "green.png")
    found = chainrule("evaluate", trained, fruit, "--json").json
    (mistake,) = found["most_confident_mistakes"]
    assert mistake["name"].endswith("green.png")
    assert (mistake["actual"], mistake["predicted"]) == ("tomato", "lime")
    said = chainrule("evaluate", trained, fruit)
    assert "green.png" in said.out


def test_a_folder_with_one_class_can_be_evaluated(chainrule, trained, fruit):
    for path in (fruit / "test" / "lime").iterdir():
        path.unlink()
    (fruit / "test" / "lime").rmdir()
    said = chainrule("evaluate", trained, fruit / "test", "--json")
    assert said.code == 0, said.error
    assert said.json["examples"] == 3


def test_predict_answers_for_each_picture(chainrule, trained, tmp_path):
    for name, color in (("a.png", (80, 210, 70)), ("b.jpg", (220, 50, 40))):
        Image.new("RGB", (40, 30), color).save(tmp_path / name)
    answers = chainrule("predict", trained, "a.png", "b.jpg", "--json").json["predictions"]
    assert [a["class"] for a in answers] == ["lime", "tomato"]
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert answer["probability"] == max(answer["probabilities"].values())
    said = chainrule("predict", trained, "a.png")
    assert said.code == 0
    assert "lime" in said.out


def test_a_hostile_file_name_is_printed_as_it_is(chainrule, trained, tmp_path):
    Image.new("RGB", (8, 8), (80, 210, 70)).save(tmp_path / "[bold]x[red].png")
    said = chainrule("predict", trained, "[bold]x[red].png")
    assert "[bold]x[red].png" in said.out


@pytest.mark.parametrize(
    ("name", "content"),
    [("text.png", b"no picture"), ("cut.png", b"\x89PNG\r\n\x1a\n\0\0"), ("empty.jpg", b"")],
)
def test_a_picture_that_is_none(chainrule, trained, tmp_path, name, content):
    """It is named, the others are answered, and the exit code says that not all were."""
    (tmp_path / name).write_bytes(content)
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    said = chainrule("predict", trained, name, "good.png", "gone.png")
    assert said.code == 2
    assert "good.png" in said.out
    assert name not in said.out
    assert [line.split(": ")[:2] for line in said.error.splitlines()] == [
        ["chainrule", name],
        ["chainrule", "gone.png"],
    ]
    found = chainrule("predict", trained, name, "good.png", "--json")
    assert found.code == 2
    assert [one["image"] for one in found.json["predictions"]] == ["good.png"]
    assert [one["image"] for one in found.json["errors"]] == [name]
    alone = chainrule("predict", trained, name)
    assert (alone.code, alone.out) == (2, "")


def test_predict_answers_all_pictures_of_a_folder(chainrule, trained, fruit):
    for name in ("10.png", "9.png", "inner/1.png", "._9.png"):
        path = fruit / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (80, 210, 70)).save(path)
    found = chainrule("predict", trained, "fruit/new", "fruit/test/tomato", "--json")
    assert found.code == 0, found.error
    names = [one["image"] for one in found.json["predictions"]]
    tomatoes = [f"fruit/test/tomato/tomato{k}.png" for k in range(3)]
    assert names == ["fruit/new/9.png", "fruit/new/10.png", "fruit/new/inner/1.png", *tomatoes]
    assert [one["class"] for one in found.json["predictions"]] == ["lime"] * 3 + ["tomato"] * 3
    assert found.json["notes"] == ["fruit/new: left out what systems hide: ._* (1)"]
    assert chainrule("predict", trained, "fruit/new").out.count("lime") == 3


def test_predict_reads_in_blocks(chainrule, trained, fruit, monkeypatch):
    monkeypatch.setattr("chainrule.jobs.answering.BLOCK", 4)
    whole = chainrule("predict", trained, fruit / "test", "--json").json["predictions"]
    one_by_one = [
        chainrule("predict", trained, one["image"], "--json").json["predictions"][0]
        for one in whole
    ]
    assert [one["class"] for one in whole] == [one["class"] for one in one_by_one]
    assert len(whole) == 6


def test_many_files_that_cannot_be_read_are_counted(chainrule, trained, tmp_path):
    (tmp_path / "many").mkdir()
    for k in range(30):
        (tmp_path / f"many/{k}.csv").write_text("a,b")
    said = chainrule("predict", trained, "many")
    assert said.code == 2
    assert said.error == (
        "chainrule: many/0.csv, many/1.csv, many/2.csv, and 27 more: "
        "no picture format that Pillow knows (.csv).\n"
    )
    (tmp_path / "none").mkdir()
    said = chainrule("predict", trained, "none")
    assert (said.code, said.error) == (2, "chainrule: none: a folder without files.\n")


def test_of_an_animation_the_first_picture_is_answered_and_that_is_said(chainrule, trained):
    pages = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    pages[0].save("pages.gif", save_all=True, append_images=pages[1:])
    found = chainrule("predict", trained, "pages.gif", "--json").json
    assert found["notes"] == ["1 file of several pictures: the first of each is taken"]


def test_a_model_reads_16_bit_files_as_its_training_set_was_read(chainrule, tmp_path):
    rng = np.random.default_rng(0)
    for name, low in (("cold", 100), ("hot", 2000)):
        for k in range(6):
            path = tmp_path / f"data/{name}/{k}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            gray = rng.integers(low, low + 2000, (8, 8), dtype=np.uint16)
            Image.fromarray(gray).save(path)
    settings = ("--size", 4, "--layers", "none", "--learning-rate", 0.1, "--iterations", 200)
    said = chainrule("train", "data", *settings, "--out", "run")
    assert "12 pictures of more than 8 bits: the upper 8 are kept of 12; the largest" in said.out
    assert cr.load("run").bits == 12
    path = "data/hot/0.png"
    found = chainrule("predict", "run", path, "--json").json
    data = cr.open_data("data", size=4).train
    assert data.names[6] == "hot/0.png"
    p = cr.load("run").predict_proba(data.raw[:, [6]])[1, 0]
    assert found["predictions"][0]["probability"] == pytest.approx(p, abs=1e-12)
    assert "the upper 8 are kept of 12" in found["notes"][0]
    assert chainrule("evaluate", "run", "data", "--json").json["accuracy"] == 1
    Image.new("I;16", (8, 8), 5000).save(tmp_path / "data/hot/0.png")
    said = chainrule("evaluate", "run", "data")
    assert "what is beyond 4,095 is white, as in training" in said.out


def test_sizes_that_do_not_fit_the_model(chainrule, trained):
    said = chainrule("evaluate", trained, "fashion")
    assert said.code == 2
    assert "expected the features of the model: pictures (8, 8, 3)" in said.error


def test_classes_that_the_model_does_not_know(chainrule, trained, fruit):
    (fruit / "test" / "lime").rename(fruit / "test" / "pear")
    (fruit / "train" / "lime").rename(fruit / "train" / "pear")
    said = chainrule("evaluate", trained, fruit)
    assert said.code == 2
    assert "lime, tomato" in said.error


def test_a_model_of_numbers_takes_no_pictures(chainrule):
    chainrule("train", "planar", "--iterations", 2, "--out", "run")
    said = chainrule("predict", "run", "x.png")
    assert said.code == 2
    assert "a model of pictures" in said.error


def test_a_file_that_is_no_model(chainrule, tmp_path):
    (tmp_path / "model").write_text("hello")
    said = chainrule("evaluate", "model", "planar")
    assert said.code == 2
    assert "expected a model file written by chainrule" in said.error


def test_a_model_of_a_table_finds_its_columns_by_name(chainrule, tmp_path):
    rng = np.random.default_rng(0)
    rows = [(x, y, "up" if y > 0 else "down") for x, y in rng.normal(size=(60, 2))]
    table = "\n".join(f"{x},{y},{c}" for x, y, c in rows)
    (tmp_path / "train.csv").write_text(f"x,y,class\n{table}\n")
    turned = "\n".join(f"{c},{y},{x}" for x, y, c in rows)
    (tmp_path / "turned.csv").write_text(f"class,y,x\n{turned}\n")
    chainrule("train", "train.csv", "--layers", "none", "--learning-rate", 0.5, "--out", "run")
    first = chainrule("evaluate", "run", "train.csv", "--json").json
    second = chainrule("evaluate", "run", "turned.csv", "--json").json
    assert first["accuracy"] > 0.95
    assert second["cost"] == pytest.approx(first["cost"], rel=1e-12)
    assert cr.load("run").feature_names == ("x", "y")


def test_a_gray_model_reads_pictures_in_gray(chainrule, fruit):
    chainrule("train", "fashion", "--layers", "none", "--iterations", 5, "--out", "run")
    (fruit / "test" / "lime").rename(fruit / "test" / "Bag")
    (fruit / "test" / "tomato").rename(fruit / "test" / "Dress")
    found = chainrule("evaluate", "run", fruit / "test", "--json")
    assert found.code == 0, found.error
    assert found.json["examples"] == 6


def test_a_terminal_shows_the_interval_on_a_line(chainrule, trained, fruit, monkeypatch):
    arguments = ("evaluate", trained, fruit)
    assert "●" not in chainrule(*arguments).out
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a terminal
    out = chainrule(*arguments).out
    (line,) = [one for one in out.splitlines() if "●" in one]
    assert line.startswith("         0 % ")
    assert "┼ commonest class 50.0 %" in line
    assert len(line) <= 100
    assert "●" not in chainrule(*arguments, "--json").out
