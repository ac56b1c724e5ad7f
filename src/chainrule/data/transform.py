"""How features as they came become the numbers a network sees.

Learned from the training set, learned again from the examples that a fold trains on, and saved with
the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.blocks import blocks_of
from chainrule.data.reading import as_text, listed
from chainrule.data.sample_steps import SNV, WINDOW, Batch, Derivative, Total
from chainrule.data.steps import Affine, Array, Log1p, Missing, OneHot, Op, Step
from chainrule.errors import InputError

KINDS = ("none", "pixels", "standard")
STEPS = (*KINDS, "center", "robust", "log1p", "snv", "total", "derivative", "batch")
FILLS = ("mean", "median", "zero")
PLAIN: dict[str, Step] = {
    "pixels": Affine("pixels", 0.0, 255.0),
    **{kind: Affine(kind) for kind in ("standard", "center", "robust")},
    **{step.name: step for step in (Log1p(), SNV(), Total(), OneHot())},
}


def step_called(name: str) -> Step:
    """The step of that name, which has learned nothing yet; InputError for another."""
    kind, _, of = name.partition(":")
    if name in PLAIN:
        return PLAIN[name]
    if kind == "missing" and of in FILLS:
        return Missing(of)
    if kind == "batch" and of:
        return Batch(of)
    if kind == "derivative":
        window = int(of) if of.isdecimal() and len(of) < 6 else WINDOW if name == kind else 0
        if window < 3 or window % 2 == 0:
            fix = f"Without a number it is {WINDOW}."
            raise InputError("derivative", "an odd window of 3 features or more", f"{of!r}", fix)
        return Derivative(window)
    if name == "batch":
        fix = "Name it: --batch-column NAME, or batch:NAME."
        raise InputError("batch", "the column that has the batches", "none", fix)
    checks.one_of("Scaling", "kind", name, STEPS)
    raise InputError("Scaling", f"{name} alone", f"{name} among others")


@dataclass(frozen=True, eq=False, repr=False)
class Scaling:
    """The steps from raw features to numbers, one after the other.

    Those that do not learn are the same for every sample; the others learn from what the steps
    before them make of the training set. steps : none for raw features as they are.
    """

    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if any(isinstance(step, Missing) for step in self.steps[1:]):
            fix = "Other steps would spread what is missing, or fail on it."
            raise InputError("Scaling", "missing values filled before all else", self.kind, fix)

    def __repr__(self) -> str:
        return f"Scaling({self.kind})"

    @property
    def kind(self) -> str:
        """The names of the steps with commas between them, in quotes where they hold some; or
        "none"."""
        return as_text("kind", [step.name for step in self.steps]) or "none"

    @classmethod
    def pixels(cls) -> "Scaling":
        """Division by 255."""
        return cls((PLAIN["pixels"],))

    @classmethod
    def standard(cls, raw: Any) -> "Scaling":
        """Mean 0 and standard deviation 1 for each row of raw (n_x, m), an array or a matrix."""
        return cls.of("standard", raw)

    @classmethod
    def named(cls, kind: str) -> "Scaling":
        """The steps with these names, commas between them, which have learned nothing yet."""
        checks.kind("Scaling", "kind", kind, str)
        names = [] if kind == "none" else listed(kind) or [kind]
        return cls(tuple(map(step_called, names)))

    @classmethod
    def of(cls, kind: str, raw: Any, facts: Mapping[str, Array] | None = None) -> "Scaling":
        """The scaling of that `kind`, learned from raw (n_x, m), samples with these `facts`, where
        it is learned at all."""
        return cls.named(kind).given(facts or {}).fitted(raw)

    @property
    def fills(self) -> bool:
        """Whether features may be missing."""
        return bool(self.steps) and isinstance(self.steps[0], Missing)

    @property
    def learned(self) -> bool:
        """Whether it depends on the examples that it was fitted on."""
        return any(step.learns for step in self.steps)

    @property
    def standardized(self) -> bool:
        """Whether each feature has mean 0 and deviation 1 over the examples it was fitted on."""
        return bool(self.steps) and self.steps[-1].name == "standard"

    @property
    def whole(self) -> tuple[str, ...]:
        """The names of steps that need all features of a sample, or several samples, at once."""
        return tuple(step.name for step in self.steps if step.whole)

    def of_samples(self) -> tuple["Scaling", "Scaling"]:
        """The steps up to the last that is whole, and the others."""
        return self._parted(max((k for k, s in enumerate(self.steps, 1) if s.whole), default=0))

    def _parted(self, k: int) -> tuple["Scaling", "Scaling"]:
        return Scaling(self.steps[:k]), Scaling(self.steps[k:])

    @property
    def batches(self) -> tuple[str, ...]:
        """The facts that it asks for: columns that have batches."""
        return tuple(step.column for step in self.steps if isinstance(step, Batch))

    def instead(self, kind: str) -> "Scaling":
        """The steps with these names, which have learned nothing yet, in the place of its own. What
        fills missing values, or marks levels, stays before them, unless they have it themselves."""
        new = Scaling.named(kind)
        filling = new if new.fills else self
        fills, rest = filling.steps[: filling.fills], new.steps[new.fills :]
        both = any(isinstance(step, OneHot) for step in rest)
        levels = (step for step in self.steps if isinstance(step, OneHot) and not both)
        return Scaling((*fills, *levels, *rest))

    def split(self) -> tuple["Scaling", "Scaling"]:
        """The steps before the first that learns, and the others."""
        learning = (k for k, step in enumerate(self.steps) if step.learns)
        return self._parted(next(learning, len(self.steps)))

    def given(self, facts: Mapping[str, Array]) -> "Scaling":
        """The same for the samples with these facts, (m,) texts each, which may be asked for."""
        if not self.batches:
            return self
        bound = (step.given(facts) if isinstance(step, Batch) else step for step in self.steps)
        return Scaling(tuple(bound))

    def fitted(self, raw: Any) -> "Scaling":
        """The same steps, learned from raw (n_x, m), an array or a matrix, if they learn.

        Some features of every sample at a time, so that 8-bit pixels are never copied to floats as
        a whole; all at once where a step needs them (`whole`).
        """
        if not self.learned:
            return self
        if not hasattr(raw, "blocks"):
            raw = checks.matrix("Scaling", "raw", raw, missing=True)
        n_x, m = raw.shape
        if not m:
            raise InputError("Scaling", "at least one example to learn from", "none")
        if self.whole:
            everything = raw.columns(slice(None)) if hasattr(raw, "blocks") else raw
            blocks = iter([(slice(None), everything)])
        elif hasattr(raw, "blocks"):
            blocks = raw.blocks()
        else:
            blocks = ((rows, raw[rows]) for rows in blocks_of(n_x, 8 * m))
        return self.joined([self.learned_from(some) for _, some in blocks])

    def joined(self, parts: Sequence["Scaling"]) -> "Scaling":
        """What was learned from some features after the other, as one."""
        steps = [part.steps for part in parts] or [self.learned_from(np.empty((0, 1))).steps]
        each = (step.joined(list(of)) for step, *of in zip(self.steps, *steps, strict=True))
        return Scaling(tuple(each)).given({})

    def part(self, rows: slice) -> "Scaling":
        """The same for some of the features alone."""
        steps = []
        for step in self.steps:
            own = {name: getattr(step, name) for name in step.learns}
            steps.append(replace(step, **{n: v[rows] for n, v in own.items() if np.ndim(v)}))
        return Scaling(tuple(steps))

    def learned_from(self, X: Array) -> "Scaling":
        """The steps, learned from all samples of some features X (k, m), which is left as it is."""
        X, found = X.astype(np.float64, copy=False), list[Step]()
        last = max(k for k, step in enumerate(self.steps) if step.learns)
        if not self.fills:
            refuse_missing("Scaling", X)
        with np.errstate(over="ignore", invalid="ignore"):
            for k, step in enumerate(self.steps):
                found.append(step.fitted(X))
                if k < last:
                    X = found[-1](X.copy() if k == 0 else X)
        return Scaling(tuple(found))

    def __call__(self, raw: Array, dtype: Any, rows: Any = slice(None)) -> Array:
        """Raw features (k, ...) of the given rows as scaled floats: a new array."""
        # Rounded to `dtype` last: a float64 feature far from 0 would lose its digits before the
        # mean is taken off. Pixels (uint8) are exact in either.
        work = np.result_type(raw.dtype, dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            X = raw.astype(work)
            for step in self.steps:
                X = step(X, rows)
            scaled = X.astype(dtype, copy=False)
        if raw.dtype.kind == "f" and not checks.all_finite(scaled):
            if not self.fills:
                refuse_missing("Scaling", raw)
            with np.errstate(over="ignore", invalid="ignore"):
                X = raw.astype(work)
                for step in self.steps:
                    X = step.carefully(X, rows)
                scaled = np.where(np.isfinite(scaled), scaled, X.astype(dtype, copy=False))
            if bad := np.count_nonzero(~np.isfinite(scaled)):
                expected = f"features that {scaled.dtype} holds when they are scaled ({self.kind})"
                fix = "Divide them, leave them out, or take their logarithms."
                got = f"{n} infinite" if (n := np.isinf(raw).sum()) else f"{bad} too large"
                raise InputError("Scaling", expected, got, fix)
        return scaled

    def drawn(self, rng: np.random.Generator, shape: tuple[int, int]) -> Array:
        """Raw features (n_x, m) that become about standard normal, as far as these steps can."""
        X = rng.standard_normal(shape)
        for step in reversed(self.steps):
            X = step.undone(X)
        return X

    def nodes(self, op: Op, x: str, n_x: int) -> str:
        """The same in ONNX, see `Step.nodes`."""
        for step in self.steps:
            x = step.nodes(op, x, n_x)
        return x

    def arrays(self) -> dict[str, Array]:
        """What was learned, by names for files: those of a single step as they always were."""
        if self.kind in KINDS:
            (step,) = self.steps or (Affine("none"),)
            return {f"scaling.{name}": array for name, array in step.arrays().items()}
        return {
            f"scaling.{k}.{name}": array
            for k, step in enumerate(self.steps)
            for name, array in step.arrays().items()
        }

    def saved(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Arrays and facts for a file."""
        facts: dict[str, Any] = {"scaling": self.kind}
        known = {step.column: step.known for step in self.steps if isinstance(step, Batch)}
        return self.arrays(), facts | ({"batches": known} if known else {})

    @classmethod
    def restored(cls, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> "Scaling":
        """What `saved` put into a file; ValueError or KeyError for what fits no step."""
        scaling, steps = cls.named(facts["scaling"]), []
        for k, step in enumerate(scaling.steps):
            start = "scaling." if scaling.kind in KINDS else f"scaling.{k}."
            own = {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
            if isinstance(step, Batch):
                step = replace(step, known=tuple(facts["batches"][step.column]))
                if own["centers"].shape[1:] != (len(step.known),):
                    raise ValueError("centers of other batches")
            steps.append(step.restored(own))
        return cls(tuple(steps))

    def check(self, n_x: int) -> "Scaling":
        """Itself, if it fits n_x features."""
        for step in self.steps:
            step.check(n_x)
        return self


def refuse_missing(where: str, X: Array) -> None:
    """InputError for missing values (NaN) in features X."""
    if gone := np.count_nonzero(np.isnan(X)):
        expected = "no missing values, or a step that fills them"
        got = f"{gone:,} of {X.size:,} values missing"
        fix = 'Train with --missing mean, median or zero; in Python missing="mean".'
        raise InputError(where, expected, got, fix)
