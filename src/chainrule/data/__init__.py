"""Where X and Y come from: files, folders, built-in sets; and the matrix that holds them."""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily

if TYPE_CHECKING:
    from chainrule.data.dataset import Dataset, Splits
    from chainrule.data.label_decisions import apply_decisions, read_decisions
    from chainrule.data.matching import matched
    from chainrule.data.matrix import (
        FeatureMatrix,
        FloatMatrix,
        PixelMatrix,
        SparseMatrix,
        feature_matrix,
        resident,
    )
    from chainrule.data.open import open_data, open_raw
    from chainrule.data.readers.images import read_image
    from chainrule.data.reading import Reading
    from chainrule.data.transform import Scaling
else:
    lazily(
        __name__,
        {
            "dataset": "Dataset Splits",
            "readers.images": "read_image",
            "label_decisions": "apply_decisions read_decisions",
            "matching": "matched",
            "matrix": "FeatureMatrix FloatMatrix PixelMatrix SparseMatrix feature_matrix resident",
            "open": "open_data open_raw",
            "reading": "Reading",
            "transform": "Scaling",
        },
    )

__all__ = [
    "Dataset",
    "FeatureMatrix",
    "FloatMatrix",
    "PixelMatrix",
    "Reading",
    "Scaling",
    "SparseMatrix",
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
