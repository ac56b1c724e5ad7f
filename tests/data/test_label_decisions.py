"""Decisions about labels: what a file of them says, and what becomes of a data set."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data import Dataset, apply_decisions, open_data, read_decisions
from chainrule.data.label_decisions import COLUMNS, write_decisions
from chainrule.errors import DataError

HEADER = "name,index,given,suggested,decision,relabel_as\n"
STRANGE = (
    *("a,b.png", 'the "cat".png', "two\nlines.png", "old\rmac.png", "dos\r\n.png", "été ☃.png"),
    *("=1+1.png", "+a.png", "-b.png", "@c.png", "\td.png", "'e.png", "'=f.png", "''g.png"),
    *(" spaces .png", ";.png", "-5", "'-5", "007"),
)


@pytest.fixture
def pets():
    """Five pets of three classes; two have one name."""
    raw = np.arange(10.0).reshape(2, 5)
    names = ("a.png", "b.png", "c.png", "same.png", "same.png")
    return Dataset(raw, np.array([0, 1, 2, 0, 1]), ("cat", "dog", "hen"), names, source="pets")


@pytest.fixture
def file(tmp_path):
    """Writes a file of decisions: the header and these lines."""

    def write(*lines, header=HEADER, encoding="utf-8"):
        path = tmp_path / "review.csv"
        path.write_bytes((header + "\n".join(lines)).encode(encoding))
        return path

    return write


def rows(names, classes=None, decision="keep"):
    """What a review writes of examples that have these names."""
    blank = dict.fromkeys(COLUMNS, "")
    return [
        blank | {"name": name, "index": i, "given": kind, "decision": decision}
        for i, (name, kind) in enumerate(zip(names, classes or names, strict=True))
    ]


def test_keep_relabel_and_drop(pets, file):
    path = file(
        "a.png,0,cat,dog,keep,",
        "b.png,1,dog,cat,relabel,",
        "c.png,2,hen,cat,relabel,dog",
        "same.png,4,dog,cat,drop,",
    )
    found = apply_decisions(pets, read_decisions(path))
    assert found.names == ("a.png", "b.png", "c.png", "same.png")
    assert_array_equal(found.labels, [0, 0, 1, 0])
    assert_array_equal(found.raw, pets.raw[:, :4])
    assert found.classes == pets.classes
    assert found.source == f"pets (2 relabeled, 1 dropped by {path})"
    assert_array_equal(pets.labels, [0, 1, 2, 0, 1])


def test_keeping_everything_changes_nothing(pets, file):
    path = file(
        *(f"{n},{i},{pets.classes[pets.labels[i]]},,keep," for i, n in enumerate(pets.names))
    )
    found = apply_decisions(pets, read_decisions(path))
    assert found.names == pets.names
    assert_array_equal(found.labels, pets.labels)
    assert "0 relabeled, 0 dropped" in found.source


def test_three_columns_are_enough_in_any_order_and_case(pets, file):
    path = file(" DROP ;b.png;dog", header="Decision; Name ;given\n")
    assert apply_decisions(pets, read_decisions(path)).names == ("a.png", "c.png", *pets.names[3:])


def test_data_without_names(file):
    data = Dataset(np.zeros((1, 3)), np.array([0, 1, 1]), ("no", "yes"))
    found = apply_decisions(data, read_decisions(file("example 1,,yes,,relabel,no")))
    assert_array_equal(found.labels, [0, 0, 1])


def test_a_name_wins_over_a_place_that_has_changed(pets, file):
    found = apply_decisions(pets, read_decisions(file("a.png,3,cat,,drop,")))
    assert "a.png" not in found.names


def test_strange_names_survive_the_file(tmp_path):
    path = tmp_path / "review.csv"
    write_decisions(rows(STRANGE), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    found = read_decisions(path).rows
    assert tuple(one.name for one in found) == STRANGE
    assert tuple(one.given for one in found) == STRANGE


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=4))
def test_any_name_survives_the_file(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("any") / "review.csv"
    write_decisions(rows(names), path)
    assert [one.name for one in read_decisions(path).rows] == names


def test_no_cell_is_a_formula(tmp_path):
    path = tmp_path / "review.csv"
    write_decisions(rows(STRANGE), path)
    with path.open(encoding="utf-8-sig", newline="") as table:
        cells = [cell for row in csv.reader(table) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == [
        "-5"
    ] * 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_what_spreadsheets_make_of_the_file(tmp_path, delimiter, mark, quoting):
    """Another separator, quotes everywhere or where needed, a mark or none, blank lines."""
    path = tmp_path / "review.csv"
    write_decisions(rows(STRANGE, decision="drop"), path)
    table = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    with path.open("w", encoding=mark, newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=quoting).writerows(
            [*table, [""] * len(COLUMNS)]
        )
    data = Dataset(np.zeros((1, len(STRANGE))), np.arange(len(STRANGE)), STRANGE, STRANGE)
    assert len(apply_decisions(data, read_decisions(path))) == 0


BAD = {
    "another class": ("a.png,0,dog,,keep,", "'a.png' to be of the class 'dog'; got 'cat'"),
    "no such example": ("d.png,0,cat,,keep,", "an example of the training set; got 'd.png'"),
    "a near name": ("a.pgn,0,cat,,keep,", r"Did you mean 'a\.png'\?"),
    "unknown decision": (
        "a.png,0,cat,,relable,dog",
        r"keep, relabel, drop.*Did you mean relabel\?",
    ),
    "no decision": ("a.png,0,cat,,,", "keep, relabel, drop; got ''"),
    "unknown class": ("a.png,0,cat,,relabel,dgo", r"cat, dog, hen; got 'dgo'\. Did you mean dog\?"),
    "no class": ("a.png,0,cat,,relabel,", "relabel_as to be one of cat, dog, hen; got ''"),
    "a class for nothing": ("a.png,0,cat,dog,keep,dog", "relabel_as with the decision relabel"),
    "twice": (
        "a.png,0,cat,,keep,\na.png,0,cat,,keep,",
        "each example once.*again, decided in .* 2",
    ),
    "two decisions": ("a.png,0,cat,,keep,\na.png,0,cat,,drop,", "each example once.* line 2"),
    "same name, no index": ("same.png,,cat,,keep,", "They are at 3, 4"),
    "same name, other index": ("same.png,1,cat,,keep,", "index of one of 2 examples.*got 1"),
    "an index in words": ("a.png,first,cat,,keep,", "index to be a whole number; got 'first'"),
    "a cell too few": ("a.png,0,cat,,keep", "6 cells, as in the header"),
}


@pytest.mark.parametrize(("lines", "message"), BAD.values(), ids=BAD)
def test_wrong_rows(pets, file, lines, message):
    with pytest.raises(DataError, match=rf"review\.csv, line \d: .*{message}"):
        apply_decisions(pets, read_decisions(file(lines)))


@pytest.mark.parametrize(
    ("header", "lacking"),
    [
        ("", "one row per example; got an empty file"),
        ("name,given,decison\n", "once each; got one without, or with several, decision"),
        ("name,name,given,decision\n", "all different.*got 'name' more than once"),
    ],
)
def test_columns_that_are_not_there_or_twice(file, header, lacking):
    with pytest.raises(DataError, match=lacking):
        read_decisions(file(header=header))


def test_a_spreadsheet_that_saved_another_encoding(file):
    found = read_decisions(file("été.png,0,cat,,keep,", encoding="cp1252"))
    assert found.rows[0].name == "été.png"
    with pytest.raises(DataError, match="Save it in UTF-8"):
        read_decisions(file("\x81.png,0,cat,,keep,", encoding="latin-1"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nothing.csv", "No such file"), (".", "Is a directory"), ("nul\0byte", "embedded null")],
)
def test_files_that_cannot_be_read(tmp_path, name, reason):
    with pytest.raises(DataError, match=f"decisions about labels; got .*{reason}"):
        read_decisions(tmp_path / name)


@pytest.fixture
def table(tmp_path):
    """Six flowers in two classes; the last is far from all."""
    path = tmp_path / "flowers.csv"
    path.write_text(
        "name,a,b,class\n"
        + "\n".join(
            f"f{k},{a},{b},{kind}"
            for k, (a, b, kind) in enumerate(
                [(1, 5, "x"), (2, 3, "x"), (4, 4, "y"), (6, 1, "y"), (3, 3, "x"), (900, -70, "y")]
            )
        )
    )
    return path


def test_a_scaling_is_learned_from_what_remains(table, file):
    path = file("f5,,y,,drop,", "f4,,x,,relabel,y")
    splits = open_data(table, labels=path, test=table)
    assert_array_equal(splits.train.labels, [0, 0, 1, 1, 1])
    X = splits.train.matrix().columns(slice(None))
    assert_allclose(X.mean(axis=1), 0, atol=1e-12)
    assert_allclose(X.std(axis=1), 1)
    assert splits.test.scaling is splits.train.scaling
    assert len(splits.test) == 6


def test_the_classes_are_those_of_the_review(file):
    name = open_data("fashion", positive="Coat").train.names[0]
    path = file(f"{name},,not Coat,,relabel,Coat")
    found = open_data("fashion", positive="Coat", labels=path)
    assert found.train.labels[0] == 1
    with pytest.raises(DataError, match=r"classes made otherwise \(positive\)"):
        open_data("fashion", labels=path)


def test_what_remains_must_have_two_classes(table, file):
    path = file(*(f"f{k},,{kind},,drop," for k, kind in ((2, "y"), (3, "y"), (5, "y"))))
    with pytest.raises(DataError, match="examples of two or more classes; got one class only, x"):
        open_data(table, labels=path)


def test_pictures_are_known_by_their_path_and_stay_where_they_are(tmp_path, paint, file):
    for name in ("train/cat/1.png", "train/cat/2.png", "train/dog/1.png", "test/cat/1.png"):
        paint(tmp_path / "pets" / name)
    before = sorted(tmp_path.glob("pets/**/*"))
    path = file("train/cat/2.png,,cat,dog,relabel,", "train/cat/1.png,,cat,,keep,")
    found = open_data(tmp_path / "pets", size=8, labels=path)
    assert_array_equal(found.train.labels, [0, 1, 1])
    assert_array_equal(found.test.labels, [0])
    assert sorted(tmp_path.glob("pets/**/*")) == before
    with pytest.raises(DataError, match="an example of the training set"):
        open_data(tmp_path / "pets", size=8, labels=file("test/cat/1.png,,cat,,drop,"))


def test_names_are_found_however_unicode_spells_them(file):
    data = Dataset(
        np.zeros((1, 2)), np.array([0, 1]), ("elk", "Mo\u0308we"), ("u\u0308.png", "b.png")
    )
    path = file("\u00fc.png,0,elk,,relabel,M\u00f6we")
    assert_array_equal(apply_decisions(data, read_decisions(path)).labels, [1, 1])
