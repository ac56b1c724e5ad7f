"""Photos as rows of pretrained features: a transformer for scikit-learn's pipelines."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from chainrule import checks
from chainrule.data.encoders import encoder
from chainrule.data.encoders.encoding import Encoding
from chainrule.errors import InputError

Array = np.ndarray
SMALL = (1, 1, 3)  # pictures, which nobody looks at here


class PictureFeatures(TransformerMixin, BaseEstimator):
    """What a pretrained network sees in each photo.

    encoder : its name, "efficientnet-lite0".

    X, of `transform` : paths of picture files; or an array (m, height, width, 3) or (m, height,
    width) of bytes. Each photo is squashed to the encoder's size, as `read_image` does. Nothing is
    learned from them, so it may stand before any division into folds. Returns (m, 1280) float32.

    Needs the extra `photos`. The network has seen a million labeled photos, cats and dogs among
    them: what is built on it knows more than the examples that it is trained on.
    """

    def __init__(self, encoder: str = "efficientnet-lite0") -> None:
        self.encoder = encoder

    def fit(self, X: Any, y: Any = None) -> "PictureFeatures":
        """Nothing is learned; the encoder's name is looked at."""
        encoder(self.encoder)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, X: Any) -> Array:
        """(m, n_features) float32. DataError for a file that is no picture."""
        encoding, photos = Encoding(encoder(self.encoder), cache=False), _listed(X)
        if isinstance(photos, np.ndarray):
            return encoding.arrays(photos).features
        return encoding.files(list(map(Path, photos)), SMALL).features

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """efficientnet-lite0_0, ..."""
        n = encoder(self.encoder).n_features
        return np.array([f"{self.encoder}_{k}" for k in range(n)], dtype=object)


def _listed(X: Any) -> Any:
    if isinstance(X, np.ndarray) and X.dtype == np.uint8 and X.ndim in (3, 4):
        if X.ndim == 3 or X.shape[3] == 3:
            return X
    elif not isinstance(X, (str, Path, bytes)):
        listed = checks.listing("PictureFeatures", "paths or pictures", X)
        if all(isinstance(one, (str, Path)) for one in listed):
            return listed
    expected = "paths of pictures, or bytes (m, height, width, 3) or (m, height, width)"
    raise InputError("PictureFeatures", expected, checks.describe(X))
