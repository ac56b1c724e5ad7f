"""That no command says more of accuracy than is known."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

PLAIN = ("--layers", "none", "--learning-rate", "0.1", "--iterations", "30")


@pytest.fixture
def replicates(tmp_path):
    """Twelve patients, each three times and nearly the same; their labels mean nothing."""
    rng = np.random.default_rng(0)
    lines = []
    for k, of_patient in enumerate(rng.normal(size=(12, 40))):
        for r in range(3):
            x = of_patient + 0.05 * rng.normal(size=40)
            lines.append(f"P{k:02}_rep{r}," + ",".join(f"{v:.3f}" for v in x) + f",{'ab'[k % 2]}")
    path = tmp_path / "rep.csv"
    header = ",".join(["sample", *(f"g{i}" for i in range(40)), "label"])
    path.write_text("\n".join([header, *lines]))
    return path


def words(text):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def report(folder):
    return words(Path(folder, "report.html").read_text("utf-8"))


def test_replicates_are_held_out_together_by_the_way_and_named_wherever_they_are_torn(
    chainrule, replicates
):
    said = chainrule("train", replicates, *PLAIN, "--out", "run")
    groups = "ames such as P00_rep0 and P00_rep1 look like 12 groups"
    assert f"N{groups}: each was held out whole." in words(said.out)
    assert "Better than guessing" not in said.out
    chainrule("report", "run")
    assert f"N{groups}: each was held out whole." in report("run")
    torn = chainrule("crossval", replicates, *PLAIN, "--folds", 3, "--out", "folds")
    assert f"{groups}, which what is held out tears apart" in words(torn.out + torn.error)
    assert f"{groups}, which what is held out tears apart" in report("folds")
    kept = ("--group-by", "(.*)_", "--folds", 3)
    assert "look like" not in words(chainrule("crossval", replicates, *PLAIN, *kept).out)
    held = chainrule("train", replicates, *PLAIN, "--hold-out", 0.3, "--out", "held")
    assert "tears apart" in words(held.out + held.error)
    chainrule("report", "held")
    assert "tears apart" in report("held")


def test_importance_holds_groups_that_names_show_out_whole_where_it_can(chainrule, replicates):
    halves = words(
        chainrule("importance", replicates, *PLAIN, "--repeats", 1, "--out", "halves").out
    )
    assert "look like 12 groups: each was held out whole." in halves
    assert ", of 12 groups)" in halves
    assert "tears apart" not in halves
    assert "--group-by '(.*)_'" in report("halves")
    often = ("--folds", 13, "--repeats", 1)  # of 12 groups
    torn = words(chainrule("importance", replicates, *PLAIN, *often, "--out", "torn").out)
    assert "held out whole" not in torn
    assert "look like 12 groups, which what is held out tears apart" in torn


def test_a_choice_holds_groups_that_names_show_out_whole(chainrule, replicates):
    said = chainrule("train", replicates, "--out", "run")
    assert "on 5 folds of whole groups" in words(said.out)
    assert "100.0 %" not in words(said.out).partition("Chosen")[2].partition("Form")[0]


def test_a_test_set_of_other_groups_tears_none_apart(chainrule, replicates):
    head, *rows = replicates.read_text().splitlines()
    own, other = replicates.with_name("own.csv"), replicates.with_name("other.csv")
    own.write_text("\n".join([head, *rows[:18]]))
    other.write_text("\n".join([head, *rows[18:]]))
    said = chainrule("train", own, *PLAIN, "--test", other, "--out", "run")
    assert "tears apart" not in words(said.out + said.error)


def test_what_a_choice_means_for_p_is_said_beside_it(chainrule, replicates):
    vary = ("--nested", "--vary", "l2=0,1", "--inner-folds", 2, "--group-by", "(.*)_")
    how = (*PLAIN, *vary, "--folds", 3, "--permutations", 9)
    said = chainrule("crossval", replicates, *how, "--out", "folds")
    assert "so p may be too small" in words(said.out)
    assert "so p may be too small" in report("folds")
    facts = json.loads(Path("folds/settings.json").read_text())
    assert "p may be too small" in facts["permutation_test"]["caution"]


def test_labels_that_were_changed_by_doubt_measure_nothing(chainrule, replicates, tmp_path):
    decisions = tmp_path / "labels.csv"
    decisions.write_text("name,given,decision,relabel_as\nP00_rep0,a,relabel,b\n")
    for command in ("train", "crossval"):
        how = (*PLAIN, "--labels", decisions, "--out", command)
        said = chainrule(command, replicates, *how)
        assert said.code == 0, said.error
        assert "Verdict Not known yet." in words(said.out)
        assert "1 label changed, 0 examples left out, as networks doubted them" in words(said.out)
    assert "what is measured here agrees with networks already" in report("crossval")


def test_a_test_set_that_training_has_seen_tells_nothing(chainrule, tmp_path):
    rows = [f"{i % 5},{i * i % 7},{'ab'[i % 2]}" for i in range(40)]
    (tmp_path / "a.csv").write_text("\n".join(["x,y,label", *rows]))
    (tmp_path / "b.csv").write_text("\n".join(["x,y,label", *rows[:10], "9,9,a", "8,9,b"]))
    settings = ("--layers", "none", "--learning-rate", 0.1, "--iterations", 5, "--json")
    said = chainrule("train", "a.csv", "--test", "a.csv", *settings, "--out", "all")
    assert said.json["verdict"]["kind"] == "unknown"
    assert "Not counted: 40 examples of another set, too." in said.json["verdict"]["words"]
    said = chainrule("train", "a.csv", "--test", "b.csv", *settings, "--out", "some")
    assert "Not counted: 10 examples" in said.json["verdict"]["words"]
