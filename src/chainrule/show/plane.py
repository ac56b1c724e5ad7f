"""The plane around examples of two features."""

import numpy as np

MARGIN = 0.08  # of the data's range, around it


def plane_around(raw: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The sides (2, steps) of the plane around points raw (2, m), and its places (2, steps^2)."""
    low, high = raw.min(axis=1), raw.max(axis=1)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    sides = np.linspace(low - margin, high + margin, steps, axis=1)
    return sides, np.stack(np.meshgrid(*sides)).reshape(2, -1)
