"""Training: one loop for one network or many, for both forms of the first layer."""

from typing import TYPE_CHECKING

from chainrule._lazy import lazily

if TYPE_CHECKING:
    from chainrule.training.callbacks import Callback, OnRecord
    from chainrule.training.checkpoint import save_checkpoint
    from chainrule.training.choice import Choice
    from chainrule.training.early_stopping import EarlyStopping
    from chainrule.training.history import History, Record
    from chainrule.training.optimizers import (
        LBFGS,
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
else:
    lazily(
        __name__,
        {
            "callbacks": "Callback OnRecord",
            "checkpoint": "save_checkpoint",
            "choice": "Choice",
            "early_stopping": "EarlyStopping",
            "history": "History Record",
            "optimizers": "LBFGS OPTIMIZERS Adam GradientDescent Momentum Nesterov Optimizer"
            " RMSProp",
            "result": "DualCoefficients Training",
            "schedules": "SCHEDULES Constant Cosine InverseDecay Schedule StepDecay",
            "session": "Session",
            "train": "train",
        },
    )

__all__ = [
    "LBFGS",
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
