"""Which features a network's answers depend on, and how sure that is.

One training on few examples of many features names other features as soon as some examples change.
So the setting is trained on many parts of the examples, each from weights of its own, and a
feature's importance is the mean size of its slopes (`feature_measures.slopes`), with how often it
was among the most important and whether they have one direction. By default the parts are halves,
in complementary pairs, each of which holds the other out: 2 folds, 50 times. That is stability
selection (Meinshausen & Buehlmann 2010, section 2.1; the pairs are Shah & Samworth 2013). Halves
stand in the place of bootstrap samples, which of all parts without repeated examples they resemble
most closely, and half of the examples are held out, not a third.

What is held out also says whether there is anything to name: if networks answer it no better than
whoever always says the commonest class, their features are those of chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from chainrule import checks
from chainrule.errors import DivergenceError, InputError
from chainrule.experiments import Execution, Setting
from chainrule.experiments.examples import Examples, Subset
from chainrule.experiments.execute import execute
from chainrule.experiments.folds import draw_folds
from chainrule.experiments.outcomes import Outcome, mean_outputs
from chainrule.experiments.runs import Run
from chainrule.experiments.setting import given
from chainrule.influence.feature_measures import learned, learned_by, rises, slopes
from chainrule.influence.held_out import HeldOut
from chainrule.influence.ranking import By, Importance
from chainrule.model.model_file import Model
from chainrule.network import Network
from chainrule.training.warnings import far_above

Array = np.ndarray
TOP = 50  # or a tenth of the features, where these are fewer than 500
REPEATS = 50  # of the halves
SHIFTS = 2  # permutations of each feature in each of many runs
EVERY = 20  # records of a training: only its end is looked at


def importance(
    data: Any,
    setting: Setting | None = None,
    *,
    model: Model | None = None,
    by: By = "slope",
    top: int | None = None,
    folds: Any = 2,
    repeats: int | None = None,
    stratified: bool = True,
    groups: Any = None,
    seed: int = 0,
    execution: Execution | None = None,
) -> Importance:
    """Which features matter, by networks that were trained on parts of the examples.

    data : a Dataset, or (X, Y) with X (n_x, m) and Y (n_y, m).
    setting : what is trained; run r begins from the weights of seed r + its own.
    model : trained by this setting on these features, whose own slopes' sizes stand beside the
        others; of an ensemble in the mean.
    by : what features are ranked by: "slope" (`feature_measures.slopes` of what was learned), or
        "permutation" (`feature_measures.rises` on what a run holds out, two permutations each).
    top : how many features stability is about; 50, or a tenth of fewer than 500.
    folds, repeats, stratified, groups : see `draw_folds`; halves, 50 times. More folds train on
        more each, and on more that is the same. seed : of their drawing.

    Keeps R (2 n_f + 1) n_x numbers, float64. After Ctrl-C of the runs that were finished.
    DivergenceError if all of them diverged; of a part that did nothing is kept but its number.
    """
    where = "importance"
    setting, examples = given(where, Setting, setting), Examples(where, data)
    n_x = examples.shape[0]
    checks.one_of(where, "by", by, get_args(By))
    least = max(1, min(TOP, n_x // 10)) if top is None else top
    top = checks.whole_number(where, "top", least, least=1, most=n_x)
    task = setting.task_of(examples)
    stratified = stratified and task == "classification"
    if repeats is None:
        repeats = REPEATS if isinstance(folds, int) else 1  # halves are as many as wanted
    held = draw_folds(examples, folds, repeats, stratified, groups, seed)
    n_y = len(examples.Y)
    # As runs end, and once more at the end.
    checks.room(where, 2 * 8 * len(held) * (2 * n_y + 1) * n_x)
    runs = [Run(replace(setting, seed=setting.seed + r), index) for r, index in enumerate(held)]
    own = None if model is None else _of_model(where, model, setting, examples)

    def measure(run: Run, network: Network, share: float | None, subset: Subset) -> Array:
        """Slopes, their sizes, rises, and the outputs of those held out, one behind the other."""
        one, (kept, out) = run.setting, subset.parts(run.held_out)
        W = learned(network, one.network(n_x, n_y, examples.task), share)
        Y = examples.Y[:, run.held_out]
        found = *slopes(network, kept, W), rises(network, out, Y, SHIFTS, one.seed)
        return np.concatenate([np.ravel(a) for a in (*found, network.predict_proba(out))])

    every = max(1, setting.updates(examples.m) // EVERY)
    outcomes = execute(where, examples, runs, execution, measure=measure, record_every=every)
    good = {k: one for k, one in sorted(outcomes.items()) if not _diverged(one)}
    if outcomes and not good:
        raise _nothing_but(list(outcomes.values()), setting)
    of_slopes, sizes, of_rises, outputs = _gathered(
        examples, {runs[k]: one for k, one in good.items()}
    )
    classes = _classes(examples) if task == "classification" else None
    names, of = _names(examples, classes)
    groups = None if groups is None else np.asarray(groups)
    answers = HeldOut(outputs, examples.Y, classes, groups)
    diverged, complete = len(outcomes) - len(good), len(outcomes) == len(runs)
    how = by, top, folds == 2, own, diverged, complete
    return Importance(setting, names, of, of_slopes, sizes, of_rises, answers, *how)


def _diverged(one: Outcome) -> bool:
    """Whether a run's cost was no number, or at any time so high that its slopes, which are those
    of that step, would be all of a mean over runs."""
    cost = one.history.cost
    return one.diverged >= 0 or far_above(cost.max(), cost[0])


def _nothing_but(diverged: Sequence[Outcome], setting: Setting) -> DivergenceError:
    """What is said where every run did."""
    last = max(one.diverged for one in diverged)
    if last >= 0:
        return DivergenceError(last, setting.learning_rate)
    one = diverged[0].history
    k = int(one.cost.argmax())
    rose = f"the cost rose from {one.cost[0]:.3g} to {one.cost[k]:.3g}"
    return DivergenceError(int(one.iteration[k]), setting.learning_rate, rose)


def _gathered(
    examples: Examples, found: Mapping[Run, Outcome]
) -> tuple[Array, Array, Array, Array]:
    """Slopes and their sizes (R, n_f, n_x), rises (R, n_x) and mean outputs (n_y, m) of finished
    runs."""
    (n_x, m), n_y = examples.shape, len(examples.Y)
    slopes, rises = np.empty((2, len(found), n_y, n_x)), np.empty((len(found), n_x))
    answers = []
    for r, (run, outcome) in enumerate(found.items()):
        assert outcome.kept is not None
        ends = 2 * n_y * n_x, (2 * n_y + 1) * n_x
        of_slopes, rises[r], A = np.split(outcome.kept, ends)
        slopes[:, r] = of_slopes.reshape(2, n_y, n_x)
        answers.append((run.held_out, A.reshape(n_y, -1)))
    return *slopes, rises, mean_outputs((n_y, m), answers)


def _classes(examples: Examples) -> tuple[str, ...]:
    """Names, or numbers where they have none."""
    return examples.classes or tuple(map(str, range(max(2, len(examples.Y)))))


def _names(
    examples: Examples, classes: tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the features, and of what slopes are of."""
    n_x, n_y = examples.shape[0], len(examples.Y)
    names = None if examples.data is None else examples.data.feature_names
    names = names or tuple(f"feature {j}" for j in range(n_x))
    if classes is None:
        return names, tuple(f"output {k}" for k in range(n_y))
    return names, classes[1:] if n_y == 1 else classes


def _of_model(where: str, model: Model, setting: Setting, examples: Examples) -> Array:
    """The sizes of the slopes of a model's answers to all examples by what its members learned, in
    the mean."""
    checks.kind(where, "model", model, Model)
    if examples.data is None:
        raise InputError(where, "a Dataset beside a model", "arrays", "Pass cr.Dataset(...).")
    X = model.prepare(examples.data).matrix(model.network.dtype)
    n, found = model.n_members, []
    for r, seed in enumerate(model.training.get("seeds") or range(setting.seed, setting.seed + n)):
        one = model.member(r) if n > 1 else model
        found.append(slopes(one.network, X, learned_by(one, replace(setting, seed=seed)))[1])
    return np.mean(found, axis=0)
