"""The scikit-learn face: estimators that fit into its pipelines and searches.

Rows are examples in this package, and only in this package: X (n_samples, n_features), weights
coefs_[l] (n_in, n_out). What trains is the engine's, where examples are columns; each file says
which of the two it holds.
"""

from chainrule.estimators.classifier import MLPClassifier
from chainrule.estimators.fitting import fit_states
from chainrule.estimators.picture_features import PictureFeatures
from chainrule.estimators.regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "PictureFeatures", "fit_states"]
