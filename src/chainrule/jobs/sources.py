"""Models from files, and what they say of their training sets."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.data import Dataset
    from chainrule.model.model_file import Model


def trained_on(data: "Dataset") -> dict[str, Any]:
    """What a model file says of its training set: by what it is known, how many examples it
    has, whether its features stayed in their file, how a table was read."""
    facts: dict[str, Any] = {"digest": data.digest(), "training_examples": len(data)}
    facts["in_file"] = data.in_file
    if data.reading is not None:  # the samples are those of other examples
        facts["reading"] = asdict(replace(data.reading, samples=None))
    return facts


def is_model(path: Path) -> bool:
    """Whether it is a model file, or a run folder that has one."""
    return path.suffix == ".safetensors" or (path / "model.safetensors").is_file()


def loaded(path: Path) -> "Model":
    """The model of a file or a run folder."""
    from chainrule.files import tensor_file

    tensor_file.of_model(path)  # before all that is imported to read it
    from chainrule.model.model_file import load

    return load(path)
