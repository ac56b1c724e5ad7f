"""One table in every format: the same numbers, labels and names; and files that are damaged."""

import gzip
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.errors import DataError

NAMES, KINDS = [f"s{i}" for i in range(8)], ["ALL", "AML", "ALL", "ALL", "AML", "ALL", "AML", "AML"]
X = np.random.default_rng(1).normal(size=(8, 5)).round(3)
FRAME = pd.DataFrame(X, index=NAMES, columns=[f"g{k}" for k in range(5)])
LABELED = FRAME.assign(label=KINDS)


def opened(source, **options):
    return open_data(source, scale="none", **options).train


def gct(frame, columns="", rows=()):
    """A frame of samples as GCT 1.2; or 1.3 with facts of features and of samples."""
    m, n = frame.shape
    version = "#1.3" if columns else "#1.2"
    size = [n, m, 1, len(rows)] if columns else [n, m]
    head = [version, "\t".join(map(str, size)), "\t".join(["Name", "Description", *frame.index])]
    facts = ["\t".join([name, "na", *cells]) for name, cells in rows]
    values = frame.T.reset_index().values.tolist()
    body = ["\t".join(map(str, [name, "na", *cells])) for name, *cells in values]
    return "\n".join([*head, *facts, *body, ""])


def series(frame, *lines):
    """A frame of samples as a series matrix. lines : (name, cells)."""
    said = [("title", [f"patient {i}" for i in range(len(frame))]), *lines]
    head = ["\t".join([f"!Sample_{name}", *(f'"{cell}"' for cell in c)]) for name, c in said]
    table = frame.T.to_csv(sep="\t", index_label="ID_REF")
    parts = ['!Series_title\t"Leukemia"', "", *head, "!series_matrix_table_begin", table]
    return "\n".join([*parts, "!series_matrix_table_end", ""]).replace("\n\n!series", "\n!series")


STATES = ("characteristics_ch1", [f"disease state: {kind}" for kind in KINDS])


@pytest.fixture
def written(tmp_path):
    """Write the table in the format of this name."""

    def write(name):
        path = tmp_path / name
        if name.endswith(".gz"):
            text = (
                series(FRAME, STATES)
                if "series" in name
                else LABELED.to_csv(sep="\t" if ".tsv" in name else ",")
            )
            path.write_bytes(gzip.compress(text.encode()))
        elif name.endswith((".xlsx", ".xlsm")):
            LABELED.to_excel(path, engine="openpyxl")
        elif name.endswith(".gct"):
            path.write_text(gct(FRAME))
            path.with_suffix(".cls").write_text(f"8 2 1\n# ALL AML\n{' '.join(KINDS)}\n")
        elif name.endswith(".txt"):
            path.write_text(series(FRAME, STATES))
        else:
            getattr(LABELED, f"to_{name.rpartition('.')[2]}")(path)
        return path

    return write


@pytest.mark.parametrize(
    "name",
    [
        *("t.csv", "t.csv.gz", "t.tsv.gz", "t.txt.gz", "t.parquet", "t.feather", "t.xlsx"),
        *("t.gct", "GSE1_series_matrix.txt", "GSE1_series_matrix.txt.gz"),
    ],
)
def test_one_table_in_every_format(written, name):
    data = opened(written(name), label="disease state" if "series" in name else None)
    assert_array_equal(data.raw, X.T)
    assert data.names == tuple(NAMES)
    assert data.feature_names == tuple(FRAME.columns)
    assert [data.classes[k] for k in data.labels] == KINDS


@pytest.mark.parametrize(
    "frame",
    [
        LABELED,
        LABELED.reset_index(),
        pl.from_pandas(LABELED.reset_index()),
        LABELED.convert_dtypes(),
    ],
    ids=["index", "column", "polars", "nullable"],
)
def test_data_frames(frame):
    data = opened(frame)
    assert_array_equal(data.raw, X.T)
    assert data.names == tuple(NAMES)
    assert data.source.startswith("DataFrame (8 x ")
    again = open_data(frame, test=frame.tail(3), scale="none")
    assert_array_equal(again.test.raw, X.T[:, 5:])


def test_frames_of_other_types_and_many_rows(monkeypatch):
    monkeypatch.setattr("chainrule.data.readers.frames.CELLS", 12)
    frame = pd.DataFrame(
        {
            "flag": [True, False] * 6,
            "whole": np.arange(12, dtype=np.int8) % 5,
            "single": np.linspace(0, 1, 12, dtype=np.float32),
            "kind": pd.Categorical(["a", "b", "c"] * 4),
            "id": np.arange(12) * 7,
        }
    )
    data = opened(frame, label="kind", decimal=",")
    assert data.feature_names == ("flag", "whole", "single")
    assert_array_equal(data.raw, frame[["flag", "whole", "single"]].to_numpy(float).T)
    assert data.names == tuple(map(str, frame["id"]))
    assert opened(frame.assign(kind=[0.0, 1.0] * 6), label="kind").classes == ("0", "1")


def test_columns_that_are_numbers_are_known_by_their_value(tmp_path):
    spectra = FRAME.set_axis([1200.0, 1202.0, 1204.5, 1206.0, 1208.0], axis=1).assign(label=KINDS)
    path = tmp_path / "t.csv"
    spectra.to_csv(path)
    whole = spectra.rename(columns={1200.0: "1200", 1206.0: "1.206e3"}).iloc[:, ::-1]
    data = open_data(path, test=whole, scale="none")
    assert data.train.feature_names[0] == "1200.0"
    assert_array_equal(data.test.raw, data.train.raw)


def test_frames_of_samples_and_transposed_ones():
    facts = pd.DataFrame({"tissue": KINDS, "run": list("aabbaabb")}, index=NAMES)
    data = opened(FRAME.T, samples=facts, label="tissue", batch_column="run", transpose=True)
    assert_array_equal(data.raw, X.T)
    assert data.facts["run"].tolist() == facts["run"].tolist()


def test_facts_of_a_series_matrix(tmp_path):
    more = ("characteristics_ch1", ["age: 7", "Sex: f", "age: 9", *["age: 8"] * 5])
    same = ("organism_ch1", ["Homo sapiens"] * 8)
    path = tmp_path / "m.txt"
    path.write_text(series(FRAME, STATES, more, same))
    data = opened(path, label="disease state", group_column="title")
    assert data.facts["age"].tolist() == ["7", "", "9", *"88888"]
    assert data.facts["Sex"].tolist() == ["", "f", *[""] * 6]
    assert "organism_ch1" not in data.facts
    with pytest.raises(DataError, match=r"a label column; got .*disease state, age, Sex, title"):
        opened(path)


def test_a_series_matrix_as_people_write_it(tmp_path):
    """A quote left open, a field longer than Python's csv takes, and odd ends of lines."""
    path = tmp_path / "m.txt"
    said = ("description", ['5" probe', "b\x0c\x85", *"cdefgh"])
    text = f'!Series_sample_id\t"{"GSM1 " * 40_000}"\n' + series(FRAME, STATES, said)
    path.write_bytes(text.replace("\n", "\r\n").encode())
    data = opened(path, label="Disease State")
    assert_array_equal(data.raw, X.T)
    assert data.facts["description"][2] == "c"


def test_a_series_matrix_without_values_is_a_table_of_samples(tmp_path):
    path = tmp_path / "m.txt"
    path.write_text(series(FRAME.iloc[:, :0], STATES, ("geo_accession", NAMES)))
    data = opened(FRAME, samples=path, label="disease state")
    assert [data.classes[k] for k in data.labels] == KINDS
    with pytest.raises(DataError, match="columns of features"):
        opened(path, label="disease state")


def test_gct_1_3_keeps_facts_of_samples(tmp_path):
    path = tmp_path / "t.gct"
    path.write_text(gct(FRAME, "1.3", [("tissue", KINDS), ("batch", list("xyxyxyxy"))]))
    data = opened(path, label="tissue")
    assert_array_equal(data.raw, X.T)
    assert data.facts["batch"].tolist() == list("xyxyxyxy")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("8 2 1\n#yes no\n0 1 0 0 1 0 1 1\n", ["yes", "no", "yes", "yes", "no", "yes", "no", "no"]),
        ("8 2 1\n# a b\np q p p q p q q\n", ["a", "b", "a", "a", "b", "a", "b", "b"]),
    ],
)
def test_a_file_of_classes_named_by_the_label(tmp_path, text, kinds):
    (tmp_path / "t.gct").write_text(gct(FRAME))
    (tmp_path / "other.cls").write_text(text)
    data = opened(tmp_path / "t.gct", label=str(tmp_path / "other.cls"))
    assert f"classes from {tmp_path / 'other.cls'}" in data.notes
    assert [data.classes[k] for k in data.labels] == kinds


def test_numbers_in_a_file_of_classes_are_targets(tmp_path):
    (tmp_path / "t.gct").write_text(gct(FRAME))
    (tmp_path / "t.cls").write_text("#numeric\n#Age\n1.5 2 3 4 5 6 7 8.25\n")
    data = opened(tmp_path / "t.gct")
    assert data.task == "regression"
    assert data.labels.tolist() == [1.5, 2, 3, 4, 5, 6, 7, 8.25]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8 2 1\n# a b\n1 0 1 1 0 1 0 0\n", "in the order in which they come first"),
        ("8 2 1\n# AML ALL\n" + " ".join(KINDS), "in the order in which they come first"),
        ("8 3 1\n# a b c\n0 1 0 0 1 0 1 1\n", "a b c for 0 1"),
        ("7 2 1\n# a b\n0 1 0 0 1 0 1\n", "8 labels, one for each sample; got 7"),
        ("", "a class name for each label|8 labels"),
    ],
)
def test_a_file_of_classes_that_does_not_fit(tmp_path, text, message):
    (tmp_path / "t.gct").write_text(gct(FRAME))
    (tmp_path / "t.cls").write_text(text)
    with pytest.raises(DataError, match=message):
        opened(tmp_path / "t.gct")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.csv.gz",
            gzip.compress(LABELED.to_csv().encode(), mtime=0)[:-20],
            "a whole gzipped file",
        ),
        ("t.csv.gz", b"\x1f\x8bnothing", "a whole gzipped file; got a damaged one"),
        ("t.parquet", b"PAR1 or not", "a .parquet file; got a damaged or another file"),
        ("t.feather", b"", "a .feather file; got"),
        ("t.xlsx", b"PK nothing", "a .xlsx file; got"),
        ("t.xls", b"anything", "a file ending in .xls.*Save it as .xlsx"),
        ("t.gct", b"#1.2\n", "the size, as its second line says"),
        ("t.gct", gct(FRAME).replace("\ng3", "\tg3").encode(), "5 features of 8 samples"),
        ("t.gct", gct(FRAME).replace("s7", "s7\ts8").encode(), "8 samples, as its.*9 names"),
        ("m.txt", series(FRAME, ("source", ["a", "b"])).encode(), "8 cells in !Sample_source"),
        (
            "m.txt",
            series(FRAME).replace("\ts7", "").encode(),
            "8 in the row of 'g0'|another number",
        ),
        ("m.txt", b'!Series_title\t"a"\n', "a header only"),
    ],
)
def test_files_that_are_damaged(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        opened(tmp_path / name, label="label" if name == "m.txt" else None)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.concat([LABELED, LABELED["g0"]], axis=1), "'g0' more than once"),
        (LABELED.head(0), "a header only"),
        (LABELED.rename(columns={"g0": "g1"}), "'g1' more than once"),
        (pd.DataFrame({("a", "b"): [1, 2], ("c", "d"): [1, 2]}), "a name for each column"),
        (LABELED.assign(g0="red"), "cells without a finite number"),
        (LABELED.assign(g0=np.inf), "cells without a finite number"),
        (LABELED.assign(label=[None] * 8), "a label in every row"),
        (pd.DataFrame(), "no columns"),
    ],
)
def test_frames_that_cannot_be_used(frame, message):
    with pytest.raises(DataError, match=message):
        opened(frame)


def test_a_missing_value_of_expression_data_is_named_by_its_sample(tmp_path):
    path = tmp_path / "GSE1_series_matrix.txt"
    text = series(FRAME, STATES)
    row = next(line for line in text.splitlines() if line.startswith(("g2", '"g2')))
    cells = row.split("\t")
    cells[3] = "null"
    path.write_text(text.replace(row, "\t".join(cells)))
    with pytest.raises(
        DataError, match=rf"got 1 missing value: missing in sample {NAMES[2]}, 'g2'"
    ):
        opened(path, label="disease state")


def test_a_sheet_is_chosen_by_name_or_number(tmp_path):
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame({"note": ["see the next sheet"]}).to_excel(
            book, sheet_name="README", index=False
        )
        pd.DataFrame().to_excel(book, sheet_name="nothing")
        LABELED.to_excel(book, sheet_name="values")
    with pytest.raises(
        DataError, match=r"This is sheet 'README' of 2: .* --sheet, such as 'values'"
    ):
        opened(path)
    for sheet in ("values", "3"):
        data = opened(path, sheet=sheet)
        assert_array_equal(data.raw, X.T)
        assert "sheet 'values'; left out others: 'README' (--sheet)" in data.notes
    with pytest.raises(DataError, match="a sheet 'valeus'; got README, values"):
        opened(path, sheet="valeus")


@pytest.mark.parametrize(("name", "needed"), [("t.parquet", "pyarrow"), ("t.xlsx", "openpyxl")])
def test_what_is_not_installed_is_named(written, monkeypatch, name, needed):
    path = written(name)
    monkeypatch.setitem(sys.modules, needed, None)
    with pytest.raises(DataError, match=r"that reads \.\w+ files; got none.*chainrule\[tables\]"):
        opened(path)


def test_an_index_of_numbers_names_the_examples_whatever_it_is_called():
    patients = pd.Index([3, 3, 4, 4, 7, 7, 9, 9], name="patient")
    data = opened(LABELED.set_index(patients))
    assert data.feature_names == tuple(FRAME.columns)
    assert data.names == tuple(map(str, patients))
    assert opened(LABELED.set_index(patients), group_column="patient").facts["patient"][2] == "4"
    visits = pd.MultiIndex.from_arrays([patients, [1, 2] * 4], names=["patient", "visit"])
    with pytest.raises(DataError, match=r"got 2 levels.*reset_index"):
        opened(LABELED.set_index(visits))
