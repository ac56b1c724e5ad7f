"""One setting of a training: all that it needs beside its data."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from chainrule import checks
from chainrule.errors import InputError
from chainrule.experiments.hyperparameters import Hyperparameters
from chainrule.network.activations import ACTIVATIONS
from chainrule.network.initializers import standard_deviation
from chainrule.network.losses import LOSSES, output_and_loss
from chainrule.training import OPTIMIZERS, SCHEDULES
from chainrule.training.changes import Changes, changes_of, text_of
from chainrule.training.choice import FORMS

if TYPE_CHECKING:
    from chainrule.experiments.examples import Examples
    from chainrule.network import Network

# Runs that differ in these alone train together: they are arrays of one number a run.
PER_RUN = ("learning_rate", "l2", "momentum", "seed", "initializer")
WITH_MOMENTUM = ("momentum", "nesterov")
CHOICES = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "first_layer": FORMS}
MAY_BE_NONE = {"class_weight": ("balanced",), "output": ACTIVATIONS, "loss": LOSSES}
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Setting(Hyperparameters):
    """Architecture and hyperparameters, checked, as `Network.create` and `train` take them.

    hidden : units of the hidden layers; () for logistic or softmax regression.
    activation : one name for all hidden layers, or a tuple with one for each.
    initializer : a name, or the standard deviation as a number.
    output : activation of the outputs; by default what goes with the task and the loss.
    changes : of learning_rate and l2 on the way, as text or as `train` takes them.
    iterations : updates; or epochs : passes over the data. 1000 updates if neither is given.
    prepare : steps of the features' preparation with commas between them, "snv,standard", in the
        place of those that the data carry; experiments learn it anew in each fold. See `prepared`.
    seed : of the starting weights and, apart from them, of the shuffling.

    All others are `Hyperparameters`.
    """

    output: str | None = None
    prepare: str | None = None
    found: ClassVar[Any] = None  # of one that was chosen how, and what else was tried

    def __post_init__(self) -> None:
        hidden = self.hidden if isinstance(self.hidden, (list, tuple)) else (self.hidden,)
        sizes = (checks.whole_number("Setting", "hidden", n, least=1) for n in hidden)
        object.__setattr__(self, "hidden", tuple(sizes))
        if isinstance(self.activation, list):
            object.__setattr__(self, "activation", tuple(self.activation))
        names = self.activation if isinstance(self.activation, tuple) else (self.activation,)
        for name in names:
            checks.one_of("Setting", "activation", name, ACTIVATIONS)
        for name, known in (CHOICES | MAY_BE_NONE).items():
            if name in CHOICES or getattr(self, name) is not None:
                checks.one_of("Setting", name, getattr(self, name), known)
        checks.number("Setting", "learning_rate", self.learning_rate, least=0, open_below=True)
        checks.number("Setting", "l2", self.l2, least=0)
        checks.number("Setting", "dropout", self.dropout, least=0, most=1, open_above=True)
        checks.number("Setting", "momentum", self.momentum, least=0, most=1, open_above=True)
        checks.whole_number("Setting", "seed", self.seed)
        for name, least in (("iterations", 0), ("epochs", 0), ("batch_size", 1)):
            if getattr(self, name) is not None:
                checks.whole_number("Setting", name, getattr(self, name), least=least)
        object.__setattr__(self, "dtype", checks.float_dtype("Setting", self.dtype).name)
        object.__setattr__(self, "changes", text_of(changes_of("Setting", self.changes)))
        standard_deviation(self.initializer, 1, 1)
        if self.prepare is not None:
            from chainrule.data import Scaling
            from chainrule.data.reading import as_text

            object.__setattr__(self, "prepare", as_text("prepare", self.prepare))
            Scaling.named(self.prepare)

    @classmethod
    def auto(
        cls, data: Any, *, groups: Any = None, execution: Any = None, **given: Any
    ) -> "Setting":
        """One that learns from `data`, found on folds of them (`experiments.choose_setting`).

        data : a Dataset, Splits, of which the training set is used, or (X, Y).
        groups : (m,) whose examples are held out together. execution : threads, memory, progress.
        given : fields that are taken as they are. Of the others `hidden`, `learning_rate`, `l2` and
            `iterations` are chosen (`l2` where `hidden` is), the optimizer is nesterov, and a
            network without hidden layers starts from zeros.

        Its `found` tells what was tried and why this was chosen: a table, and `words`.
        """
        # By its name: that module is made of settings, and imports this one.
        choose = import_module("chainrule.experiments.auto").choose_setting
        found = choose(data, given, groups=groups, execution=execution)
        setting: Setting = found.setting.with_values({})
        object.__setattr__(setting, "found", found)
        return setting

    @classmethod
    def named(cls, values: dict[str, Any]) -> "Setting":
        """From a dictionary, whose names are checked; numbers of NumPy become Python's."""
        checks.kind("Setting.named", "values", values, dict)
        for name in values:
            checks.one_of("Setting", "name", name, NAMES)
        return cls(**{name: plain(value) for name, value in values.items()})

    def with_values(self, values: dict[str, Any]) -> "Setting":
        """The same but for these; of iterations and epochs one takes the other's place."""
        own: dict[str, Any] = {name: getattr(self, name) for name in NAMES}
        for name, other in (("iterations", "epochs"), ("epochs", "iterations")):
            if values.get(name) is not None and other not in values:
                own[other] = None
        return Setting.named(own | values)

    @cached_property
    def architecture(self) -> "Setting":
        """What two settings must share to train together."""
        return self.with_values({f.name: f.default for f in fields(self) if f.name in PER_RUN})

    def prepared(self, data: Any) -> Any:
        """A Dataset or Splits as this setting prepares them, learned from the training set: what a
        network for use is trained on, and a model made of. What fills missing values or marks
        levels stays."""
        if self.prepare is None:
            return data
        from chainrule.data import Dataset, Splits

        checked = data.train if isinstance(data, Splits) else data
        if not isinstance(checked, Dataset):
            got, fix = f"a {type(data).__name__}", "Pass chainrule.Dataset(X, labels, classes)."
            raise InputError("prepare", "a Dataset, whose features are raw", got, fix)
        return data.prepared(checked.scaling.instead(self.prepare))

    def check_prepared(self, where: str, data: Any) -> None:
        """InputError for data of another preparation: a model made of them would have that one."""
        if self.prepare is None:
            return
        from chainrule.data import Dataset, Scaling

        own = data.scaling if isinstance(data, Dataset) else Scaling()
        if own.kind != own.instead(self.prepare).kind:
            fix = "Pass setting.prepared(data), also to Model.of."
            raise InputError(where, f"data prepared by {self.prepare}", own.kind, fix)

    @property
    def decays(self) -> bool:
        """Whether a penalty shrinks the weights at any time."""
        return self.l2 > 0 or any(values.get("l2") for _, values in self._changes)

    @property
    def _changes(self) -> Changes:
        return changes_of("Setting", self.changes)

    def arguments(self) -> dict[str, Any]:
        """Of `train`, for this setting alone."""
        return arguments(self)

    def updates(self, m: int) -> int:
        """How many a training on m examples makes."""
        if self.epochs is None:
            return 1000 if self.iterations is None else self.iterations
        return self.epochs * -(-m // min(m, self.batch_size or m))

    def check_changes(self, where: str, m: int) -> None:
        """InputError for changes that a training on m examples does not come to."""
        last, planned = max((at for at, _ in self._changes), default=-1), self.updates(m)
        if last >= planned:
            expected = f"changes before the last of {planned} iterations"
            raise InputError(where, expected, f"one at {last}", "Leave it out, or train longer.")

    def output_and_loss(self, n_y: int, task: str | None = None) -> tuple[str, str]:
        """Of the network: as set, or what goes with the task and the number of outputs.

        InputError for a loss of another task than that. task : None where any will do.
        """
        loss: str | None = self.loss
        if loss is None and task == "regression":
            loss = "poisson_deviance" if self.output == "exp" else "squared_error"
        output, found = output_and_loss(n_y, self.output, loss)
        if task is not None and LOSSES[found].classifies != (task == "classification"):
            known = [one.name for one in LOSSES.values() if not one.classifies]
            fix = f"One of {', '.join(known)}."
            if task == "classification":
                fix = "Numbers to predict are read with task='regression' (--task regression)."
            raise InputError("Setting", f"a loss for a {task}", found, fix)
        return output, found

    def task_of(self, examples: "Examples") -> str:
        """ "classification" or "regression": that of the data or, of arrays, that of the loss."""
        _, loss = self.output_and_loss(len(examples.Y), examples.task)
        return "classification" if LOSSES[loss].classifies else "regression"

    def network(self, n_x: int, n_y: int, task: str | None = None) -> "Network":
        """The network that training starts from. task : see `output_and_loss`."""
        from chainrule.network import Network

        output, loss = self.output_and_loss(n_y, task)
        return Network.create(
            (n_x, *self.hidden, n_y),
            activation=self.activation,
            output=output,
            loss=loss,
            initializer=self.initializer,
            rng=self.seed,
            dtype=np.dtype(self.dtype),
        )


NAMES = tuple(f.name for f in fields(Setting))


def networks(settings: Sequence[Setting], n_x: int, n_y: int, task: str | None = None) -> "Network":
    """R settings of one architecture as the network with R runs that they start from.

    task : see `Setting.output_and_loss`. Where all start from the same weights these are drawn, and
    held, once.
    """
    if len({(one.initializer, one.seed) for one in settings}) == 1:
        return settings[0].network(n_x, n_y, task).repeated(len(settings))
    from chainrule.network import Network

    return Network.stack([one.network(n_x, n_y, task) for one in settings])


def arguments(settings: Setting | Sequence[Setting]) -> dict[str, Any]:
    """Of `train`: for one setting, or for R of one architecture: arrays (R,) of what may differ."""
    alone = isinstance(settings, Setting)
    each = [settings] if isinstance(settings, Setting) else settings
    first = each[0]

    def of_each(name: str) -> Any:
        values = [getattr(one, name) for one in each]
        return values[0] if alone else np.array(values)

    optimizer: Any = first.optimizer
    if optimizer in WITH_MOMENTUM:
        optimizer = OPTIMIZERS[optimizer](of_each("momentum"))
    # A stream of random numbers apart from the one that draws the starting weights.
    rng = [np.random.default_rng([1, one.seed]) for one in each]
    shared = ("iterations", "epochs", "batch_size", "schedule", "changes", "dropout")
    return {name: getattr(first, name) for name in (*shared, "class_weight", "first_layer")} | {
        "optimizer": optimizer,
        "learning_rate": of_each("learning_rate"),
        "l2": of_each("l2"),
        "rng": rng[0] if alone else rng,
    }


def given(where: str, kind: type[T], value: T | None) -> T:
    """`value`, or for None a `kind` of defaults; InputError for anything else."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        fix = f"Make one: {kind.__name__}(...)."
        raise InputError(where, f"a {kind.__name__}", checks.describe(value), fix)
    return value


def plain(value: Any) -> Any:
    """Numbers and strings of NumPy as Python's own, which JSON can hold."""
    if isinstance(value, (list, tuple)):
        return tuple(plain(v) for v in value)
    if isinstance(value, (np.generic, np.ndarray)):
        if np.ndim(value):
            raise InputError("Setting", "single values", f"an array {np.shape(value)}")
        return value.item()
    return value
