"""Training: one loop for one network or many, for both forms of the first layer."""

from chainrule.training.callbacks import Callback, OnRecord
from chainrule.training.checkpoint import write as save_checkpoint
from chainrule.training.choice import Choice
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.history import History, Record
from chainrule.training.optimizers import (
    OPTIMIZERS,
    Adam,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from chainrule.training.result import DualCoefficients, Training
from chainrule.training.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    InverseDecay,
    Schedule,
    StepDecay,
)
from chainrule.training.session import Session
from chainrule.training.train import train

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Adam",
    "Callback",
    "Choice",
    "Constant",
    "Cosine",
    "DualCoefficients",
    "EarlyStopping",
    "GradientDescent",
    "History",
    "InverseDecay",
    "Momentum",
    "Nesterov",
    "OnRecord",
    "Optimizer",
    "RMSProp",
    "Record",
    "Schedule",
    "Session",
    "StepDecay",
    "Training",
    "save_checkpoint",
    "train",
]
