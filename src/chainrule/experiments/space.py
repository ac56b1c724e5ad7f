"""What a sweep varies: values by the name of a setting, and the settings drawn from them."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.errors import InputError, needing
from chainrule.experiments.setting import WITH_MOMENTUM, Setting, plain


@dataclass(frozen=True)
class Between:
    """Numbers from `low` to `high`, to be drawn from; evenly in their logarithm if `log`, whole
    numbers (both ends included) if both ends are int."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        low = checks.number("Between", "low", self.low)
        high = checks.number("Between", "high", self.high)
        if not low < high or (self.log and low <= 0):
            positive = " > 0" if self.log else ""
            raise InputError("Between", f"low{positive} below high", f"{low:g} and {high:g}")

    @property
    def whole(self) -> bool:
        """Whether whole numbers are drawn."""
        return isinstance(self.low, Integral) and isinstance(self.high, Integral)

    def rvs(self, random_state: Any = None) -> Any:
        """One number; the method's name is that of SciPy's distributions, which are taken too."""
        from sklearn.utils import check_random_state

        low, high = (float(self.low), float(self.high) + self.whole)
        ends = (math.log(low), math.log(high)) if self.log else (low, high)
        value = check_random_state(random_state).uniform(*ends)
        value = math.exp(value) if self.log else value
        # Rounding must not lead out of the range.
        value = int(value) if self.whole else value
        return min(max(value, self.low), self.high)


Space = Mapping[str, Any]
# Settings to try together, and who is to be told their scores (more is better).
Asked = tuple[list[Setting], Callable[[Sequence[float]], None]]
SEARCHES = ("grid", "random", "optuna")
BATCH = 10  # settings that Optuna is asked for at once: the next ones know of all of them


def checked_space(space: Space, base: Setting) -> dict[str, list[Any] | Any]:
    """Names checked; values as lists, or as something to draw from. base : all other settings."""
    if not isinstance(space, Mapping) or not space:
        fix = 'Such as {"learning_rate": [0.01, 0.03], "hidden": [(20,), ()]}.'
        raise InputError("sweep", "a dictionary of names and values", checks.describe(space), fix)
    known = [f.name for f in fields(Setting)]
    if "momentum" in space and "optimizer" not in space and base.optimizer not in WITH_MOMENTUM:
        fix = 'Choose it for all: optimizer="momentum", or --optimizer momentum.'
        expected = f"the optimizer {' or '.join(WITH_MOMENTUM)} to vary the momentum of"
        raise InputError("sweep", expected, base.optimizer, fix)
    if "learning_rate" in space and "optimizer" not in space and base.optimizer == "lbfgs":
        fix = "Vary l2: L-BFGS finds the size of its steps itself."
        raise InputError("sweep", "an optimizer to vary the learning_rate of", "lbfgs", fix)
    found: dict[str, Any] = {}
    for name, values in space.items():
        checks.one_of("sweep", "name", name, known)
        if not hasattr(values, "rvs"):
            single = isinstance(values, str) or not isinstance(values, Iterable)
            single |= isinstance(values, np.ndarray) and not values.ndim
            # An array of values is one list of them; a hidden size among them stays a tuple.
            values = [plain(value) for value in ([values] if single else values)]
            if not values:
                raise InputError("sweep", f"at least one value for {name}", "none")
        found[name] = values
    return found


def grid(space: Space, base: Setting) -> list[Setting]:
    """Every combination, the last name varying fastest."""
    from sklearn.model_selection import ParameterGrid

    space = checked_space(space, base)
    for name, values in space.items():
        if hasattr(values, "rvs"):
            fix = "List the values, or search at random: trials=..."
            raise InputError("sweep", f"a list of values for {name} in a grid", f"{values}", fix)
    return list(dict.fromkeys(base.with_values(values) for values in ParameterGrid(space)))


def draw(space: Space, base: Setting, trials: int, seed: int) -> list[Setting]:
    """So many combinations drawn at random; from lists alone none twice, so perhaps fewer."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    space = checked_space(space, base)
    if not any(hasattr(values, "rvs") for values in space.values()):
        trials = min(trials, len(ParameterGrid(space)))
    drawn = ParameterSampler(space, trials, random_state=np.random.RandomState(seed % 2**32))
    return list(dict.fromkeys(base.with_values(values) for values in drawn))


def settings_to_try(
    space: Space, base: Setting, search: str | None, trials: int | None, seed: int
) -> Iterable[Asked]:
    """The settings of a sweep, all at once or some at a time."""
    search = search or ("grid" if trials is None else "random")
    checks.one_of("sweep", "search", search, SEARCHES)
    if search == "grid":
        if trials is not None:
            raise InputError("sweep", "no number of trials in a grid", f"{trials}")
        return [(grid(space, base), lambda scores: None)]
    count = checks.whole_number("sweep", "trials", trials, least=1)
    if search == "random":
        return [(draw(space, base, count, seed), lambda scores: None)]
    return ask(space, base, count, seed)


def ask(space: Space, base: Setting, trials: int, seed: int) -> Iterator[Asked]:
    """Settings some at a time, each time with a function to be told their scores (more is
    better); a score may be minus infinity, and after an interruption some may be missing.

    Bergstra et al. 2011 (the tree-structured Parzen estimator), as Optuna has it.
    """
    with needing("sweep", "optuna", "optuna"):
        import optuna

    known = checked_space(space, base)
    kinds = {name: _distribution(optuna, name, values) for name, values in known.items()}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    # Of trials that run at once each is told to keep away from the others (constant_liar).
    sampler = optuna.samplers.TPESampler(
        seed=seed % 2**32, constant_liar=True, n_startup_trials=BATCH
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for start in range(0, trials, BATCH):
        asked = [study.ask(kinds) for _ in range(min(BATCH, trials - start))]

        def tell(scores: Sequence[float], asked: Any = asked) -> None:
            for trial, score in zip(asked, scores, strict=False):
                if np.isfinite(score):
                    study.tell(trial, score)
                else:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)

        yield [base.with_values(_values(known, trial.params)) for trial in asked], tell


def _distribution(optuna: Any, name: str, values: Any) -> Any:
    if isinstance(values, Between):
        kind = optuna.distributions
        if values.whole:
            return kind.IntDistribution(int(values.low), int(values.high), log=values.log)
        return kind.FloatDistribution(values.low, values.high, log=values.log)
    if hasattr(values, "rvs"):
        fix = "Use chainrule.experiments.Between."
        raise InputError("sweep", f"a list or a Between for {name} with optuna", f"{values}", fix)
    # By their places: Optuna takes numbers, texts and None only.
    return optuna.distributions.CategoricalDistribution(tuple(range(len(values))))


def _values(known: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(known[name], Between) else known[name][value]
        for name, value in chosen.items()
    }
