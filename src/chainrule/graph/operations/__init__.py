"""What the graph is made of: each operation's value, and beside it its derivatives."""

from chainrule.graph.operations import linear_algebra, products, reductions
from chainrule.graph.operations.arrangement import getitem, put
from chainrule.graph.operations.composed import COMPOSED, LOOKING, STEPWISE
from chainrule.graph.operations.definition import (
    OPERATIONS,
    Args,
    Function,
    Operation,
    Options,
    Rule,
    astype,
    define,
    plain,
    traceable,
)
from chainrule.graph.operations.elementwise import AT_LEAST, AT_MOST

__all__ = [
    "AT_LEAST", "AT_MOST", "COMPOSED", "LOOKING", "OPERATIONS", "STEPWISE", "Args", "Function",
    "Operation", "Options", "Rule", "astype", "define", "getitem", "linear_algebra", "plain",
    "products", "put", "reductions", "traceable",
]  # fmt: skip
