"""The folders that trainings and experiments write.

Of one training:
    model.safetensors        the trained model (chainrule.load)
    settings.json            everything needed to repeat it, and its results
    history.csv              costs and accuracies
    learning-curve.png       the same as a picture
    report.html              what `chainrule report` made of it
    checkpoint.safetensors   to train on from here (train(..., resume=...))

Of an experiment:
    settings.json            everything needed to repeat it, and its results
    results.csv              the table of its runs, folds or examples
    predictions.csv          each example's class, and its probabilities without it
    influence.safetensors    of leave-one-out: each example's influence on each
    labels.csv               of a label review: the suspects, to decide on
    *.png                    pictures of them
    report.html              all of it to look at
    model.safetensors        where it chose or trained a model
    finished/                outcomes of finished runs, while it is not finished itself
"""

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any, Self

from chainrule import tensor_file
from chainrule.errors import InputError, ModelFileError
from chainrule.inspection.plots import learning_curve
from chainrule.inspection.saving import save_figure
from chainrule.model_file import Model, save
from chainrule.training import History


class Folder:
    """The files of a training or an experiment, by path. Nothing exists until `create`."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.model = self.path / "model.safetensors"
        self.settings = self.path / "settings.json"
        self.report = self.path / "report.html"
        self._parents: list[Path] = []  # made by `create`, the innermost first

    @classmethod
    def next_free(cls, stem: str, parent: str | Path = "runs") -> Self:
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
        self._parents = [parent for parent in self.path.parents if not parent.exists()]
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(str(self.path), "a place to write", reason) from None

    def remove(self) -> None:
        """Delete the folder and what is in it, and what `create` made for it."""
        shutil.rmtree(self.path, ignore_errors=True)
        for parent in self._parents:
            with contextlib.suppress(OSError):  # something else is in it by now
                parent.rmdir()

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


class RunFolder(Folder):
    """The files of one training."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self.history = self.path / "history.csv"
        self.curve = self.path / "learning-curve.png"
        self.checkpoint = self.path / "checkpoint.safetensors"

    def write_results(self, model: Model, history: History, title: str) -> None:
        """The model, the history and its picture."""
        save(model, self.model)
        history.to_csv(self.history)
        save_figure(learning_curve(history, title=title), self.curve)


class ExperimentFolder(Folder):
    """The files of an experiment."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self.table = self.path / "results.csv"
        self.finished = self.path / "finished"

    def close(self) -> None:
        """Delete the outcomes of single runs: the experiment is finished."""
        shutil.rmtree(self.finished, ignore_errors=True)
