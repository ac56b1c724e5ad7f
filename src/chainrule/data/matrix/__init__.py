"""The feature matrix in its forms: floats, 8-bit pixels, sparse."""

from chainrule.data.matrix.floats import FloatMatrix
from chainrule.data.matrix.forms import feature_matrix, resident
from chainrule.data.matrix.pixels import PixelMatrix
from chainrule.data.matrix.sparse import SparseMatrix
from chainrule.data.matrix.verbs import FeatureMatrix

__all__ = [
    "FeatureMatrix",
    "FloatMatrix",
    "PixelMatrix",
    "SparseMatrix",
    "feature_matrix",
    "resident",
]
