"""CSV tables: separators, labels, row names, and every way to be wrong."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.data import open_data
from chainrule.data.readers.columns import numbers
from chainrule.errors import DataError
from chainrule.files.csv_file import number


def opened(path, **options):
    """The training set with its features as they came."""
    return open_data(path, scale="none", **options).train


def test_a_header_one_example_a_row_and_a_label_column(table):
    data = opened(table("width,height,kind\n1,2,oak\n3,4.5,elm\n-5,6e1,oak\n"))
    assert_array_equal(data.raw, [[1, 3, -5], [2, 4.5, 60]])
    assert data.raw.dtype == np.float64
    assert data.classes == ("elm", "oak")
    assert_array_equal(data.labels, [1, 0, 1])
    assert data.feature_names == ("width", "height")
    assert data.names is None
    assert data.source.endswith("table.csv")
    assert data.notes == ("label column 'kind'",)


def test_tables_are_standardized_by_default(table):
    X = open_data(table("a,b,y\n1,10,0\n3,10,1\n")).train.matrix()
    assert_allclose(X.columns(slice(None)), [[-1, 1], [0, 0]])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_separators_line_ends_and_byte_order_marks(table, separator, end, mark):
    lines = ["y|a|b", "no|1|2", "", "yes|3|4"]
    data = opened(table(mark + end.join(lines).replace("|", separator).encode()))
    assert data.feature_names == ("a", "b")
    assert_array_equal(data.raw, [[1, 3], [2, 4]])


def test_quoted_fields(table):
    data = opened(table('"a, b","say ""x""",y\n"1",2,"p, q"\n3,"4","two\nlines"\n'))
    assert data.feature_names == ("a, b", 'say "x"')
    assert data.classes == ("p, q", "two\nlines")


@pytest.mark.parametrize(
    ("header", "label", "taken"),
    [
        ("a,Class,b", None, "Class"),
        ("target,y,b", None, "target"),
        ("y,LABEL,b", None, "LABEL"),
        ("a,b,c", None, "c"),
        ("a,b,c", "b", "b"),
        ("y,b,c", "B", "B"),
    ],
)
def test_which_column_is_the_label(table, header, label, taken):
    data = opened(table(f"{header}\n1,2,3\n4,5,6\n"), label=label)
    assert f"label column '{taken.lower() if label else taken}'" in data.notes
    place = header.split(",").index(taken.lower() if label else taken)
    assert data.classes == (str(place + 1), str(place + 4))
    assert_array_equal(np.delete([[1, 4], [2, 5], [3, 6]], place, axis=0), data.raw)


def test_the_first_column_of_different_texts_names_the_rows(table):
    data = opened(table("sample,g1,g2,y\ns1,1,2,a\ns2,3,4,b\n"))
    assert data.names == ("s1", "s2")
    assert data.feature_names == ("g1", "g2")


def test_a_first_column_without_name_names_the_rows(table):
    assert opened(table(",g1,y\n0,1,a\n1,3,b\n")).names == ("0", "1")


def test_row_names_behind_the_label(table):
    data = opened(table("label,id,g1\na,s1,1\nb,s2,2\n"))
    assert data.names == ("s1", "s2")
    assert_array_equal(data.raw, [[1, 2]])


def test_a_numeric_first_column_is_a_feature(table):
    data = opened(table("x,y\n1,0\n2,1\n"))
    assert data.names is None
    assert_array_equal(data.raw, [[1, 2]])


def test_only_what_helps_is_advised(table):
    with pytest.raises(DataError) as caught:
        opened(table("a,b,y\n1,2,p\n1,red,q\n3,4,p\n"))
    assert "--categories onehot" in caught.value.fix
    assert "--missing" not in caught.value.fix
    with pytest.raises(DataError) as caught:
        opened(table("a,b,y\n1,2,p\n1,3,\n3,4,q\n"))
    assert caught.value.fix == "Drop rows without a label."


def test_a_column_of_nothing_is_no_category(table):
    data = opened(table("a,b,y\n1,,p\n2,,q\n3,,p\n"), categories="onehot", missing="mean")
    assert data.feature_names == ("a", "b")
    assert np.isnan(data.raw[1]).all()
    assert not data.matrix().columns([0, 1, 2])[1].any()


def test_missing_values_are_counted_and_placed(table):
    text = "a,b,y\n1,2,p\n,3,q\n4,NA,p\n5,?,\nnan,7,q\nnull,8,q\n9,N/A,q\n"
    with pytest.raises(DataError) as caught:
        opened(table(text))
    message = str(caught.value)
    assert "a number in every cell and a label in every row; got 7 missing values: " in message
    assert (
        "missing in row 2 (line 3), 'a'" in message or "missing in row 3 (line 4), 'b'" in message
    )
    assert "and 4 more" in message
    assert "--missing mean, median or zero fills what is missing" in message


def test_cells_that_are_no_numbers_are_placed(table):
    with pytest.raises(DataError) as caught:
        opened(table("a,b,y\n1,tall,p\n2,1e999,q\n3,1_000,p\n4,5,q\n"))
    message = str(caught.value)
    assert "a number in every cell; got 3 cells without a finite number: " in message
    assert "not a number in row 1 (line 2), 'b'" in message
    assert "not a number in row 3 (line 4), 'b'" in message
    assert "tall" not in message


def test_line_numbers_count_blank_lines(table):
    with pytest.raises(DataError, match=r"row 2 \(line 5\), 'b'"):
        opened(table("a,b,y\n\n1,2,p\n\n3,,q\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a header and one row per example; got an empty file"),
        ("a\n1\n", "got 1 names"),
        ("a,b,y\n", "one row per example; got a header only"),
        ("a,b,a\n1,2,3\n", "'a' more than once"),
        ("a,b,y\n1,2,p\n1,2\n", r"line 3: expected 3 cells, as in the header; got 2\. Quote"),
        ("a,b,y\n1,2,3\n1,2,3,4\n", "line 3: expected 3 cells, as in the header; got 4"),
        ("1,2,0\n3,4,1\n", "a header of column names; got numbers only"),
        ('a,y\n"1,p\n', "line 2: expected a CSV row; got unexpected end of data"),
        ("a,y\n1,p\n2,p\n", "two or more classes; got one class only, p"),
        ("id,y\ns,p\nt,q\n", "columns of features beside names and labels; got none"),
        ("a,y\n" + "".join(f"0.5,{7 * k}\n" for k in range(30)), "measured: --task regression"),
        ("a,y\n1,0.5\n2,0.5\n3,0.5\n4,0.5\n", "targets that differ; got 4 alike"),
        ("a,y\n1,p\n2,q\n3,r\n", "labels that several examples share; got 3 classes in 3"),
        (b"a,y\n1,caf\x81\n", "text in UTF-8; got bytes that are not"),
        (b"\xef\xbb\xbfa,y\n1,caf\xe9\n", "text in UTF-8; got bytes that are not"),
        (b"a,y\n1,\x00\n", "text in UTF-8; got zero bytes"),
    ],
)
def test_tables_that_cannot_be_used_say_so(table, text, message):
    with pytest.raises(DataError, match=message) as caught:
        opened(table(text))
    assert "table.csv" in str(caught.value)


def test_a_label_column_that_is_not_there_suggests_one(table):
    with pytest.raises(
        DataError, match=r"'tisue'; got 3 columns without it\. Did you mean 'tissue'"
    ):
        opened(table("a,tissue,b\n1,2,3\n"), label="tisue")


def test_the_test_tables_columns_and_classes_are_matched_by_name(table):
    train = table("b,a,c,kind\n1,2,0,oak\n3,4,0,elm\n5,6,0,fir\n7,8,0,fir\n")
    test = table("kind,a,c,b\nfir,20,30,10\noak,50,60,40\n", "test.csv")
    splits = open_data(train, test=test, label="kind", scale="none")
    assert_array_equal(splits.test.raw, [[10, 40], [20, 50], [30, 60]])
    assert splits.test.feature_names == ("b", "a", "c")
    assert splits.test.classes == ("elm", "fir", "oak")
    assert_array_equal(splits.test.labels, [1, 2])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,c,y\n1,2,p\n", r"2 columns of the training set; got 1 missing \(b\), 1 others \(c\)"),
        ("a,y\n1,p\n", r"1 missing \(b\)\. Name"),
        ("a,b,y\n1,2,r\n", r"the training set knows \(p, q\); got examples of r"),
    ],
)
def test_a_test_table_that_does_not_fit(table, text, message):
    train = table("a,b,y\n1,2,p\n3,4,q\n")
    with pytest.raises(DataError, match=message):
        open_data(train, test=table(text, "test.csv"))


def test_a_small_test_table_may_have_a_class_an_example(table):
    train = table("a,y\n" + "".join(f"{i * i},{'pqr'[i % 3]}\n" for i in range(9)))
    assert len(open_data(train, test=table("a,y\n1,p\n2,q\n3,r\n", "t.csv")).test) == 3


def test_a_wide_header_beyond_the_csv_modules_field_limit(table):
    names = [f"gene{i:06d}" for i in range(15_000)]
    row = ",".join("1" * len(names))
    before = csv.field_size_limit(131_072)  # Python's own, which other libraries raise for all
    try:
        data = opened(table(f"{','.join(names)},y\n{row},p\n{row},q\n"))
    finally:
        csv.field_size_limit(before)
    assert sum(map(len, names)) > 131_072
    assert data.raw.shape == (15_000, 2)


@given(
    values=st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=2,
        max_size=6,
    ),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_every_table_that_csv_writes_is_read_back(tmp_path_factory, values, delimiter, quoting):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerow(["a", "b, or; c", "d", "y"])
    writer.writerows([*row, i % 2] for i, row in enumerate(values))
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_text(text.getvalue(), newline="")
    assert_array_equal(opened(path).raw.T, values)


@given(st.lists(st.floats(width=64).map(repr) | st.text(max_size=4) | st.just("1_0")))
def test_cells_at_once_are_cells_one_by_one(cells):
    expected = [np.nan if (x := number(cell)) is None else x for cell in cells]
    assert_array_equal(numbers(cells), expected)
