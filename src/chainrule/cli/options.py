"""The settings of one training, declared once: for the command line, the run folder, --resume."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from chainrule import checks
from chainrule.cli import parse
from chainrule.data import Splits, open_data
from chainrule.errors import InputError, ModelFileError
from chainrule.experiments.setting import WITH_MOMENTUM, Setting

ITERATIONS = 2500
CHANGEABLE = ("iterations", "epochs")  # what a resumed training may be given anew


@dataclass(frozen=True, kw_only=True)
class Options:
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
    label
        Label column of a table.
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
    label: str | None = None
    labels: str | None = None
    size: int = 64
    strict: bool = False
    seed: int = 0
    dtype: Literal["float64", "float32"] = "float64"
    first_layer: Literal["auto", "primal", "dual"] = "auto"

    def absolute(self) -> "Options":
        """The same with the path of `labels` as seen from anywhere: what is resumed may be
        resumed from another folder."""
        if self.labels is None:
            return self
        return replace(self, labels=str(Path(self.labels).resolve()))

    def open(self, data: str) -> Splits:
        """The data, as these settings want them."""
        return open_data(
            data,
            test=self.test,
            size=self.size,
            scale=self.scale,
            positive=self.positive,
            label=self.label,
            labels=self.labels,
            strict=self.strict,
            seed=self.seed,
        )

    def setting(self) -> Setting:
        """What is trained."""
        hidden = parse.layer_sizes(self.layers)
        if self.momentum != Options.momentum and self.optimizer not in WITH_MOMENTUM:
            expected = f"the optimizer {' or '.join(WITH_MOMENTUM)}"
            raise InputError("--momentum", expected, self.optimizer, "Leave it out.")
        activation: Any = self.activation.strip()
        if "," in activation:
            activation = parse.names(activation, len(hidden), "--activation")
        return Setting(
            hidden=hidden,
            activation=activation,
            initializer=self.initializer,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            schedule=self.schedule,
            iterations=ITERATIONS
            if self.iterations is None and self.epochs is None
            else self.iterations,
            epochs=self.epochs,
            batch_size=self.batch_size,
            l2=self.l2,
            class_weight=self.class_weight,
            seed=self.seed,
            dtype=self.dtype,
            first_layer=self.first_layer,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def resumed(cls, saved: Any, given: "Options", where: str) -> "Options":
        """The saved settings, with the few that may change taken from `given`.

        InputError if another was given that differs from the saved one: silently ignoring it
        would be worse. (One given as its default value cannot be told from one not given.)
        """
        known = {f.name for f in fields(cls)}
        if not isinstance(saved, dict) or set(saved) != known:
            raise ModelFileError(where, "the settings of a training", "other settings")
        defaults = asdict(cls())
        for name, value in asdict(given).items():
            if name not in CHANGEABLE and value not in (defaults[name], saved[name]):
                option = "--" + name.replace("_", "-")
                raise InputError(
                    option,
                    f"the setting that the training began with ({saved[name]})",
                    str(value),
                    "A resumed training takes only --iterations or --epochs anew.",
                )
        hints = get_type_hints(cls)
        for name, value in saved.items():
            if not fits(value, hints[name]):
                raise ModelFileError(where, f"a setting for {name}", checks.describe(value))
        if given.iterations is not None or given.epochs is not None:
            saved = saved | {name: getattr(given, name) for name in CHANGEABLE}
        return cls(**saved)


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
