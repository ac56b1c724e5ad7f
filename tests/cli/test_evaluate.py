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
    assert "50.00 % by always saying the commonest class" in said.out


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
    (tmp_path / name).write_bytes(content)
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    said = chainrule("predict", trained, "good.png", name)
    assert (said.code, said.out) == (2, "")
    assert name in said.error
    assert said.error.count("\n") == 1


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
