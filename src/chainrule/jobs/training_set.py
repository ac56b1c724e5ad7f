"""What a model was trained on, read again where it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from chainrule.data import Dataset
from chainrule.data.matrix.source import Progress
from chainrule.errors import InputError
from chainrule.files.json_file import fits
from chainrule.influence.explanation import check_training_set, known_to
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.influence.predictions import MOST
from chainrule.jobs.options import Options, restored
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model


def training_set(
    model: Model,
    where: str,
    data: str | None = None,
    progress: Progress | None = None,
    memory: float | None = None,
    cache: bool = True,
) -> tuple[Dataset | None, str]:
    """What the model was trained on, read again as it was; or None, and why it is not at hand.

    data : where it is, if it is not where it was; what is wrong with it is an InputError.
    progress, memory : see `open_data`. cache : or features of photos are neither taken from it nor
    kept.
    """
    saved = model.training
    try:
        if not {"options", "data"} <= saved.keys() and Path(where).is_dir():
            saved = RunFolder(where).read_settings() | saved
        source = data or saved.get("data")
        if source is None or "options" not in saved:
            return None, "the model does not say what it was trained on"
        how = restored(saved["options"], Options(), where)
        how = replace(how, cache=how.cache and cache)
        train = how.open(str(source), progress, memory).train
        check_training_set(str(source), model, train)
    except InputError as error:
        if data is not None:
            raise
        return None, f"{error.where}: {error.got}"
    return train, ""


def known_examples(
    model: Model, where: str, data: str | None = None, **how: Any
) -> tuple[Neighborhoods | None, str]:
    """The training set, that new examples are compared with; or None, and why there is none. how :
    see `training_set`."""
    many, said = f"there are more than {MOST}", model.training.get("training_examples", 0)
    if fits(said, int) and said > MOST:  # which need not be read
        return None, many
    train, why = training_set(model, where, data, **how)
    if train is None:
        return None, why
    return (None, many) if len(train) > MOST else (known_to(where, model, train), "")
