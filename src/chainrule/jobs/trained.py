"""The report of a finished training, and whether that can be done again."""

import contextlib
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, Splits
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments import Execution, Setting, WithoutEach, without_each
from chainrule.experiments.answers import Unseen
from chainrule.experiments.budget import Budget
from chainrule.experiments.hyperparameters import Hyperparameters
from chainrule.experiments.setting import WITH_MOMENTUM
from chainrule.files import atomic
from chainrule.files.json_file import fits
from chainrule.influence.explanation import same_weights
from chainrule.influence.feature_measures import learned_by
from chainrule.influence.importance import importance
from chainrule.jobs.grouping import groups, ignored_groups, kept_whole
from chainrule.jobs.options import Options, absolute, command_line, restored, written
from chainrule.jobs.results import looks_wrong
from chainrule.jobs.run_folder import RunFolder
from chainrule.model.model_file import Model
from chainrule.show.boundary_plots import NetworkFrames
from chainrule.show.report import page
from chainrule.show.report.importance import importance_section
from chainrule.show.report.training import training_report, why_section
from chainrule.show.report.watching import Followed, can_be_watched, moments
from chainrule.training import History, train
from chainrule.training.changes import before, changes_of, text_of
from chainrule.training.warnings import far_above
from chainrule.wording import duration

# Examples x iterations of a training, beyond which its features are not named in a report (the
# course's are 209 x 2500).
FOLLOWED = 600_000
WITHIN = 30.0  # seconds for training again without each example, where nobody asked for it by name
AGAIN = 5.0  # seconds, above which a training is not done again to be watched
STARTS = 5  # of these trainings, where there is time
HALVES = 10  # of the examples and the others, by which features are named in a report


def write_report(
    path: Path,
    model: Model,
    splits: Splits,
    history: History,
    source: str,
    how: Execution | None = None,
    unseen: Unseen | None = None,
    first: page.Section | None = None,
) -> None:
    """The report of a training on the data from `source`, by the settings that the model has.

    how : its worst mistakes are explained, by training without each example. unseen : how good it
    is where nothing was held out. first : what comes before all else.
    """
    options, note = repeatable(model, str(path))
    single, m = model.n_members == 1, len(splits.train)
    done: Any = model.training.get("iterations", options.setting().iterations)

    def exact(raw: Any) -> tuple[list[WithoutEach], str]:
        return left_out(model, str(path), splits.train, raw, how or Execution())

    command = command_line("train", absolute(source), options)
    command += "" if single else f" --runs {model.n_members}"
    sizes = "-".join(map(str, model.network.layer_sizes))
    report = training_report(
        model,
        splits,
        history,
        unseen=unseen,
        why=why_section(model, splits, exact),
        features=_features(model, splits, options, m * done),
        learned=_learned(model, options) if single else None,
        watched=None if note else _watched(model, splits.train, options),
        warnings=[
            *(looks_wrong(model, splits, history, options) if single else ()),
            *(ignored_groups(splits, options) if splits.test is not None else ()),
        ],
    )
    report = replace(report, sections=[first, *report.sections])
    title = f"{checks.printable(Path(source).name)}: {sizes}"
    more = {"iterations": done, "chosen": model.training.get("chosen")}
    save_report(path, report, title, command, options, more)


def _watched(model: Model, data: Dataset, options: Options) -> Followed | None:
    """The training again, with the networks on its way; None where nothing would be seen, or it
    took long, or ends elsewhere."""
    long = model.training.get("training_seconds", math.inf) > AGAIN
    if long or not can_be_watched(model, data):
        return None
    setting = _as_done(model, options)
    n_x, *_, n_y = model.network.layer_sizes
    start = setting.network(n_x, n_y, model.task)
    frames = NetworkFrames(moments(model, setting.updates(len(data))))
    try:
        found = train(start, data, callbacks=[frames], **setting.arguments())
    except DivergenceError:
        return None
    if not found.complete:
        raise KeyboardInterrupt
    if not same_weights(model.network, found.network):
        return None
    kept = frames.frames | {found.iterations: found.network}
    return Followed(start, kept, found, None if setting.decays else 1.0)


def _learned(model: Model, options: Options) -> np.ndarray | None:
    """What of W[1] was learned, by the start that the settings draw; None where that is zeros, or
    not known."""
    setting = options.setting()
    if "options" not in model.training or setting.initializer == "zeros":
        return None
    return learned_by(model, setting)


def _features(model: Model, splits: Splits, options: Options, followed: int) -> page.Section | None:
    """The features that the training of a table's model names, by few halves; None of others.

    followed : examples x iterations of the training.
    """
    data = splits.train
    if data.feature_names is None or "options" not in model.training:
        return None
    if followed > FOLLOWED:
        words = "Not shown after so long a training: see chainrule importance."
        return page.Section("Features", [words])
    setting = _as_done(model, options)
    try:
        options, together = kept_whole(data, options)
        held = groups(data, options)
        found = importance(data, setting, model=model, repeats=HALVES, groups=held)
    except InputError as error:  # such as of one example of a class
        got = f"Not shown: expected {error.expected}; got {error.got}."
        return page.Section("Features", [got])
    except DivergenceError as error:
        return page.Section("Features", [f"Not shown: {error}"])
    if not len(found.slopes):
        return None
    section, warning = importance_section(found), found.held_out.warning
    return replace(
        section,
        words=[*filter(None, (found.held_out.words, together, warning)), *section.words],
    )


def save_report(
    path: Path,
    report: page.Report,
    title: str,
    command: str,
    options: Options,
    more: dict[str, Any],
) -> None:
    """A report as a page, with the settings that were used. more : others, or in the place of
    these; None for what was not used."""
    facts: dict[str, Any] = {"command": command}
    unused = ["momentum"] if options.optimizer not in WITH_MOMENTUM else []
    unused += ["learning_rate"] if options.optimizer == "lbfgs" else []
    # How data are read stands there where it was given: of pictures nothing of tables.
    plain, own = written(Options()), written(Hyperparameters())
    given = {k: v for k, v in written(options).items() if k in own or v != plain[k]}
    facts |= {k: v for k, v in given.items() if k not in unused} | more
    used = {k: v for k, v in facts.items() if v is not None}
    atomic.write_bytes(path, report.html(title, used).encode())


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


def as_trained(model: Model, given: Options, where: str, data: str | None) -> tuple[str, Options]:
    """The data, if no others are named, and the settings of the training of a model from a file or
    folder `where`, as far as it went.

    InputError for a model that does not say, or if another setting is given.
    """
    if "options" not in model.training:
        fix = "Name the data and the settings instead: chainrule importance DATA."
        raise InputError(where, "a model that says how it was trained", "one that does not", fix)
    restored(model.training["options"], Options(), where)
    try:
        options = restored(model.training["options"], given, where)
    except InputError as error:
        expected, fix = "the setting of the model's training", "Leave it out: that is taken."
        raise InputError(error.where, expected, error.got, fix) from None
    done: Any = model.training.get("iterations")
    data = data or model.training.get("data")
    if data is None and Path(where).is_dir():
        data = RunFolder(where).read_settings().get("data")
    if not isinstance(data, str):
        fix = "Name its data: chainrule importance DATA --model MODEL."
        expected = "a model that says what it was trained on"
        raise InputError(where, expected, "one that does not", fix)
    if fits(done, int):
        changes = text_of(before(done, changes_of("changes", options.changes)))
        options = replace(options, iterations=done, epochs=None, changes=changes)
    return data, replace(options, patience=None)


def _as_done(model: Model, options: Options) -> Setting:
    """With the iterations that were made, where the model says how many."""
    done = model.training.get("iterations", options.setting().iterations)
    return replace(options.setting(), iterations=done, epochs=None)


def left_out(
    model: Model, where: str, data: Dataset, raw: Any, how: Execution, within: float = WITHIN
) -> tuple[list[WithoutEach], str]:
    """The model's training again without each of its examples, and the same from other starting
    weights while there is time for them; or nothing, and why.

    where : the model, for messages. raw : (n_x, q) the examples asked about. within : seconds that
        the first of these may take.
    """
    options, note = repeatable(model, where)
    if note:
        return [], note
    setting = _as_done(model, options)
    began, budget = time.monotonic(), Budget(within, how)
    try:
        found = [without_each(data, raw, setting, execution=budget.execution)]
    except DivergenceError as error:
        return [], str(error).rstrip(".")
    if (history := found[0].history) and far_above(history.loss[-1], history.loss[0]):
        rose = " to ".join(f"{cost:.3g}" for cost in history.loss[[0, -1]])
        return [], f"training diverged: the cost rose from {rose}"
    if not found[0].complete:
        if not budget.over:  # but by Ctrl-C
            raise KeyboardInterrupt
        said = f"it takes about {duration(budget.needed)}"
        return [], f"{said} (chainrule explain MODEL DATA --leave-one-out tells)"
    took = time.monotonic() - began
    # From zeros there is but one start.
    starts = 0 if setting.initializer == "zeros" else int(WITHIN / max(took, 1e-3)) - 1
    for seed in range(setting.seed + 1, setting.seed + 1 + min(starts, STARTS - 1)):
        with contextlib.suppress(DivergenceError):
            other = replace(setting, seed=seed)
            found.append(without_each(data, raw, other, execution=how))
    if not found[-1].complete:
        raise KeyboardInterrupt
    return found, ""
