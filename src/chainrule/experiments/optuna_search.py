"""Settings chosen by Optuna from what was seen so far (the package is an extra)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.experiments.setting import Setting
from chainrule.experiments.space import Between, Space, checked_space

# Settings asked for at once: they train together, and the next ones know of all of them.
BATCH = 10
Tell = Callable[[Sequence[float]], None]


def ask(
    space: Space, base: Setting, trials: int, seed: int
) -> Iterator[tuple[list[Setting], Tell]]:
    """Settings some at a time, each time with a function to be told their scores (more is
    better); a score may be minus infinity, and after an interruption some may be missing.

    Bergstra et al. 2011 (the tree-structured Parzen estimator), as Optuna has it.
    """
    try:
        import optuna
    except ImportError:
        fix = 'Install it: pip install "chainrule[optuna]".'
        raise InputError("sweep", "the package optuna", "none", fix) from None

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
