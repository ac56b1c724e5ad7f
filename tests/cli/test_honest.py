"""Accuracy that can be published: nested folds, groups, intervals, chance, thresholds."""

import csv
import html
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr

QUICK = ("--iterations", 20, "--layers", 3, "--learning-rate", 0.1)


@pytest.fixture
def spectra(tmp_path):
    """36 spectra of 12 samples, three of each, in two classes that a line tells apart."""
    rng = np.random.default_rng(4)
    lines = ["name,site," + ",".join(map(str, range(400, 420))) + ",label"]
    for i in range(36):
        sample, kind = i // 3, "ab"[i // 3 % 3 == 0]
        x = rng.standard_normal(20) + 1.5 * (kind == "b")
        cells = ",".join(f"{v:.3f}" for v in x)
        lines.append(f"s{sample:02}_scan{i % 3},site{sample % 4},{cells},{kind}")
    path = tmp_path / "spectra.csv"
    path.write_text("\n".join(lines))
    return path


def folder(name):
    return Path("runs") / name


NAMED = ("--names", "name", "--group-by", "(.*)_", "--drop", "site")
NESTED = ("--nested", "--vary", "l2=0,1", "--folds", 3, "--inner-folds", 2)


def test_a_nested_choice_with_all_that_belongs_to_it(chainrule, spectra):
    said = chainrule("crossval", spectra, *NAMED, *NESTED, "--permutations", 9, *QUICK)
    assert said.code == 0
    for words in (
        "each of 3 folds; in each choose among 2 settings of l2; 9 permutations of the labels",
        "95 % intervals by the bootstrap of 12 groups",
        "balanced_accuracy",
        "by 9 permutations of the labels of whole groups",
        "On all examples the same choice among 2 settings gives: l2",
        "Next:   chainrule train",
    ):
        assert words in said.out
    assert "Groups ignored" not in said.out
    own = folder("spectra-crossval-1")
    facts = json.loads((own / "settings.json").read_text())
    assert facts["settings"] == 2
    assert facts["permutation_test"]["permutations"] == 9
    assert facts["intervals"]["resampled"] == "12 groups"
    report = (own / "report.html").read_text()
    for words in ("Phipson", "BCa", "In each fold one of 2 settings", "12 groups were drawn again"):
        assert words in report
    assert {"permutations.png", "learning-curves.png"} <= {one.name for one in own.iterdir()}
    # The command in the report does it again.
    command = next(line for line in report.splitlines() if "chainrule crossval" in line)
    typed = html.unescape(command[command.index("chainrule crossval") :].split("<")[0])
    again = chainrule(*shlex.split(typed)[1:])
    assert again.code == 0
    second = json.loads((folder("spectra-crossval-2") / "settings.json").read_text())
    assert second["folds"] == facts["folds"]
    assert second["permutation_test"] == facts["permutation_test"]


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("crossval", ("--folds", 3)),
        ("sweep", ("--vary", "l2=0,1", "--folds", 3)),
        ("train", ("--hold-out", 0.3)),
    ],
)
def test_groups_that_names_show_are_not_ignored_in_silence(chainrule, spectra, command, more):
    how = ("--names", "name", "--drop", "site", *more, *QUICK)
    said = chainrule(command, spectra, *how)
    assert "Groups ignored: names such as s00_scan0 and s00_scan1 look like 12" in " ".join(
        said.out.split()
    )
    assert "--group-by '(.*)_'" in " ".join(said.out.split())
    said = chainrule(command, spectra, *how, "--group-by", "(.*)_")
    assert said.code == 0
    assert "Groups ignored" not in said.out


def test_samples_that_come_again_are_said(chainrule, spectra):
    lines = spectra.read_text().splitlines()
    spectra.write_text(
        "\n".join(
            [*(line.replace("_scan", "scan") for line in lines), lines[1].replace("_scan", "scan")]
        )
    )
    said = chainrule("crossval", spectra, "--names", "name", "--drop", "site", *QUICK)
    assert "Groups ignored: 1 names come again, such as s00scan0" in " ".join(said.out.split())
    assert "--group-by '(.*)'" in " ".join(said.out.split())


def test_what_follows_a_sweep_measures_its_choice(chainrule, spectra):
    said = chainrule("sweep", spectra, *NAMED, "--vary", "l2=0,1", "--folds", 2, *QUICK)
    following = next(line for line in said.out.splitlines() if line.startswith("Next:"))
    assert "--nested" in following
    assert "--vary l2=0,1" in following
    words = shlex.split(following.removeprefix("Next:").split("#")[0])
    assert chainrule(*words[1:], "--inner-folds", 2, "--folds", 3).code == 0


def test_where_every_fold_diverges_that_is_said(chainrule, tmp_path):
    rng = np.random.default_rng(0)
    rows = [",".join(f"{v:.3f}" for v in rng.standard_normal(30)) for _ in range(20)]
    names = [f"x{i}" for i in range(29)]
    Path("numbers.csv").write_text("\n".join([",".join([*names, "target"]), *rows]))
    how = ("--task", "regression", "--layers", "none", "--iterations", 500, "--learning-rate", 100)
    said = chainrule("crossval", "numbers.csv", *how, "--folds", 3)
    assert said.code == 0
    assert "Every fold diverged: try lower learning rates" in said.out


def test_each_group_of_a_column_by_itself(chainrule, spectra):
    said = chainrule(
        "crossval",
        spectra,
        "--names",
        "name",
        "--group-column",
        "site",
        "--leave-group-out",
        *QUICK,
    )
    assert said.code == 0
    assert "hold out each group" in said.out
    assert "bootstrap of 4 groups" in said.out
    own = folder("spectra-crossval-1")
    with (own / "results.csv").open() as file:
        assert [row["group"] for row in csv.DictReader(file)] == [
            "site0",
            "site1",
            "site2",
            "site3",
        ]
    with (own / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert row["group"] == f"site{int(row['fold']) - 1}"
        assert row["predicted"] == ("b" if float(row["probability of b"]) > 0.5 else "a")


def test_what_is_held_out_is_measured_and_reported(chainrule, spectra):
    said = chainrule("train", spectra, *NAMED, "--hold-out", 0.25, *QUICK)
    assert "9 of 36 examples were drawn to test on, 3 whole groups (25 %, seed 0)" in said.out
    assert "test" in json.loads((folder("spectra-1") / "settings.json").read_text())["results"]
    assert "what was held out is one draw of many" in said.out
    assert chainrule("report", folder("spectra-1")).code == 0
    assert "test" in (folder("spectra-1") / "report.html").read_text()


def test_a_threshold_is_saved_with_the_model_and_used(chainrule, spectra):
    how = ("--threshold", "cost", "--cost-ratio", 20)
    said = chainrule("train", spectra, *NAMED, *how, *QUICK)
    model = cr.load(folder("spectra-1"))
    assert model.threshold != 0.5
    assert f"Answers b where its probability is above {model.threshold:.4g}." in said.out
    looked_for = "a threshold of 'b' by cost, 20 times as bad to miss (else --positive a)"
    assert looked_for in said.out
    said = chainrule("evaluate", folder("spectra-1"), spectra, *NAMED[:2])
    above = f"b where its probability is above {model.threshold:.4g}"
    assert f"Threshold {above}" in said.out
    assert f"Threshold {above}" in chainrule("predict", folder("spectra-1"), spectra).out
    assert chainrule("report", folder("spectra-1")).code == 0
    page = (folder("spectra-1") / "report.html").read_text()
    assert f"answered where its probability is above {model.threshold:.4g}" in page
    said = chainrule("crossval", spectra, *NAMED, *how, "--folds", 3, *QUICK)
    assert said.code == 0
    assert looked_for in said.out
    assert "above a threshold that was chosen in its inner folds" in " ".join(
        (folder("spectra-crossval-1") / "report.html").read_text().split()
    )


def test_groups_that_are_classes_are_refused_or_said(chainrule, spectra):
    lines = spectra.read_text().splitlines()
    rows = [line.rsplit(",", 1) for line in lines[1:]]
    for n, code in ((2, 2), (3, 0)):
        kinds = [f"kind{i % n}" for i in range(len(rows))]
        cells = (f"{row[0]},{k},{k}" for row, k in zip(rows, kinds, strict=True))
        spectra.write_text("\n".join([lines[0].replace("label", "plate,label"), *cells]))
        how = ("--group-column", "plate", "--leave-group-out", "--names", "name", "--drop", "site")
        for command in ("crossval", "review-labels", "importance"):
            said = chainrule(command, spectra, *how, *QUICK, "--out", f"{command}{n}")
            assert said.code == code, said.error
            words = " ".join(said.out.split())
            if code:
                assert "two classes or more to train on in every fold; got one" in said.error
                assert not Path(f"{command}{n}").exists()
            else:
                assert "In 3 folds a class is held out whole, such as kind0 in fold 1" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("crossval", "planar", "--vary", "l2=0,1"), "--vary: expected --nested beside it"),
        (("crossval", "planar", "--nested"), "--vary NAME=VALUES at least once"),
        (("crossval", "planar", "--nested", "--vary", "l2=0..1"), "a list for l2 in a grid"),
        (("crossval", "planar", "--leave-group-out"), "groups, to leave each of them out"),
        (("crossval", "planar", "--permutations", "-1"), "permutations"),
        (("sweep", "planar", "--vary", "l2=0", "--threshold", "cost"), "0.5 in sweep"),
        (("crossval", "planar", "--threshold", "cost", "--cost-ratio", 0), "cost_ratio"),
        (("train", "planar", "--hold-out", 0.9), "--hold-out"),
        (("train", "fashion", "--hold-out", 0.2), "data without a test set"),
        (("train", "fashion", "--threshold", "youden"), "two classes"),
    ],
)
def test_bad_input_is_one_line(chainrule, arguments, message):
    said = chainrule(*arguments)
    assert said.code == 2
    assert message in said.error
    assert len(said.error.splitlines()) == 1
    assert not Path("runs").exists()
