"""Where X and Y come from."""

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.matrix import FeatureMatrix, FloatMatrix, PixelMatrix, feature_matrix
from chainrule.data.scaling import Scaling

__all__ = [
    "Dataset",
    "FeatureMatrix",
    "FloatMatrix",
    "PixelMatrix",
    "Scaling",
    "Splits",
    "feature_matrix",
]
