"""Preparation of tables: from the file with its gaps and texts to what a network sees."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from chainrule.data import open_data
from chainrule.errors import DataError, InputError

GAPS = "name,a,b,label\ns1,1,10,x\ns2,,20,y\ns3,3,NA,x\ns4,4,90,y\n"
COLORS = "size,color,label\n1,red,x\n2,blue,y\n3,red,x\n4,green,y\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="table.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def columns(data):
    return data.matrix().columns(slice(None))


@pytest.mark.parametrize(("by", "a", "b"), [("mean", 8 / 3, 40), ("median", 3, 20), ("zero", 0, 0)])
def test_missing_values_of_a_table_are_filled(table, by, a, b):
    data = open_data(table(GAPS), missing=by, scale="none").train
    assert data.scaling.kind == f"missing:{by}"
    assert_allclose(columns(data), [[1, a, 3, 4], [10, 20, b, 90]])
    assert "missing: 2 of 8 values (0.25 of all), in 2 of 2 features" in data.notes


def test_the_test_set_is_filled_by_the_training_set(table):
    test = table("name,a,b,label\ns8,,,x\ns9,5,,y\n", "test.csv")
    splits = open_data(table(GAPS), test=test, missing="median")
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    train = np.array([[1, 10], [np.nan, 20], [3, np.nan], [4, 90]])
    expected = steps.fit(train).transform([[np.nan, np.nan], [5, np.nan]])
    assert_allclose(columns(splits.test), expected.T)
    assert splits.test.notes[-1].startswith("missing: 3 of 4 values")


def test_missing_values_are_refused_by_default_and_in_labels(table):
    with pytest.raises(DataError, match=r"missing in row 2 \(line 3\), 'a'.*--missing mean"):
        open_data(table(GAPS))
    with pytest.raises(DataError, match=r"1 missing value: .*row 4 .*'label'"):
        open_data(table(GAPS.replace("90,y", "90,")), missing="mean")


def test_an_archive_may_lack_values_too(tmp_path):
    X = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, 6.0]])
    np.savez(tmp_path / "a.npz", X=X, y=np.array([0, 1, 1]))
    with pytest.raises(DataError, match="no missing values; got 1 of 6 values"):
        open_data(tmp_path / "a.npz")
    data = open_data(tmp_path / "a.npz", missing="mean", scale="none").train
    assert_allclose(columns(data)[1], [5, 4, 6])


def test_texts_become_features_of_their_levels(table):
    test = table("color,label,size\nblue,x,9\npink,y,8\n", "test.csv")
    splits = open_data(table(COLORS), test=test, categories="onehot")
    encoder = make_column_transformer(
        (StandardScaler(), [0]),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), [1]),
    )
    rows = [(1, "red"), (2, "blue"), (3, "red"), (4, "green")]
    encoder.fit(np.array(rows, object))
    found = encoder.transform(np.array([(9, "blue"), (8, "pink")], object)).T.astype(float)
    assert splits.train.feature_names == ("size", "color=blue", "color=green", "color=red")
    assert_array_equal(splits.test.raw[1:], found[1:])
    assert_allclose(columns(splits.test)[0], found[0])
    assert "column 'color' is 3 features, 1 or 0: blue, green, red" in splits.train.notes
    said = "'color' of 1 example is pink, which the training set does not have"
    assert any(note.startswith(said) for note in splits.test.notes)


def test_missing_texts_are_filled_by_the_shares_of_the_levels(table):
    path = table(COLORS.replace("green", "NA"))
    with pytest.raises(DataError, match="1 missing value"):
        open_data(path, categories="onehot")
    data = open_data(path, categories="onehot", missing="mean", scale="none").train
    assert_allclose(columns(data)[1:], [[0, 1, 0, 1 / 3], [1, 0, 1, 2 / 3]])


def test_texts_are_refused_by_default(table):
    with pytest.raises(DataError, match=r"'color'.*--categories onehot"):
        open_data(table(COLORS))


def test_a_column_of_names_that_repeat_is_no_category(table):
    text = "patient,x,y\n" + "".join(f"P{i // 2},{i % 7},{'pq'[i % 2]}\n" for i in range(60))
    with pytest.raises(DataError, match=r"'patient', 30 texts in 60 rows.*--group-column patient"):
        open_data(table(text), categories="onehot")
    kept = open_data(table(text), categories="onehot", keep="patient").train
    assert kept.features.shape[0] == 31
    data = open_data(table(text), categories="onehot", group_column="patient").train
    assert data.feature_names == ("x",)


def test_texts_with_signs_of_numbers_in_them(table):
    text = 'size;place;label\n1,5;"St. Louis, MO";x\n2,5;Bern;y\n3,5;Bern;x\n4,5;Bern;y\n'
    data = open_data(table(text), categories="onehot").train
    assert data.feature_names == ("size", "place=Bern", "place=St. Louis, MO")
    assert_array_equal(data.raw[0], [1.5, 2.5, 3.5, 4.5])


def test_steps_by_name(table):
    plate = "a,b,c,plate,label\n1,2,9,p,x\n2,3,5,p,y\n5,4,8,q,x\n4,9,9,q,y\n"
    data = open_data(table(plate), prepare="log1p, snv,batch,robust", batch_column="plate").train
    assert data.scaling.kind == "log1p,snv,batch:plate,robust"
    batches = data.prepared("log1p,snv,batch:plate")
    X = columns(batches)
    assert_allclose(X[:, 0], -X[:, 1])
    listed = open_data(table(plate), prepare=["snv"], drop="plate").train
    assert listed.scaling.kind == "snv"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prepare": "snv", "scale": "none"}, "scale or prepare; got both"),
        ({"prepare": "snw"}, "Did you mean snv?"),
        ({"prepare": "batch"}, "--batch-column NAME"),
        ({"prepare": "batch:plate"}, "'plate'; got none"),
        ({"prepare": "derivative"}, "11 features or more; got 2"),
        ({"missing": "mode"}, "missing to be mean or median or zero or refuse"),
        ({"categories": "yes"}, "categories to be onehot or refuse"),
    ],
)
def test_preparations_that_cannot_be(table, options, message):
    with pytest.raises(InputError) as error:
        open_data(table(GAPS.replace(",,", ",2,").replace("NA", "3")), **options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
