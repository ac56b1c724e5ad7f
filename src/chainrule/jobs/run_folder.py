"""The folders that trainings and experiments write.

Of one training:
    model.safetensors        the trained model (chainrule.load)
    settings.json            everything needed to repeat it, and its results
    history.csv              costs and accuracies
    report.html              what `chainrule report` made of it
    checkpoint.safetensors   to train on from here (train(..., resume=...))
    moments.safetensors      of one that the studio has watched: its network on the way
    held-out/                folds by which it was cross-validated, where nothing else is held out

Of an experiment:
    settings.json            everything needed to repeat it, and its results
    results.csv              the table of its runs, folds or examples
    classes.csv              of the importance of features: the same for each of several classes
    predictions.csv          each example's class, and its probabilities without it
    influence.safetensors    of leave-one-out: each example's influence on each
    labels.csv               of a label review: the suspects, to decide on
    *.png                    pictures of them
    report.html              all of it to look at
    model.safetensors        where it chose or trained a model
    finished/                outcomes of finished runs, while it is not finished itself
"""

import shlex
from typing import TYPE_CHECKING

from chainrule.files import atomic
from chainrule.files.run_folder import File, Folder

if TYPE_CHECKING:
    from chainrule.model.model_file import Model
    from chainrule.training import History


class RunFolder(Folder):
    """The files of a training or an experiment."""

    model = File("model.safetensors")
    report = File("report.html")
    history = File("history.csv")
    checkpoint = File("checkpoint.safetensors")
    moments = File("moments.safetensors")
    table = File("results.csv")
    finished = File("finished")
    unseen = File("held-out")

    @property
    def kept(self) -> bool:
        """Whether something is in it that was reached."""
        return self.checkpoint.exists() or any(self.finished.glob("*"))

    @property
    def quoted(self) -> str:
        """For a command line."""
        return shlex.quote(str(self.path))

    def remove_parts(self) -> None:
        super().remove_parts()
        atomic.remove_parts(self.finished)

    def close(self) -> None:
        """Delete the outcomes of single runs: the experiment is finished."""
        Folder(self.finished).remove()

    def write_results(self, model: "Model", history: "History") -> None:
        from chainrule.model.model_file import save

        save(model, self.model)
        history.to_csv(self.history)
