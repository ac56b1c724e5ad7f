"""`chainrule explain`."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import show
from chainrule.cli.progress import Screen
from chainrule.display import Column, Table
from chainrule.errors import InputError
from chainrule.files.atomic import new_file
from chainrule.jobs.sources import loaded_of_pictures
from chainrule.wording import percent, shortened

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.influence.explanation import Explanation
    from chainrule.model.model_file import Model

SHOWN = 5  # at either end


def explain(
    model: Path,
    image: Path,
    *,
    data: str | None = None,
    leave_one_out: bool = False,
    out: Path | None = None,
    threads: int | None = None,
    json: bool = False,
) -> int:
    """Say why a model answers as it does to a picture of your own.

    What the network really sees, its answer, where it looked, how far the picture is from the
    training pictures, and which of these contributed to the answer and against it.

    Parameters
    ----------
    model
        A model file or a run folder.
    image
        A picture file; it is shrunk to the size that the model was trained on.
    data
        The data that the model was trained on: for the nearest training pictures, and what each
        contributed.
    leave_one_out
        Also train again without each training picture: how much each changes the probability of
        the answer, exactly.
    out
        The picture to write; explanation-1.png, -2, ... by default. Never overwritten.
    threads
        Cores that may be used; all of them by default.
    json
        Print one JSON object instead of text.
    """
    known, shape = loaded_of_pictures(model)
    path = _picture(out)
    from chainrule.data import read_image
    from chainrule.experiments import Execution
    from chainrule.influence import explanation
    from chainrule.jobs.trained import followed, left_out, retraced
    from chainrule.show.picture_plots import explanation_plot
    from chainrule.show.plots import save_figure

    raw = read_image(image, shape, known.bits)
    train, note, exact = _nothing_of(known), "", None
    if data is None:
        if leave_one_out:
            raise InputError("--leave-one-out", "--data, what the model was trained on", "none")
        (found,) = explanation.explain(known, raw[:, None])
    else:
        options, note = followed(known, str(model))
        train = options.open(data).train
        if leave_one_out:
            with Screen("leaving each out", quiet=json) as screen:
                how = Execution(threads=threads, progress=screen.update)
                exact = left_out(known, str(model), train, raw[:, None], how)
        again = {} if note else retraced(known, options) | {"threads": threads}
        (found,) = explanation.explain(known, raw[:, None], train, exact=exact, **again)
    p = found.P[found.decision]
    decided = f"{p:.4g}"
    if known.classes:
        decided = f"{shortened(known.classes[found.decision])} ({p:.3f})"
    title = f"{shortened(image.name)}: {decided}"
    save_figure(explanation_plot(found, raw, train, title), path)
    say = _print_facts if json else _report
    say(found, known, train, path, note or found.note)
    return 0


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
    found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str
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
    if note:
        facts["note"] = note
    if found.exact is not None:
        facts["exact_changes"] = dict(zip(names, found.exact, strict=False))
    show.print_json(plain(facts, finite=True))


def _report(found: "Explanation", model: "Model", data: "Dataset", path: Path, note: str) -> None:
    import numpy as np

    out, p = show.console(), found.P[found.decision]
    answer, of, head = f"{p:.6g}", "larger", "value"
    if model.classes:
        answer = f"{show.safe(model.classes[found.decision])}, probability {p:.4f}"
        of, head = "more probable", "log-odds"
    out.print(f"Answer    {answer}")
    near, parts = found.neighborhood, found.contributions
    if near is not None:
        first = show.safe(data.example_names[near.nearest[0]])
        out.print(f"Nearest   {first}, at a distance of {near.distances[0]:.3g}")
        if near.out_of_distribution:
            unlike = f"Unlike anything seen: {near.reason}. Do not rely on the answer."
            show.print_set_in(unlike)
        else:
            out.print(f"          {percent(near.share)} of the training pictures are farther")
            out.print("          from their own nearest one")
    if parts is not None:
        _print_ranked("Contributions", head, parts.of_examples, data)
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
        _print_ranked(title, "change", found.exact, data)
        diverged = np.count_nonzero(~np.isfinite(found.exact))
        if diverged:
            out.print(f"Not known of {diverged}, without which the training diverged.")
    out.print(f"Wrote {path}")


def _print_ranked(title: str, head: str, values: Any, data: "Dataset") -> None:
    """The training pictures of the largest and of the smallest values (m,)."""
    import numpy as np

    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(-values[known], kind="stable")].tolist()
    shown = order if len(order) <= 2 * SHOWN else order[:SHOWN] + order[-SHOWN:]
    columns = Column("training picture"), Column("class"), Column(head, "number")
    names = data.example_names
    rows = [(names[i], data.label_of(i), f"{values[i]:+.4f}") for i in shown]
    show.print_table(Table(columns, rows, title=title))
