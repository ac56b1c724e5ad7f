"""The options of a training, and of what else a person asks for: for commands, pages and files.

Declared here, or in `Hyperparameters` and `Reading`, and nowhere else: long for the words of each,
which `--help` prints.
"""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_type_hints

from chainrule.data.reading import Reading
from chainrule.errors import InputError, ModelFileError
from chainrule.experiments.hyperparameters import Hyperparameters, Optimizer
from chainrule.files.json_file import fits
from chainrule.jobs import texts
from chainrule.jobs.events import Noted, Tell
from chainrule.wording import describe, setting_name

if TYPE_CHECKING:
    from chainrule.data import Dataset, Splits
    from chainrule.experiments import Execution, Setting

ITERATIONS = 2500
AUTO: Literal["auto"] = "auto"
# What is chosen where nothing is given, and what it is where it is not chosen.
FALLBACK = {
    name: getattr(Hyperparameters, name)
    for name in ("hidden", "learning_rate", "optimizer", "l2", "initializer")
}
OF_SETTING = tuple(one.name for one in fields(Hyperparameters))
OF_TRAINING = {"patience", "threshold", "cost_ratio"}  # that say nothing of the data
CHANGEABLE = ("iterations", "epochs")  # what a resumed training may be given anew
Group = TypeVar("Group")  # of options: a frozen dataclass, every field with its default


@dataclass(frozen=True, kw_only=True)
class Options(Reading, Hyperparameters):
    """Settings of a training, and how its data are read.

    Parameters
    ----------
    hidden
        Units of the hidden layers, "none" for logistic or softmax regression, "auto" to choose.
        By default auto where the learning rate is chosen, too, else 20,7,5.
    initializer
        Scale of the starting weights: he, xavier, fan_in, normal (0.01), normal:SCALE, zeros. By
        default zeros where something is chosen and no layer is hidden, else he.
    learning_rate
        Step size, or auto (the default) to choose one on folds of the training examples; where
        several are compared 0.0075.
    optimizer
        Rule by which the weights follow the gradient; lbfgs takes all examples of one network, and
        no learning rate, and ends where it has converged. By default nesterov where the learning
        rate is chosen, else gd.
    l2
        Penalty: l2 / 2 times the sum of the squared weights is added to the cost. By default chosen
        where the layers are, else 0.
    iterations
        Updates; by default chosen where the learning rate or the layers are, else 2500, unless
        --epochs is given. A resumed training may be given more.
    patience
        Stop after so many records without a lower validation cost, and keep the best network.
        Needs data with a validation set.
    test
        Data to test on, where DATA has no test set of its own.
    positive
        Make it a two-class problem: this class against the rest.
    scale
        Features: pixels (divided by 255), standard (mean 0, deviation 1), none. By default pixels
        for pictures, standard for tables and features of photos.
    prepare
        Instead of --scale, steps with commas between them, such as log1p,snv,standard: center,
        standard, robust, log1p, snv, total, derivative, batch, pixels, none.
    task
        classification, or regression for labels that are numbers to predict; by default that for a
        table's labels with fractions.
    drop_class
        Leave out the examples of this class; of several, with commas between them.
    labels
        A CSV file of decisions about doubtful labels (keep, relabel, drop), from a label review;
        applied to the training set.
    hold_out
        Draw this share of the examples as the test set, such as 0.2, before anything is learned.
    group_by
        A regular expression: examples in whose names (CLASS/FILE of pictures) it finds the same
        text stay together, in folds and in what is held out, for example '(patient[0-9]+)'. Or a
        column says it: --group-column.
    threshold
        Above which probability the second of two classes is answered: 0.5, or what is best on
        examples that are not trained on, by Youden's index or by cost.
    cost_ratio
        How many times as bad it is to miss the second class as to take the first one for it.
    size
        Side of the pictures read from a folder, in pixels: whatever their shape, they are squeezed
        to this square, transparent parts white.
    strict
        Stop at unreadable files in a folder instead of skipping them.
    features
        Of pictures: pixels; efficientnet-lite0, 1,280 numbers a photo from a network that has seen
        a million others; auto, these for pictures in color where they are installed.
    cache
        Keep such features for the next time.
    """

    hidden: tuple[int, ...] | Literal["auto"] | None = None  # type: ignore[assignment]
    learning_rate: float | Literal["auto"] | None = None  # type: ignore[assignment]
    initializer: str | float | None = None  # type: ignore[assignment]
    optimizer: Optimizer | None = None  # type: ignore[assignment]
    l2: float | None = None  # type: ignore[assignment]
    patience: int | None = None
    test: str | None = None
    positive: str | None = None
    scale: Literal["pixels", "standard", "none"] | None = None
    prepare: str | None = None
    task: Literal["classification", "regression"] | None = None
    drop_class: str | None = None
    labels: str | None = None
    hold_out: float | None = None
    group_by: str | None = None
    threshold: Literal["0.5", "cost", "youden"] = "0.5"
    cost_ratio: float = 1.0
    size: int = 64
    strict: bool = False
    features: Literal["pixels", "efficientnet-lite0", "auto"] = "pixels"
    cache: bool = True

    def absolute(self) -> "Options":
        """The same with paths as seen from anywhere: what is resumed may be resumed from another
        folder."""
        paths = (self.labels, self.test, self.samples)
        labels, test, samples = (path and absolute(path) for path in paths)
        return replace(self, labels=labels, test=test, samples=samples)

    def open(
        self, data: str, progress: Any = None, memory: float | None = None, cluster: Any = None
    ) -> "Splits":
        """The data, as these options want them. progress, memory, cluster : see `open_data`."""
        from chainrule.data import open_data

        names = {one.name for one in fields(self)}.difference(OF_SETTING, OF_TRAINING)
        how = {name: getattr(self, name) for name in names}
        told = {"progress": progress, "memory": memory, "cluster": cluster}
        splits = open_data(data, seed=self.seed, **told, **how)
        for one in splits.sets.values():  # before training, not when it is tested
            one.check_scaled(self.dtype)
        return splits

    def chosen(self, setting: "Setting", varied: Sequence[str] = OF_SETTING) -> "Options":
        """The same with what was chosen, of what was varied."""
        values: dict[str, Any] = {name: getattr(setting, name) for name in varied}
        if values.get("prepare") is not None:
            values["scale"] = None  # in whose place it is
        return replace(self, **values)

    def planned(self, chooses: bool) -> "Options":
        """The same, everything decided but what is to be chosen, in a job that chooses by default
        or not: that is "auto"."""
        rate, hidden = self.learning_rate, self.hidden
        if rate is None and chooses and self.optimizer != "lbfgs":
            rate = "auto"
        if hidden is None and rate == AUTO:
            hidden = "auto"
        chosen = AUTO in (rate, hidden)
        values: dict[str, Any] = {name: getattr(self, name) for name in FALLBACK}
        values |= {"learning_rate": rate, "hidden": hidden}
        values["optimizer"] = self.optimizer or ("nesterov" if rate == AUTO else None)
        free = {"l2": hidden == AUTO, "initializer": chosen}
        for name, value in FALLBACK.items():
            if values[name] is None and not free.get(name):
                values[name] = value
        if self.iterations is None and self.epochs is None and not chosen:
            values["iterations"] = ITERATIONS
        return replace(self, **values)

    @property
    def to_choose(self) -> bool:
        """Whether something of it is."""
        return AUTO in (self.learning_rate, self.hidden)

    def choose(self, data: "Dataset", how: "Execution", tell: Tell) -> tuple["Options", str]:
        """The same with what is to be chosen chosen on folds of `data`, and why; groups that names
        show are held out whole."""
        from chainrule.experiments.auto import choose_setting
        from chainrule.jobs.grouping import groups, kept_whole

        tell(Noted("a setting is chosen by the training examples", "First"))
        held = groups(data, kept_whole(data, self)[0])
        found = choose_setting(data, self.decided, groups=held, execution=how)
        return self.chosen(found.setting), found.words

    @property
    def decided(self) -> dict[str, Any]:
        """What is not to be chosen, by the names of the fields of Setting."""
        found = {name: getattr(self, name) for name in OF_SETTING}
        free = {name for name, value in found.items() if value == AUTO}
        or_not = ("l2", "initializer", "iterations", "epochs")
        free |= {name for name in or_not if found[name] is None}
        return {name: value for name, value in found.items() if name not in free}

    def setting(self) -> "Setting":
        """What is trained; of what is to be chosen any."""
        from chainrule.experiments.setting import WITH_MOMENTUM, Setting

        free: dict[str, Any] = {name: None for name in FALLBACK if getattr(self, name) == AUTO}
        plain = replace(self, **free).planned(False)
        optimizer = str(plain.optimizer)
        if self.momentum != Options.momentum and optimizer not in WITH_MOMENTUM:
            expected = f"the optimizer {' or '.join(WITH_MOMENTUM)}"
            raise InputError("--momentum", expected, optimizer, "Leave it out.")
        given = self.learning_rate not in (None, FALLBACK["learning_rate"])
        if given and self.optimizer == "lbfgs":
            fix = "Leave it out: L-BFGS finds the size of its steps itself."
            raise InputError("--learning-rate", "an optimizer that has one", "lbfgs", fix)
        if self.changes and self.to_choose:
            expected = "layers and a learning rate that are given, not chosen"
            raise InputError("--changes", expected, "auto", "Give both, as --learning-rate 0.01.")
        values = {name: getattr(plain, name) for name in OF_SETTING}
        names, n = self.activation, len(values["hidden"])
        if isinstance(names, tuple) and (len(names) != n or self.hidden == AUTO):
            expected = f"one name, or {n}, one per hidden layer"
            raise InputError("--activation", expected, f"{len(names)}")
        return Setting(**values)


@dataclass(frozen=True, kw_only=True)
class Running:
    """How a training or an experiment is carried out; no number depends on it.

    Parameters
    ----------
    threads
        Cores that may be used; all of them by default.
    device
        Where to train: cpu; with PyTorch (extra device) cuda, cuda:N, mps, torch:cpu, or auto: cuda
        where there is one and the work is worth it.
    memory
        Gigabytes that may be counted on: what is larger than a sixteenth of it stays in its file,
        and runs train together in a quarter of it. By default what the machine has, and one.
    cluster
        By which what stays in its file is read and multiplied (extra cluster): local:N processes,
        the tcp:// address of a Dask scheduler, or its .json file. By default what
        DASK_SCHEDULER_ADDRESS names.
    out
        The folder to make; runs/NAME-1 or runs/NAME-COMMAND-1, -2, ... by default. Never
        overwritten.
    resume
        A folder to go on in, with its own settings, from where it was interrupted or ended.
    """

    threads: int | None = None
    device: str = "cpu"
    memory: float | None = None
    cluster: str | None = None
    out: Path | None = None
    resume: Path | None = None


def absolute(data: str) -> str:
    """A path as seen from anywhere."""
    from chainrule.data.readers.sources import parted

    path, at = parted(data)
    return str(path.resolve()) + (at and f":{at}") if path.exists() else data


def written(group: Any) -> dict[str, Any]:
    """A group of options as one types them, and as they are kept in files.

    There the units of the hidden layers (20, 7, 5) are layers "20,7,5".
    """
    if not isinstance(group, Hyperparameters):
        return {one.name: getattr(group, one.name) for one in fields(group)}
    return {
        setting_name(name).replace(" ", "_"): texts.typed(value)
        for name, value in asdict(group).items()
    }


def command_line(command: str, data: str, *groups: Any) -> str:
    """What to type to do it again: of each group of options those that are not the default.

    Paths are as the groups have them. Whatever a shell would read as more than text is quoted.
    """
    words = ["chainrule", command, data]
    for group in groups:
        plain, own = written(type(group)()), written(group)
        if own.get("optimizer") == "lbfgs":  # which has none
            own["learning_rate"] = None
        if isinstance(group, Options) and group.learning_rate not in (None, AUTO):
            # What it is beside a rate that is given.
            plain |= written(replace(type(group)().planned(False), learning_rate=None))
        for option, value in own.items():
            name = f"--{option.replace('_', '-')}"
            if value in (None, plain[option]):
                continue
            if isinstance(value, bool):
                words.append(name if value else f"--no-{name[2:]}")
            else:
                values = value if isinstance(value, tuple) else (value,)
                words += [word for v in values for word in (name, str(v))]
    return shlex.join(words)


def restored(saved: Any, given: Group, where: str, changeable: Sequence[str] = ()) -> Group:
    """Options from the file `where`; the `changeable` ones as in `given`, if it has one of them.

    InputError if another was given that differs from the saved one: silently ignoring it
    would be worse. (One given as its default value cannot be told from one not given.)
    ModelFileError if they are not of the kind of `given`.
    """
    kind: Any = type(given)
    asked, defaults, hints = written(given), written(kind()), get_type_hints(kind)
    what, takes = "experiment", "keeps its settings"
    if changeable:
        what = "training"
        takes = f"takes only {' or '.join(f'--{name}' for name in changeable)} anew"
    if not isinstance(saved, dict) or not set(saved) <= set(defaults):
        fix = "Another version of chainrule may have written them."
        raise ModelFileError(where, f"all settings of one {what}", "others", fix)
    # JSON has lists where options have tuples; what came after they were saved is as it was before.
    saved = {n: tuple(v) if isinstance(v, list) else v for n, v in (defaults | saved).items()}
    anew = {name: asked[name] for name in changeable}
    for name, value in saved.items():
        if value is not defaults[name] and not fits(value, hints.get(name, str)):
            raise ModelFileError(where, f"a setting for {name}", describe(value))
        if name not in anew and asked[name] not in (defaults[name], value):
            option, fix = f"--{name.replace('_', '-')}", f"A resumed {what} {takes}."
            expected = f"the setting that the {what} began with ({value})"
            raise InputError(option, expected, str(asked[name]), fix)
    if any(value is not None for value in anew.values()):
        saved |= anew
    if issubclass(kind, Hyperparameters):
        layers = saved.pop("layers")
        saved["hidden"] = None if layers is None else texts.layer_sizes(layers)
        saved["activation"] = texts.activation(saved["activation"])
    found: Group = kind(**saved)
    return found
