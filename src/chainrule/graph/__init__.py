"""The computation graph: every value and every derivative, seen, stepped and checked."""

from chainrule.graph.backward import Gradients, backward
from chainrule.graph.checking.check_backward import check_backward
from chainrule.graph.checking.check_gradients import check_gradients
from chainrule.graph.checking.report import GradientCheck, GradientReport
from chainrule.graph.functions import (
    absolute_error,
    binary_cross_entropy,
    leaky_relu,
    poisson_deviance,
    relu,
    sigmoid,
    softmax,
    softmax_cross_entropy,
    squared_error,
)
from chainrule.graph.gradients import grad, value_and_grad
from chainrule.graph.graph import Graph, trace
from chainrule.graph.node import Node, variable
from chainrule.graph.steps import Steps

__all__ = [
    "GradientCheck", "GradientReport", "Gradients", "Graph", "Node", "Steps", "absolute_error",
    "backward", "binary_cross_entropy", "check_backward", "check_gradients", "grad",
    "leaky_relu", "poisson_deviance", "relu", "sigmoid", "softmax", "softmax_cross_entropy",
    "squared_error", "trace", "value_and_grad", "variable",
]  # fmt: skip
