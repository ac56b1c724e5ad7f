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
SIGNIFICANT = 1.96  # deviations: 95 % of a normal distribution lie nearer


@dataclass(frozen=True, eq=False)
class Calibration:
    """p, share, low, high : (k,) of bins of about equally many examples the mean probability, the
        share of which it was true, and that share's 95 % interval (Wilson 1927).
    m : how many examples. sure : the mean probability of the predicted class. right : the share
        predicted rightly. excess : how much larger the one is, in deviations of the other if the
        probabilities were true.
    """

    p: Array
    share: Array
    low: Array
    high: Array
    m: int
    sure: float
    right: float
    excess: float

    @property
    def verdict(self) -> str:
        """One sentence of all together, as if examples were independent: a bin alone tells less."""
        said = f"As sure as it is right, as far as {self.m} examples can tell"
        if abs(self.excess) > SIGNIFICANT:
            said = "Too sure" if self.excess > 0 else "Less sure than it might be"
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
    excess, deviation = float((sure - right).sum()), float(np.sqrt((sure * (1 - sure)).sum()))
    # Of answers that are all given as certain any mistake is one too many.
    excess = excess / deviation if deviation else np.inf * excess if excess else 0.0
    means = float(sure.mean()), float(right.mean())
    points, share, low, high = np.array(rows).T
    return Calibration(points, share, low, high, m, *means, excess)
