"""One judge for all: the final cost and accuracy, from the weights that a peer ends with.

Independent of every peer, plain and in float64, so that a reader sees that all did the same work.
"""

import numpy as np

CHUNK = 4096  # examples turned into floats at a time

Array = np.ndarray


def cost_and_accuracy(
    weights: list[Array], biases: list[Array], rows: Array, labels: Array
) -> tuple[float, float]:
    """Mean cross-entropy in nats and the fraction classified rightly.

    weights : (n_l, n_{l-1}) each; biases : (n_l, 1) each. rows : (m, n_x) floats, or uint8 pixels.
    labels : (m,) int. One output unit means sigmoid, more mean softmax.
    """
    cost = right = 0.0
    for first in range(0, len(rows), CHUNK):
        part = slice(first, first + CHUNK)
        Z = _logits(weights, biases, rows[part])
        # A single logit z is the softmax of (0, z).
        Z = np.vstack([np.zeros_like(Z), Z]) if len(Z) == 1 else Z
        y = labels[part]
        cost += (np.logaddexp.reduce(Z, axis=0) - Z[y, np.arange(len(y))]).sum()
        right += (Z.argmax(axis=0) == y).sum()
    return float(cost / len(rows)), float(right / len(rows))


def _logits(weights: list[Array], biases: list[Array], rows: Array) -> Array:
    A = rows.T.astype(np.float64) / (255 if rows.dtype == np.uint8 else 1)
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        Z = W.astype(np.float64) @ A + b
        A = np.maximum(Z, 0) if layer < len(weights) else Z
    return A
