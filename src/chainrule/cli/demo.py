"""`chainrule demo`."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.jobs.options import Options, written
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.jobs.run_folder import RunFolder
    from chainrule.model.model_file import Model
    from chainrule.training import History


DATA = "fashion"
NETWORKS = {"chosen": None, "2 layers": (50,), "4 layers": (50, 20, 20)}
COLUMNS = (
    Column("name", head="network"),
    Column("parameters", "whole"),
    Column("cost", "number"),
    Column("training_accuracy", "percent", "training"),
    Column("test_accuracy", "percent", "test"),
    Column("seconds", "number"),
    Column("first_layer", "value", "form"),
)
DETAIL = "All that follows is of the first, which was chosen without the test pictures."
NEXT = {
    "train fashion --positive Sandal": "one class against the rest",
    "train FOLDER": "your own pictures, one folder per class",
    "predict {run} PICTURE": "ask the trained network about a picture",
    "train --help": "everything else",
}


def demo(*, out: Path | None = None, json: bool = False) -> int:
    """Train three networks on the built-in pictures of clothes; no data needed.

    One whose layers and learning rate are chosen on folds of the training pictures, as `chainrule
    train` does without options, a 2-layer and a 4-layer network. Writes a run folder of the first,
    with a report to look at.

    Parameters
    ----------
    out
        The run folder to make; runs/demo-1, -2, ... by default. Never overwritten.
    json
        Print one JSON object instead of text.
    """
    from chainrule.jobs.run_folder import RunFolder

    folder = RunFolder(out) if out else RunFolder.next_free("demo")
    folder.create()
    try:
        rows = _trained(folder, quiet=json)
    except BaseException:  # Ctrl-C too: half a demonstration is none
        folder.remove()
        raise
    if json:
        show.print_json({"networks": rows, "out": str(folder.path)})
    else:
        _report(rows, folder)
    return 0


def _trained(folder: "RunFolder", *, quiet: bool) -> list[dict[str, Any]]:
    """What is said of each of the networks; the chosen one is written."""
    from chainrule.experiments import Execution
    from chainrule.jobs.trained import write_report
    from chainrule.show.report.page import Section

    splits = Options().open(DATA)
    if not quiet:
        show.console().print(
            f"{len(splits.train)} training and {len(splits.test or ())} test pictures, 28x28, "
            f"of {len(splits.train.classes)} kinds of clothes (Fashion-MNIST, Zalando SE, MIT)"
        )
    rows = []
    for name, hidden in NETWORKS.items():
        options = Options(optimizer="momentum", learning_rate=0.01, iterations=500, seed=1)
        options = replace(options, hidden=hidden).planned(False)
        if hidden is None:
            with Screen("choosing", quiet=quiet) as screen:
                how = Execution(progress=screen.update)
                options, words = Options(seed=1).planned(True).choose(splits.train, how, screen)
            if not quiet:
                show.print_beside("Chosen", words)
        row, model, history = _train(name, options, splits, quiet=quiet)
        rows.append(row)
        if hidden is None:
            chosen = model, splits, history
    model, _, history = chosen
    folder.write_settings({"data": DATA, "options": model.training["options"]})
    folder.write_results(model, history)
    first = Section("Three networks", [DETAIL], Table.of(rows, COLUMNS))
    write_report(folder.report, *chosen, DATA, first=first)
    return rows


def _report(rows: list[dict[str, Any]], folder: "RunFolder") -> None:
    out, run = show.console(), shlex.quote(str(folder.path))
    texts = {"parameters": "{:,}", "seconds": "{:.2f}"}
    said = [row | {key: text.format(row[key]) for key, text in texts.items()} for row in rows]
    show.print_table(Table.of(said, COLUMNS))
    baseline = percent(rows[0]["accuracy_of_commonest_class"])
    out.print(f"Always saying the same class would be right in {baseline} of the pictures.")
    report = shlex.quote(str(folder.report))
    name = rows[0]["name"]
    out.print(f"Look at the mistakes of the {name} one: open {report} in a browser.\nTry next:")
    following = {command.format(run=run): what for command, what in NEXT.items()}
    width = max(map(len, following))
    for command, what in following.items():
        out.print(f"  chainrule {command.ljust(width)}   {what}")


def _train(
    name: str, options: Options, splits: "Splits", *, quiet: bool
) -> "tuple[dict[str, Any], Model, History]":
    """What is said of one of the networks, its model and its history."""
    from chainrule.jobs.callbacks import Telling
    from chainrule.jobs.sources import trained_on
    from chainrule.model.evaluation import evaluate
    from chainrule.model.model_file import Model
    from chainrule.training import train

    assert splits.test is not None
    setting = options.setting()
    network = setting.network(splits.train.features.shape[0], len(splits.train.classes))
    with Screen(name, quiet=quiet) as screen:
        callbacks = [Telling(screen)]
        how = {"validation": splits.test, "callbacks": callbacks, **setting.arguments()}
        result = train(network, splits.train, **how)
    if not result.complete:  # by Ctrl-C
        raise KeyboardInterrupt
    facts = {"iterations": result.iterations, "options": written(options)}
    facts["training_seconds"] = round(result.seconds, 3)
    model = Model.of(result.network, splits, facts | trained_on(splits.train))
    trained, tested = evaluate(model, splits.train), evaluate(model, splits.test)
    row = {
        "name": name,
        "parameters": network.n_parameters,
        "cost": trained.scores["cost"],
        "training_accuracy": trained.scores["accuracy"],
        "test_accuracy": tested.scores["accuracy"],
        "accuracy_of_commonest_class": tested.baseline,
        "seconds": round(result.seconds, 3),
        "first_layer": result.first_layer.form,
    }
    return row, model, result.history
