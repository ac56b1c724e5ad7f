"""Data for a model: read as those that it was trained on."""

from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from chainrule.data.reading import Reading
from chainrule.errors import InputError
from chainrule.files import tensor_file
from chainrule.jobs.options import fits

if TYPE_CHECKING:
    from chainrule.data import Dataset, Splits
    from chainrule.model.model_file import Model


def trained_on(data: "Dataset") -> dict[str, Any]:
    """What a model file says of its training set: by what it is known, how a table was read."""
    facts: dict[str, Any] = {"digest": data.digest()}
    if data.reading is not None:  # the samples are those of other examples
        facts["reading"] = asdict(replace(data.reading, samples=None))
    return facts


def is_model(path: Path) -> bool:
    """Whether it is a model file, or a run folder that has one."""
    return path.suffix == ".safetensors" or (path / "model.safetensors").is_file()


def loaded(path: Path) -> "Model":
    """The model of a file or a run folder."""
    tensor_file.of_model(path)  # before all that is imported to read it
    from chainrule.model.model_file import load

    return load(path)


def loaded_of_pictures(path: Path, fix: str = "") -> "tuple[Model, tuple[int, ...]]":
    """Such a model, and the shape of the pictures that it is of; InputError if of others."""
    model = loaded(path)
    if model.image_shape is None:
        got = f"one of {model.network.layer_sizes[0]} numbers an example"
        raise InputError(str(path), "a model of pictures", got, fix)
    return model, model.image_shape


def open_for(
    model: "Model", data: str, given: Reading, strict: bool = False, seed: int = 0
) -> "Splits":
    """Data that a model is to be tried on, pictures of its size, tables with its columns; these are
    read as given, and where nothing is as its training read them."""
    hints = get_type_hints(Reading)
    trained = (model.training.get(name) for name in ("options", "reading"))
    before = dict(item for one in trained if isinstance(one, dict) for item in one.items())
    kept = {
        one.name: before[one.name]
        for one in fields(Reading)
        if getattr(given, one.name) == one.default
        and one.name != "samples"
        and one.name in before
        and fits(before[one.name], hints[one.name])
    }
    from chainrule.data.open import open_raw, refuse_reading

    splits = open_raw(
        data,
        model.image_shape or (64, 64, 3),
        replace(given, **kept),
        strict,
        seed,
        bits=model.bits,
        features=model.feature_names,
    )
    if splits.train.feature_names is None:
        refuse_reading(data, given)
    return splits
