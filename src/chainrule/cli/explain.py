"""`chainrule explain`."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.files.atomic import new_file
from chainrule.jobs.sources import loaded
from chainrule.wording import percent, shortened

if TYPE_CHECKING:
    from chainrule.data import Dataset
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
    json: bool = False,
) -> int:
    """Say why a model answers as it does to an example of your own.

    Of a picture what the network really sees and where it looked, of a row of a table which
    features moved the answer; how far it is from the training examples, and which of these
    contributed to the answer and against it.

    Parameters
    ----------
    model
        A model file or a run folder.
    source
        A picture file; it is shrunk to the size that the model was trained on. Or a table with
        the columns that the model was trained on, see --example.
    example
        The name of the row of a table that is explained, where there are several.
    data
        The data that the model was trained on: for the nearest training examples, and what each
        contributed. Those of a table are looked for where they were.
    leave_one_out
        Also train again without each training example: how much each changes the probability of
        the answer, exactly.
    out
        The picture to write; explanation-1.png, -2, ... by default. Never overwritten.
    threads
        Cores that may be used; all of them by default.
    json
        Print one JSON object instead of text.
    """
    known, path, note = loaded(model), _picture(out), ""
    from chainrule.experiments import Execution
    from chainrule.influence import explanation
    from chainrule.jobs.trained import followed, left_out, retraced, training_set
    from chainrule.show.plots import save_figure

    if known.image_shape is None:
        raw, name = _row(known, source, example)
        found_data, why = training_set(known, str(model), data)
        if found_data is None:
            raise InputError("--data", "what the model was trained on", f"none: {why}")
        train, options, note = found_data, *followed(known, str(model))
    else:
        raw, name = _read(known, source, example), source.name
        train, options = _nothing_of(known), None
        if data is not None:
            options, note = followed(known, str(model))
            train = options.open(data).train
    if leave_one_out and options is None:
        raise InputError("--leave-one-out", "--data, what the model was trained on", "none")
    exact, again = None, {}
    if leave_one_out:
        with Screen("leaving each out", quiet=json) as screen:
            how = Execution(threads=threads, progress=screen.update)
            exact = left_out(known, str(model), train, raw[:, None], how)
    if options is not None and not note:
        again = retraced(known, options) | {"threads": threads}
    known_data = None if options is None else train
    (found,) = explanation.explain(known, raw[:, None], known_data, exact=exact, **again)
    effects = None
    if known.image_shape is None:
        effects = explanation.feature_effects(known, raw, train, found.decision)
    save_figure(_drawn(found, known, raw, train, name, effects), path)
    say = _print_facts if json else _report
    say(found, known, train, path, note or found.note, effects)
    return 0


def _read(model: "Model", picture: Path, example: str | None) -> Any:
    """The picture as the model takes it (n_x,)."""
    from chainrule.data import read_image

    if example is not None:
        raise InputError("--example", "a model of tables", "one of pictures", "Leave it out.")
    return read_image(picture, model.image_shape or (), model.bits)


def _row(model: "Model", table: Path, example: str | None) -> "tuple[Any, str]":
    """The features (n_x,) and the name of the row that is asked about."""
    from chainrule.data import Reading
    from chainrule.data.readers.tree import pictured
    from chainrule.model.new_data import open_for

    if pictured(table):
        got = f"one of {model.network.layer_sizes[0]} numbers an example"
        raise InputError(str(table), "a model of pictures", got, "Give it a table.")
    rows = open_for(model, table, Reading(label="")).train
    names = rows.example_names
    if example is None and len(rows) == 1:
        example = names[0]
    if example not in names:
        fix = f"Such as --example {names[0]!r}."
        got = "none" if example is None else repr(example)
        raise InputError("--example", f"the name of one of {len(rows)} examples", got, fix)
    return rows.select([names.index(example)]).raw[:, 0], example


def _drawn(
    found: "Explanation", model: "Model", raw: Any, train: "Dataset", name: str, effects: Any
) -> Any:
    """The explanation as a picture."""
    p = found.P[found.decision]
    decided = f"{p:.4g}"
    if model.classes:
        decided = f"{shortened(model.classes[found.decision])} ({p:.3f})"
    title = f"{shortened(name)}: {decided}"
    if effects is not None:
        from chainrule.show.importance_plots import effects_plot

        what = "answer less that with the feature at the training set's mean"
        return effects_plot(train.feature_names or (), effects, title, what)
    from chainrule.show.picture_plots import explanation_plot

    return explanation_plot(found, raw, train, title)


def _picture(out: Path | None) -> Path:
    """The picture to write, which is not there yet."""
    numbered = (Path(f"explanation-{n}.png") for n in itertools.count(1))
    path = out or next(path for path in numbered if not path.exists())
    return new_file(path, (".png", ".jpg", ".jpeg"))


def _nothing_of(model: "Model") -> "Dataset":
    """No examples, of the model's kind."""
    import numpy as np

    from chainrule.data import Dataset

    empty = np.empty((model.network.layer_sizes[0], 0), np.uint8)
    return Dataset(empty, np.empty(0, np.int64), model.classes, image_shape=model.image_shape)


def _print_facts(
    found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str, effects: Any
) -> None:
    from chainrule.files.json_file import plain

    names, near, parts = data.example_names, found.neighborhood, found.contributions
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
        facts["unlike_any_training_picture"] = near.out_of_distribution
        facts["unlike_in"] = near.reason or None
    if parts is not None:
        facts |= {"log_odds" if model.classes else "sum": parts.after, "start": parts.before}
        facts |= {"penalty": parts.penalty, "missing": parts.missing}
        facts["contributions"] = dict(zip(names, parts.of_examples, strict=False))
    if effects is not None:
        facts["features"] = dict(zip(data.feature_names or (), effects, strict=True))
    if note:
        facts["note"] = note
    if found.exact is not None:
        facts["exact_changes"] = dict(zip(names, found.exact, strict=False))
    show.print_json(plain(facts, finite=True))


def _report(
    found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str, effects: Any
) -> None:
    import numpy as np

    out, p = show.console(), found.P[found.decision]
    answer, of, head = f"{p:.6g}", "larger", "value"
    if model.classes:
        answer = f"{show.safe(model.classes[found.decision])}, probability {p:.4f}"
        of, head = "more probable", "log-odds"
    out.print(f"Answer    {answer}")
    near, parts = found.neighborhood, found.contributions
    kind = "example" if model.image_shape is None else "picture"
    labels = [data.label_of(i) for i in range(len(data))]
    examples = {f"training {kind}": data.example_names, "class": labels}
    if near is not None:
        first = show.safe(data.example_names[near.nearest[0]])
        out.print(f"Nearest   {first}, at a distance of {near.distances[0]:.3g}")
        if near.out_of_distribution:
            unlike = f"Unlike anything seen: {near.reason}. Do not rely on the answer."
            show.print_set_in(unlike)
        else:
            out.print(f"          {percent(near.share)} of the training {kind}s are farther")
            out.print("          from their own nearest one")
    if effects is not None:
        title = "By how much the answer is more for the feature being what it is, not the mean"
        _print_ranked(title, head, effects, {"feature": data.feature_names})
    if parts is not None:
        _print_ranked("Contributions", head, parts.of_examples, examples)
        total = float(parts.of_examples.sum())
        out.print(
            f"{head.capitalize():<10}{parts.after:.4f} = {parts.before:.4f} at the start "
            f"{total:+.4f} by all examples {parts.penalty:+.4f} by the penalty "
            f"{parts.missing:+.4f} not accounted for"
        )
    if note:
        what = "No contributions" if parts is None else "No exact changes"
        out.print(f"{what}: {note}.")
    if found.exact is not None:
        title = f"By how much each makes the answer {of} (trained again without it)"
        _print_ranked(title, "change", found.exact, examples)
        diverged = np.count_nonzero(~np.isfinite(found.exact))
        if diverged:
            out.print(f"Not known of {diverged}, without which the training diverged.")
    out.print(f"Wrote {path}")


def _print_ranked(title: str, head: str, values: Any, cells: dict[str, Any]) -> None:
    """The largest and the smallest of `values` (k,), each behind its cells, by column."""
    import numpy as np

    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")].tolist()
    shown = order if len(order) <= 2 * SHOWN else order[:SHOWN] + order[-SHOWN:]
    columns = [*map(Column, cells), Column(head, "number")]
    rows = [(*(each[i] for each in cells.values()), f"{values[i]:+.4f}") for i in shown]
    show.print_table(Table(columns, rows, title=title))
