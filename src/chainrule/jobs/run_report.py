"""What is said of a training when it is done: results, what looks wrong in it, its report."""

from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Splits
from chainrule.files import atomic
from chainrule.jobs.again import followed, retraced
from chainrule.jobs.options import Options, absolute, command_line, written
from chainrule.model.evaluation import evaluate
from chainrule.model.model_file import Model
from chainrule.show.report.training import training_report, why_section
from chainrule.training import History
from chainrule.training.layer_health import dead_relus
from chainrule.training.warnings import TrainingWarning, training_warnings

# Beyond these the training is not followed again for a report, which should be there in seconds:
# examples, and examples x iterations (the course's are 209 x 2500).
EXAMPLES, FOLLOWED = 500, 600_000


def results(model: Model, splits: Splits) -> dict[str, dict[str, Any]]:
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


def looks_wrong(
    model: Model, splits: Splits, history: History, options: Options
) -> tuple[TrainingWarning, ...]:
    """Of the training of one network."""
    if options.patience is not None and history.validation_cost is not None:
        # The network kept is that of the lowest validation cost: what came later is no matter.
        history = history.until(history.iteration[int(np.nanargmin(history.validation_cost))])
    X = model.prepare(splits.train).matrix(model.network.dtype)
    return training_warnings(history, dead=dead_relus(model.network, X))


def write_report(path: Path, model: Model, splits: Splits, history: History, source: str) -> None:
    """The report of a training on the data from `source`, by the settings that the model has."""
    single = model.n_members == 1
    options, note = followed(model, str(path))
    m = len(splits.train)
    done: Any = model.training.get("iterations", options.setting().iterations)
    if not note and (m > EXAMPLES or m * done > FOLLOWED):
        note = "so many examples and iterations take long; chainrule explain does it"
    again = None if note or not single else retraced(model, options)
    command = command_line("train", absolute(source), options)
    facts = {"command": command if single else f"{command} --runs {model.n_members}"}
    facts |= {k: v for k, v in written(options).items() if v is not None}
    sizes = "-".join(map(str, model.network.layer_sizes))
    report = training_report(
        model,
        splits,
        history,
        why=why_section(model, splits, again, note),
        warnings=looks_wrong(model, splits, history, options) if single else (),
    )
    title = f"{checks.printable(Path(source).name)}: {sizes}"
    atomic.write_bytes(path, report.html(title, facts | {"iterations": done}).encode())
