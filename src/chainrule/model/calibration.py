"""Whether probabilities are true: what share of the answers given with probability p is right.

Two classes: p of the second, against the share that are of it (DeGroot & Fienberg 1983, The
Statistician 32:12). Several: p of the predicted class, against the share predicted rightly (Guo et
al. 2017, section 2).
"""

from dataclasses import dataclass

import numpy as np

from chainrule import checks
from chainrule.model.intervals import wilson_interval
from chainrule.wording import percent

Array = np.ndarray
BINS, LEAST = 10, 10  # at most, and examples in each
CHANCE = 0.025  # on either side, below which a difference is more than chance


@dataclass(frozen=True, eq=False)
class Calibration:
    """p, share, low, high : (k,) of bins of about equally many examples the mean probability, the
        share of which it was true, and that share's 95 % interval (Wilson 1927).
    m : how many examples. sure : the mean probability of the predicted class. right : the share
        predicted rightly. so_few, so_many : how probable it is that no more are right, and that no
        fewer are, if the probabilities are true.
    """

    p: Array
    share: Array
    low: Array
    high: Array
    m: int
    sure: float
    right: float
    so_few: float
    so_many: float

    @property
    def verdict(self) -> str:
        """One sentence of all together, as if examples were independent: a bin alone tells less."""
        said = f"As sure as it is right, as far as {self.m} examples can tell"
        if min(self.so_few, self.so_many) <= CHANCE:
            said = "Too sure" if self.so_few <= CHANCE else "Less sure than it might be"
        return (
            f"{said}: its answers have a probability of {percent(self.sure, 1)} on average, and "
            f"{percent(self.right, 1)} are right."
        )


def calibration(P: Array, labels: Array, bins: int | None = None) -> Calibration:
    """Of probabilities P (n_classes, m) and labels (m,).

    bins : at most; 10, or fewer where these would have less than ten examples. Their ends are
    quantiles of p, so that equal probabilities are in one bin, as with scikit-learn's
    `calibration_curve(strategy="quantile")`.
    """
    m, predicted = P.shape[1], P.argmax(axis=0)
    most = max(1, min(BINS, m // LEAST)) if bins is None else bins
    bins = checks.whole_number("calibration", "bins", most, least=1)
    sure, right = P.max(axis=0).astype(np.float64), labels == predicted
    p, true = (P[1].astype(np.float64), labels == 1) if len(P) == 2 else (sure, right)
    ends = np.quantile(p, np.linspace(0, 1, bins + 1))
    place = np.searchsorted(ends[1:-1], p)
    rows = []
    for k in np.unique(place):
        inside = place == k
        hits, size = int(true[inside].sum()), int(inside.sum())
        rows.append((p[inside].mean(), hits / size, *wilson_interval(hits, size)))
    means = float(sure.mean()), float(right.mean())
    points, share, low, high = np.array(rows).T
    return Calibration(points, share, low, high, m, *means, *_chances(sure, int((~right).sum())))


def _chances(sure: Array, wrong: int) -> tuple[float, float]:
    """How probable so many mistakes or more are, and so many or fewer, where each example is one
    with the probability 1 - sure (m,): exactly, by adding one example after the other."""
    counts = np.zeros(wrong + 1)  # how probable 0, 1, ..., `wrong` mistakes are
    counts[0] = 1
    for q in 1 - np.minimum(sure, 1):
        counts[1:] = (1 - q) * counts[1:] + q * counts[:-1]
        counts[0] *= 1 - q
    return 1 - float(counts[:-1].sum()), float(counts.sum())
