"""chainrule: neural networks from their equations, trained exactly and fast.

import chainrule as cr

data = cr.open_data("fashion", positive="Sandal")
network = cr.Network.create((784, 20, 7, 5, 1), rng=1)
result = cr.train(network, data.train, learning_rate=0.05, iterations=1000)
model = cr.Model.of(result.network, data)
print(cr.evaluate(model, data.test).accuracy)
"""

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
