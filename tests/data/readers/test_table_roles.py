"""Which column of a table is what: nothing is left out, merged or taken without a word."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import Reading, open_data, open_raw
from chainrule.errors import DataError


@pytest.fixture
def table(tmp_path):
    """Write a table: its header and, for each example i, what `row` gives."""

    def write(header, row, m=12, name="table.csv"):
        path = tmp_path / name
        lines = [header, *(",".join(map(str, row(i))) for i in range(m))]
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def opened(path, **options):
    return open_data(path, scale="none", **options).train


def kind(i):
    return "pq"[i % 2]


@pytest.mark.parametrize("name", ["Id", "n"])
@pytest.mark.parametrize("first", [True, False])
def test_running_numbers_name_the_examples(table, name, first):
    def row(i):
        return (i + 81, i % 3, kind(i)) if first else (i % 3, kind(i), i + 81)

    path = table(f"{name},w,label" if first else f"w,label,{name}", row)
    data = opened(path)
    assert data.feature_names == ("w",)
    assert data.names[:2] == ("81", "82")
    assert data.notes[1] == f"left out column '{name}', a running number (--keep {name})"
    assert "w" in opened(path, drop=name).feature_names
    assert opened(path, drop=name).names is None
    assert set(opened(path, keep=name).feature_names) == {name, "w"}


def test_running_numbers_with_zeros_in_front_stay_as_written(table):
    assert opened(table("n,w,label", lambda i: (f"{i:03}", i % 3, kind(i)))).names[1] == "001"


@pytest.mark.parametrize("name", ["id", "ID", "PassengerId", "sample_id", "index", "Unnamed: 0"])
def test_numbers_called_so_are_names_or_asked(table, name):
    data = opened(table(f"{name},w,label", lambda i: (7 * i, i % 3, kind(i))))
    assert data.feature_names == ("w",)
    assert "whole numbers that are all different" in data.notes[1]
    again = table(f"{name},w,label", lambda i: (i // 2, i % 3, kind(i)))
    with pytest.raises(DataError, match=f"'{name}', whole numbers of which some are alike.*--drop"):
        opened(again)
    assert name in opened(again, keep=name).feature_names


@pytest.mark.parametrize("name", ["grid", "w"])
def test_other_numbers_are_features(table, name):
    data = opened(table(f"{name},label", lambda i: (7 * i, kind(i))))
    assert data.feature_names == (name,)


def test_a_running_number_alone_is_asked(table):
    path = table("t,label", lambda i: (i, kind(i)))
    with pytest.raises(DataError, match=r"none\. If it is a feature: --keep t\."):
        opened(path)
    assert len(opened(path, keep="t")) == 12


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        ("w,who,label", lambda i: (i % 3, f"s{i}", kind(i)), "--names who"),
        ("first,last,w,label", lambda i: (f"s{i}", f"t{i}", i % 3, kind(i)), "--names last"),
        ("day,w,label", lambda i: (f"2020-01-{i + 1:02}", i % 3, kind(i)), "--names day"),
    ],
)
def test_texts_that_are_all_different_are_asked(table, header, row, wanted):
    path, name = table(header, row), wanted.split()[1]
    with pytest.raises(DataError, match=f"'{name}', whose .*{wanted}; else --drop"):
        opened(path)
    first = {"drop": "first"} if "first" in header else {}
    data = opened(path, names=name, **first)
    assert data.feature_names == ("w",)
    assert f"names of the examples from column '{name}'" in data.notes
    drop = f"{name},first" if first else name
    assert opened(path, drop=drop).feature_names == ("w",)
    assert opened(path, drop=drop.split(",")).names is None


def test_other_texts_are_errors_until_they_are_left_out(table):
    path = table("w,sex,label", lambda i: (i % 3, "mf"[i // 6], kind(i)))
    with pytest.raises(DataError, match=r"12 cells without a finite number.*'sex'.*--drop COLUMN"):
        opened(path)
    assert opened(path, drop="sex").feature_names == ("w",)


def test_names_with_commas(table):
    path = table('"len (mm, dry)",w,label', lambda i: (i * i, i % 3, kind(i)))
    for drop in ("len (mm, dry)", '"len (mm, dry)"', ["len (mm, dry)"]):
        assert opened(path, drop=drop).feature_names == ("w",)


def test_a_column_that_is_not_there(table):
    with pytest.raises(DataError, match=r"a column for --drop, 'wdith'; .*Did you mean 'width'"):
        opened(table("width,h,label", lambda i: (i % 3, i % 4, kind(i))), drop="wdith")


QUESTIONS = {
    "a coordinate called y": ("x,y,group", lambda i: (i % 4, i % 3, i % 2), "'group' or 'y'"),
    "two usual names": ("label,class,w", lambda i: (i % 2, i % 3, i), "'label' or 'class'"),
    "text before numbers": ("sp,w,h", lambda i: (kind(i), i * 0.1, i % 2), "'sp' or 'h'"),
    "called like the others": ("S1,S2,S3", lambda i: (i % 4, i % 3, i % 2), "--transpose"),
    "numbers of many values": ("a,b", lambda i: (i % 4, i * 0.1), "with --label"),
}


@pytest.mark.parametrize("case", QUESTIONS)
def test_which_column_is_the_label_is_asked(table, case):
    header, row, message = QUESTIONS[case]
    path, names = table(header, row, m=30), header.split(",")
    with pytest.raises(DataError, match=message):
        opened(path)
    assert f"label column '{names[0]}'" in opened(path, label=names[0], drop=names[2:]).notes


@pytest.mark.parametrize(
    ("header", "row", "label"),
    [
        ("y,a,b", lambda i: (i % 2, i * 0.5, i * 0.1), "y"),
        ("x,y,group", lambda i: (i * 0.5, i * 0.1, i % 2), "group"),
        ("x,y,group", lambda i: (i * 0.5, kind(i), i % 2), "y"),
        ("a,Class,y", lambda i: (i * 0.5, kind(i), i % 2), "Class"),
    ],
)
def test_the_label_by_what_the_columns_hold(table, header, row, label):
    assert f"label column '{label}'" in opened(table(header, row, m=30)).notes


def test_labels_are_classes_as_they_are_written(table):
    codes = ("1E2", "10E1", "2E1")
    data = opened(table("w,label", lambda i: (i % 4, codes[i % 3])))
    assert data.classes == ("2E1", "10E1", "1E2")
    assert data.labels.tolist() == [2, 1, 0] * 4
    assert data.notes[1] == "classes '10E1' and '1E2' are two, since they are written differently"


def test_a_class_called_na_is_asked(table):
    path = table("w,label", lambda i: (i % 4, ("NA", "EU", "AS")[i % 3]))
    with pytest.raises(DataError, match=r"'NA' in 4 of 12, a class or a missing label.*--na \"\""):
        opened(path)
    assert opened(path, na="").classes == ("AS", "EU", "NA")
    assert opened(path, na="-,?").classes == ("AS", "EU", "NA")
    with pytest.raises(DataError, match="4 missing"):
        opened(path, na="NA")


@pytest.mark.parametrize("na", ["-999,missing", ["missing", "-999"]])
def test_what_stands_for_missing_values(table, na):
    path = table(
        "a,b,label", lambda i: (-999 if i == 2 else i % 4, (3, "missing")[i == 5], kind(i))
    )
    with pytest.raises(DataError, match=r"2 missing.*row 3 .*'a'.*row 6 .*'b'"):
        opened(path, na=na)


def test_a_table_whose_columns_are_the_examples(tmp_path):
    path = tmp_path / "genes.csv"
    counts = np.random.default_rng(0).integers(0, 50, (30, 8))
    genes = [f"G{k}," + ",".join(map(str, row)) for k, row in enumerate(counts)]
    samples = ",".join(f"S{k}" for k in range(8))
    for head in (f"gene,{samples}\ntissue,", f"{samples}\ntissue,"):  # the second as R writes it
        path.write_text(head + "p,q,q,p,p,q,q,p\n" + "\n".join(genes))
        data = opened(path, transpose=True, label="tissue")
        assert_array_equal(data.raw, counts)
        assert data.feature_names[:2] == ("G0", "G1")
        assert data.names[:2] == ("S0", "S1")
        assert data.classes == ("p", "q")
        assert "columns of the file are the examples" in data.notes
    path.write_text(f"gene,{samples}\n" + "\n".join(genes))
    with pytest.raises(DataError, match=r"called like the others.*add --transpose"):
        opened(path)


def test_a_test_table_is_read_by_the_training_tables_columns(table):
    train = table("Id,w,h,kind", lambda i: (i + 1, i * i, i % 3, kind(i)))
    test = table("note,h,w,Id,kind", lambda i: ("x", i % 3, i * i, 5 * i, kind(i)), 9, "new.csv")
    splits = open_data(train, test=test, scale="none")
    assert_array_equal(splits.test.raw, splits.train.raw[:, :9])
    assert splits.test.classes == ("p", "q")
    assert splits.test.names[:2] == ("0", "5")
    assert "left out 'note': no features of the training set" in splits.test.notes


def test_a_label_in_the_middle_of_a_test_table(table):
    train = table("w,kind,h", lambda i: (i * i, i % 2, i % 3))
    test = table("w,kind,h", lambda i: (i * i, i % 2, i % 3), name="new.csv")
    splits = open_data(train, test=test, label="KIND", names="W", scale="none")
    assert_array_equal(splits.test.raw, splits.train.raw)
    assert splits.test.labels.tolist() == [0, 1] * 6
    assert splits.test.names == splits.train.names
    assert opened(train, drop="H").notes == ("label column 'kind'",)


def test_rows_of_the_training_set_in_the_test_set_are_counted(table):
    train = table("w,h,kind", lambda i: (i * i, i % 3, kind(i)), m=20)
    test = table("w,h,kind", lambda i: (i * i + 1000 * (i > 5), i % 3, kind(i)), 8, "new.csv")
    splits = open_data(train, test=test)
    assert splits.test.notes[-1] == "6 of the 8 test examples are in the training set, too"
    assert len(splits.test) == 8
    name, judged = splits.tested
    assert (name, judged.raw[0].tolist()) == ("test", [1036, 1049])
    assert splits.uncounted == "Not counted: 6 examples of another set, too."
    same = open_data(train, test=train)
    assert same.tested == ("training", same.train)


def test_classes_of_numbers_are_matched_by_value(table):
    train = table("w,label", lambda i: (i * i, i % 2))
    test = table("w,label", lambda i: (i * i + 0.5, i % 2 / 1), name="new.csv")
    assert open_data(train, test=test).test.labels.tolist() == [0, 1] * 6
    both = table("w,label", lambda i: (i, ("1", "1.0", "0")[i % 3]), name="both.csv")
    with pytest.raises(DataError, match=r"got examples of 1\.0"):
        open_data(train, test=both)


def test_classes_left_out(table):
    path = table("w,kind", lambda i: (i * i, "pqr"[i % 3] if i else "rare"))
    data = opened(path, drop_class="rare")
    assert data.classes == ("p", "q", "r")
    assert len(data) == 11
    assert data.notes[-1] == "left out 1 examples of rare"
    assert opened(path, drop_class=["rare", "p"]).classes == ("q", "r")
    with pytest.raises(DataError, match=r"a class to leave out to be one of .*Did you mean rare\?"):
        opened(path, drop_class="rar")


def test_options_of_tables_for_other_sources():
    for options in ({"drop": "a"}, {"header": False}, {"transpose": True}, {"na": ""}):
        (name,) = options
        with pytest.raises(DataError, match=rf"since --{name} is given.*Leave {name} out"):
            open_data("planar:xor", **options)


def test_numbers_called_an_id_anywhere_in_the_table(table):
    """In the middle their cells are no text."""
    path = table("a,user_id,b,label", lambda i: (i % 3, (i * 7) % 5, i % 4, kind(i)))
    with pytest.raises(DataError, match="'user_id', whole numbers of which some are alike"):
        opened(path)
    path = table("a,user_id,b,label", lambda i: (i % 3, (i * 7) % 13, i % 4, kind(i)))
    assert opened(path).feature_names == ("a", "b")
    path = table("a,user_id,b,label", lambda i: (i % 3, i / 2, i % 4, kind(i)))
    assert opened(path).feature_names == ("a", "user_id", "b")


def test_a_second_table_has_the_label_of_the_first_wherever_it_stands(table):
    first = table("w,h,Species", lambda i: (i % 3, i % 4, kind(i)))
    second = table(
        "Species,h,w,note,Id", lambda i: (kind(i), i % 4, i % 3, "x", i + 7), name="second.csv"
    )
    splits = open_data(first, test=second, scale="none")
    assert splits.test.classes == ("p", "q")
    assert_array_equal(splits.test.raw, splits.train.raw)


def test_a_label_that_is_left_out_is_refused(table):
    path = table("w,h,label", lambda i: (i % 3, i % 4, kind(i)))
    with pytest.raises(DataError, match="--drop"):
        opened(path, label="label", drop="label")


@pytest.mark.parametrize(("one", "other"), [("drop", "keep"), ("drop", "names"), ("keep", "names")])
def test_a_column_has_one_role(table, one, other):
    path = table("w,h,label", lambda i: (i % 3, i % 4, kind(i)))
    with pytest.raises(DataError, match=f"--{one} or --{other} of a column; got 'w' in both"):
        opened(path, **{one: "w", other: "w"})


def test_labels_that_differ_in_spaces_are_one_and_that_is_said(table):
    ways = ["a", " a", "b", "b\xa0", "c"]
    data = opened(table("w,label", lambda i: (i % 3, ways[i % 5])))
    assert data.classes == ("a", "b", "c")
    assert data.notes[-1] == r"classes 'a' and ' a'; 'b' and 'b\xa0' are one"
    ways = ["caf\xe9", "cafe\u0301", "tea"]
    assert (
        r"'caf\xe9' and 'cafe\u0301'"
        in opened(table("w,label", lambda i: (i % 3, ways[i % 3]))).notes[-1]
    )
    assert len(opened(table("w,label", lambda i: (i % 3, f" {kind(i)}"))).notes) == 1


def test_columns_left_out_for_one_reason_are_one_note(table):
    header = ",".join([*(f"g{k}" for k in range(1, 8)), "a_id", "b_id", "", " ", "w", "label"])

    def row(i):
        return *(i + k for k in range(7)), 7 * i, 9 * i, "", "", i % 3, kind(i)

    assert opened(table(header, row)).notes[1:] == (
        "left out 7 columns of running numbers: 'g1', 'g2', 'g3', 'g4', 'g5', and 2 more "
        "(--keep NAME)",
        "left out 2 columns of whole numbers that are all different: 'a_id', 'b_id' (--keep NAME)",
        "left out 2 columns that are empty: 10, 11",
    )


def test_a_first_column_without_name_and_cells_names_nothing(table):
    data = opened(table(",w,label", lambda i: ("", i % 3, kind(i))))
    assert data.names is None
    assert data.notes == ("label column 'label'", "left out column 1, which is empty")
    train = table("w,label", lambda i: (i % 3, kind(i)))
    test = table(",w,label", lambda i: ("", i % 3, kind(i)), 9, "new.csv")
    assert open_data(train, test=test).test.names is None


@pytest.mark.parametrize("separator", [",", ";"])
def test_numbers_at_the_end_of_the_floats_give_no_warning(table, separator):
    path = table("v,w,label", lambda i: ((-1) ** i * 1e308, i % 3 + 0.5, kind(i)))
    path.write_text(path.read_text().replace(",", separator))
    assert opened(path).raw[0, :2].tolist() == [1e308, -1e308]


def test_a_transposed_table_is_read_again_where_a_text_comes_late(tmp_path):
    rows = [["name", *(f"s{i}" for i in range(8))]]
    rows += [[f"g{g}", *(str(i * g % 5 / 10) for i in range(8))] for g in range(1, 4)]
    rows += [["late", *"1234abcd"], ["label", *"abababab"]]
    path = tmp_path / "genes.csv"
    path.write_text("\n".join(map(",".join, rows)))
    data = opened(path, transpose=True, drop="late")
    assert data.feature_names == ("g1", "g2", "g3")
    assert data.names[:2] == ("s0", "s1")
    with pytest.raises(DataError, match=r"not a number in row 5 \(column 6\), 'late'"):
        opened(path, transpose=True)


def test_the_label_of_a_table_for_a_model(table):
    """Whose features are known: another column may be the label, and none need be called so."""

    def asked(header, **how):
        path = table(header, lambda i: (i * i, i % 3, kind(i))[: 1 + header.count(",")])
        return open_raw(path, (1, 1), Reading(**how), columns=("w", "h")).train

    assert asked("w,h,sort").classes == ("p", "q")
    with pytest.raises(DataError, match="a label column 'kind'; got none that is called so"):
        asked("w,h,sort", label="kind")
    with pytest.raises(DataError, match="a label column; got 'h', which is a feature"):
        asked("w,h,sort", label="h")
    with pytest.raises(DataError, match="a label column; got none beside features"):
        asked("w,h")
