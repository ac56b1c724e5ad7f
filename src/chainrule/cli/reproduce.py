"""`chainrule reproduce`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chainrule import blas
from chainrule.cli import show

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
                    show.print_table(result.table())
    agree = all(result.agrees for result in found)
    if json:
        show.print_json({"agrees": agree, "experiments": [result.facts() for result in found]})
    else:
        show.console().print(
            "All published figures reproduced."
            if agree
            else "Some published figures were NOT reproduced: see above."
        )
    return 0 if agree else 1


def _announce(experiment: "Published") -> None:
    show.console(error=True).print(f"training {experiment.name} ({experiment.sizes}) ...")
