"""The feature matrix in its forms: floats, 8-bit pixels, sparse; and several for several runs."""

from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.matrix.device import DeviceMatrix
from chainrule.data.matrix.device import placed as placed
from chainrule.data.matrix.floats import FloatMatrix as FloatMatrix
from chainrule.data.matrix.pixels import PixelMatrix as PixelMatrix
from chainrule.data.matrix.raw import RawMatrix as RawMatrix
from chainrule.data.matrix.sparse import SparseMatrix as SparseMatrix
from chainrule.data.matrix.stacked import StackedMatrix as StackedMatrix
from chainrule.data.matrix.verbs import FeatureMatrix as FeatureMatrix
from chainrule.data.transform import Scaling

# Pixels that make no more floats than this may be held as floats as well, see `resident`.
RESIDENT_BYTES = 64 * 2**20


def feature_matrix(X: Any, dtype: Any = None, *, missing: bool = False) -> FeatureMatrix:
    """X as a feature matrix: one already is itself, 8-bit and sparse arrays stay so, others become
    floats.

    Its numbers are those of the array. That bytes are pixels, and how these are scaled, only a
    Dataset or a PixelMatrix says. missing : whether floats may be NaN, as features as they came may
    be; `Scaling` fills or refuses them.
    """
    if isinstance(X, FeatureMatrix):
        return X
    if hasattr(X, "tocsc"):
        return SparseMatrix.of_columns(X, dtype)
    array = checks.matrix("feature_matrix", "X", X, missing=missing)
    if array.dtype == np.uint8:
        return PixelMatrix(array, Scaling(), dtype or np.float64)
    return FloatMatrix(array, dtype, missing=missing)


def resident(X: FeatureMatrix) -> FeatureMatrix:
    """X as floats in memory if it is small, else itself: for whoever reads it at every step. On a
    device, all of it.

    Turning pixels into floats takes about as long as a product with a few rows of weights.
    """
    checks.kind("resident", "X", X, FeatureMatrix)
    if isinstance(X, StackedMatrix):
        return X.each(resident)
    if isinstance(X, DeviceMatrix):
        return X.held()
    small = X.shape[0] * X.shape[1] * X.dtype.itemsize <= RESIDENT_BYTES
    if isinstance(X, FloatMatrix) or not small:
        return X
    return FloatMatrix(X.columns(slice(None)))
