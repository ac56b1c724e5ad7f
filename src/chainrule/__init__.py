"""chainrule: neural networks from their equations, trained exactly and fast.

import chainrule as cr

data = cr.open_data("fashion", positive="Sandal")
network = cr.Network.create((784, 20, 7, 5, 1), rng=1)
result = cr.train(network, data.train, learning_rate=0.05, iterations=1000)
model = cr.Model.of(result.network, data)
print(cr.evaluate(model, data.test).accuracy)

cr.MLPClassifier and cr.MLPRegressor are scikit-learn estimators, loaded when first asked for.
"""

from typing import TYPE_CHECKING, Any

from chainrule._version import __version__
from chainrule.data import Dataset, FloatMatrix, PixelMatrix, Splits, open_data
from chainrule.errors import (
    ChainruleError,
    DataError,
    DivergenceError,
    InputError,
    ModelFileError,
)
from chainrule.inspection.evaluation import Evaluation, evaluate
from chainrule.model_file import Model, load, save
from chainrule.network import Network
from chainrule.training import EarlyStopping, History, Training, train

if TYPE_CHECKING:
    from chainrule.estimators import MLPClassifier, MLPRegressor

__all__ = [
    "ChainruleError",
    "DataError",
    "Dataset",
    "DivergenceError",
    "EarlyStopping",
    "Evaluation",
    "FloatMatrix",
    "History",
    "InputError",
    "MLPClassifier",
    "MLPRegressor",
    "Model",
    "ModelFileError",
    "Network",
    "PixelMatrix",
    "Splits",
    "Training",
    "__version__",
    "evaluate",
    "load",
    "open_data",
    "save",
    "train",
]

# scikit-learn takes seconds to import: only whoever asks for an estimator waits for it.
_ESTIMATORS = ("MLPClassifier", "MLPRegressor")


def __getattr__(name: str) -> Any:
    if name in _ESTIMATORS:
        from chainrule import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
