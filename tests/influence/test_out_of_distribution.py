"""What is unlike anything that was trained on is found; what is like it is left alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.data import FloatMatrix
from chainrule.influence.out_of_distribution import Neighborhoods, neighborhoods


def opened(source):
    data = cr.open_data(source)
    X, shape = data.train.raw / 255, data.train.image_shape
    return FloatMatrix(X), data.test.raw / 255, shape


@pytest.fixture(params=["fashion", "course"])
def pictures(request):
    """(training pictures, test pictures (n_x, m), shape)."""
    if request.param == "course":
        return opened(request.getfixturevalue("course_data"))
    return opened("fashion")


def odd_ones(shape):
    rng, n_x = np.random.default_rng(0), int(np.prod(shape))
    stripes = np.zeros(shape)
    stripes[:, ::2] = 1
    return {
        "noise": rng.random((n_x, 20)),
        "black and white noise": rng.integers(0, 2, (n_x, 5)).astype(float),
        "stripes": stripes.reshape(-1, 1),
        "gray": np.full((n_x, 1), 0.5),
        "white": np.ones((n_x, 1)),
        "black": np.zeros((n_x, 1)),
    }


def test_what_is_unlike_anything_is_found(pictures):
    X, _, shape = pictures
    for name, raw in odd_ones(shape).items():
        found = neighborhoods(X, FloatMatrix(raw))
        assert all(one.out_of_distribution for one in found), name
        assert all(one.flat == (name in ("gray", "white", "black")) for one in found)


def test_few_test_pictures_are(pictures):
    """Each of the three rules may find one in m + 1 that is not; the course's test pictures are
    drawn otherwise than its training pictures."""
    X, tested, _ = pictures
    found = neighborhoods(X, FloatMatrix(tested))
    assert np.mean([one.out_of_distribution for one in found]) <= 0.1
    assert np.mean([one.novelty > one.usual for one in found]) <= 0.02


def test_new_is_what_a_gaussian_process_does_not_know():
    rng = np.random.default_rng(4)
    X, x = rng.standard_normal((30, 12)), rng.standard_normal((30, 3))
    found = neighborhoods(FloatMatrix(X), FloatMatrix(x))
    mean = X.mean(axis=1, keepdims=True)
    C, c = X - mean, x - mean
    r = 0.01 * np.square(C).sum() / 12  # a hundredth of the mean variance

    def left(C, c):
        """By ridge regression in feature space: c^T (I - C (C^T C + r)^-1 C^T) c / c^T c."""
        rest = c - C @ np.linalg.solve(C.T @ C + r * np.eye(C.shape[1]), C.T @ c)
        return c @ rest / (c @ c)

    assert_allclose([one.novelty for one in found], [left(C, c[:, j]) for j in range(3)])
    others = [np.delete(X, i, axis=1) for i in range(12)]
    means = [one.mean(axis=1, keepdims=True) for one in others]
    each = [
        left(one - mean, X[:, i] - mean[:, 0])
        for i, (one, mean) in enumerate(zip(others, means, strict=True))
    ]
    assert_allclose([one.usual for one in found], max(each))


def test_new_samples_of_few_wide_ones_are_not_unlike_them():
    """Each is told from the mean of the others: 30 samples of 3,000 features are no sum of each
    other."""
    rng = np.random.default_rng(6)
    samples = rng.standard_normal((3000, 40)) * rng.uniform(0.5, 1.5, 40)
    X, x = FloatMatrix(samples[:, :30]), FloatMatrix(samples[:, 30:])
    found = neighborhoods(X, x)
    assert np.mean([one.novelty > one.usual for one in found]) <= 0.1


@pytest.mark.parametrize("draw", ["normal", "skewed"])
def test_new_samples_are_not_unlike_those_that_standardized_them(draw):
    """Each training sample is held against the others as these alone would scale it: what has set
    the scale looks nearer than it is, and all new samples farther."""
    rng = np.random.default_rng(6)
    samples = rng.standard_normal((3000, 60))
    samples = samples if draw == "normal" else np.exp(1.5 * samples)
    raw, others = samples[:, :20], samples[:, 20:]
    A, B = scaled(raw, by=raw), scaled(others, by=raw)
    X, x = FloatMatrix(A), FloatMatrix(B)
    found = Neighborhoods(X, standardized=True).of(x)
    assert np.mean([one.share == 0 for one in found]) <= 0.1
    assert np.mean([one.share == 0 for one in neighborhoods(X, x)]) > 0.7
    own = []
    for i in range(20):
        rest = np.delete(raw, i, axis=1)
        away = scaled(rest, by=rest) - scaled(raw[:, [i]], by=rest)
        own.append(np.linalg.norm(away, axis=0).min())
    nearest = np.linalg.norm(A[:, :, None] - B[:, None], axis=0).min(axis=0)
    shares = (np.array(own)[:, None] >= nearest).mean(axis=0)
    assert_allclose([one.share for one in found], shares)


def scaled(some, by):
    return (some - by.mean(axis=1, keepdims=True)) / by.std(axis=1, keepdims=True)


@pytest.mark.parametrize("standardized", [False, True])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_few_examples(m, standardized):
    rng = np.random.default_rng(5)
    X = rng.standard_normal((6, m))
    if standardized:
        X = (X - X.mean(axis=1, keepdims=True)) / (X.std(axis=1, keepdims=True) if m > 1 else 1)
    X = FloatMatrix(X)
    for one in Neighborhoods(X, standardized=standardized).of(X):
        assert 0 <= one.novelty <= 1
        assert one.distances[0] == pytest.approx(0, abs=1e-6)


def test_equal_examples():
    X = np.ones((6, 5))
    found = neighborhoods(FloatMatrix(X), FloatMatrix(np.arange(6.0).reshape(6, 1)))
    assert found[0].out_of_distribution


def test_what_is_so_large_that_its_square_is_no_float_is_the_farthest():
    X = np.random.default_rng(0).normal(size=(4, 9))
    x = np.column_stack([X[:, 0], [1e308, 0, 0, 0], X[:, 1]])
    found = neighborhoods(FloatMatrix(X), FloatMatrix(x))
    assert [one.out_of_distribution for one in found] == [False, True, False]


def test_the_nearest_by_angle_have_the_same_direction_and_are_unlike_by_distance():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 8)) * np.arange(1, 9)
    x = 5 * X[:, [6, 2]]
    found = Neighborhoods(FloatMatrix(X), angles=True).of(FloatMatrix(x))
    assert [one.nearest[0] for one in found] == [6, 2]
    cosines = (X.T @ x) / np.linalg.norm(X, axis=0)[:, None] / np.linalg.norm(x, axis=0)
    for one, cosine in zip(found, cosines.T, strict=True):
        order = np.argsort(-cosine)[:6]
        assert_array_equal(one.nearest, order)
        assert_allclose(one.distances, np.sqrt(2 - 2 * cosine[order].clip(max=1)), atol=1e-7)
    plain = neighborhoods(FloatMatrix(X), FloatMatrix(x))
    assert [one.share for one in found] == [one.share for one in plain]
