"""Experiments whose question is what happens without some examples: their own predictions, their
labels, the features that remain important."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from chainrule import experiments
from chainrule.errors import InputError
from chainrule.jobs.grouping import groups, ignored_groups, kept_whole, most_folds
from chainrule.jobs.job import RUNNING, Found, Job, Nothing, Own
from chainrule.jobs.options import Options, Running, absolute
from chainrule.jobs.sources import is_model, loaded
from chainrule.wording import counted

if TYPE_CHECKING:
    from chainrule.influence.ranking import Importance
    from chainrule.model.model_file import Model
    from chainrule.training.warnings import TrainingWarning

PICTURES = 24  # of suspects
Predicted: TypeAlias = "experiments.LeaveOneOut | experiments.CrossValidation"


@dataclass(frozen=True, kw_only=True)
class Folds:
    """How examples are held out.

    Parameters
    ----------
    folds
        Parts of the data, each of which is held out once; by default 10, or as many as the rarest
        class or the groups allow.
    repeats
        Repetitions, with other folds.
    stratified
        Whether every class is in each fold in its share; without, a class may be rarer than there
        are folds.
    leave_group_out
        Hold each group of --group-column or --group-by out by itself, instead of --folds parts.
    """

    folds: int | None = None
    repeats: int = 1
    stratified: bool = True
    leave_group_out: bool = False


class HeldOutJob(Job[Own, Found]):
    """Trainings of one setting without some examples, whose predictions are what is found."""

    def warnings(self, found: Found) -> "Sequence[TrainingWarning]":
        from chainrule.jobs.results import chosen_on_the_same
        from chainrule.training.warnings import warnings_of_runs

        chosen = bool(getattr(found, "varied", ()))
        of_runs = warnings_of_runs(found.histories, chosen=chosen)
        return (*of_runs, *chosen_on_the_same(self.chosen))

    def write_more(self, found: Found) -> dict[str, Any]:
        """predictions.csv: each example's class, what networks trained without it predicted and its
        probabilities, or its target and the prediction; its group and the first repeat's fold."""
        from chainrule.display import Table
        from chainrule.show import tables

        data, held = self.splits.train, groups(self.splits.train, self.options)
        if data.task == "regression":
            from chainrule.model.regression import Regression

            rows = Regression(data.labels, found.outputs[0], data.example_names).rows()
        else:
            each = zip(data.example_names, data.labels, found.predicted, strict=True)
            rows = [
                {"name": name, "class": data.classes[label], "predicted": data.classes[k]}
                for name, label, k in each
            ]
            for row, column in zip(rows, found.probabilities.T, strict=True):
                named = zip(data.classes, column.tolist(), strict=True)
                row |= {f"probability of {k}": p for k, p in named}
        for row, group in zip(rows, () if held is None else held, strict=held is not None):
            row["group"] = group
        for k, fold in reversed(list(enumerate(getattr(found, "folds", ()), 1))):
            for i in fold.held_out:
                rows[i]["fold"] = k
        tables.write(Table.of(rows), self.folder.path / "predictions.csv")
        return {}


def folds_of(job: "Job[Any, Any]") -> tuple[int, str]:
    """How many folds, and if these are fewer than is usual, as nobody said how many, why."""
    own = job.own
    if own.folds is not None:
        return own.folds, ""
    most, of = most_folds(job.splits.train, job.options, stratified=own.stratified)
    few = most < job.usual_folds
    return (max(2, most) if few else job.usual_folds), f"there are {most} {of}" if few else ""


def held_out(job: "Job[Any, Any]") -> dict[str, Any]:
    """How examples of the training set are held out, as functions of `experiments` take it."""
    from chainrule.experiments.folds import LEAVE_GROUP_OUT

    own = job.own
    return {
        "folds": LEAVE_GROUP_OUT if own.leave_group_out else folds_of(job)[0],
        "repeats": own.repeats,
        "stratified": own.stratified,
        "groups": groups(job.splits.train, job.options),
        "seed": job.options.seed,
    }


def unseen_classes(job: "Job[Any, Any]") -> dict[int, list[int]]:
    """Of each fold, from 1, the classes that it never trains on; InputError for folds that cannot
    be drawn."""
    from chainrule.experiments.examples import Examples
    from chainrule.experiments.folds import draw_folds, never_trained_on

    held, examples = held_out(job) | {"repeats": 1}, Examples(job.command, job.splits.train)
    return never_trained_on(examples, draw_folds(examples, **held))


def warnings_of_folds(job: "Job[Any, Any]") -> "tuple[TrainingWarning, ...]":
    """What makes the answers of held-out examples look better, or worse, than they are."""
    from chainrule.training.warnings import TrainingWarning

    warnings, unseen = _torn(job), unseen_classes(job)
    if not unseen:
        return warnings
    fold, (first, *_) = next(iter(unseen.items()))
    name = job.splits.train.classes[first]
    found = (
        f"In {counted(len(unseen), 'fold')} a class is held out whole, such as {name} in fold "
        f"{fold}: examples of a class that was never trained on are always answered wrongly."
    )
    advice = "Hold other groups out, or take fewer folds; or leave the class out: --drop-class."
    return (*warnings, TrainingWarning("class never trained on", found, advice))


def _torn(job: "Job[Any, Any]") -> "tuple[TrainingWarning, ...]":
    return ignored_groups(replace(job.splits, test=None), job.options)


def held_out_words(job: "Job[Any, Any]") -> str:
    """What is held out, for a plan."""
    if job.own.leave_group_out:
        return "each group"
    folds, why = folds_of(job)
    times = f", {job.own.repeats} times" if job.own.repeats > 1 else ""
    return f"each of {folds} folds{times}{why and f' ({why})'}"


class LeaveOneOutJob(HeldOutJob[Nothing, "experiments.LeaveOneOut"]):
    """Train once without each example: its own prediction, and its influence on others."""

    command = "leave-one-out"

    def plan(self) -> str:
        return f"{len(self.splits.train) + 1} trainings: on all, and on all but one"

    def work(self, how: "experiments.Execution") -> "experiments.LeaveOneOut":
        return experiments.leave_one_out(self.splits.train, self.setting, execution=how)

    def warnings(self, found: "experiments.LeaveOneOut") -> "Sequence[TrainingWarning]":
        return (*super().warnings(found), *_torn(self))

    def write_more(self, found: "experiments.LeaveOneOut") -> dict[str, Any]:
        from chainrule.files import tensor_file

        tensor_file.write(
            self.folder.path / "influence.safetensors",
            {"full": found.full, "without": found.without, "outputs": found.outputs},
            {"format": "chainrule influence", "version": 1, "names": found.names},
        )
        return super().write_more(found)


@dataclass(frozen=True, kw_only=True)
class Review(Folds):
    """Where the probabilities come from.

    Parameters
    ----------
    leave_one_out
        Train without each single example instead of without each fold.
    """

    leave_one_out: bool = False


class LabelReviewJob(HeldOutJob[Review, "Predicted"]):
    """Find examples whose labels look wrong, by networks trained without them."""

    command = "review-labels"
    reviewed: "experiments.LabelReview"  # once it is complete

    @property
    def labels(self) -> Path:
        """The file to decide in."""
        return self.folder.path / "labels.csv"

    def check(self) -> None:
        from chainrule.experiments.label_review import refuse_regression

        refuse_regression("review-labels", self.splits.train)
        if not self.own.leave_one_out:
            unseen_classes(self)

    def warnings(self, found: "Predicted") -> "Sequence[TrainingWarning]":
        of_folds = _torn(self) if self.own.leave_one_out else warnings_of_folds(self)
        return (*super().warnings(found), *of_folds)

    def plan(self) -> str:
        left = "each example" if self.own.leave_one_out else held_out_words(self)
        return f"leave out {left}, and look at what is said of it then"

    def work(self, how: "experiments.Execution") -> "Predicted":
        """Each example's probabilities by networks trained without it."""
        data, setting = self.splits.train, self.setting
        if self.own.leave_one_out:
            return experiments.leave_one_out(data, setting, execution=how)
        return experiments.cross_validate(data, setting, execution=how, **held_out(self))

    def write(self, found: "Predicted") -> dict[str, Any]:
        from chainrule.experiments.answers import held_out_answers
        from chainrule.experiments.label_review import too_weak
        from chainrule.model.verdict import UNKNOWN
        from chainrule.show.report.experiments import label_review_report

        if not found.complete:  # decisions are made on a whole review
            return {"suspects": []}
        reviewed = experiments.review_labels(self.splits.train, found.probabilities)
        self.reviewed = reviewed
        if not self.labels.exists():  # somebody may have decided already
            reviewed.to_csv(self.labels)
        if self.splits.train.image_shape and reviewed.suspects:
            self._picture(reviewed)
        decide = (
            f"Decide in {self.labels.name} (keep, relabel or drop), then train with --labels. No "
            "file of the data is changed."
        )
        answers = held_out_answers(found, self.splits.train)
        verdict = None if answers is None else answers.verdict
        more: dict[str, Any] = {"decide": decide, "histories": found.histories, "verdict": verdict}
        self.write_report(label_review_report(reviewed, self.splits, **more), found)
        judged = verdict or UNKNOWN
        return reviewed.facts() | {"verdict": judged.facts(), "too_weak": too_weak(judged)}

    def _picture(self, reviewed: "experiments.LabelReview") -> None:
        from chainrule.show.picture_plots import gallery

        shown = reviewed.suspects[:PICTURES]
        texts = [
            f"{s.name}\nlabeled {s.given} ({s.probability_of_given:.3f})\nsuggested: {s.suggested}"
            for s in shown
        ]
        index = [suspect.index for suspect in shown]
        figure = gallery(self.splits.train, index, texts, title="Labels to look at")
        self.write_figure("suspects", figure)


@dataclass(frozen=True, kw_only=True)
class Named(Folds):
    """How features are named.

    Parameters
    ----------
    folds
        Parts of the data; of each network one is held out. By default halves, in pairs.
    repeats
        Repetitions, with other folds: with halves twice as many networks are trained.
    by
        What ranks them: slope (how far one standard deviation of a feature moves the answer), or
        permutation (how far the loss of held-out examples rises when it is permuted).
    top
        How many features the list is about; 50, or a tenth of fewer than 500.
    model
        A model file or a run folder, trained on these data: its settings are taken, and its own
        slopes stand beside.
    """

    folds: int = 2
    repeats: int = 50
    by: Literal["slope", "permutation"] = "slope"
    top: int | None = None
    model: str | None = None


class ImportanceJob(Job[Named, "Importance"]):
    """Name the features that networks trained on parts of the examples depend on."""

    command = "importance"
    together = ""  # the groups that names show and that are held out whole

    def __init__(
        self, data: str | None, options: Options, own: Named, running: Running = RUNNING
    ) -> None:
        """data : or a model, which knows its data and settings."""
        if data is not None and own.model is None and is_model(Path(data)):
            data, own = None, replace(own, model=data)
        if own.model is not None and running.resume is None:
            from chainrule.jobs.trained import as_trained

            own = replace(own, model=absolute(own.model))
            path = str(own.model)
            data, options = as_trained(loaded(Path(path)), options, path, data)
        super().__init__(data, options, own, running)

    @cached_property
    def model(self) -> "Model | None":
        """The one that was given; InputError if these are not its data."""
        if self.own.model is None:
            return None
        from chainrule.influence.explanation import check_training_set

        model = loaded(Path(self.own.model))
        check_training_set(self.command, model, self.splits.train)
        return model

    def plan(self) -> str:
        own = self.own
        if own.leave_group_out:
            return "networks that are each trained without one group"
        folds, _ = folds_of(self)
        words = f"{folds * own.repeats} networks, each without one of {folds} parts"
        return f"{words}. {self.together}".removesuffix(". ")

    def check(self) -> None:
        if (encoder := self.splits.train.encoder) is not None:
            got = f"those of {encoder.name}, of which none has a name or a meaning of its own"
            fix = "chainrule explain says which places of a photo matter."
            raise InputError(self.command, "features that can be named", got, fix)
        plain = self.options
        self.options, self.together = kept_whole(self.splits.train, plain)
        try:
            unseen_classes(self)
        except InputError:
            if not self.together:
                raise
            self.options, self.together = plain, ""  # there are too few for these folds
            unseen_classes(self)

    def work(self, how: "experiments.Execution") -> "Importance":
        from chainrule.influence.importance import importance

        own, data = self.own, self.splits.train
        asked = {"model": self.model, "by": own.by, "top": own.top, **held_out(self)}
        if own.leave_group_out and own.repeats == Named.repeats:  # of which there is one way
            asked["repeats"] = 1
        return importance(data, self.setting, execution=how, **asked)

    def warnings(self, found: "Importance") -> "Sequence[TrainingWarning]":
        from chainrule.jobs.results import chosen_on_the_same

        return (*warnings_of_folds(self), *chosen_on_the_same(self.chosen))

    def write_more(self, found: "Importance") -> dict[str, Any]:
        """classes.csv: of several classes a table for each."""
        if len(found.of) > 1:
            from chainrule.show import tables

            tables.write(found.by_class(), self.folder.path / "classes.csv")
        return {}
