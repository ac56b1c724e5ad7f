"""A model's training done again, by the settings that it was trained with."""

from dataclasses import replace
from typing import Any

from chainrule.data import Dataset
from chainrule.errors import InputError
from chainrule.experiments import Execution, WithoutEach, without_each
from chainrule.jobs.options import Options, fits, restored
from chainrule.model.model_file import Model


def followed(model: Model, where: str) -> tuple[Options, str]:
    """The settings that the model was trained with; and why no training can be followed, or "".

    ModelFileError for settings that are none.
    """
    options, note = repeatable(model, where)
    for name, plain in (("optimizer", "gd"), ("batch_size", None)):
        if not note and getattr(options, name) != plain:
            chosen = getattr(options, name)
            note = "only gradient descent on all examples is followed, not "
            note += chosen if name == "optimizer" else f"batches of {chosen}"
    return options, note


def repeatable(model: Model, where: str) -> tuple[Options, str]:
    """The settings that the model was trained with; and why that cannot be done again, or ""."""
    if "options" not in model.training:
        return Options(), "the model does not say how it was trained"
    options = restored(model.training["options"], Options(), where)
    if model.n_members > 1:
        return options, f"it has {model.n_members} members"
    done, planned = model.training.get("iterations"), options.setting().updates(1)
    # Of a constant rate it does not matter how many more steps were planned.
    broken_off = not fits(done, int) or (options.schedule != "constant" and done != planned)
    if options.patience is not None or broken_off:
        return options, "its training was stopped early"
    return options, ""


def left_out(
    model: Model, where: str, data: Dataset, raw: Any, execution: Execution
) -> WithoutEach:
    """The model's training again, without each of its examples."""
    options, note = repeatable(model, where)
    if note:
        raise InputError("--leave-one-out", "a model that can be trained again", f"none: {note}")
    setting = replace(options.setting(), iterations=model.training["iterations"], epochs=None)
    found = without_each(data, raw, setting, execution=execution)
    if not found.complete:  # by Ctrl-C
        raise KeyboardInterrupt
    return found


def retraced(model: Model, options: Options) -> dict[str, Any]:
    """Arguments of `explain` that do the model's training again."""
    setting = options.setting()
    n_x, *_, n_y = model.network.layer_sizes
    done = {"iterations": model.training["iterations"], "epochs": None}
    return {"start": setting.network(n_x, n_y), **setting.arguments(), **done}
