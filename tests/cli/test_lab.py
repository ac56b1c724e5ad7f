"""`chainrule lab`."""

import csv

import pytest

from chainrule import lab
from chainrule.lab import LOOPS, Task

QUICK = ("lab", "--quick")


def test_both_parts(chainrule, tmp_path):
    said = chainrule(*QUICK)
    assert said.code == 0, said.out
    assert "dot product, of 10,000 numbers" in said.out
    assert "stacked, dual" in said.out
    assert "wide tree" in said.out
    assert "All results agree to 1e-10" in said.out
    assert "timing one training" in said.error
    assert not list(tmp_path.iterdir())


def test_json(chainrule):
    found = chainrule(*QUICK, "--json").json
    assert found["agree"] is True
    assert found["wrong"] == []
    assert {row["way"] for row in found["times"]} >= {LOOPS, "NumPy", "stacked", "dual"}
    assert all(row["difference"] <= found["tolerance"] for row in found["times"])
    assert {(row["n"], row["exact"]) for row in found["built"]} == {(n, True) for n in range(2, 7)}
    assert found["trained"][0]["layer_sizes"] == [2, 2, 1]
    assert found["out"] is None


@pytest.mark.parametrize(
    ("part", "left_out"), [("times", ("built", "trained")), ("depth", ("times",))]
)
def test_one_part_alone(chainrule, part, left_out):
    found = chainrule("lab", part, "--quick", "--json").json
    assert {name for name in ("times", "built", "trained") if not found[name]} == set(left_out)


@pytest.mark.usefixtures("drawn")
def test_the_folder(chainrule, tmp_path):
    said = chainrule(*QUICK, "--out", "my lab")
    assert said.code == 0, said.error
    assert "wrote 'my lab'" in said.out
    names = {path.name for path in (tmp_path / "my lab").iterdir()}
    tables = {"results.csv", "parity-built.csv", "parity-trained.csv"}
    assert names == tables | {"times.png", "parity.png"}
    with (tmp_path / "my lab" / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["task"], rows[0]["way"], rows[0]["times_as_fast"]) == (
        "dot product",
        LOOPS,
        "1.0",
    )
    again = chainrule(*QUICK, "--out", "my lab")
    assert again.code == 2
    assert "Nothing is overwritten" in again.error


def test_one_seed_gives_the_same_trainings(chainrule):
    first, same, other = (
        chainrule("lab", "depth", "--quick", "--json", "--seed", seed).json["trained"]
        for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other


def test_results_that_differ(chainrule, monkeypatch):
    wrong = Task("dot product", "of 2 numbers", {LOOPS: lambda: 1.0, "NumPy": lambda: float("nan")})
    monkeypatch.setattr(lab, "tasks", lambda **_: [wrong])
    said = chainrule("lab", "times", "--quick")
    assert said.code == 1
    assert "WRONG: dot product, NumPy." in said.out
    assert "agree" not in said.out
    found = chainrule("lab", "times", "--quick", "--json")
    assert found.code == 1
    assert found.json["wrong"] == ["dot product, NumPy"]
    assert found.json["times"][1]["difference"] is None


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_no_folder_is_left_of_a_lab_that_was_broken_off(chainrule, monkeypatch, tmp_path, error):
    def broken_off(*_):
        raise error

    monkeypatch.setattr(lab, "measure", broken_off)
    assert chainrule(*QUICK, "--out", "deep/lab").code == (1 if error is KeyboardInterrupt else 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("speed",), "times"),
        (("--seed", -1), "--seed"),
        (("--seed", "one"), "--seed"),
        (("--out", "file/lab"), "file/lab"),
        (("--fast",), "--fast"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(chainrule, tmp_path, arguments, part):
    (tmp_path / "file").touch()
    said = chainrule("lab", "--quick", *arguments)
    assert (said.code, said.out) == (2, "")
    assert part in said.error
    assert len(said.error.splitlines()) == 1
