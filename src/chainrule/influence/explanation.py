"""Why a model said what it said of one example: what it looked at, what it knows that is like it,
and what each training example changes in the answer by being there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data import Dataset, feature_matrix
from chainrule.errors import InputError
from chainrule.experiments import WithoutEach
from chainrule.influence.occlusion import Unit, effects, photo_effects
from chainrule.influence.out_of_distribution import Neighborhood, Neighborhoods
from chainrule.model.model_file import Model, decided
from chainrule.network import Network

Array = np.ndarray
SAME = 1e-6  # relative difference of two trainings' weights that are the same but for rounding
# Intraclass correlations of the changes after other starts: poor below the first, good from the
# second on (Koo & Li 2016, table 3).
ACCIDENTAL, ALIKE = 0.5, 0.75
FLAT = (
    "Without hidden layers the cost has one valley: that starts matter shows that training stopped "
    "on the way down, or, where no penalty chooses among them, that many weights fit as well. "
    "Train longer, with --l2, or from --initializer zeros."
)
ONE_START = "From other starting weights, which were not tried, other examples may matter."
ELSEWHERE = (
    "training again ended with other weights than the model's: it is so unstable that rounding "
    "decides where it ends, or was done with other settings"
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """decision : index of the class. P : (n_classes,) probabilities; of a regression 0, and (1,)
        the value. Whatever is said below of the log-odds of the decision is then said of the value.

    effects : by how much the log-odds are more for a feature (n_x,), or the surroundings of a pixel
        (height, width), or a place of a photo (places, places), being what they are and not the
        training set's mean (`occlusion`).
    covered : of a photo, by how much they are more for each part of it not being gray.
    units : of a photo, the hidden units that change them most.
    neighborhood : where the example lies among the training examples.
    changes : (S, m) how much each training example, by being there, raises the probability of the
        decision, found by training without it: of the model's training first, then of the same
        from S - 1 other starting weights; 0 where it is no more than rounding.
    note : why changes, though asked for, are None; or "".
    deep : whether the network has hidden layers, so that another start ends elsewhere.

    All three are None where no training data were given, changes where they were not asked for.
    """

    decision: int
    P: Array
    effects: Array | None = None
    neighborhood: Neighborhood | None = None
    changes: Array | None = None
    note: str = ""
    deep: bool = False
    covered: Array | None = None
    units: tuple[Unit, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the example is one of the training examples."""
        near = self.neighborhood
        return near is not None and near.distances[0] <= SAME * max(1.0, near.distances[-1])

    @property
    def agreement(self) -> float:
        """Intraclass correlation of the changes by S starts of the m examples, of a single start
        and absolute: of their order, signs and sizes (McGraw & Wong 1996, ICC(A,1)),

            (E - R) / (E + (S - 1) R + S/m (T - R))

        with the mean squares E between examples, T between starts, and R of the rest. At most 1;
        nan of one start, or where one of them changes nothing.
        """
        if self.changes is None or len(self.changes) < 2:
            return np.nan
        known = self.changes[:, np.isfinite(self.changes).all(axis=0)]
        S, m = known.shape
        if m < 2 or not known.any(axis=1).all():
            return np.nan
        of_examples, of_starts = known.mean(axis=0), known.mean(axis=1, keepdims=True)
        E, T = S * of_examples.var(ddof=1), m * of_starts.var(ddof=1)
        R = np.square(known - of_examples - of_starts + known.mean()).sum() / ((S - 1) * (m - 1))
        whole = E + (S - 1) * R + S / m * (T - R)
        return float((E - R) / whole) if whole > 0 else np.nan

    def elsewhere(self, i: int) -> str:
        """What example i changes from the other starting weights, the mean and, of several, ± their
        standard deviation; "" where there are none, or all diverged without it."""
        others = np.empty(0) if self.changes is None else self.changes[1:, i]
        known = others[np.isfinite(others)]
        spread = f" ± {np.std(known):.1g}" if len(known) > 1 else ""
        return f"{np.mean(known):+.2g}{spread}" if len(known) else ""

    @property
    def trust(self) -> str:
        """What the changes from other starting weights say of these, in a sentence; or ""."""
        if self.changes is None:
            return ""
        if not self.changes[0].any():
            return "No training example changes the answer by more than rounding."
        if len(self.changes) < 2:
            return ONE_START if self.deep else ""
        found, n = self.agreement, len(self.changes)
        if np.isnan(found):
            return "From one of the starts no example changes anything that could be compared."
        of = f"(intraclass correlation {found:.2f} of {n} starts)"
        if found >= ALIKE:
            return f"From other starting weights the changes are much the same {of}."
        said = f"From other starting weights the changes are only partly the same {of}."
        if found < ACCIDENTAL:
            said = (
                f"From other starting weights the changes differ {of}: these are exact, and "
                "mostly accidents of this one training."
            )
        return said if self.deep else f"{said} {FLAT}"


def explain(
    model: Model, raw: Any, data: Dataset | None = None, exact: Sequence[WithoutEach] = ()
) -> tuple[Explanation, ...]:
    """Explain the model's answers to raw (n_x, q), unscaled, or to a data set of q examples: one
    explanation for each.

    data : the training set. exact : of the same `raw`, from `without_each`: by the model's setting,
        then by the same with other seeds.

    InputError for data with another digest than `model.training` has. Where the first training of
    `exact` ends with other weights than the model's, what it would say is left out and the `note`
    says why; InputError if the model has no digest of its data, which may be others.
    """
    if model.n_members > 1:
        fix = "Explain a member: Model.member(r)."
        raise InputError("explain", "a model of one network", f"{model.n_members} of them", fix)
    asked = raw if isinstance(raw, Dataset) else None
    raw = checks.matrix("explain", "raw", raw if asked is None else asked.raw, missing=True)
    network, note = model.network, ""
    P, regression = model.probabilities(model.outputs(raw)[1]), not model.classes
    decisions = np.zeros(P.shape[1], np.int64) if regression else decided(P, model.threshold)
    # What is known of each example.
    found: dict[str, Any] = {"decision": decisions.tolist(), "P": P.T}
    among = None if data is None else known_to("explain", model, data)
    if exact:
        own = data is not None and model.training.get("digest") is not None
        note = _elsewhere(network, exact, P.shape, own)
        if not note:
            changes = np.stack([one.change(decisions).T for one in exact], axis=1)
            least = np.finfo(network.dtype).eps * (np.abs(P).max(axis=0) if regression else 1)
            changes[np.abs(changes) < np.reshape(least, (-1, 1, 1))] = 0  # but rounding
            found["changes"] = changes
    if among is not None:
        x = feature_matrix(raw, missing=True).scaled(model.scaling, np.float64)
        pictures = None if asked is None else asked.pictures()
        found["neighborhood"] = among.of(x, pictures=pictures)
        if model.encoder is None:
            each = zip(x.columns(slice(None)).T, decisions, strict=True)
            found["effects"] = [effects(model, among.X, one, decision) for one, decision in each]
    if asked is not None and asked.photos is not None and model.encoder is not None:
        found |= photo_effects(model, data, asked, decisions)
    deep = len(network.weights) > 1
    return tuple(
        Explanation(**dict(zip(found, each, strict=True)), note=note, deep=deep)
        for each in zip(*found.values(), strict=True)
    )


def _elsewhere(
    network: Network, exact: Sequence[WithoutEach], shape: tuple[int, ...], known: bool
) -> str:
    """Why trainings without each example say nothing of this network, or "".

    shape : of its answers. known : whether the data are known to be its own.
    """
    if any(one.full.shape != shape for one in exact):
        got = f"answers of shape {exact[0].full.shape} for {shape}"
        raise InputError("explain", "`exact` of the same examples as raw", got)
    if same_weights(network, exact[0].network):
        return ""
    if known:
        return ELSEWHERE
    raise InputError(
        "explain",
        "the data and settings that the model was trained with",
        "others, or a training too unstable to be repeated: it gave other weights",
        "Pass the data that the model was trained on; it has no digest of them to compare.",
    )


def known_to(where: str, model: Model, train: Dataset) -> Neighborhoods:
    """The training examples, that any number of new ones can be compared with.

    InputError for a training set that is not the model's.
    """
    check_training_set(where, model, train)
    known = model.prepare(train)
    return Neighborhoods(
        known.matrix(np.float64),
        angles=known.encoder is not None,
        pictures=known.pictures(),
        standardized=model.scaling.standardized,
    )


def check_training_set(where: str, model: Model, data: Dataset) -> None:
    """InputError if the data are known, by the digest that the model has, to be others."""
    digest, before = (model.training.get(name) for name in ("digest", "training_examples"))
    if digest is not None and digest != model.prepare(data).digest():
        got = "others: their digest differs"
        if isinstance(before, int) and before != len(data):
            got += f", {len(data):,} examples where it had {before:,}"
        fix = "Pass the same data, read with the same settings."
        in_file = model.training.get("in_file", data.in_file)
        if in_file != data.in_file:  # of a file some numbers are digested, of the memory all
            got = "some that cannot be compared with it: "
            got += "they are in memory, it stayed" if in_file else "they stay in a file, it did not"
            fix = f"Give {'less' if in_file else 'more'} --memory, as when it was trained."
        raise InputError(where, "the data that the model was trained on", got, fix)


def same_weights(network: Network, again: Network) -> bool:
    """Whether training again gave the same weights but for rounding."""
    return network.layer_sizes == again.layer_sizes and all(
        np.abs(ours - other).max() <= SAME * np.abs(ours).max()
        for ours, other in zip(network.weights, again.weights, strict=True)
    )
