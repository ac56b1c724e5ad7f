"""A run folder: what one training was given and what came of it.

model.safetensors        the trained model (chainrule.load)
settings.json            everything needed to repeat it, and its results
history.csv              costs and accuracies
learning-curve.png       the same as a picture
checkpoint.safetensors   to train on from here (train(..., resume=...))
"""

import json
import shutil
from pathlib import Path
from typing import Any

from chainrule import tensor_file
from chainrule.errors import InputError, ModelFileError
from chainrule.inspection.plots import learning_curve, save_figure
from chainrule.model_file import Model, save
from chainrule.training import History


class RunFolder:
    """The files of one run, by path. Nothing exists until `create`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.model = self.path / "model.safetensors"
        self.settings = self.path / "settings.json"
        self.history = self.path / "history.csv"
        self.curve = self.path / "learning-curve.png"
        self.checkpoint = self.path / "checkpoint.safetensors"

    @classmethod
    def next_free(cls, stem: str, parent: str | Path = "runs") -> "RunFolder":
        """parent/stem-1, or the first number that is not taken."""
        number = 1
        while (Path(parent) / f"{stem}-{number}").exists():
            number += 1
        return cls(Path(parent) / f"{stem}-{number}")

    def refuse_existing(self) -> None:
        """InputError if the folder (or a file of that name) is there already."""
        if self.path.exists():
            raise InputError(
                str(self.path),
                "a run folder that does not exist yet",
                "one that does",
                "Nothing is overwritten: choose another --out, or go on in it with --resume.",
            )

    def create(self) -> None:
        """Make the folder; InputError if it exists or cannot be made."""
        self.refuse_existing()
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(str(self.path), "a place to write", reason) from None

    def remove(self) -> None:
        """Delete the folder and what is in it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_settings(self, settings: dict[str, Any]) -> None:
        text = json.dumps(settings, indent=2, allow_nan=False)
        tensor_file.write_bytes(self.settings, (text + "\n").encode())

    def read_settings(self) -> dict[str, Any]:
        """What `write_settings` wrote; ModelFileError if it is not there or no JSON object."""
        where = str(self.settings)
        try:
            found = json.loads(self.settings.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelFileError(
                where, "the settings of a run", error.strerror or str(error)
            ) from None
        except (ValueError, RecursionError):
            raise ModelFileError(where, "the settings of a run", "a damaged file") from None
        if not isinstance(found, dict):
            raise ModelFileError(where, "the settings of a run", "another JSON value")
        return found

    def write_results(self, model: Model, history: History, title: str) -> None:
        """The model, the history and its picture."""
        save(model, self.model)
        history.to_csv(self.history)
        save_figure(learning_curve(history, title=title), self.curve)
