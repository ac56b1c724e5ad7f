"""Tables as other programs and countries write them: understood and said, or a question."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.errors import DataError

LABEL = "label column 'y'"
COMMA = "decimal sign ','"
SIGNS = "separators of thousands, signs of percent or currency, dashes for minus"


def opened(path, **options):
    return open_data(path, scale="none", **options).train


def test_a_missing_cell_is_no_number_written_otherwise(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n1,2,p\nNA,3,q\nnull,4,p\n5,6,q\n")
    assert not any(SIGNS in note for note in opened(path, missing="mean").notes)


READ = {
    "decimal commas": "a;b;y\n0,5;-1;p\n1,25;2,5e1;q\n",
    "decimal commas, tabs": "a\tb\ty\n0,5\t-1\tp\n1,25\t25\tq\n",
    "decimal commas in quotes": 'a,b,y\n"0,5","-1,0",p\n"1,25","25,0",q\n',
    "commas within the header": '"a";b;y\n0.5;-1;p\n1.25;25;q\n',
    "Excel's first line": "\ufeffsep=;\r\na;b;y\r\n0.5;-1;p\r\n1.25;25;q\r\n",
    "separators at the ends": "a,b,y,\n0.5,-1,p,\n1.25,25,q,\n",
    "separators at the ends of rows": "a,b,y\n0.5,-1,p,,\n1.25,25,q,\n",
    "separators at the end of the header": "a,b,y,\n0.5,-1,p\n1.25,25,q\n",
    "rows of separators": "a,b,y\n0.5,-1,p\n,,\n1.25,25,q\n,,\n",
    "R's tabs": '"a"\t"b"\t"y"\n"s1"\t0.5\t-1\t"p"\n"s2"\t1.25\t25\t"q"\n',
    "R's spaces": '"a" "b" "y"\n"s1" 0.5 -1 "p"\n"s2" 1.25 25 "q"\n',
    "R's csv": '"","a","b","y"\n"s1",0.5,-1,"p"\n"s2",1.25,25,"q"\n',
    "R's csv2": '"";"a";"b";"y"\n"s1";0,5;-1;"p"\n"s2";1,25;25;"q"\n',
    "columns set with spaces": "    a   b y\n  0.5  -1 p\n 1.25  25 q\n",
    "bars": "a|b|y\n0.5|-1|p\n1.25|25|q\n",
    "spaces after commas": 'a, b, y\n0.5, -1, "p"\n1.25, 25, "q"\n',
    "comments": "# of the lab,\n# 2020\na,b,y\n0.5,-1,p\n1.25,25,q\n",
    "a header that begins with #": "#a\tb\ty\n0.5\t-1\tp\n1.25\t25\tq\n",
    "other minus signs": "a,b,y\n0.5,\u22121,p\n1.25,25,q\n",
    "percent": "a,b,y\n0.5%,-1,p\n1.25 %,25,q\n",
    "currency": "a;b;y\n€ 0,50;-€1;p\n€ 1,25;€25;q\n",
    "no line end": "a,b,y\r0.5,-1,p\r1.25,25,q",
    "UTF-16": "a\tb\ty\n0.5\t-1\tp\n1.25\t25\tq\n".encode("utf-16"),
    "UTF-32": "a,b,y\n0.5,-1,p\n1.25,25,q\n".encode("utf-32"),
}


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_tables_of_other_programs(table, text):
    data = opened(table(text))
    assert_array_equal(data.raw, [[0.5, 1.25], [-1, 25]])
    assert [name.split(" [")[0] for name in data.feature_names] == ["a", "b"]
    assert data.classes == ("p", "q")
    assert data.notes[0] == LABEL
    assert data.names in (None, ("s1", "s2"))


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("decimal commas", (LABEL, COMMA)),
        ("R's csv2", (LABEL, "names of the examples from the column without a name", COMMA)),
        ("comments", (LABEL, "left out 2 lines of comments at the start")),
        ("percent", (LABEL, f"numbers of 'a' read without {SIGNS}")),
        ("R's spaces", (LABEL, "names of the examples from the column without a name")),
        ("UTF-16", (LABEL,)),
    ],
)
def test_what_was_understood_is_said(table, name, notes):
    assert opened(table(READ[name])).notes == notes


def test_windows_encoding_is_said(table):
    data = opened(table("größe,b,y\n1,2,süß\n2,3,q\n".encode("cp1252")))
    assert data.feature_names == ("größe", "b")
    assert data.classes == ("q", "süß")
    assert data.notes == (LABEL, "read as Windows-1252, since it is no UTF-8")


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,500.5", "2,300"], [1500.5, 2300]),
        (["1.500,5", "2.300"], [1500.5, 2300]),
        (["1,234,567", "2,000"], [1234567, 2000]),
        (["1.234.567", "2.000"], [1234567, 2000]),
        (["1\u202f234,5", "7"], [1234.5, 7]),
        (["1 234.5", "12\u00a0000"], [1234.5, 12000]),
        (["1'234.5", "2\u2019000"], [1234.5, 2000]),
        (["0,500", "1,250"], [0.5, 1.25]),
        (["$1,234.50", "-$3.00"], [1234.5, -3]),
        (["\u2013,5", "1,5"], [-0.5, 1.5]),
    ],
)
def test_thousands_and_decimals(table, cells, values):
    assert_array_equal(opened(table(f"a;b;y\n{cells[0]};1;p\n{cells[1]};7;q\n")).raw[0], values)


def test_a_column_is_read_by_what_the_others_say(table):
    text = 'a,b,y\n"1,500",{},p\n"2,300",4,q\n'
    assert_array_equal(opened(table(text.format("2.5"))).raw[0], [1500, 2300])
    assert_array_equal(opened(table(text.format('"2,5"'))).raw[0], [1.5, 2.3])
    german = opened(table("a;b;y\n1.500;0,5;p\n2.300;0,25;q\n"))
    assert_array_equal(german.raw, [[1500, 2300], [0.5, 0.25]])


def test_what_may_be_thousands_or_decimals_is_asked(table):
    path = table('a,b,y\n"1,500",2,p\n"2,300",3,q\n')
    with pytest.raises(
        DataError, match=r"'a', whose numbers have a sign .*--decimal , if .*--decimal \. if"
    ):
        opened(path)
    assert_array_equal(opened(path, decimal=",").raw[0], [1.5, 2.3])
    assert_array_equal(opened(path, decimal=".").raw[0], [1500, 2300])


def test_points_may_be_thousands_where_semicolons_separate(table):
    path = table("a;b;y\n950;1;p\n1.200;2;q\n")
    with pytest.raises(DataError, match=r"'a', whose numbers have a sign for decimals or for"):
        opened(path)
    assert_array_equal(opened(path, decimal=",").raw[0], [950, 1200])
    assert_array_equal(opened(path, decimal=".").raw[0], [950, 1.2])
    plain = table("a;b;y\n950.5;1;p\n1.200;2;q\n")
    assert_array_equal(opened(plain).raw[0], [950.5, 1.2])
    assert_array_equal(opened(table("a,b,y\n950,1,p\n1.200,2,q\n")).raw[0], [950, 1.2])


def test_a_second_table_has_the_decimal_sign_of_the_first(table):
    first = table("a;b;y\n1.100;0,5;p\n2.200;0,7;q\n", "first.csv")
    second = table("a;b;y\n1.100;0;p\n2.200;1;q\n", "second.csv")
    splits = open_data(first, test=second, scale="none")
    assert_array_equal(splits.train.raw[0], [1100, 2200])
    assert_array_equal(splits.test.raw[0], [1100, 2200])


def test_a_unit_of_all_cells_is_part_of_the_columns_name(table):
    first = table("a,b,y\n3%,1,p\n5%,2,q\n", "first.csv")
    second = table("a,b,y\n0.03,1,p\n0.05,2,q\n", "second.csv")
    assert opened(first).feature_names == ("a [%]", "b")
    assert_array_equal(open_data(first, test=first, scale="none").test.raw[0], [3, 5])
    with pytest.raises(DataError, match=r"1 missing \(a \[%\]\)"):
        open_data(first, test=second)


def test_lines_of_separators_only_are_counted(table):
    data = opened(table("a,b,y\n1,2,p\n,,\n3,4,q\n, ,\n   \n"))
    assert len(data) == 2
    assert "left out 2 lines of nothing but separators" in data.notes


def test_whole_numbers_that_lose_digits_are_said(table):
    data = opened(table("a,b,y\n9007199254740993,9007199254740992,p\n1,2,q\n"))
    assert data.notes == (LABEL, "'a': rounded, since floats hold 16 digits")


ASKED = {
    "one decimal sign; got . in 'b' and , in 'a'": "a;b;y\n1,5;0.25;p\n2,3;0.5;q\n",
    "2 cells without a finite number": "a;b;y\n1,5;1;p\n2.3;2;q\n-3,7;2;q\n",
    "'a', whose cells are no plain numbers": "a,b,y\n$1,2,p\n€3,3,q\n",
    "1 cell without a finite number: not a number in row 1": f"a,b,y\n{'9' * 400},2,p\n1,3,q\n",
    "not a number in row 2 .line 3., 'a'": "a,b,y\n1,2,p\n-inf,3,q\n",
    "got zero bytes": "a,b,y\n1,2,p\n1,3,q\n".encode("utf-16-le"),
    "expected 1 cells, as in the header; got 3. .*lines above": "Results\na,b,y\n1,2,p\n1,3,q\n",
    "one separator; got ',' and ';'.*--separator": "a,b;y\nu,v;w\nx,u;z\n",
    "got 4 numbers among them. If there is none, add --no-header": "5,3.1,5,1,oak\n4,2,1,6,oak\n",
    "got 2 numbers among them. .*--header": "780,560,tissue\n1,2,p\n3,4,q\n",
    "numbers only. If there is none": "0,1,2\n4.5,2,1\n4,3,0\n",
}


@pytest.mark.parametrize("message", ASKED)
def test_what_is_doubtful_is_asked(table, message):
    with pytest.raises(DataError, match=message):
        opened(table(ASKED[message]))


@pytest.mark.parametrize(
    ("text", "options", "features"),
    [
        ("5,3.1,oak\n4,2,elm\n", {"header": False}, ("column 1", "column 2")),
        ("780,560,tissue\n1,2,p\n3,4,q\n", {"header": True}, ("780", "560")),
        ("400,5;401,0;label\n1,5;2,5;p\n3;4;q\n", {}, ("400,5", "401,0")),
        ("name,2019,2020,group\ns,1,2,p\nt,3,4,q\n", {}, ("2019", "2020")),
        ("a,b;y\n1,2;3\n4,5;6\n", {"separator": ";"}, ("a,b",)),
        ("a\tb\ty\n1\t2\tp\n3\t4\tq\n", {"separator": "tab"}, ("a", "b")),
    ],
)
def test_headers_and_separators(table, text, options, features):
    assert opened(table(text), **options).feature_names == features


def test_a_table_without_header(table):
    data = opened(table("5,3.1,oak\n4,2,elm\n"), header=False)
    assert_array_equal(data.raw, [[5, 4], [3.1, 2]])
    assert data.notes == (
        "label column 'column 3'",
        "no header: columns are named by their places",
    )


@pytest.mark.parametrize("options", [{"decimal": ";"}, {"separator": ";;"}, {"separator": '"'}])
def test_options_that_are_none(table, options):
    (name,) = options
    with pytest.raises(DataError, match=f"--{name}"):
        opened(table("a,b,y\n1,2,p\n3,4,q\n"), **options)


def test_a_wide_table_of_decimal_commas(table):
    X = np.arange(8000).reshape(4, 2000) / 4
    rows = [
        ";".join(f"{x}".replace(".", ",") for x in row) + f";{c}"
        for row, c in zip(X, "pqpq", strict=True)
    ]
    names = ";".join(f"g{k}" for k in range(2000))
    data = opened(table("\n".join([f"{names};y", *rows])))
    assert_array_equal(data.raw.T, X)
    assert not re.search("thousands", str(data.notes))


def test_a_column_has_one_decimal_sign(table):
    path = table("a,b,y\n0.333,1,p\n2.333,2,q\n")
    with pytest.raises(DataError, match=r"not a number in row 1 \(line 2\), 'a'"):
        opened(path, decimal=",")


def test_what_is_quoted_in_a_header_separates_nothing(table):
    """Else the rows that are not even would be taken for ones of another separator."""
    names = '"mass; in g; of all; dry","length",y\n'
    data = opened(table(f"{names}1,4,p\n2,5,q\n3,7,p\n"))
    assert data.feature_names == ("mass; in g; of all; dry", "length")
    with pytest.raises(DataError, match="line 3: expected 3 cells, as in the header; got 4"):
        opened(table(f"{names}1,4,p\n2,5,6,q\n3,7,p\n"))
