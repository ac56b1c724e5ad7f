"""What is no plain array of numbers, wherever arrays enter: refused by name, or taken rightly."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import chainrule as cr
from chainrule import InputError
from chainrule.course.basics import sigmoid
from chainrule.course.logistic import propagate
from chainrule.data import Dataset, Scaling, feature_matrix
from chainrule.experiments import Setting, cross_validate, without_each
from chainrule.graph import grad, variable

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 20))
LABELS = (X[0] > 0).astype(np.int64)
Y = LABELS.reshape(1, -1).astype(float)
HIDDEN = X > 1
NETWORK = cr.Network.create((6, 4, 1))
DATA = Dataset(X, LABELS, ("a", "b"))
QUICK = Setting(hidden=(), iterations=2)


def masked(array, rows=HIDDEN):
    return np.ma.array(np.where(rows, -999, array), mask=rows)


def fitted():
    return cr.MLPClassifier((3,), solver="lbfgs", alpha=10.0, random_state=0).fit(X.T, LABELS)


def train(*data, **more):
    return cr.train(NETWORK, data, iterations=2, **more)


# Each takes an array of X's shape where examples are columns.
PLACES = {
    "train": lambda A: train(A, Y),
    "validation": lambda A: train(X, Y, validation=(A, Y)),
    "Dataset": lambda A: Dataset(A, LABELS, ("a", "b")),
    "feature matrix": feature_matrix,
    "Scaling": Scaling.standard,
    "Network.predict_proba": NETWORK.predict_proba,
    "Network": lambda A: cr.Network(
        (A,), (np.zeros((6, 1)),), ("softmax",), "softmax_cross_entropy"
    ),
    "Model.predict_proba": cr.Model.of(NETWORK, DATA).predict_proba,
    "cross_validate": lambda A: cross_validate((A, Y), QUICK, folds=2),
    "without_each": lambda A: without_each(DATA, A, QUICK),
    "propagate": lambda A: propagate(np.zeros((6, 1)), 0.0, A, Y),
    "sigmoid": sigmoid,
    "variable": variable,
    "node times": lambda A: variable(2.0) * A,
    "grad": lambda A: grad(lambda x: np.sum(x * x))(A),
}
VECTORS = {
    "sample_weight": lambda a: train(X, Y, sample_weight=abs(a)),
    "labels of a Dataset": lambda a: Dataset(X, a > 0, ("a", "b")),
    "learning rates": lambda a: train(X, Y, learning_rate=abs(a) + 1),
    "Y": lambda a: train(X, (a > 0)[None]),
}
ESTIMATORS = {
    "fit X": lambda: cr.MLPClassifier().fit(masked(X.T, HIDDEN.T), LABELS),
    "fit y": lambda: cr.MLPRegressor().fit(X.T, masked(X[0], HIDDEN[0])),
    "sample_weight": lambda: cr.MLPClassifier().fit(
        X.T, LABELS, sample_weight=masked(np.ones(20), HIDDEN[0])
    ),
    "partial_fit": lambda: cr.MLPClassifier().partial_fit(
        masked(X.T, HIDDEN.T), LABELS, classes=[0, 1]
    ),
    "predict": lambda: fitted().predict(masked(X.T, HIDDEN.T)),
    "validation_data": lambda: cr.MLPClassifier(early_stopping=True).fit(
        X.T, LABELS, validation_data=(masked(X.T, HIDDEN.T), LABELS)
    ),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_what_a_mask_hides_is_never_taken(place):
    with pytest.raises(
        InputError, match=rf"without masked values; got {HIDDEN.sum()} masked\. Fill"
    ):
        place(masked(X))
    with pytest.raises(InputError, match="masked"):
        place(list(masked(X)))
    place(np.ma.array(X, mask=False))  # which hides nothing


@pytest.mark.parametrize("place", VECTORS.values(), ids=VECTORS)
def test_a_mask_on_vectors(place):
    with pytest.raises(InputError, match=rf"got {HIDDEN[0].sum()} masked"):
        place(masked(X[0], HIDDEN[0]))
    place(X[0])


@pytest.mark.parametrize("call", ESTIMATORS.values(), ids=ESTIMATORS)
def test_a_mask_before_the_estimators(call):
    with pytest.raises(InputError, match=r"^MLP.*without masked values; got \d+ masked"):
        call()


MATRICES = {name: PLACES[name] for name in list(PLACES)[:10] if name != "Network"}


SPARSE = ("train", "validation", "feature matrix", "cross_validate")  # take it as it is


@pytest.mark.parametrize("place", SPARSE)
def test_sparse_features_are_taken_as_they_are(place):
    found, plain = (MATRICES[place](A) for A in (sparse.csr_array(X), X))
    if place == "feature matrix":
        assert_array_equal(found.columns(slice(None)), X)
    elif place == "cross_validate":
        for one, other in zip(found.folds, plain.folds, strict=True):
            assert_allclose(one.history.cost, other.history.cost, rtol=1e-10)
    else:
        assert_allclose(found.history.cost, plain.history.cost, rtol=1e-10)


@pytest.mark.parametrize("name", MATRICES)
def test_what_holds_no_real_numbers(name):
    place = MATRICES[name]
    if name not in SPARSE:
        with pytest.raises(InputError, match=r"a sparse matrix\. Pass \w+\.toarray\(\)"):
            place(sparse.csr_array(X))
    refused = {
        "missing": (pd.DataFrame(X).astype("Float64").mask(HIDDEN), "dtype object. Fill or drop"),
        "none": ([[None] * 20] * 6, "dtype object. Fill or drop"),
        "complex": (X * 1j, "dtype complex128"),
        "text": (X.astype(str), "dtype <U"),
        "dates": (np.zeros(X.shape, "M8[s]"), r"dtype datetime64\[s\]"),
        "beyond floats": ([[10**400] * 20] * 6, "dtype object"),
    }
    for array, message in refused.values():
        with pytest.raises(InputError, match=message):
            place(array)


@pytest.mark.parametrize("array", [X.astype(object), X.astype(str), X * 1j, X.astype(int)])
def test_weights_that_are_no_floats(array):
    with pytest.raises(InputError, match="dtype to be float64 or float32"):
        PLACES["Network"](array)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_other_arrays_of_numbers_are_taken_as_such():
    plain = train(X, Y).network.weights[0]
    for same in (np.matrix(X), pd.DataFrame(X), X.tolist(), np.ma.array(X)):
        assert_array_equal(train(same, Y).network.weights[0], plain)
        data = Dataset(same, LABELS.tolist(), ("a", "b"))
        assert_array_equal(cr.train(NETWORK, data, iterations=2).network.weights[0], plain)
        assert type(data.raw) is np.ndarray
        assert_array_equal(
            Scaling.standard(same).steps[0].shift, Scaling.standard(X).steps[0].shift
        )


@pytest.mark.parametrize("labels", [Y[0], LABELS - 1, LABELS + 1, ["a"] * 20, [[0, 1]] * 10])
def test_labels_that_are_no_indices(labels):
    with pytest.raises(InputError, match="20 labels, one per example: indices into the 2 classes"):
        Dataset(X, labels, ("a", "b"))
