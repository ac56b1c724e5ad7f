"""`chainrule explain`."""

import itertools
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.options import USUAL, Usual
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.files.atomic import new_file
from chainrule.jobs.sources import loaded
from chainrule.wording import counted, percent, shortened

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.experiments import WithoutEach
    from chainrule.influence.explanation import Explanation
    from chainrule.model.model_file import Model

SHOWN = 5  # at either end


def explain(
    model: Path,
    source: Path,
    *,
    example: str | None = None,
    data: str | None = None,
    leave_one_out: bool = False,
    out: Path | None = None,
    threads: int | None = None,
    usual: Usual = USUAL,
) -> int:
    """Say why a model answers as it does to an example of your own.

    Of a picture what the answer owes to each part of it, of a row of a table to each feature; how
    far it is from the training examples; and how much each of these changes the answer by having
    been there, found by training again without it.

    Parameters
    ----------
    model
        A model file or a run folder.
    source
        A picture file; it is squeezed to the square that the model was trained on. Or a table with
        the columns that the model was trained on, see --example.
    example
        The name of the row of a table that is explained, where there are several.
    data
        The data that the model was trained on, if they are not where they were.
    leave_one_out
        Train again without each training example however long it takes; by default this is done
        where it takes half a minute at most.
    out
        The picture to write; explanation-1.png, -2, ... by default. Never overwritten.
    threads
        Cores that may be used; all of them by default.
    """
    known, path = loaded(model), _picture(out)
    if known.n_members > 1:
        fix = "Train one of them alone, without --runs and with its --seed."
        raise InputError(str(model), "a model of one network", f"{known.n_members} of them", fix)
    known.refuse_batches(str(model))
    from chainrule.experiments import Execution
    from chainrule.influence import explanation
    from chainrule.jobs.trained import WITHIN, left_out
    from chainrule.jobs.training_set import training_set
    from chainrule.show.plots import save_figure

    pictured = known.image_shape is not None
    read = _read if pictured else partial(_row, memory=usual.memory)
    asked, name = read(known, source, example)
    with Screen("reading", "photos", quiet=usual.json) as screen:
        how = screen.update, usual.memory, usual.cache
        train, note = training_set(known, str(model), data, *how)
    if train is None and (leave_one_out or not pictured):
        raise InputError("--data", "what the model was trained on", f"none: {note}")
    exact: list[WithoutEach] = []
    if train is not None:
        with Screen("leaving each out", quiet=usual.json) as screen:
            again = Execution(threads=threads, progress=screen.update)
            within = math.inf if leave_one_out else WITHIN
            exact, note = left_out(known, str(model), train, asked.raw, again, within)
        if leave_one_out and not exact:
            raise InputError(
                "--leave-one-out", "a model that can be trained again", f"none: {note}"
            )
    (found,) = explanation.explain(known, asked, train, exact)
    save_figure(_drawn(found, known, asked, train, name), path)
    note = note or found.note
    say = _print_facts if usual.json else _report
    say(found, known, train or asked, path, note)
    return 0


def _read(model: "Model", picture: Path, example: str | None) -> "tuple[Dataset, str]":
    """The picture as the model takes it, and its name."""
    from chainrule.data.encoders.encoding import refuse
    from chainrule.model.new_data import pictures_for, read_pictures

    if example is not None:
        raise InputError("--example", "a model of tables", "one of pictures", "Leave it out.")
    asked = read_pictures(model, pictures_for(model, cache=False), [picture], refuse)
    assert asked is not None
    return asked, picture.name


def _row(
    model: "Model", table: Path, example: str | None, memory: float | None
) -> "tuple[Dataset, str]":
    """The row that is asked about, and its name."""
    from chainrule.data import Reading
    from chainrule.data.readers.tree import pictured
    from chainrule.model.new_data import open_for

    if pictured(table):
        got = f"one of {model.network.layer_sizes[0]} numbers an example"
        raise InputError(str(table), "a model of pictures", got, "Give it a table.")
    rows = open_for(model, table, Reading(label=""), memory=memory).train
    names = rows.example_names
    if example is None and len(rows) == 1:
        example = names[0]
    if example not in names and f"example {example}" in names and rows.names is None:
        example = f"example {example}"
    if example not in names:
        fix = f"Such as --example {names[0]!r}."
        got = "none" if example is None else repr(example)
        raise InputError("--example", f"the name of one of {len(rows)} examples", got, fix)
    return rows.select([names.index(example)]), example


def _drawn(
    found: "Explanation", model: "Model", asked: "Dataset", train: "Dataset | None", name: str
) -> Any:
    """The explanation as a picture."""
    p = found.P[found.decision]
    decided = f"{p:.4g}"
    if model.classes:
        decided = f"{shortened(model.classes[found.decision])} ({p:.3f})"
    title = f"{shortened(name)}: {decided}"
    if model.image_shape is None:
        from chainrule.show.importance_plots import effects_plot

        assert train is not None
        assert found.effects is not None
        what = "answer less that with the feature at the training set's mean"
        return effects_plot(train.column_names, found.effects, title, what)
    from chainrule.show.picture_plots import explanation_plot

    return explanation_plot(found, asked, train or asked, title)


def _picture(out: Path | None) -> Path:
    """The picture to write, which is not there yet."""
    numbered = (Path(f"explanation-{n}.png") for n in itertools.count(1))
    path = out or next(path for path in numbered if not path.exists())
    return new_file(path, (".png", ".jpg", ".jpeg"))


def _print_facts(
    found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str
) -> None:
    from chainrule.files.json_file import plain

    names, near = data.example_names, found.neighborhood
    facts: dict[str, Any] = {"value": found.P[0]}
    if model.classes:
        probabilities = dict(zip(model.classes, found.P, strict=True))
        facts = {"class": model.classes[found.decision], "probabilities": probabilities}
    facts["picture"] = str(path)
    if near is not None:
        facts["nearest"] = [
            {"name": names[i], "distance": d}
            for i, d in zip(near.nearest, near.distances, strict=True)
        ]
        facts["is_a_training_example"] = found.known
        facts["unlike_any_training_picture"] = near.out_of_distribution
        facts["unlike_in"] = near.reason or None
    if found.effects is not None and model.image_shape is None:
        facts["features"] = dict(zip(data.column_names, found.effects, strict=True))
    if found.covered is not None:
        units = [one._asdict() for one in found.units]
        facts |= {"places": found.effects, "covered": found.covered, "units": units}
    if found.changes is not None:
        own, *others = (dict(zip(names, each, strict=False)) for each in found.changes)
        facts |= {"exact_changes": own, "from_other_starts": others}
        facts["agreement_of_starts"] = found.agreement
    if note:
        facts["note"] = note
    show.print_json(plain(facts, finite=True))


def _report(found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str) -> None:
    out, p = show.console(), found.P[found.decision]
    answer, of = f"{p:.6g}", "value"
    if model.classes:
        answer = f"{show.safe(model.classes[found.decision])}, probability {p:.4f}"
        of = "log-odds"
    out.print(f"Answer    {answer}")
    kind = "example" if model.image_shape is None else "picture"
    if (near := found.neighborhood) is not None:
        first = show.safe(data.example_names[near.nearest[0]])
        out.print(f"Nearest   {first}, at a distance of {near.distances[0]:.3g}")
        if found.known:
            show.print_set_in(f"It is one of the training {kind}s: the model has seen its label.")
        elif near.out_of_distribution:
            unlike = f"Unlike anything seen: {near.reason}. Do not rely on the answer."
            show.print_set_in(unlike)
        else:
            show.print_set_in(
                f"{percent(near.share)} of the training {kind}s are farther from their own "
                "nearest one"
            )
    if found.effects is not None and model.image_shape is None:
        title = f"By how much the {of} is more for the feature being what it is, not the mean"
        sizes = [f"{v:+.2g}" for v in found.effects]
        cells = {Column("feature"): data.column_names, Column(of, "number"): sizes}
        _print_ranked(title, found.effects, cells)
    if found.changes is not None:
        _print_changes(found, model, data, kind)
    if note:
        show.print_set_in(f"What each training {kind} changes is not known: {note}.", margin=0)
    out.print(f"Wrote {path}")


def _print_changes(found: "Explanation", model: "Model", data: "Dataset", kind: str) -> None:
    """What each training example changes, from the model's own start and from others."""
    import numpy as np

    assert found.changes is not None
    own, *others = found.changes
    labels = [data.label_of(i) for i in range(len(data))]
    cells = {
        Column(f"training {kind}"): data.example_names,
        Column("class" if model.classes else "target"): labels,
    }
    cells[Column("change", "number")] = [f"{v:+.2g}" for v in own]
    if others:
        head = Column(counted(len(others), "other start"), "number")
        cells[head] = [found.elsewhere(i) for i in range(len(data))]
    of = "makes the answer more probable" if model.classes else "raises the answer"
    if own.any():
        _print_ranked(f"By how much each {of} (trained again without it)", own, cells)
    diverged = np.count_nonzero(~np.isfinite(own))
    if diverged:
        show.console().print(f"Not known of {diverged}, without which the training diverged.")
    if found.trust:
        show.print_set_in(found.trust, margin=0)


def _print_ranked(title: str, values: Any, cells: dict[Column, Any]) -> None:
    """The cells of the largest and the smallest of `values` (k,)."""
    import numpy as np

    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")].tolist()
    shown = order if len(order) <= 2 * SHOWN else order[:SHOWN] + order[-SHOWN:]
    rows = [tuple(each[i] for each in cells.values()) for i in shown]
    show.print_table(Table([*cells], rows, title=title))
