"""`chainrule reproduce`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chainrule import blas
from chainrule.cli import show
from chainrule.wording import percent

if TYPE_CHECKING:
    from chainrule.course.reproduce import Published, Reproduction


def reproduce(
    folder: Path,
    *,
    first_layer: Literal["auto", "primal", "dual", "both"] = "auto",
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Train the course's three published experiments and compare with what was published.

    Exits with 1 if a cost or an accuracy differs in a digit that was printed.

    Parameters
    ----------
    folder
        Where your copies of train_catvnoncat.h5 and test_catvnoncat.h5 lie.
    first_layer
        Form of the first layer; "both" trains everything twice, in the primal form some fifty
        times as long.
    threads
        Cores that may be used; all of them by default.
    json
        Print one JSON object instead of text.
    """
    from chainrule.course.reproduce import reproduce as reproduce_course

    forms = ("dual", "primal") if first_layer == "both" else (first_layer,)
    found: list[Reproduction] = []
    with blas.at_most(threads):
        for form in forms:
            for result in reproduce_course(folder, form, _announce):
                found.append(result)
                if not json:
                    _show(result)
    agree = all(result.agrees for result in found)
    if json:
        show.print_json({"agrees": agree, "experiments": [_facts(result) for result in found]})
    else:
        show.console().print(
            "All published figures reproduced."
            if agree
            else "Some published figures were NOT reproduced: see above."
        )
    return 0 if agree else 1


def _announce(experiment: "Published") -> None:
    sizes = "-".join(map(str, experiment.layer_sizes))
    show.console(error=True).print(f"training {experiment.name} ({sizes}) ...")


def _show(result: "Reproduction") -> None:
    published, training = result.published, result.training
    sizes = "-".join(map(str, published.layer_sizes))
    title = (
        f"{published.name}, {sizes}: {published.iterations} iterations in "
        f"{training.seconds:.2f} s ({training.first_layer.form} form)"
    )
    table = show.table(title, "", "published", "obtained", "difference", numbers=3)
    rows = zip(result.iteration, result.expected, result.obtained, strict=True)
    digits = 16 if published.digits > 6 else 8
    for iteration, expected, obtained in rows:
        table.add_row(
            f"cost at iteration {iteration}",
            f"{expected:.{min(digits, 6) if published.digits == 6 else digits}f}",
            f"{obtained:.{digits}f}",
            f"{obtained - expected:+.1e}",
        )
    for name, expected, obtained in (
        ("training accuracy", published.training_accuracy, result.training_accuracy),
        ("test accuracy", published.test_accuracy, result.test_accuracy),
    ):
        table.add_row(name, percent(expected), percent(obtained), "")
    show.console().print(table)


def _facts(result: "Reproduction") -> dict[str, Any]:
    return {
        "experiment": result.published.name,
        "layer_sizes": result.published.layer_sizes,
        "first_layer": result.training.first_layer.form,
        "seconds": round(result.training.seconds, 3),
        "iteration": result.iteration.tolist(),
        "published_cost": result.expected.tolist(),
        "cost": result.obtained.tolist(),
        "published_accuracy": [
            result.published.training_accuracy,
            result.published.test_accuracy,
        ],
        "accuracy": [result.training_accuracy, result.test_accuracy],
        "agrees": result.agrees,
    }
