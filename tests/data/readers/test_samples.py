"""What is known of examples and is no feature: columns of the table, a table of samples."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.data import open_data
from chainrule.errors import DataError

GENES = "sample,g1,g2\ns1,1,2\ns2,3,5\ns3,5,7\ns4,8,9\n"
SAMPLES = "patient,id,tissue,batch\np1,s4,liver,x\np2,s2,heart,y\np1,s1,liver,x\np9,s9,heart,y\n"


def opened(path, **options):
    return open_data(path, scale="none", **options).train


@pytest.fixture
def genes(table):
    return table(GENES, "genes.csv")


@pytest.fixture
def samples(table):
    return table(SAMPLES, "samples.csv")


def test_samples_are_joined_by_name_and_give_labels_and_facts(genes, samples):
    data = opened(genes, samples=samples, label="tissue", group_column="patient")
    assert data.names == ("s1", "s2", "s4")
    assert_array_equal(data.raw, [[1, 3, 8], [2, 5, 9]])
    assert [data.classes[k] for k in data.labels] == ["liver", "heart", "liver"]
    assert {name: values.tolist() for name, values in data.facts.items()} == {
        "patient": ["p1", "p2", "p1"],
        "batch": ["x", "y", "x"],
    }
    assert data.reading.group_column == "patient"
    assert data.notes[2:] == (
        f"facts of 3 examples from {samples}, by 'id'",
        f"1 of the 4 examples are not in {samples}: s3",
        f"1 of the 4 rows of {samples} are no examples of {genes}: s9",
        "left out 1 examples without a label",
    )


def test_a_column_of_the_table_is_a_fact_and_no_feature(table):
    path = table(
        "a,patient,Run,b,y\n" + "".join(f"{i * i},{i % 3},r{i % 2},2,{i % 2}\n" for i in range(6))
    )
    data = opened(path, group_column="patient", batch_column="run")
    assert data.feature_names == ("a", "b")
    assert data.facts["patient"].tolist() == ["0", "1", "2"] * 2
    assert data.facts["run"].tolist() == ["r0", "r1"] * 3
    with pytest.raises(DataError, match=r"a column for --group-column, 'patint'.*'patient'"):
        opened(path, group_column="patint")


def test_facts_go_where_their_examples_go(genes, samples):
    data = opened(genes, samples=samples, label="tissue")
    assert data.select([2, 0]).facts["batch"].tolist() == ["x", "x"]
    assert data.select(data.labels == 0).facts["patient"].tolist() == ["p2"]
    both = data.joined(data.select([1]))
    assert both.facts["batch"].tolist() == ["x", "y", "x", "y"]
    assert not data.unlabeled("here", np.zeros((2, 1))).facts
    assert data.without(["heart"]).facts["batch"].tolist() == ["x", "x"]


def test_a_label_called_so_among_the_samples_is_taken(table, genes):
    path = table("name,label,age\ns1,a,3\ns2,b,4\ns3,a,5\ns4,b,6\n", "s.csv")
    data = opened(genes, samples=path)
    assert data.classes == ("a", "b")
    assert data.facts["age"].tolist() == ["3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (
            "id,kind\nt1,a\nt2,b\n",
            {"label": "kind"},
            r"the examples of .*genes.csv; got none of s1, s2, s3, s4",
        ),
        ("id,kind\ns1,a\ns1,b\ns2,b\n", {"label": "kind"}, "'s1' more than once in 'id'"),
        (
            SAMPLES,
            {},
            "a label column; got numbers only, and beside them patient, id, tissue, batch",
        ),
        (SAMPLES, {"label": "tisue"}, "Did you mean 'tissue'"),
        (SAMPLES, {"label": "tissue", "group_column": "tissue"}, "which another option takes"),
        (SAMPLES, {"label": "tissue", "batch_column": "bach"}, "--batch-column.*'batch'"),
        (
            "id,k,b\ns1,a,x\ns2,b,\ns3,b,x\ns4,a,x\n",
            {"batch_column": "b", "label": "k"},
            "for 1 of 4",
        ),
        ("id,k\n", {"label": "k"}, "header only"),
        ("id,k\ns1,\ns2,NA\n", {"label": "k"}, "labels in 'k'; got none for any example"),
    ],
)
def test_samples_that_do_not_fit(table, genes, text, options, message):
    with pytest.raises(DataError, match=message):
        opened(genes, samples=table(text, "samples.csv"), **options)


def test_examples_without_names_or_a_file_that_is_not_there(table, samples):
    bare = table("a,b\n1,2\n3,4\n", "bare.csv")
    with pytest.raises(DataError, match="--names COLUMN"):
        opened(bare, samples=samples, label="tissue")
    with pytest.raises(DataError, match="a table of samples; got No such file"):
        opened(bare, samples="nowhere.csv", label="tissue")
