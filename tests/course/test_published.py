"""The results that published study notes print for the course's own pictures."""

import pytest
from numpy.testing import assert_allclose

from chainrule.course import deep, logistic


@pytest.fixture(scope="module")
def pictures(course_data):
    """train_x (12288, 209), train_y, test_x (12288, 50), test_y, flattened and scaled."""
    train_x, train_y, test_x, test_y, _ = deep.load_data(course_data)
    return (
        train_x.reshape(len(train_x), -1).T / 255,
        train_y,
        test_x.reshape(len(test_x), -1).T / 255,
        test_y,
    )


def test_logistic_regression(pictures, capsys):
    d = logistic.model(*pictures, num_iterations=2000, learning_rate=0.005, print_cost=True)
    lines = capsys.readouterr().out.splitlines()
    published = "0.693147 0.584508 0.466949 0.376007 0.331463 0.303273 0.279880 0.260042 0.242941 "
    published += "0.228004 0.214820 0.203078 0.192544 0.183033 0.174399 0.166521 0.159305 0.152667 "
    published += "0.146542 0.140872"
    assert [f"{cost:f}" for cost in d["costs"]] == published.split()
    assert lines[1] == "Cost after iteration 100: 0.584508"
    assert lines[-2:] == ["train accuracy: 99.04306220095694 %", "test accuracy: 70.0 %"]


def test_the_class_of_the_study_notes(pictures, capsys):
    X, Y, X_test, Y_test = pictures
    fitted = logistic.LogisticRegression().fit(X, Y, 2001, 0.005, True, 500)
    assert capsys.readouterr().out.splitlines() == [
        "Cost after iteration 0: 0.693147",
        "Cost after iteration 500: 0.303273",
        "Cost after iteration 1000: 0.214820",
        "Cost after iteration 1500: 0.166521",
        "Cost after iteration 2000: 0.135608",
    ]
    assert fitted.accuracy_score(X, Y) == pytest.approx(0.9904306220095693)
    assert fitted.accuracy_score(X_test, Y_test) == pytest.approx(0.7)


NETWORKS = {
    "two layers": (
        deep.two_layer_model,
        (12288, 7, 1),
        "0.693049735659989 0.6464320953428849 0.6325140647912677 0.6015024920354665 "
        "0.5601966311605747",
        "Accuracy: 0.9999999999999998\nAccuracy: 0.72\n",
    ),
    "four layers": (
        deep.L_layer_model,
        (12288, 20, 7, 5, 1),
        "0.7717493284237686 0.6720534400822914 0.6482632048575212 0.6115068816101356 "
        "0.5670473268366111",
        "Accuracy: 0.9856459330143539\nAccuracy: 0.8\n",
    ),
}


@pytest.mark.parametrize(("train", "sizes", "costs", "printed"), NETWORKS.values(), ids=NETWORKS)
def test_networks(train, sizes, costs, printed, pictures, capsys):
    X, Y, X_test, Y_test = pictures
    parameters, found = train(X, Y, sizes, learning_rate=0.0075, num_iterations=2500)
    assert len(found) == 25
    # The last digits printed depend on the order in which a machine's BLAS adds.
    assert_allclose(found[:5], [float(cost) for cost in costs.split()], rtol=1e-10)
    deep.predict(X, Y, parameters)
    deep.predict(X_test, Y_test, parameters)
    assert capsys.readouterr().out == printed
