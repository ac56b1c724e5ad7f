"""Tables on the command line: options, what is said, and what a user types next."""

import json
import shlex
from pathlib import Path

import pytest

SETTINGS = ("--layers", "none", "--learning-rate", 0.1, "--iterations", 50)


@pytest.fixture
def table(tmp_path):
    """Write a table of a text for each example."""

    def write(name, header, row, m=12):
        lines = [header] * (header is not None) + [row(i) for i in range(m)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return name

    return write


@pytest.fixture
def flowers(table):
    def row(i):
        return f"{i + 1};{i * i},5;{'mf'[i % 3 == 0]};{'pq'[i % 2]}"

    return table("flowers.csv", "Id;w;sex;kind", row)


def test_what_was_understood_is_said_and_the_options_travel(chainrule, flowers, table):
    options = ("--drop", "sex", "--label", "kind")
    said = chainrule("train", flowers, *options, *SETTINGS, "--out", "run")
    assert said.code == 0, said.error
    for note in ("label column 'kind'", "'Id', a running number (--keep Id)", "decimal sign ','"):
        assert note in said.out
    given = json.loads(Path("run/settings.json").read_text())["options"]
    assert (given["label"], given["drop"]) == ("kind", "sex")
    new = table("new.csv", "sex;kind;w;Id", lambda i: f"m;{'pq'[i % 2]};{i},25;{i * 3}")
    found = chainrule("evaluate", "run", new, "--json").json
    assert found["examples"] == 12
    assert "label column 'kind'" in found["notes"]
    assert "decimal sign ','" in found["notes"]
    asked = chainrule("train", flowers, *SETTINGS, "--out", "other")
    assert asked.code == 2
    assert "--drop COLUMN" in asked.error
    assert chainrule("train", "--resume", "run", "--iterations", 60).code == 0


def test_a_table_without_header_from_training_to_evaluation(chainrule, table):
    data = table("bare.csv", None, lambda i: f"{i * i}.5,{3 - i % 4},{'pq'[i % 2]}")
    asked = chainrule("train", data, *SETTINGS)
    assert asked.code == 2
    assert "--no-header" in asked.error
    said = chainrule("train", data, "--no-header", *SETTINGS, "--out", "run")
    assert said.code == 0, said.error
    assert "label column 'column 3'" in said.out
    assert "bare.csv" in said.out
    assert "--no-header" in said.out
    found = chainrule("evaluate", "run", data, "--json").json
    assert found["examples"] == 12


def test_a_swept_model_reads_tables_as_its_search_did(chainrule, flowers):
    options = ("--drop", "sex", "--label", "kind", *SETTINGS)
    said = chainrule("sweep", flowers, "--vary", "l2=0,0.1", "--folds", 2, *options, "--out", "s")
    assert said.code == 0, said.error
    assert chainrule("evaluate", "s", flowers, "--json").json["examples"] == 12


@pytest.fixture
def rare(table):
    def row(i):
        return f"{i * i},{i % 3},{'pq'[i % 2] if i else 'rare'}"

    return table("rare.csv", "w,h,label", row, 21)


@pytest.mark.parametrize("command", ["crossval", "review-labels", "sweep"])
def test_a_class_of_one_example(chainrule, rare, command):
    vary = ("--vary", "l2=0,0.1") if command == "sweep" else ()
    asked = chainrule(command, rare, *vary, *SETTINGS, "--out", "a")
    assert asked.code == 2
    assert "--no-stratified" in asked.error
    assert "--drop-class NAME" in asked.error
    for way in (("--no-stratified",), ("--drop-class", "rare")):
        said = chainrule(command, rare, *vary, *SETTINGS, "--folds", 3, *way, "--out", way[0][2:])
        assert said.code == 0, said.error


def test_a_class_left_out_is_left_out_of_what_is_evaluated(chainrule, rare):
    said = chainrule("train", rare, "--drop-class", "rare", *SETTINGS, "--out", "run")
    assert "left out 1 examples of rare" in said.out
    assert chainrule("evaluate", "run", rare).code == 2
    found = chainrule("evaluate", "run", rare, "--drop-class", "rare", "--json").json
    assert found["examples"] == 20


def test_the_label_of_the_training_is_known_to_evaluate(chainrule, table):
    first = table("first.csv", "w,h,Species", lambda i: f"{i % 3},{i % 4},{'pq'[i % 2]}")
    second = table("second.csv", "Species,h,w,note", lambda i: f"{'pq'[i % 2]},{i % 4},{i % 3},x")
    assert chainrule("train", first, *SETTINGS, "--out", "run").code == 0
    assert chainrule("evaluate", "run", second).code == 0


def test_what_follows_a_training_looks_at_the_test_set(chainrule, table):
    first = table("first.csv", "w,h,kind", lambda i: f"{i % 3},{i % 4},{'pqr'[i % 3]}")
    second = table("second.csv", "w,h,kind", lambda i: f"{i % 3},{i % 4},{'pqr'[i % 3]}")
    options = ("--test", second, "--drop-class", "r")
    said = chainrule("train", first, *options, *SETTINGS, "--out", "run")
    (following,) = (line for line in said.out.splitlines() if line.startswith("Next:"))
    words = shlex.split(following)[1:]
    assert [words[k] for k in (1, 2, 4, 5)] == ["evaluate", "run", "--drop-class", "r"]
    assert words[3].endswith(second)
    assert chainrule(*words[1:]).code == 0
    alone = chainrule("train", first, *SETTINGS, "--out", "alone")
    (following,) = (line for line in alone.out.splitlines() if line.startswith("Next:"))
    assert following.split()[1:] == ["chainrule", "report", "alone"]  # it was cross-validated
    assert chainrule(*alone.out.splitlines()[-1].split()[1:], "--repeats", 1).code == 0


def test_of_a_long_error_the_way_out_is_kept(chainrule, table):
    names = ",".join(f"a_rather_long_name_of_a_column_{k}" for k in range(30))
    path = table("t.csv", f"{names},label", lambda i: ",".join(["?"] * 30) + f",{'pq'[i % 2]}")
    said = chainrule("train", path, *SETTINGS)
    assert said.code == 2
    assert len(said.error) <= 301
    assert said.error.endswith("--missing mean, median or zero fills what is missing.\n")
