"""chainrule: neural networks from their equations, trained exactly and fast.

import chainrule as cr

data = cr.open_data("fashion", positive="Sandal")
network = cr.Network.create((784, 20, 7, 5, 1), rng=1)
result = cr.train(network, data.train, learning_rate=0.05, iterations=1000)
model = cr.Model.of(result.network, data)
print(cr.evaluate(model, data.test).accuracy)

cr.MLPClassifier and cr.MLPRegressor are scikit-learn estimators. Every name, and every package
such as cr.graph, is imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily
from chainrule._version import __version__

if TYPE_CHECKING:
    from chainrule.data import Dataset, FloatMatrix, PixelMatrix, Splits, open_data
    from chainrule.errors import (
        ChainruleError,
        DataError,
        DivergenceError,
        InputError,
        ModelFileError,
    )
    from chainrule.estimators import MLPClassifier, MLPRegressor
    from chainrule.model.evaluation import Evaluation, evaluate
    from chainrule.model.model_file import Model, load, save
    from chainrule.network import Network
    from chainrule.training import EarlyStopping, History, Training
    from chainrule.training.train import train
else:
    lazily(
        __name__,
        {
            "data": "Dataset FloatMatrix PixelMatrix Splits open_data",
            "errors": "ChainruleError DataError DivergenceError InputError ModelFileError",
            "estimators": "MLPClassifier MLPRegressor",
            "model.evaluation": "Evaluation evaluate",
            "model.model_file": "Model load save",
            "network": "Network",
            "training": "EarlyStopping History Training train",
        },
    )

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
