"""The training of one network, as a job."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule._version import __version__
from chainrule.errors import InputError
from chainrule.jobs.events import Control, Started
from chainrule.jobs.grouping import groups, ignored_groups
from chainrule.jobs.job import NOTHING, RUNNING, Job, Nothing
from chainrule.jobs.options import CHANGEABLE, Options, Running, absolute, written
from chainrule.jobs.run_folder import RunFolder

if TYPE_CHECKING:
    from chainrule.experiments import Execution
    from chainrule.experiments.answers import Unseen
    from chainrule.training import Callback, Training
    from chainrule.training.changes import Changes
    from chainrule.training.plan import Plan
    from chainrule.training.warnings import TrainingWarning


class TrainingJob(Job[Nothing, "Training"]):
    """Train a network and write a run folder: model, settings, history.

    begin_from : the folder of another run, at whose checkpoint it begins where that is on its way:
        with the same data and options but `changes` after it. No number depends on that.
    """

    command = "train"
    changeable = CHANGEABLE
    kept_as = None
    stops_early = True
    decides = True
    saved_every: float | None = None  # seconds between checkpoints, else as `Saver` has it

    def __init__(
        self,
        data: str | None,
        options: Options,
        own: Nothing = NOTHING,
        running: Running = RUNNING,
        begin_from: Path | None = None,
    ) -> None:
        super().__init__(data, options, own, running)
        self._parent = None if begin_from is None else RunFolder(begin_from)

    @cached_property
    def facts(self) -> dict[str, Any]:
        return {"data": absolute(self.data), "options": written(self.options), **self.of_choice}

    def check(self) -> None:
        super().check()
        if self.options.patience is not None and self.splits.validation is None:
            fix = "Early stopping looks at examples that are not trained on: see docs/data.md."
            raise InputError("--patience", "data with a dev or valid part", "none", fix)

    def choose(self, how: "Execution") -> None:
        """A pause is one of the training, of which there is none yet."""
        super().choose(_unpaused(how))

    def begin(self) -> None:
        """It tells what it trains once the form of the first layer is chosen."""

    def work(self, how: "Execution") -> "Training":
        from chainrule.jobs.callbacks import BeginsFrom, Controlled, Saver, Telling
        from chainrule.training import EarlyStopping, train

        splits, patience = self.splits, self.options.patience
        self._stop = _unpaused(how).stop
        # Not if it was killed before it began; L-BFGS always begins anew.
        goes_on = self.options.optimizer != "lbfgs"
        begun = goes_on and (self.folder.checkpoint.exists() or self.folder.model.exists())
        saver = Saver(self.folder, self.saved_every) if goes_on else None
        own: list[Callback | None] = [saver, Telling(self.tell, self._planned_so)]
        if self._parent is not None and self._alike(self._parent.read_settings()):
            own.insert(0, BeginsFrom(self._parent.checkpoint))
        if isinstance(how.stop, Control):
            own.append(Controlled(how.stop, self.tell, saver, self._changed))
        data = splits.train
        return train(
            self.setting.network(data.features.shape[0], len(data.Y), data.task),
            data,
            validation=splits.watched[1],
            early_stopping=None if patience is None else EarlyStopping(patience),
            callbacks=[*filter(None, own), *how.callbacks],
            resume=self.folder.checkpoint if self.resuming and begun else None,
            device=how.device,
            **self.setting.arguments(),
        )

    def _alike(self, parent: dict[str, Any]) -> bool:
        """Whether another run's settings are these, but for what its checkpoint knows."""
        from chainrule.files.json_file import plain

        here = plain(written(self.options)) | {"data": absolute(self.data)}
        there = {**parent.get("options", {}), "data": parent.get("data")}
        known = ("changes", *CHANGEABLE)
        return all(there.get(name) == here[name] for name in here if name not in known)

    def _changed(self, changes: "Changes") -> None:
        """What was changed on the way belongs to the options, at once: so it can be repeated."""
        from chainrule.training.changes import text_of

        self.options = replace(self.options, changes=text_of(changes))
        for name in ("setting", "facts"):
            self.__dict__.pop(name, None)
        self.folder.write_settings(self.facts)

    def _planned_so(self, plan: "Plan") -> None:
        network, choice = plan.start, plan.choice
        sizes, kinds = "-".join(map(str, network.layer_sizes)), ", ".join(network.activations)
        words = f"{sizes} ({kinds}), {network.n_parameters:,} parameters"
        facts = {"Network": words, **self.choice, "Form": choice.reason}
        facts |= {"Room": plan.size.room(choice.form)} if self.splits.train.in_file else {}
        facts |= {} if self.running.device == "cpu" else {"Device": plan.placement}
        facts |= {"Answers": self.looked_for} if self.looked_for else {}
        self.tell(Started(self.splits, self.splits.sets, facts))

    def write(self, found: "Training") -> dict[str, Any]:
        from chainrule.jobs.results import looks_wrong, results, rounding
        from chainrule.jobs.sources import trained_on
        from chainrule.model.model_file import Model

        data = self.splits.train
        facts: dict[str, Any] = {
            "source": data.source,
            "chainrule": __version__,
            "layer_sizes": found.network.layer_sizes,
            "activations": found.network.activations,
            "first_layer": vars(found.first_layer),
            "pictures": data.image_shape is not None,
            "iterations": found.iterations,
            "stopped": found.stopped,
            "training_seconds": round(found.seconds, 3),
        }
        model = Model.of(found.network, self.splits, self.facts | facts | trained_on(data))
        if self.options.threshold != "0.5" and found.complete:
            model = replace(model, threshold=self._threshold())
            facts["threshold"] = model.threshold
        self.folder.write_results(model, found.history)
        unseen = self._unseen(found)
        reached, verdict = results(model, self.splits, unseen)
        facts |= rounding(found, self.options, reached["training"])
        self._warnings = looks_wrong(model, self.splits, found.history, self.options)
        if self.splits.test is not None:
            self._warnings += ignored_groups(self.splits, self.options)
        return facts | {
            "results": reached,
            "verdict": verdict,
            "warnings": [vars(one) for one in self._warnings],
            "notes": self.splits.notes,
            "skipped": self.splits.skipped,
        }

    def _unseen(self, found: "Training") -> "Unseen | None":
        """How good it is, where no examples are held out."""
        if list(self.splits.sets) != ["training"] or not found.complete:
            return None
        from chainrule.experiments.answers import Unseen
        from chainrule.jobs.unseen import CHANGED, cross_validated

        if self.chosen and self.options.changes:
            return Unseen(CHANGED)
        how: dict[str, Any] = {"seconds": found.seconds, "tell": self.tell, "stop": self._stop}
        options = self.given if self.chosen else self.options
        return cross_validated(self.data, self.splits, options, self.folder, **how)

    def _threshold(self) -> float:
        """What is best on examples of the training set, each by a network trained without it."""
        from chainrule.experiments import cross_validate
        from chainrule.experiments.nested import FOLDS
        from chainrule.experiments.thresholds import threshold_of

        data, options = self.splits.train, self.options
        held = {"folds": FOLDS, "groups": groups(data, options), "seed": options.seed}
        found = cross_validate(data, self.setting, **held)
        return threshold_of(found, options.threshold, options.cost_ratio)

    def warnings(self, found: "Training") -> "Sequence[TrainingWarning]":
        return self._warnings


def _unpaused(how: "Execution") -> "Execution":
    """For what comes before and after the training's steps: it can be stopped, but waits not."""
    return replace(how, stop=how.stop.ended) if isinstance(how.stop, Control) else how
