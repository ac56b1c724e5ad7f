"""Evaluation: counts and rates by hand, against scikit-learn, and at the edges."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from chainrule import DataError, Dataset, Evaluation, InputError, Model, Network, evaluate
from chainrule.data import Scaling
from chainrule.data.steps import Affine
from chainrule.model.evaluation import evaluate_probabilities

CLASSES = ("ant", "bee", "cat")


def reading_model(classes=CLASSES, scale=4.0, **options):
    """A softmax that takes an example for the class of its largest feature."""
    n = len(classes)
    network = Network(
        [scale * np.eye(n)], [np.zeros((n, 1))], ("softmax",), "softmax_cross_entropy"
    )
    return Model(network, classes, **options)


def dataset(labels, looks, classes=CLASSES, **options):
    """Example i has label labels[i] and looks like class looks[i], the surer the later it comes."""
    raw = np.eye(len(classes))[:, looks] * (1 + np.arange(len(looks)) / 10)
    return Dataset(raw, np.array(labels), classes, **options)


@pytest.fixture
def found():
    labels, looks = [0, 0, 0, 1, 1, 2], [0, 1, 0, 1, 2, 2]
    names = tuple("uvwxyz")
    return evaluate(reading_model(), dataset(labels, looks, names=names))


def test_counts_and_rates_by_hand(found):
    assert_array_equal(found.confusion, [[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    assert found.m == 6
    assert found.accuracy == 4 / 6
    assert found.baseline == 3 / 6
    assert_allclose(found.precision, [1, 1 / 2, 1 / 2])
    assert_allclose(found.recall, [2 / 3, 1 / 2, 1])


@pytest.mark.parametrize("n", [2, 3])
def test_measures_of_classes_that_are_not_alike_common_are_scikit_learns(n):
    rng = np.random.default_rng(0)
    labels, P = (
        np.repeat(np.arange(n), [25, 4, 9][:n]),
        rng.dirichlet(np.ones(n), 38)[: 38 if n == 3 else 29].T,
    )
    data = Dataset(np.zeros((1, len(labels))), labels, CLASSES[:n])
    found = evaluate_probabilities(data, P)
    assert_allclose(found.balanced_accuracy, balanced_accuracy_score(labels, P.argmax(axis=0)))
    auc = roc_auc_score(labels, P[1]) if n == 2 else roc_auc_score(labels, P.T, multi_class="ovr")
    assert_allclose(found.auc, auc)
    Y = np.eye(n)[labels]
    assert_allclose(found.brier, np.square(P.T - Y).sum() / len(Y) / (2 if n == 2 else 1))
    assert set(found.scores) <= set(found.facts())


def test_of_one_class_there_is_no_auc():
    data = Dataset(np.zeros((1, 3)), np.zeros(3, int), CLASSES[:2])
    found = evaluate_probabilities(data, np.array([[0.9, 0.2, 0.8], [0.1, 0.8, 0.2]]))
    assert np.isnan(found.auc)
    assert found.facts()["auc"] is None
    assert_allclose([found.balanced_accuracy, found.brier], [2 / 3, 0.69 / 3])


def test_the_cost_by_hand(found):
    sure = 4 * (1 + np.arange(6) / 10)
    right = np.array([1, 0, 1, 1, 0, 1])
    losses = np.log(np.exp(sure) + 2) - right * sure
    assert_allclose(found.cost, losses.mean(), rtol=1e-14)


def test_mistakes_the_most_confident_first(found):
    assert [(w.index, w.name, w.actual, w.predicted) for w in found.mistakes] == [
        (4, "y", "bee", "cat"),
        (1, "v", "ant", "bee"),
    ]
    p = [np.exp(z) / (np.exp(z) + 2) for z in (4 * 1.4, 4 * 1.1)]
    assert_allclose([w.probability for w in found.mistakes], p, rtol=1e-14)


def test_facts_are_json(found):
    facts = found.facts(mistakes=1)
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert (facts["mistakes"], len(facts["most_confident_mistakes"])) == (2, 1)
    assert facts["classes"][0] == {
        "name": "ant", "precision": 1.0, "recall": 2 / 3, "examples": 3,
    }  # fmt: skip


def test_a_class_that_never_occurs_has_no_rates():
    found = evaluate(reading_model(), dataset([0, 0], [0, 0]))
    assert_allclose(found.precision, [1, np.nan, np.nan])
    assert_allclose(found.recall, [1, np.nan, np.nan])
    assert found.facts()["classes"][1]["precision"] is None
    assert found.mistakes == ()


def binary(bias=0.0):
    network = Network(
        [np.array([[1.0, -1.0]])], [np.full((1, 1), bias)], ("sigmoid",), "binary_cross_entropy"
    )
    return Model(network, ("no", "yes"))


def test_scikit_learns_numbers():
    from sklearn.metrics import confusion_matrix, log_loss, precision_score, recall_score

    rng = np.random.default_rng(90)
    raw, labels = rng.standard_normal((2, 200)), rng.integers(0, 2, 200)
    model = binary(0.3)
    found = evaluate(model, Dataset(raw, labels, ("no", "yes")))
    predicted, P = model.predict(raw), model.predict_proba(raw)
    assert_array_equal(found.confusion, confusion_matrix(labels, predicted))
    assert_allclose(found.cost, log_loss(labels, P.T), rtol=1e-12)
    assert_allclose(found.precision[1], precision_score(labels, predicted))
    assert_allclose(found.recall[1], recall_score(labels, predicted))


def test_the_cost_of_a_confident_mistake_is_exact():
    raw = np.array([[1000.0, -1000.0], [0.0, 0.0]])
    found = evaluate(binary(), Dataset(raw, np.array([0, 0]), ("no", "yes")))
    assert found.cost == 500.0
    assert found.mistakes[0].probability == 1.0


def test_equally_confident_mistakes_keep_their_order():
    raw = np.zeros((2, 4))
    found = evaluate(binary(2.0), Dataset(raw, np.array([0, 1, 0, 0]), ("no", "yes")))
    assert [(w.index, w.name) for w in found.mistakes] == [
        (0, "example 0"),
        (2, "example 2"),
        (3, "example 3"),
    ]


def test_softmax_of_two_classes():
    data = dataset([0, 1, 1], [0, 1, 0], ("no", "yes"))
    found = evaluate(reading_model(("no", "yes")), data)
    assert_array_equal(found.confusion, [[1, 0], [1, 1]])
    assert_allclose(found.cost, np.log1p(np.exp([-4, -4.4, 4.8])).mean(), rtol=1e-12)


def test_classes_are_matched_by_name():
    other = ("cat", "ant", "bee")
    looks = np.eye(3)[:, [2, 0, 1, 1]]  # cat, ant, bee, bee
    found = evaluate(reading_model(), Dataset(looks, np.array([0, 1, 2, 0]), other))
    assert found.classes == CLASSES
    assert_array_equal(found.confusion, [[1, 0, 0], [0, 1, 0], [0, 1, 1]])


def test_the_models_scaling_is_the_one_that_counts():
    scaling = Scaling((Affine("standard", np.full((3, 1), 100.0), np.full((3, 1), 0.5)),))
    plain = dataset([0, 1, 2], [0, 1, 1])
    raw = plain.raw * 0.5 + 100
    moved = Dataset(raw, plain.labels, CLASSES, scaling=Scaling.standard(raw))
    found = evaluate(reading_model(scaling=scaling), moved)
    expected = evaluate(reading_model(), plain)
    assert_allclose(found.cost, expected.cost, rtol=1e-12)
    assert_array_equal(found.confusion, expected.confusion)


def test_pixels_are_scaled():
    raw = np.diag([255, 255, 255]).astype(np.uint8)
    data = Dataset(raw, np.array([0, 1, 2]), CLASSES, scaling=Scaling.pixels())
    found = evaluate(reading_model(scaling=Scaling.pixels()), data)
    assert_allclose(found.cost, np.log(1 + 2 * np.exp(-4)), rtol=1e-12)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda: Dataset(np.ones((4, 2)), np.array([0, 1]), CLASSES), "3 numbers an example"),
        (lambda: dataset([0, 1], [0, 1], ("ant", "dog", "cow")), "dog"),
    ],
    ids=["features", "classes"],
)
def test_data_of_another_kind(data, message):
    with pytest.raises(DataError) as caught:
        evaluate(reading_model(), data())
    assert message in str(caught.value)


def test_no_examples():
    empty = Dataset(np.ones((3, 0)), np.empty(0, np.int64), CLASSES)
    with pytest.raises(DataError, match="example"):
        evaluate(reading_model(), empty)


def test_a_single_example():
    found = evaluate(reading_model(), dataset([2], [2]))
    assert (found.m, found.accuracy, found.baseline) == (1, 1.0, 1.0)
    assert isinstance(found, Evaluation)


def answers(*logits, **options):
    """An ensemble whose member r has, whatever it is asked, the logits of the r-th argument."""
    bias = np.array(logits, float)[..., None]  # (R, n_y, 1)
    n_y = bias.shape[1]
    kind = ("sigmoid", "binary_cross_entropy") if n_y == 1 else ("softmax", "softmax_cross_entropy")
    network = Network([np.zeros((len(bias), n_y, 1))], [bias], kind[:1], kind[1])
    return Model(network, CLASSES[: max(2, n_y)], **options)


def cost_of(model, label):
    return evaluate(model, Dataset(np.zeros((1, 1)), np.array([label]), model.classes)).cost


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n_y", [1, 3])
def test_an_ensemble_is_measured_by_its_mean_probability(n_y, dtype):
    rng = np.random.default_rng(91)
    network = Network.create((4, 5, n_y), rng=list(range(6)), dtype=dtype)
    model = Model(network, CLASSES[: max(2, n_y)])
    raw = rng.standard_normal((4, 50))
    labels = rng.integers(0, len(model.classes), 50)
    found = evaluate(model, Dataset(raw, labels, model.classes))
    P = 0
    for r in range(6):
        A = network.run(r).astype("float64").predict_proba(raw)
        P = P + (A if n_y > 1 else np.concatenate([1 - A, A])) / 6
    expected = -np.mean([np.log(P[k, i]) for i, k in enumerate(labels)])
    assert_allclose(found.cost, expected, rtol=1e-12)
    assert found.accuracy == np.mean(P.argmax(axis=0) == labels)
    for wrong in found.mistakes:
        assert_allclose(wrong.probability, P[:, wrong.index].max(), rtol=1e-6)


@pytest.mark.parametrize(
    ("logits", "label", "cost"),
    [
        (([1000.0], [-1000.0]), 1, np.log(2)),
        (([1000.0], [2000.0]), 0, 1000 + np.log(2)),
        (([1000.0], [2000.0], [3000.0]), 1, 0),
        (([-50.0], [-50.0], [-49.0]), 0, (2 * np.exp(-50) + np.exp(-49)) / 3),
        (([0, 1000.0, 0], [0, 0, 1000.0]), 0, 1000),
        (([0, 1000.0, 0], [0, 0, 1000.0]), 1, np.log(2)),
        (([0, 1000.0, -1000.0], [0, 1000.0, 0]), 2, 1000 + np.log(2)),
    ],
)
def test_the_cost_of_extreme_members_is_finite_and_exact(logits, label, cost):
    assert_allclose(cost_of(answers(*logits), label), cost, rtol=1e-14)


def test_the_cost_of_sure_members_is_not_negative():
    for members in range(1, 40):
        assert 0 <= cost_of(answers(*[[-40.0]] * members), 0) < 1e-17


@pytest.mark.parametrize("n_y", [1, 3])
def test_one_member_costs_what_a_single_network_does(n_y):
    for seed in range(20):
        logits = 10 * np.random.default_rng(seed).standard_normal(n_y)
        model = answers(logits)
        assert cost_of(model, 0) == cost_of(model.member(0), 0)


@pytest.mark.parametrize(("right", "m"), [(0, 5), (5, 5), (0, 1), (78, 100), (391, 500)])
@pytest.mark.parametrize("confidence", [0.95, 0.5, 0.999])
def test_the_interval_is_scipy_s(right, m, confidence):
    evaluation = Evaluation(("a", "b"), np.array([[right, m - right], [0, 0]]), 0.0, ())
    expected = binomtest(right, m).proportion_ci(confidence, method="wilson")
    assert_allclose(evaluation.interval(confidence), [expected.low, expected.high], atol=1e-12)


@pytest.mark.parametrize("confidence", [0, 1, 2, -0.5, np.nan, "x", [0.5, 0.6]])
def test_confidence_is_between_0_and_1(confidence, found):
    with pytest.raises(InputError, match="confidence"):
        found.interval(confidence)


def test_answers_that_are_there_already():
    data = dataset([0, 1, 1, 0, 1], [0] * 5, ("ant", "bee"))
    P = np.array([[0.9, 0.2, 0.6, 0.5, 0.7], [0.1, 0.8, 0.4, 0.5, 0.3]])
    found = evaluate_probabilities(data, P)
    assert_array_equal(found.confusion, [[2, 0], [2, 1]])
    assert found.cost == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.5, 0.3]).mean())
    assert [one.index for one in found.mistakes] == [4, 2]
    never = evaluate_probabilities(dataset([0], [0], ("ant", "bee")), np.array([[0.0], [1.0]]))
    assert never.cost == np.inf


def test_judged_wrongly():
    data = dataset([0, 1], [0, 1], ("ant", "bee"))
    with pytest.raises(InputError, match=r"P of shape \(2, 2\)"):
        evaluate_probabilities(data, np.ones((2, 3)) / 2)
    with pytest.raises(DataError, match="at least one example"):
        evaluate_probabilities(data.select([]), np.ones((2, 0)))
