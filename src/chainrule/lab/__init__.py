"""The vectorization lab: loops against matrix equations, and depth against width."""

from chainrule.lab.measure import TOLERANCE, Measured, measure
from chainrule.lab.parity import CONSTRUCTIONS, Built, all_inputs, build, parity
from chainrule.lab.parity_training import Trained, train_from_random_starts
from chainrule.lab.tasks import LOOPS, Task, tasks

__all__ = [
    "CONSTRUCTIONS",
    "LOOPS",
    "TOLERANCE",
    "Built",
    "Measured",
    "Task",
    "Trained",
    "all_inputs",
    "build",
    "measure",
    "parity",
    "tasks",
    "train_from_random_starts",
]
