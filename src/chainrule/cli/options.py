"""The settings of one training, declared once: for the command line, the run folder, --resume."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from cyclopts import Parameter

from chainrule.cli import parse
from chainrule.data.reading import Reading
from chainrule.errors import InputError, ModelFileError
from chainrule.wording import describe

if TYPE_CHECKING:
    from chainrule.data import Dataset, Splits
    from chainrule.experiments import Setting
    from chainrule.model.model_file import Model

ITERATIONS = 2500
CHANGEABLE = ("iterations", "epochs")  # what a resumed training may be given anew
Group = TypeVar("Group")  # of options: a frozen dataclass, every field with its default


@dataclass(frozen=True, kw_only=True)
class Tables(Reading):
    """How a table is read, on the command line."""

    header: Annotated[bool | None, Parameter(negative="--no-header")] = None


AS_IT_SAYS = Tables()  # where nothing is given


@dataclass(frozen=True, kw_only=True)
class Options(Tables):
    """Settings of a training.

    Parameters
    ----------
    test
        Data to test on, where DATA has no test set of its own.
    layers
        Units of the hidden layers, "none" for logistic or softmax regression.
    activation
        Of the hidden layers, one name for all or one for each: relu, leaky_relu, tanh, sigmoid,
        identity.
    initializer
        Scale of the starting weights: he, xavier, fan_in, normal (0.01), normal:SCALE, zeros.
    optimizer
        Rule by which the weights follow the gradient.
    learning_rate
        Step size.
    momentum
        Of the optimizers momentum and nesterov.
    schedule
        How the learning rate falls.
    iterations
        Updates; 2500 unless --epochs is given. A resumed training may be given more.
    epochs
        Passes over the data, instead of --iterations.
    batch_size
        Examples an update, shuffled every epoch; all of them by default.
    l2
        Penalty: l2 / 2 times the sum of the squared weights is added to the cost.
    class_weight
        "balanced" gives every class the same total weight.
    patience
        Stop after so many records without a lower validation cost, and keep the best network.
        Needs data with a validation set.
    positive
        Make it a two-class problem: this class against the rest.
    scale
        Features: pixels (divided by 255), standard (mean 0, deviation 1), none. By default pixels
        for pictures, standard for tables.
    drop_class
        Leave out the examples of this class; of several, with commas between them.
    labels
        A CSV file of decisions about doubtful labels (keep, relabel, drop), from a label review;
        applied to the training set.
    size
        Side of the pictures read from a folder, in pixels.
    strict
        Stop at unreadable files in a folder instead of skipping them.
    seed
        Of the starting weights, the shuffling and generated data.
    dtype
        Precision.
    first_layer
        Form of the first layer; the numbers are the same.
    """

    test: str | None = None
    layers: str = "20,7,5"
    activation: str = "relu"
    initializer: str = "he"
    optimizer: Literal["gd", "momentum", "nesterov", "adam", "rmsprop"] = "gd"
    learning_rate: float = 0.0075
    momentum: float = 0.9
    schedule: Literal["constant", "inverse", "step", "cosine"] = "constant"
    iterations: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    l2: float = 0.0
    class_weight: Literal["balanced"] | None = None
    patience: int | None = None
    positive: str | None = None
    scale: Literal["pixels", "standard", "none"] | None = None
    drop_class: str | None = None
    labels: str | None = None
    size: int = 64
    strict: bool = False
    seed: int = 0
    dtype: Literal["float64", "float32"] = "float64"
    first_layer: Literal["auto", "primal", "dual"] = "auto"

    def absolute(self) -> "Options":
        """The same with paths as seen from anywhere: what is resumed may be resumed from another
        folder."""
        labels, test = (path and parse.absolute(path) for path in (self.labels, self.test))
        return replace(self, labels=labels, test=test)

    def open(self, data: str) -> "Splits":
        """The data, as these settings want them."""
        from chainrule.data import open_data

        splits = open_data(
            data,
            test=self.test,
            size=self.size,
            scale=self.scale,
            positive=self.positive,
            drop_class=self.drop_class,
            labels=self.labels,
            strict=self.strict,
            seed=self.seed,
            **asdict(reading(self)),
        )
        for one in splits.sets.values():  # before training, not when it is tested
            one.check_scaled(self.dtype)
        return splits

    def setting(self) -> "Setting":
        """What is trained."""
        hidden = parse.layer_sizes(self.layers)
        from chainrule.experiments.setting import WITH_MOMENTUM, Setting

        if self.momentum != Options.momentum and self.optimizer not in WITH_MOMENTUM:
            expected = f"the optimizer {' or '.join(WITH_MOMENTUM)}"
            raise InputError("--momentum", expected, self.optimizer, "Leave it out.")
        activation: Any = self.activation.strip()
        if "," in activation:
            activation = parse.activations(activation, len(hidden))
        iterations = self.iterations
        if iterations is None and self.epochs is None:
            iterations = ITERATIONS
        return Setting(
            hidden=hidden,
            activation=activation,
            initializer=self.initializer,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            schedule=self.schedule,
            iterations=iterations,
            epochs=self.epochs,
            batch_size=self.batch_size,
            l2=self.l2,
            class_weight=self.class_weight,
            seed=self.seed,
            dtype=self.dtype,
            first_layer=self.first_layer,
        )


def reading(options: Reading) -> Reading:
    """Of some options those that say how a table is read."""
    return Reading(**{one.name: getattr(options, one.name) for one in fields(Reading)})


def trained_on(data: "Dataset") -> dict[str, Any]:
    """What a model file says of its training set: by what it is known, how a table was read."""
    table = {} if data.reading is None else {"reading": asdict(data.reading)}
    return {"digest": data.digest(), **table}


def as_trained(given: Reading, model: "Model") -> Reading:
    """How a table is read for a model: as given, and where nothing is as its training read it."""
    hints = get_type_hints(Reading)
    trained = (model.training.get(name) for name in ("options", "reading"))
    before = dict(item for one in trained if isinstance(one, dict) for item in one.items())
    kept = {
        one.name: before[one.name]
        for one in fields(Reading)
        if getattr(given, one.name) == one.default
        and one.name in before
        and fits(before[one.name], hints[one.name])
    }
    return replace(given, **kept)


def open_for(
    model: "Model", data: str, given: Reading, strict: bool = False, seed: int = 0
) -> "Splits":
    """Data that a model is to be tried on, pictures of its size, tables with its columns."""
    from chainrule.data.open import open_raw, refuse_reading

    splits = open_raw(
        data,
        model.image_shape or (64, 64, 3),
        as_trained(given, model),
        strict,
        seed,
        bits=model.bits,
        features=model.feature_names,
    )
    if splits.train.feature_names is None:
        refuse_reading(data, given)
    return splits


def command_line(command: str, data: str, *groups: Any) -> str:
    """What to type to do it again: of each group of options those that are not the default.

    Paths are as the groups have them. Whatever a shell would read as more than text is quoted.
    """
    words = ["chainrule", command, data]
    for group in groups:
        for one in fields(group):
            name, value = f"--{one.name.replace('_', '-')}", getattr(group, one.name)
            if isinstance(value, bool):
                words += [name if value else f"--no-{name[2:]}"] if value != one.default else []
            elif value != one.default:
                values = value if isinstance(value, tuple) else (value,)
                words += [word for v in values for word in (name, str(v))]
    return shlex.join(words)


def evaluation(folder: Path, data: str, options: Options, *, tested: bool) -> str:
    """The command that comes after training: an honest measurement, of the same settings.

    tested : whether the data have a test set.
    """
    if tested:
        left_out = [] if options.drop_class is None else ["--drop-class", options.drop_class]
        return shlex.join(["chainrule", "evaluate", str(folder), options.test or data, *left_out])
    command = command_line("crossval", data, replace(options, patience=None))
    return f"{command}  # there is no test set to evaluate on"


def with_setting(options: Options, setting: "Setting", names: Sequence[str]) -> Options:
    """`options` with those of a setting's values that are named, as one types them."""
    values = {name: getattr(setting, name) for name in names}
    if "hidden" in values:
        values["layers"] = ",".join(map(str, values.pop("hidden"))) or "none"
    if isinstance(values.get("activation"), tuple):
        values["activation"] = ",".join(values["activation"])
    return replace(options, **values)


def restored(saved: Any, given: Group, where: str, changeable: Sequence[str] = ()) -> Group:
    """Options from the file `where`; the `changeable` ones as in `given`, if it has one of them.

    InputError if another was given that differs from the saved one: silently ignoring it
    would be worse. (One given as its default value cannot be told from one not given.)
    ModelFileError if they are not of the kind of `given`.
    """
    kind: Any = type(given)
    defaults, hints = asdict(kind()), get_type_hints(kind)
    what, takes = "experiment", "keeps its settings"
    if changeable:
        what = "training"
        takes = f"takes only {' or '.join(f'--{name}' for name in changeable)} anew"
    if not isinstance(saved, dict) or set(saved) != set(defaults):
        fix = "Another version of chainrule may have written them."
        raise ModelFileError(where, f"all settings of one {what}", "others", fix)
    # JSON has lists where options have tuples.
    saved = {n: tuple(v) if isinstance(v, list) else v for n, v in saved.items()}
    anew = {name: getattr(given, name) for name in changeable}
    for name, value in saved.items():
        if not fits(value, hints[name]):
            raise ModelFileError(where, f"a setting for {name}", describe(value))
        if name not in anew and getattr(given, name) not in (defaults[name], value):
            raise InputError(
                "--" + name.replace("_", "-"),
                f"the setting that the {what} began with ({value})",
                str(getattr(given, name)),
                f"A resumed {what} {takes}.",
            )
    if any(value is not None for value in anew.values()):
        saved |= anew
    found: Group = kind(**saved)
    return found


def fits(value: Any, hint: Any) -> bool:
    """Whether a value from JSON is of the type that a field declares."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:  # tuple[A, ...]
        return isinstance(value, tuple) and all(fits(v, get_args(hint)[0]) for v in value)
    if get_args(hint):  # A | None
        return any(fits(value, part) for part in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint
