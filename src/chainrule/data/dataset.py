"""A feature matrix with what belongs to its columns: labels, class names, file names, shape."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule import checks
from chainrule.data.encoders.encoder import Encoder
from chainrule.data.labels import alike, comparison, denies, numbers_kind, targets
from chainrule.data.matrix import FeatureMatrix, RawMatrix, feature_matrix
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.matrix.joined import joined
from chainrule.data.photos import Photos
from chainrule.data.reading import Reading
from chainrule.data.transform import Scaling
from chainrule.display import shown_by
from chainrule.errors import DataError, InputError
from chainrule.files.digest import digest
from chainrule.wording import counted

MANY = 10  # classes that are whole numbers, beyond which it is said that they are taken as such


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """m labeled examples.

    features : (n_x, m) as they came, an array of uint8 pixels or of floats, or a feature matrix;
        held as a feature matrix.
    labels : (m,) integers, indices into classes; without classes the numbers of a regression,
        held as float64.
    classes : the class names, or () of a regression. Of two classes the second is the positive
        one (label 1).
    names : (m,) file names or row names, or None.
    image_shape : (height, width, 3) or (height, width) of the picture that an example is, or was
        made of; None for anything but pictures. See `picture_shape`.
    scaling : how raw features become floats.
    source : where it came from, for messages.
    feature_names : (n_x,) the column names of a table, or None. Two tables belong together by
        these, not by the places of their columns.
    bits : of pictures from files of 16 bits, how many of these are used; 8 of them are kept.
    notes : what was understood of the source, and what was left out and why, in sentences.
    reading : how a table was read, with its label column and decimal sign, so that a second one
        is read alike; or None.
    encoder : the pretrained network that made features of photos, or None; `photos` : these, where
        they are at hand. `image_shape` is then that of the small ones, which are for showing.
    facts : what is known of the examples and is no feature, (m,) texts by the column's name: batch,
        patient, ...; "" where it is not known.
    doubted : how many labels were changed, and examples left out, because networks doubted them, in
        words: what networks answer to the others is no measurement any more.
    """

    features: Any  # a FeatureMatrix, once it is made
    labels: np.ndarray
    classes: tuple[str, ...]
    names: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    scaling: Scaling = Scaling()  # noqa: RUF009 - frozen and never changed
    source: str = ""
    feature_names: tuple[str, ...] | None = None
    bits: int = 16
    notes: tuple[str, ...] = ()
    reading: Reading | None = None
    encoder: Encoder | None = None
    photos: Photos | None = None
    facts: Mapping[str, np.ndarray] = field(default_factory=dict)
    doubted: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", checks.printable(self.source))
        where = self.source or "Dataset"
        if not isinstance(self.features, FeatureMatrix):
            array = checks.two_axes(where, "features", self.features)
            try:
                object.__setattr__(self, "features", feature_matrix(array, missing=True))
            except InputError as error:
                raise DataError(where, *error.args[1:]) from None
        if isinstance(self.features, RawMatrix):  # whose scaling is `scaling`
            object.__setattr__(self, "features", self.features.scaled(Scaling(), np.float64))
        m = self.features.shape[1]
        n, numbers = len(self.classes), not self.classes
        what = "finite numbers" if numbers else f"indices into the {n} classes"
        expected = f"{m} labels, one per example: {what}"
        labels = checks.plain_array(where, "labels", self.labels, expected)
        if labels.shape != (m,):
            raise DataError(where, expected, f"{labels.shape}")
        if numbers and labels.dtype.kind in "iuf":
            labels = labels.astype(np.float64)
        object.__setattr__(self, "labels", labels)
        classes = labels.dtype.kind in "iub" and not np.any((labels < 0) | (labels >= n))
        if not (labels.dtype.kind == "f" and np.isfinite(labels).all() if numbers else classes):
            raise DataError(where, expected, "other values")
        facts = {name: np.asarray(values, np.str_) for name, values in self.facts.items()}
        object.__setattr__(self, "facts", facts)
        each = {f"texts for the fact {name!r}": values.shape for name, values in facts.items()}
        each |= {"names": (m if self.names is None else len(self.names),)}
        if self.photos is not None:
            each |= {"photos": (len(self.photos.keys),)}
            object.__setattr__(self, "image_shape", self.photos.small.shape[1:])
        for what, shape in each.items():
            if shape != (m,):
                raise DataError(where, f"{m} {what}", f"{shape}")
        for side in self.image_shape or ():
            checks.whole_number(where, "each side of image_shape", side, least=1)

    def __repr__(self) -> str:
        kind = f"pictures {self.image_shape}" if self.image_shape else "examples"
        kind = f"photos by {self.encoder.name}" if self.encoder else kind
        place = f", from {self.source}" if self.source else ""
        return (
            f"Dataset({len(self)} {kind} of {self.features.shape[0]} features, {self.dtype}, "
            f"{self.label_words}{place})"
        )

    _repr_html_ = shown_by("data.html")

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def label_words(self) -> str:
        """The classes, or the range of the numbers, in words."""
        if self.classes:
            return f"classes {checks.listed(self.classes)}"
        ends = (f"{end(self.labels):.6g}" for end in (np.min, np.max) if len(self))
        return f"targets {' to '.join(ends)}".strip()

    def label_of(self, i: int) -> str:
        """An example's class or number, in words."""
        return self.classes[self.labels[i]] if self.classes else f"{self.labels[i]:.6g}"

    def with_task(self, task: str | None) -> "Dataset":
        """The same with labels as classes or, for "regression", as the numbers that the class names
        write. None chooses that for a table's labels that have fractions, and notes it.

        DataError for class names that are no numbers.
        """
        decimal = None if self.reading is None else self.reading.decimal
        if task is None and self.image_shape is None:
            kind = numbers_kind(self.classes, decimal)
            if kind == "fractional":
                words = "its labels have fractions, so they are numbers to predict: a regression"
                return self.with_task("regression").noted(f"{words} (--task classification)")
            if kind == "whole" and self.reading is not None and len(self.classes) > MANY:
                words = "its labels are whole numbers, taken as classes (--task regression"
                return self.noted(f"{words} predicts the numbers)")
        if task != "regression" or not self.classes:
            return self
        values = targets(self.source or "Dataset", self.classes, decimal)
        return replace(self, labels=values[self.labels], classes=())

    def noted(self, *notes: str) -> "Dataset":
        """The same with more to say of it; what is said already is not repeated."""
        return replace(self, notes=tuple(dict.fromkeys(self.notes + notes)))

    @property
    def raw(self) -> np.ndarray:
        """The features as they came, all of them as one array (n_x, m), for whoever looks at them:
        uint8 pixels or floats."""
        return self.features.stored()

    @property
    def dtype(self) -> np.dtype:
        """Of the features as they came."""
        return self.features.stored_dtype

    @property
    def in_file(self) -> bool:
        """Whether the features stay in their file, too many to be looked at more than needed."""
        return isinstance(self.features, BlockMatrix)

    @property
    def picture_shape(self) -> tuple[int, ...] | None:
        """`image_shape` where an example's features are its picture, flattened in C order."""
        shape, own = self.image_shape, self.encoder is None
        return shape if own and shape and math.prod(shape) == self.features.shape[0] else None

    def pictures(self, index: Any = slice(None)) -> np.ndarray | None:
        """Examples at `index` as pictures (k, height, width[, 3]), to be looked at: the features,
        where these are pixels, of the dtype that they have, else the small photos, uint8; or None.
        """
        if self.picture_shape is not None:
            return self.features.stored(index).T.reshape(-1, *self.picture_shape)
        return None if self.photos is None else self.photos.small[index]

    @cached_property
    def example_names(self) -> tuple[str, ...]:
        """(m,) the names, or "example 0", "example 1", ... where there are none."""
        return self.names or tuple(f"example {i}" for i in range(len(self)))

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """(n_x,) the features' names, or "x1", "x2", ... where there are none."""
        return self.feature_names or tuple(f"x{j + 1}" for j in range(self.features.shape[0]))

    def check_scaled(self, dtype: Any) -> None:
        """InputError for features that are missing, or beyond `dtype`, once they are scaled."""
        if len(self):
            try:
                if self.scaling.whole or self.dtype.kind != "f" or self.in_file:
                    self.matrix(dtype)  # of a file, its blocks are looked at as they are read
                    return
                blocks = (some for _, some in self.features.blocks())
                ends = (np.stack([some.min(axis=1), some.max(axis=1)], axis=1) for some in blocks)
                self.scaling(np.concatenate(list(ends)), np.dtype(dtype))
            except InputError as error:
                raise error.at(self.source or "Dataset") from None

    def matrix(self, dtype: Any = np.float64) -> FeatureMatrix:
        """A new feature matrix (n_x, m): pixels are scaled where they are used, floats once.

        Keep it to use its Gram matrix again: another call makes another matrix, with none yet.
        """
        return self.features.scaled(self.scaling.given(self.facts), dtype)

    @property
    def Y(self) -> np.ndarray:
        """Labels as the equations want them, float64: (1, m) of 0 and 1 for two classes, or of a
        regression's numbers; else (n_classes, m) with a single 1 in each column."""
        if len(self.classes) in (0, 2):
            return self.labels.reshape(1, -1).astype(np.float64)
        return np.eye(len(self.classes))[:, self.labels]

    def select(self, index: Any) -> "Dataset":
        """The examples at `index` (m,) boolean or integers.

        They keep this set's scaling, so that its models take them as they are; see `rescaled`.
        InputError for others than there are.
        """
        try:
            index = np.atleast_1d(np.arange(len(self))[index])
        except (IndexError, ValueError, TypeError):
            expected = f"which of the {len(self)} examples, as numbers or one True or False each"
            raise InputError("Dataset.select", expected, checks.describe(index)) from None
        names = None if self.names is None else tuple(self.names[i] for i in index)
        features, labels = self.features.select(index), self.labels[index]
        facts = {name: values[index] for name, values in self.facts.items()}
        photos = None if self.photos is None else self.photos.select(index)
        own: dict[str, Any] = {"features": features, "labels": labels, "names": names}
        return replace(self, **own, facts=facts, photos=photos)

    def joined(self, other: "Dataset") -> "Dataset":
        """These examples and then those of `other`, of the same features and classes; all scaled
        as these are, without names, and with the facts that both have."""
        facts = {
            name: np.concatenate([values, other.facts[name]])
            for name, values in self.facts.items()
            if name in other.facts
        }
        features = joined(self.features, other.features)
        labels = np.concatenate([self.labels, other.labels])
        none: dict[str, Any] = {"names": None, "photos": None}
        return replace(self, features=features, labels=labels, facts=facts, **none)

    def unlabeled(self, where: str, raw: Any) -> "Dataset":
        """Other examples of the same features, raw (n_x, q), scaled as these are; their labels, all
        the first class or 0, mean nothing.

        InputError for another number of features, or for others than bytes where these are bytes.
        """
        raw = checks.matrix(where, "raw", raw, missing=self.dtype.kind == "f")
        checks.features(where, raw.shape, self.features.shape[0], "raw")
        own = raw.astype(self.dtype)
        if np.issubdtype(own.dtype, np.integer) and not np.array_equal(own, raw):
            fix = "Pass pixels as the data hold them, unscaled."
            raise InputError(where, f"raw of {own.dtype} numbers", "others", fix)
        labels = np.zeros(own.shape[1], self.labels.dtype)
        features = feature_matrix(own, missing=True)
        none: dict[str, Any] = {"names": None, "facts": {}, "photos": None}
        return replace(self, features=features, labels=labels, **none)

    def prepared(self, how: str | Scaling) -> "Dataset":
        """The same with another preparation, learned from these examples.

        how : names of steps with commas between them, such as "log1p,snv,standard", "batch:plate"
            (of the fact `plate`) or "missing:median,robust"; see `chainrule.data.steps`.
        """
        scaling = how if isinstance(how, Scaling) else Scaling.named(how)
        try:
            own = scaling.check(self.features.shape[0]).given(self.facts)
            fitted = self.features.fitted(own) if own.learned else own
        except InputError as error:
            raise error.at(self.source) if self.source else error from None
        return replace(self, scaling=fitted)

    def rescaled(self) -> "Dataset":
        """The same examples as a training set of their own: what its preparation learns from data
        ("standard") is learned from these."""
        return self.prepared(self.scaling)

    def digest(self) -> str:
        """By which the same examples, labels and scaling are known again, whatever their names.

        Photos by their files or pixels: features may differ in the last digit between machines.
        """
        if self.encoder is not None and self.photos is not None:
            kind = repr((self.scaling.kind, self.encoder.digest, self.bits))
            return digest(self.Y, kind, *self.photos.keys)
        kind = repr((self.scaling.kind, self.dtype, self.features.shape))
        return digest(self.Y, *self.features.known_by(), kind, *self.scaling.arrays().values())

    def without(self, classes: Sequence[str]) -> "Dataset":
        """The examples of all other classes, and a note of how many that leaves out."""
        if not classes:
            return self
        gone = {self.class_called(name, "a class to leave out") for name in classes}
        stay = [k for k in range(len(self.classes)) if k not in gone]
        kept = self.select(np.isin(self.labels, stay))
        labels, left = np.searchsorted(stay, kept.labels), tuple(self.classes[k] for k in stay)
        said = f"left out {len(self) - len(kept)} examples of {checks.listed(classes)}"
        return replace(kept, labels=labels, classes=left).noted(said)

    def class_called(self, name: str, what: str, where: str = "") -> int:
        """Which class is called so; else a DataError of the place `where`, which says `what`."""
        where = where or self.source or "Dataset"
        checks.kind(where, what, name, str)
        known = list(map(alike, self.classes))
        if not known:
            fix = "Leave it out, or take the numbers as classes: --task classification."
            raise DataError(where, f"classes, for {what} ({name})", "a regression's numbers", fix)
        if alike(name) not in known:
            expected = f"{what} to be one of {checks.listed(self.classes)}"
            near = checks.did_you_mean(name, self.classes)
            raise DataError(where, expected, repr(name), near)
        return known.index(alike(name))

    def with_positive(self, name: str) -> "Dataset":
        """A binary problem: class `name` (label 1) against all the rest (label 0)."""
        positive = self.class_called(name, "the positive class")
        name = self.classes[positive]
        others = [c for c in self.classes if c != name]
        rest = others[0] if len(others) == 1 else f"not {name}"
        labels = (self.labels == positive).astype(np.int64)
        return replace(self, labels=labels, classes=(rest, name))

    def aligned(self, classes: tuple[str, ...], known_by: str = "the model") -> "Dataset":
        """The same examples with labels as indices into `classes`, matched by name.

        The data may hold some of the classes only, in any order. A two-class model of
        (not cat, cat), or non-cat and the like, takes data of any classes among which is cat.
        Without classes, of a regression, they become numbers. `known_by` says in the error whose
        classes these are.
        """
        if not classes:
            return self.with_task("regression")
        where = self.source or "Dataset"
        expected = f"examples of the classes that {known_by} knows ({checks.listed(classes)})"
        if not self.classes:
            raise DataError(where, expected, "a regression's numbers")
        present = [self.classes[k] for k in np.unique(self.labels)]
        key = comparison(self.classes, classes)
        places = {key(c): k for k, c in enumerate(classes)}
        foreign = [c for c in present if key(c) not in places]
        if not foreign:
            place = np.array([places.get(key(c), -1) for c in self.classes])
            return replace(self, labels=place[self.labels].astype(np.int64), classes=classes)
        mine = list(map(alike, self.classes))
        if len(classes) == 2 and denies(*classes) and alike(classes[1]) in mine:
            return replace(self.with_positive(classes[1]), classes=classes)
        got, fix = f"examples of {checks.listed(foreign)}", "Rename them, or --drop-class them."
        raise DataError(where, expected, got, fix)


@dataclass(frozen=True, eq=False)
class Splits:
    """What one source gave: a training set and, where it has them, validation and test sets.

    All share classes, picture shape and the scaling learned from the training set.
    skipped : files that could not be read, each "path: reason". repeated : by the name of a set
    which of its examples are exactly in one before it, too (`with_overlaps`).
    """

    train: Dataset
    validation: Dataset | None = None
    test: Dataset | None = None
    skipped: tuple[str, ...] = ()
    repeated: Mapping[str, Sequence[int]] = field(default_factory=dict)

    _repr_html_ = shown_by("data.html_of_splits")

    def changed(self, change: Callable[[Dataset], Dataset]) -> "Splits":
        """The same change to each set: first training, then validation, then test."""
        sets = {name: getattr(self, name) for name in ("train", "validation", "test")}
        made = {name: change(data) for name, data in sets.items() if data is not None}
        return replace(self, **made)  # type: ignore[arg-type]

    def noted(self, *notes: str) -> "Splits":
        """The same with more to say of the training set (`Dataset.noted`)."""
        return replace(self, train=self.train.noted(*notes))

    def prepared(self, how: str | Scaling) -> "Splits":
        """All sets with another preparation, learned from the training set (`Dataset.prepared`)."""
        scaling = self.train.prepared(how).scaling
        return self.changed(lambda data: replace(data, scaling=scaling))

    @property
    def tested(self) -> tuple[str, Dataset]:
        """What a model is judged by, with its name: of the test set, else the validation set, what
        is in no set before it; where nothing is, the training set."""
        name = next(n for n, data in reversed(self.sets.items()) if self._left(n) < len(data))
        data = self.sets[name]
        if not self._left(name):
            return name, data
        return name, data.select(np.setdiff1d(np.arange(len(data)), self.repeated[name]))

    def _left(self, name: str) -> int:
        """How many of a set are in one before it, too."""
        return len(self.repeated.get(name, ()))

    @property
    def uncounted(self) -> str:
        """What `tested` leaves out, a sentence; or ""."""
        judged, _ = self.tested
        names = [*self.sets]
        n = sum(map(self._left, names[names.index(judged) :]))
        return f"Not counted: {counted(n, 'example')} of another set, too." if n else ""

    @property
    def watched(self) -> tuple[str, Dataset | None]:
        """What a training's curve shows beside the training set, with its name: validation set,
        else test set, else nothing."""
        name = "test" if self.validation is None else "validation"
        return name, self.sets.get(name)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was understood of the source: of each set what was not said of one before it."""
        return tuple(dict.fromkeys(note for data in self.sets.values() for note in data.notes))

    @property
    def sets(self) -> dict[str, Dataset]:
        """Those that there are, by name: training, validation, test."""
        found = {"training": self.train, "validation": self.validation, "test": self.test}
        return {name: data for name, data in found.items() if data is not None}
