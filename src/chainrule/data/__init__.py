"""Where X and Y come from: files, folders, built-in sets; and the matrix that holds them."""

from chainrule.data.dataset import Dataset, Splits
from chainrule.data.images import read_image
from chainrule.data.label_decisions import apply_decisions, read_decisions
from chainrule.data.matching import matched
from chainrule.data.matrix import FeatureMatrix, FloatMatrix, PixelMatrix, feature_matrix, resident
from chainrule.data.open import open_data, open_raw
from chainrule.data.scaling import Scaling

__all__ = [
    "Dataset",
    "FeatureMatrix",
    "FloatMatrix",
    "PixelMatrix",
    "Scaling",
    "Splits",
    "apply_decisions",
    "feature_matrix",
    "matched",
    "open_data",
    "open_raw",
    "read_decisions",
    "read_image",
    "resident",
]
