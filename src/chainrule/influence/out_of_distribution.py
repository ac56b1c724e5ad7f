"""Whether an example is out of distribution: unlike all that a network was trained on."""

from dataclasses import dataclass

import numpy as np

from chainrule.data import FeatureMatrix
from chainrule.data.matrix.verbs import Gram, Product, Times

Array = np.ndarray
# Of the mean square distance from the mean example: directions in which the training examples vary
# less count as new. With 0.01 noise and stripes are found, on the course's pictures and on the
# built-in ones, and 2 % and 0 % of their test pictures; with 0.001 it is 18 % of the course's
# (tests/influence/test_out_of_distribution.py).
RIDGE = 0.01
# Of the root of the number of features, by which rounding grows in a product of as many.
ROUNDING = 4
FAR = np.errstate(over="ignore", invalid="ignore")  # of x far beyond X no distance is known


@dataclass(frozen=True, eq=False)
class Neighborhood:
    """Where an example lies among the training examples, in scaled features.

    nearest : (k,) indices, the nearest first. distances : (k,) to these, see `Neighborhoods`.
    share : part of the training examples that lie farther from their own nearest neighbor than
        this example does from its; 0 if none does.
    novelty : the share in [0, 1] of its difference from the mean example that the training examples
        do not account for. usual : the most of any training example, by the others.
    flat : whether its pixels, or features where these are no picture's, differ less from each other
        than those of any training example.
    """

    nearest: Array
    distances: Array
    share: float
    novelty: float = 0.0
    usual: float = 1.0
    flat: bool = False

    @property
    def reason(self) -> str:
        """In what it is unlike every training example, or ""."""
        if self.share == 0:
            return "farther from every training example than any of these is from its nearest"
        if self.novelty > self.usual:
            share = f"{self.novelty:.0%} of it"
            return f"{share} is nothing that the training examples have, such as noise"
        return "flatter than every training example" if self.flat else ""

    @property
    def out_of_distribution(self) -> bool:
        """Whether there is such a reason. No reason is no proof that it is like them."""
        return bool(self.reason)


class Neighborhoods:
    """Training examples X (n_x, m), in scaled features, among which others are looked for.

    `novelty` is the variance that a Gaussian process with these m examples leaves at x, as a share
    of that without them (Rasmussen & Williams 2006, equation 2.26), from the centered Gram
    matrix K:

        novelty(x) = 1 - k(x)^T (K + r I)^-1 k(x) / k(x, x),    r = RIDGE trace(K) / m

    and of x_i by the others alone, from whose mean it is then told, too (else it would be known by
    its part in that mean, which of few examples with many features is most of it),

        novelty(x_i) = (1 / ([(K + r I)^-1]_ii - 1/(r m)) - r m/(m-1)) / (K_ii (m/(m-1))^2)

    since the rows of K sum to 0. It takes m^3 operations once, and m^2 for each x.

    Pretrained features are nearest by `angles`: `distances` are those of vectors brought to length
    1, the square root of 2 - 2 cos. By Euclid the shortest are the nearest of everything: a black
    picture was among the six nearest of 24 of the course's 50 test photos; by angle none is of more
    than 8. `share` is Euclidean always: by angle noise looked like the course's photos. Of an empty
    photo they are as varied as of any: `pictures` (m, height, width[, 3]), from which X came or
    which show it, tell it where they are there.

    standardized : X has mean 0 and deviation 1, learned from these examples. Each of them set the
    scale with, so of few with many features all new ones would be farther away. They are held
    against each other as the others alone scale them: of a feature z the others' variance is

        v = m/(m-1) (1 - z^2/(m-1))

    All of X is needed. A reduced form that a model file could hold (principal components, the
    examples' coordinates, lengths of what is left) was tried on the course's pictures: with 64
    components, two thirds of the size of the pictures themselves, it said otherwise of one own
    picture in ten, and found 5 % of noisy test pictures where all of X finds 25 %.
    """

    @FAR
    def __init__(
        self,
        X: FeatureMatrix,
        *,
        angles: bool = False,
        pictures: Array | None = None,
        standardized: bool = False,
    ) -> None:
        self.X, self.angles = X, angles
        by_others = [_ByOthers()] if standardized and X.shape[1] > 1 else []
        K, mean, *own = X.once(Gram(), _mean_of(X), *by_others)
        self.rounding = ROUNDING * np.sqrt(X.shape[0]) * np.finfo(K.dtype).eps
        K = K.astype(np.float64)
        self.norms = np.diag(K)
        if own:
            [(squares, products)] = own
            among = self._distances(squares.diagonal()[:, None], squares, products)
        else:
            among = self._distances(self.norms[:, None], self.norms, K)
        np.fill_diagonal(among, np.inf)  # of a single example, too: it is like nothing else
        self.nearest_among = among.min(axis=1)
        self.flattest = _spread(X, self.norms, mean).min()
        self.flattest_picture = None if pictures is None else _variances(pictures).min()
        self.mean = K.mean(axis=0)
        centered = K - self.mean - self.mean[:, None] + self.mean.mean()
        variances, m = np.diag(centered), len(K)
        # Of too few, or where one is the mean itself, nothing is new.
        self.inverse, self.usual = None, 1.0
        if m >= 3 and variances.min() > 0:
            r = RIDGE * variances.mean()
            self.inverse = np.linalg.inv(centered + r * np.eye(m))
            by_others = 1 / (np.diag(self.inverse) - 1 / (r * m)) - r * m / (m - 1)
            self.usual = float((by_others / (variances * (m / (m - 1)) ** 2)).max())

    @FAR
    def of(
        self, x: FeatureMatrix, count: int = 6, pictures: Array | None = None
    ) -> list[Neighborhood]:
        """Where each of x (n_x, q) lies, with its `count` nearest. pictures : theirs."""
        k, mean = x.once(Gram(self.X), _mean_of(x))
        k, own = k.T.astype(np.float64), np.zeros(x.shape[1])
        for _, some in x.blocks():
            own += np.square(some.astype(np.float64)).sum(axis=0)
        euclidean = self._distances(self.norms[:, None], own, k)
        to_x = self._angular(own, k) if self.angles else euclidean
        order = np.argsort(to_x, axis=0, kind="stable")[:count]
        novelty, spread, least = self._novelty(k, own), _spread(x, own, mean), self.flattest
        if pictures is not None and self.flattest_picture is not None:
            spread, least = _variances(pictures), self.flattest_picture
        flat = spread < least * (1 - 1e-9)
        return [
            Neighborhood(
                index,
                to_x[index, j],
                float((self.nearest_among >= euclidean[:, j].min()).mean()),
                float(novelty[j]),
                self.usual,
                bool(flat[j]),
            )
            for j, index in enumerate(order.T)
        ]

    def _angular(self, own: Array, k: Array) -> Array:
        """Distances of vectors brought to length 1 (m, q) from ||x||^2 (q,) and <x_i, x> (m, q)."""
        lengths = np.sqrt(self.norms[:, None] * own)
        return self._distances(1.0, 1.0, k / np.where(lengths > 0, lengths, 1))

    def _distances(self, a: Array | float, b: Array | float, products: Array) -> Array:
        """||x - y|| from ||x||^2, ||y||^2 and <x, y>; 0 where no more is left than rounding."""
        squares = a + b - 2 * products
        return np.sqrt(np.where(squares < self.rounding * (a + b), 0, squares))

    def _novelty(self, k: Array, own: Array) -> Array:
        """(q,) from products with X (m, q) and with themselves (q,)."""
        new, whole = np.zeros(len(own)), self.mean.mean()
        if self.inverse is None:
            return new
        centered = k - k.mean(axis=0) - self.mean[:, None] + whole
        variance = own - 2 * k.mean(axis=0) + whole
        explained = (centered * (self.inverse @ centered)).sum(axis=0)
        np.divide(variance - explained, variance, out=new, where=variance > 0)
        return new


def neighborhoods(X: FeatureMatrix, x: FeatureMatrix, count: int = 6) -> list[Neighborhood]:
    """Where each of x (n_x, q) lies among X (n_x, m), in scaled features; with `count` nearest."""
    return Neighborhoods(X).of(x, count)


class _ByOthers(Product):
    """||x_j||^2 and <x_i, x_j>, (2, m, m), in row i scaled without x_i."""

    def shape(self, X: FeatureMatrix) -> tuple[int, ...]:
        return 2, X.shape[1], X.shape[1]

    def add(self, rows: slice, some: Array) -> None:
        m, Z = some.shape[1], some.astype(np.float64)
        v = m / (m - 1) * (1 - Z**2 / (m - 1))
        W = 1 / np.where(v > 1e-9, v, 1)  # the others are all the same: left as it is
        self.accumulate(self.total[0], W.T, Z**2)
        self.accumulate(self.total[1], (W * Z).T, Z)

    def known_by(self) -> list[Array | str]:
        return ["scaled by the others"]


def _mean_of(X: FeatureMatrix) -> Times:
    """What gives (1, m), the mean of each example's own features."""
    return Times(np.full((1, X.shape[0]), 1 / X.shape[0], X.dtype))


def _spread(X: FeatureMatrix, norms: Array, mean: Array) -> Array:
    """(m,) the variance of an example's own features, from its ||x||^2 and its mean (1, m)."""
    return np.asarray(norms / X.shape[0] - mean[0].astype(np.float64) ** 2)


def _variances(pictures: Array) -> Array:
    """(m,) of the pixels of each of m pictures, in each color by itself: one of a single color has
    none."""
    return np.array([one.var(axis=(0, 1)).mean() for one in pictures])
