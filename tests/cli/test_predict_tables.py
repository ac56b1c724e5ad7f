"""Tables in, predictions out, on the command line; and tables of which nothing can be made."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SETTINGS = ("--layers", "none", "--learning-rate", 0.1, "--iterations", 50)
GENES = ["g1", "g2", "g3"]


@pytest.fixture
def genes(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(12, 3)).round(3), columns=GENES)
    frame.index = [f"s{i}" for i in range(12)]
    frame["kind"] = ["oak", "elm"] * 6
    frame.to_csv("genes.csv")
    return frame


@pytest.fixture
def run(chainrule, genes):
    """A run folder of a model of the genes."""
    assert chainrule("train", "genes.csv", *SETTINGS, "--out", "run").code == 0
    return "run"


def test_a_table_without_labels_from_any_format_to_a_file(chainrule, run, genes):
    expected = chainrule("predict", run, "genes.csv", "--json").json["predictions"]
    assert [one["name"] for one in expected] == list(genes.index)
    bare = genes[GENES[::-1]].assign(age=3)
    bare.to_parquet("new.parquet")
    bare.T.to_csv("turned.csv.gz")
    bare.to_csv("new.tsv", sep="\t")
    for name in ("new.parquet", "turned.csv.gz", "new.tsv"):
        said = chainrule("predict", run, name, "--out", f"{name}-answers.csv")
        assert said.code == 0, said.error
        assert "left out 'age'" in said.out
        assert "Wrote" in said.out
        found = pd.read_csv(f"{name}-answers.csv")
        assert found["class"].tolist() == [one["class"] for one in expected]
        assert found["probability of oak"].tolist() == pytest.approx(
            [one["probabilities"]["oak"] for one in expected]
        )
    assert chainrule("predict", run, "genes.csv", "--out", "a.json").code == 0
    assert len(json.loads(Path("a.json").read_text())) == 12
    again = chainrule("predict", run, "genes.csv", "--out", "a.json")
    assert again.code == 2
    assert "a file that does not exist yet" in again.error


def test_one_row_is_one_example(chainrule, run, genes):
    genes.iloc[:1].to_csv("one.csv")
    assert chainrule("predict", run, "one.csv").out.startswith("1 example from one.csv\n")


def test_the_same_table_with_decimal_commas_is_the_same(chainrule, run, genes):
    genes.to_csv("comma.csv", sep=";", decimal=",")
    comma, point = (
        chainrule("evaluate", run, name, "--json").json for name in ("comma.csv", "genes.csv")
    )
    assert "decimal sign ','" in comma["notes"]
    assert comma["cost"] == point["cost"]


def test_what_is_unlike_the_training_data_is_said_if_these_are_at_hand(chainrule, run, genes):
    genes.iloc[0, 0] = 900.0
    genes.to_csv("far.csv")
    said = chainrule("predict", run, "far.csv")
    assert "s0 is unlike the training data: farther" in " ".join(said.out.split())
    assert chainrule("predict", run, "far.csv", "--json").json["predictions"][0]["unlike"]
    Path("genes.csv").rename("elsewhere.csv")
    without = chainrule("predict", run, "far.csv")
    assert without.code == 0
    assert "Not compared with the training data: " in " ".join(without.out.split())
    assert "unlike" in chainrule("predict", run, "far.csv", "--data", "elsewhere.csv").out
    other = chainrule("predict", run, "far.csv", "--data", "far.csv")
    assert other.code == 2
    assert "digest" in other.error


def test_evaluate_takes_no_feature_for_a_label(chainrule, run, genes):
    genes[GENES].to_csv("bare.csv")
    said = chainrule("evaluate", run, "bare.csv")
    assert said.code == 2
    assert "a label column 'kind'; got none" in said.error
    assert "chainrule predict" in said.error
    assert "which is a feature" in chainrule("evaluate", run, "genes.csv", "--label", "g1").error


def test_labels_and_batches_from_a_table_of_samples(chainrule, genes):
    genes[GENES].T.to_csv("turned.csv")
    facts = pd.DataFrame(
        {"name": genes.index[::-1], "state": list("ab") * 6, "run": list("xy") * 6}
    )
    facts.to_csv("samples.tsv", sep="\t", index=False)
    options = ("--transpose", "--samples", "samples.tsv", "--label", "state")
    said = chainrule("train", "turned.csv", *options, *SETTINGS, "--out", "run")
    assert said.code == 0, said.error
    assert "facts of 12 examples from" in said.out
    assert "samples.tsv" in said.out
    assert chainrule("predict", "run", "turned.csv").code == 0
    assert chainrule("evaluate", "run", "turned.csv").code == 2
    assert chainrule("evaluate", "run", "turned.csv", "--samples", "samples.tsv").code == 0


HEAD = ",g1,g2,g3,kind\n"
ROWS = "".join(f"s{i},{i % 3}.5,{i % 4},{i % 5},{'ab'[i % 2]}\n" for i in range(8))
BAD = {
    "nothing.csv": "",
    "header.csv": HEAD,
    "short_row.csv": HEAD + ROWS + "s9,1,2\n",
    "long_row.csv": HEAD + ROWS + "s9,1,2,3,a,b\n",
    "quote.csv": HEAD + ROWS + 's9,"1,2,3,a\n',
    "words.csv": HEAD + ROWS.replace("0.5", "tall"),
    "missing.csv": HEAD + ROWS.replace("0.5", "NA"),
    "infinite.csv": HEAD + ROWS.replace("0.5", "inf"),
    "twice.csv": HEAD.replace("g2", "g1") + ROWS,
    "turned.csv": "gene,s1,s2\ng1,1,2\ng2,3,4\n",
    "zero.csv": b"\x00\x01\x02" * 9,
    "latin.csv": HEAD.encode() + b"s\x81,1,2,3,a\n",
    "cut.csv.gz": gzip.compress((HEAD + ROWS * 50).encode())[:-30],
    "false.csv.gz": b"\x1f\x8b" + b"x" * 40,
    "false.parquet": "PAR1",
    "false.feather": "",
    "false.xlsx": "PK",
    "old.xls": "anything",
    "cut.gct": "#1.2\n3\t2\nName\tDescription\ts1\ts2\ng1\tna\t1\t2\n",
    "uneven.gct": "#1.2\n1\t2\nName\tDescription\ts1\ts2\ng1\tna\t1\n",
    "empty_series.txt": '!Series_title\t"a"\n!Sample_geo_accession\t"G1"\t"G2"\n',
    "cut_series.txt": '!Sample_title\t"a"\t"b"\n!series_matrix_table_begin\n"ID_REF"\t"G1"\n',
    "mixed.csv": (HEAD + ROWS).replace(",", ";").replace(".5", ",5").replace("s1;", "s1;1.5;"),
    "pictures.csv": "\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
def test_a_bad_table_is_one_line_and_leaves_nothing(chainrule, tmp_path, request, command):
    model = ["run"] if command != "train" else []
    options = SETTINGS if command == "train" else ()
    if model:
        request.getfixturevalue("run")
    out = ("--out", "new.csv" if command == "predict" else "new") if command != "evaluate" else ()
    for name, content in BAD.items():
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        before = sorted(tmp_path.rglob("*"))
        said = chainrule(command, *model, name, *options, *out)
        assert said.code == 2, (name, said.out)
        assert said.out == "", name
        assert said.error.startswith("chainrule: "), (name, said.error)
        assert said.error.count("\n") == 1, (name, said.error)
        assert len(said.error) <= 301, name
        assert "expected" in said.error, (name, said.error)
        assert sorted(tmp_path.rglob("*")) == before, name
        path.unlink()


@pytest.mark.parametrize(
    "search", [("train", "--runs", 2), ("sweep", "--vary", "l2=0,0.1", "--folds", 2)]
)
def test_ensembles_and_what_searches_choose_know_their_training_data(chainrule, genes, search):
    command, *options = search
    assert chainrule(command, "genes.csv", *options, *SETTINGS, "--out", "run").code == 0
    found = chainrule("predict", "run", "genes.csv", "--json").json
    assert found["compared_with_training_data"]
    assert ("spread" in found["predictions"][0]) == (command == "train")
