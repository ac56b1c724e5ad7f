"""`chainrule demo`."""

from typing import Any

from chainrule.cli import show
from chainrule.data import Splits, open_data
from chainrule.inspection.evaluation import evaluate
from chainrule.model_file import Model
from chainrule.network import Network
from chainrule.training import Momentum, train

NETWORKS = (
    ("logistic regression", ()),
    ("2 layers", (50,)),
    ("4 layers", (50, 20, 20)),
)
NEXT = """Try next:
  chainrule train fashion --positive Sandal     one class against the rest
  chainrule train FOLDER                        your own pictures, one folder per class
  chainrule predict RUN PICTURE                 ask the trained network about a picture
  chainrule train --help                        everything else"""


def demo(*, json: bool = False) -> int:
    """Train three networks on the built-in pictures of clothes; no data needed.

    Softmax (multi-class logistic) regression, a 2-layer and a 4-layer network.

    Parameters
    ----------
    json
        Print one JSON object instead of text.
    """
    splits = open_data("fashion")
    out = show.console()
    if not json:
        out.print(
            f"{len(splits.train)} training and {len(splits.test or ())} test pictures, 28x28, "
            f"of {len(splits.train.classes)} kinds of clothes (Fashion-MNIST, Zalando SE, MIT)"
        )
    rows = [_train(name, hidden, splits, bar=not json) for name, hidden in NETWORKS]
    if json:
        show.print_json({"networks": rows})
        return 0
    columns = ("network", "parameters", "cost", "training", "test", "seconds", "form")
    table = show.table("", *columns, numbers=6)
    for row in rows:
        table.add_row(
            row["name"],
            f"{row['parameters']:,}",
            f"{row['cost']:.4f}",
            show.percent(row["training_accuracy"]),
            show.percent(row["test_accuracy"]),
            f"{row['seconds']:.2f}",
            row["first_layer"],
        )
    out.print(table)
    baseline = show.percent(rows[0]["accuracy_of_commonest_class"])
    out.print(f"Always saying the same class would be right in {baseline} of the pictures.")
    out.print(NEXT)
    return 0


def _train(name: str, hidden: tuple[int, ...], splits: Splits, *, bar: bool) -> dict[str, Any]:
    assert splits.test is not None
    network = Network.create((splits.train.raw.shape[0], *hidden, 10), rng=1)
    progress = show.Progress(name) if bar else None
    try:
        result = train(
            network,
            splits.train,
            optimizer=Momentum(0.9),
            learning_rate=0.01,
            iterations=500,
            callbacks=[progress] if progress else [],
        )
    finally:
        if progress:
            progress.close()
    if result.stopped:  # by Ctrl-C: half a training is no demonstration
        raise KeyboardInterrupt
    model = Model.of(result.network, splits)
    trained, tested = evaluate(model, splits.train), evaluate(model, splits.test)
    return {
        "name": name,
        "parameters": network.n_parameters,
        "cost": trained.cost,
        "training_accuracy": trained.accuracy,
        "test_accuracy": tested.accuracy,
        "accuracy_of_commonest_class": tested.baseline,
        "seconds": round(result.seconds, 3),
        "first_layer": result.first_layer.form,
    }
