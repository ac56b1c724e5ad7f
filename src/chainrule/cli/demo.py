"""`chainrule demo`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.jobs.options import Options, written
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.data import Splits
    from chainrule.jobs.run_folder import RunFolder
    from chainrule.model.model_file import Model
    from chainrule.training import History


DATA = "fashion"
NETWORKS = {"softmax regression": (), "2 layers": (50,), "4 layers": (50, 20, 20)}
Trained = tuple[dict[str, Any], "Model", "History"]


def demo(*, out: Path | None = None, json: bool = False) -> int:
    """Train three networks on the built-in pictures of clothes; no data needed.

    Softmax (multi-class logistic) regression, a 2-layer and a 4-layer network. Writes a run folder
    of the last one, with a report to look at.

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
        return _demo(folder, json=json)
    except BaseException:  # Ctrl-C too: half a demonstration is none
        folder.remove()
        raise


def _demo(folder: "RunFolder", *, json: bool) -> int:
    from chainrule.jobs.run_report import write_report

    splits, screen = Options().open(DATA), show.console()
    if not json:
        screen.print(
            f"{len(splits.train)} training and {len(splits.test or ())} test pictures, 28x28, "
            f"of {len(splits.train.classes)} kinds of clothes (Fashion-MNIST, Zalando SE, MIT)"
        )
    found = [_train(name, hidden, splits, quiet=json) for name, hidden in NETWORKS.items()]
    rows = [row for row, *_ in found]
    _, model, history = found[-1]
    folder.write_settings({"data": DATA, "options": model.training["options"]})
    folder.write_results(model, history, title=f"{DATA}: cost")
    write_report(folder.report, model, splits, history, DATA)
    if json:
        show.print_json({"networks": rows, "out": str(folder.path)})
        return 0
    columns = ("network", "parameters", "cost", "training", "test", "seconds", "form")
    table = show.table("", *columns, numbers=6)
    for row in rows:
        table.add_row(
            row["name"],
            f"{row['parameters']:,}",
            f"{row['cost']:.4f}",
            percent(row["training_accuracy"]),
            percent(row["test_accuracy"]),
            f"{row['seconds']:.2f}",
            row["first_layer"],
        )
    screen.print(table)
    baseline = percent(rows[0]["accuracy_of_commonest_class"])
    screen.print(f"Always saying the same class would be right in {baseline} of the pictures.")
    run, report = shlex.quote(str(folder.path)), shlex.quote(str(folder.report))
    screen.print(f"Look at the last one's mistakes: open {report} in a browser.\nTry next:")
    following = {
        f"train {DATA} --positive Sandal": "one class against the rest",
        "train FOLDER": "your own pictures, one folder per class",
        f"predict {run} PICTURE": "ask the trained network about a picture",
        "train --help": "everything else",
    }
    width = max(map(len, following))
    for command, what in following.items():
        screen.print(f"  chainrule {command.ljust(width)}   {what}")
    return 0


def _train(name: str, hidden: tuple[int, ...], splits: "Splits", *, quiet: bool) -> Trained:
    """What is said of one of the networks, its model and its history."""
    from chainrule.jobs.callbacks import Telling
    from chainrule.jobs.sources import trained_on
    from chainrule.model.evaluation import evaluate
    from chainrule.model.model_file import Model
    from chainrule.training import train

    assert splits.test is not None
    options = Options(
        hidden=hidden, optimizer="momentum", learning_rate=0.01, iterations=500, seed=1
    )
    setting = options.setting()
    network = setting.network(splits.train.features.shape[0], len(splits.train.classes))
    with Screen(name, quiet=quiet) as screen:
        callbacks = [Telling(screen)]
        result = train(network, splits.train, callbacks=callbacks, **setting.arguments())
    if not result.complete:  # by Ctrl-C
        raise KeyboardInterrupt
    facts = {"iterations": result.iterations, "options": written(options)}
    model = Model.of(result.network, splits, facts | trained_on(splits.train))
    trained, tested = evaluate(model, splits.train), evaluate(model, splits.test)
    row = {
        "name": name,
        "parameters": network.n_parameters,
        "cost": trained.cost,
        "training_accuracy": trained.accuracy,
        "test_accuracy": tested.accuracy,
        "accuracy_of_commonest_class": tested.baseline,
        "seconds": round(result.seconds, 3),
        "first_layer": result.first_layer.form,
    }
    return row, model, result.history
