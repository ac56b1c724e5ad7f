"""Label review: which labels look wrong; against cleanlab, from the same probabilities."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import StratifiedKFold

from chainrule import Dataset, Network, train
from chainrule.data import open_data, read_decisions
from chainrule.errors import DataError, InputError
from chainrule.experiments.label_review import review_labels

NAMES = tuple(f"{k}.png" for k in range(5))
P = np.array(
    [
        [0.90, 0.30, 0.05, 0.50, 0.45],
        [0.05, 0.60, 0.15, 0.50, 0.10],
        [0.05, 0.10, 0.80, 0.00, 0.45],
    ]
)


@pytest.fixture
def pets():
    """Five pets, all called cats; the second looks like a dog and the third like a hen."""
    labels = np.zeros(5, dtype=np.int64)
    return Dataset(np.zeros((2, 5)), labels, ("cat", "dog", "hen"), names=NAMES)


def flipped(seed, positive=None, flips=20):
    """500 built-in pictures with `flips` labels replaced at random; and which."""
    rng = np.random.default_rng(seed)
    data = open_data("fashion", positive=positive).train
    data = data.select(np.sort(rng.permutation(len(data))[:500]))
    wrong, n = rng.choice(500, flips, replace=False), len(data.classes)
    labels = data.labels.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, n, flips)) % n
    return replace(data, labels=labels), set(wrong.tolist())


def out_of_fold(data, seed):
    """P (n_classes, m), each column by the one network of five that was trained without it."""
    X, Y = data.matrix(), data.Y
    folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(
        np.zeros((len(data), 1)), data.labels
    )
    held_out = np.zeros((5, len(data)))
    for r, (_, index) in enumerate(folds):
        held_out[r, index] = 1
    start = Network.create((X.shape[0], 20, len(Y)), rng=seed).repeated(5)
    done = train(
        start,
        (X, Y),
        optimizer="momentum",
        learning_rate=0.1,
        iterations=300,
        l2=0.01,
        sample_weight=1 - held_out,
    )
    A = np.einsum("rm,rkm->km", held_out, done.network.predict_proba(X))
    return np.concatenate([1 - A, A]) if len(A) == 1 else A


def cleanlabs(data, P):
    """Every ranking that cleanlab has, by name."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    scores = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
    found = {}
    for score in scores:
        quality = get_label_quality_scores(data.labels, P.T, method=score)
        found[score] = np.argsort(quality, kind="stable")
        for rule in (
            *("prune_by_noise_rate", "prune_by_class", "both"),
            *("confident_learning", "predicted_neq_given"),
        ):
            found[f"{rule}, {score}"] = find_label_issues(
                data.labels, P.T, filter_by=rule, return_indices_ranked_by=score, n_jobs=1
            )
        if score != scores[-1]:
            quality = get_label_quality_scores(
                data.labels, P.T, method=score, adjust_pred_probs=True
            )
            found[f"{score}, adjusted"] = np.argsort(quality, kind="stable")
    return found


@pytest.mark.parametrize("positive", [None, "Shirt"])
def test_of_20_flipped_labels_no_fewer_are_found_than_by_cleanlab(positive):
    ours, theirs = [], {}
    for seed in range(4):
        data, wrong = flipped(seed, positive)
        P = out_of_fold(data, seed)
        ours.append(len(wrong & set(review_labels(data, P).ranking[:40].tolist())))
        for name, ranking in cleanlabs(data, P).items():
            theirs.setdefault(name, []).append(len(wrong & set(ranking[:40].tolist())))
    # Its own ranking of all examples; of its twenty methods one or another may be luckier once.
    assert np.greater_equal(ours, theirs["self_confidence"]).all()
    assert sum(ours) >= max(map(sum, theirs.values()))
    assert min(ours) >= 14


def test_the_suspects_are_those_that_cleanlab_finds_by_the_same_rule():
    data, _ = flipped(0)
    P = out_of_fold(data, 0)
    theirs = cleanlabs(data, P)["predicted_neq_given, self_confidence"]
    assert_array_equal([suspect.index for suspect in review_labels(data, P).suspects], theirs)


def test_suspects_are_ranked_and_explained(pets):
    review = review_labels(pets, P)
    first, second = review.suspects
    assert (first.index, first.name, first.given, first.suggested) == (2, "2.png", "cat", "hen")
    assert (first.probability_of_given, first.probability_of_suggested) == (0.05, 0.8)
    assert first.reason == (
        "Trained without it, the network gives cat 5.0 % and hen 80.0 %; "
        "examples labeled cat get 44.0 % on average."
    )
    assert (second.index, second.suggested) == (1, "dog")
    # A class that is as probable as the given one accuses nobody.
    assert_array_equal(review.ranking, [2, 1, 4, 3, 0])
    assert repr(review) == "LabelReview(2 suspects of 5)"


def test_only_so_many_suspects(pets):
    review = review_labels(pets, P, most=1)
    assert [suspect.index for suspect in review.suspects] == [2]
    assert len(review.ranking) == 5


def test_examples_without_probabilities_are_reported_not_judged(pets):
    unfinished = P.copy()
    unfinished[:, [0, 2]] = np.nan
    review = review_labels(pets, unfinished)
    assert_array_equal(review.unscored, [0, 2])
    assert_array_equal(review.ranking, [1, 4, 3])
    assert "2 without probabilities" in repr(review)


def test_examples_without_names_are_counted(pets):
    review = review_labels(replace(pets, names=None), P)
    assert review.suspects[0].name == "example 2"


def test_two_classes():
    data = Dataset(np.zeros((1, 4)), np.array([0, 1, 0, 1]), ("non-cat", "cat"))
    p = np.array([0.2, 0.4, 0.9, 0.5])
    review = review_labels(data, np.stack([1 - p, p]))
    assert [(s.index, s.suggested) for s in review.suspects] == [(2, "cat"), (1, "non-cat")]
    assert "examples labeled non-cat get 45.0 % on average" in review.suspects[0].reason
    assert "examples labeled cat get 45.0 % on average" in review.suspects[1].reason


def test_the_order_is_that_of_the_odds_that_labels_were_replaced():
    """Simulated: true classes drawn from P, one in five labels replaced by another."""
    rng = np.random.default_rng(5)
    m, n, e = 40_000, 3, 0.2
    P = rng.dirichlet((0.7, 0.7, 0.7), m).T
    true = (rng.random(m) > P.cumsum(axis=0)[:-1]).sum(axis=0)
    given = np.where(rng.random(m) < e, (true + rng.integers(1, n, m)) % n, true)
    p = P[given, np.arange(m)]
    for low, high in ((0.1, 0.15), (0.4, 0.45), (0.8, 0.85)):
        inside = (p > low) & (p < high)
        odds = e / (1 - e) * (1 - p[inside]) / ((n - 1) * p[inside])
        expected, k = (odds / (1 + odds)).mean(), inside.sum()
        error = np.sqrt(expected * (1 - expected) / k)
        assert abs((true != given)[inside].mean() - expected) < 4 * error


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (P.T, r"\(3, 5\); got \(5, 3\)\. The examples look like rows: pass P\.T\."),
        (P[:2], r"\(3, 5\); got \(2, 5\)\."),
        (P[0], r"\(3, 5\); got \(5,\)\."),
        (P * 2, "columns of P that sum to 1"),
        (P - np.array([[0.1], [-0.05], [-0.05]]), "columns of P that sum to 1"),
        (np.full((3, 5), np.inf), "that sum to 1"),
        (np.full((3, 5), np.nan), "got nan alone"),
        ("P", "one row per class"),
    ],
    ids=["rows", "a class lacks", "one row", "sums", "negative", "infinite", "nan", "text"],
)
def test_what_are_no_probabilities(pets, probabilities, message):
    with pytest.raises(InputError, match=message):
        review_labels(pets, probabilities)


def test_a_number_of_suspects_that_is_none(pets):
    with pytest.raises(InputError, match="most to be a whole number"):
        review_labels(pets, P, most=-1)


def test_the_file_holds_a_row_for_each_suspect_and_decides_nothing(pets, tmp_path):
    path = tmp_path / "review.csv"
    review_labels(pets, P).to_csv(path)
    decisions = read_decisions(path)
    assert [(d.name, d.given, d.index, d.action) for d in decisions.rows] == [
        ("2.png", "cat", 2, "keep"),
        ("1.png", "cat", 1, "keep"),
    ]
    text = path.read_text(encoding="utf-8-sig")
    assert '2.png,2,cat,hen,0.0500,0.8000,keep,,"Trained without it' in text


def test_a_review_without_suspects_is_a_file_as_well(pets, tmp_path):
    review_labels(pets, np.eye(3)[:, pets.labels]).to_csv(tmp_path / "review.csv")
    assert read_decisions(tmp_path / "review.csv").rows == ()


def test_decisions_are_never_overwritten(pets, tmp_path):
    path = tmp_path / "review.csv"
    path.write_text("name,given,decision\n2.png,cat,drop\n")
    with pytest.raises(InputError, match="Its decisions are not overwritten"):
        review_labels(pets, P).to_csv(path)
    assert read_decisions(path).rows[0].action == "drop"
    with pytest.raises(InputError, match="a place to write"):
        review_labels(pets, P).to_csv(tmp_path / "nowhere" / "review.csv")
    with pytest.raises(DataError):
        read_decisions(tmp_path / "nowhere" / "review.csv")
