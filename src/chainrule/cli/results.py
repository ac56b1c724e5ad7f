"""What a model reaches on each set of its data, as facts and as a table."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.data import Splits
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.wording import percent

if TYPE_CHECKING:
    from rich.table import Table

Results = dict[str, dict[str, Any]]
COLUMNS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "examples": ("examples", str),
    "accuracy": ("accuracy", percent),
    "mean_accuracy_of_members": ("mean of members", percent),
    "accuracy_of_commonest_class": ("commonest class", percent),
    "cost": ("cost", "{:.6f}".format),
}


def results(model: Model, splits: Splits) -> Results:
    """By the name of the set: fractions right, and the cost in nats per example."""
    return {
        name: {
            "examples": len(data),
            "accuracy": found.accuracy,
            "accuracy_of_commonest_class": found.baseline,
            "cost": found.cost,
        }
        for name, data in splits.sets.items()
        for found in [evaluate(model, data)]
    }


def results_table(found: Results) -> "Table":
    """A row for each set."""
    columns = {key: column for key, column in COLUMNS.items() if key in found["training"]}
    table = show.table("", "set", *(head for head, _ in columns.values()), numbers=len(columns))
    for name, one in found.items():
        table.add_row(name, *(text(one[key]) for key, (_, text) in columns.items()))
    return table
