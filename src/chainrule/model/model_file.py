"""A trained network with all that a prediction needs, in one file that runs no code."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import checks
from chainrule._version import __version__
from chainrule.data import Dataset, FeatureMatrix, Scaling, Splits, feature_matrix, matched
from chainrule.data.encode import encoded
from chainrule.data.encoders import ENCODERS, Encoder, encoder
from chainrule.data.encoders.encoding import Encoding
from chainrule.data.matrix.blocks import BlockMatrix
from chainrule.data.readers.images import DEPTHS, squashed
from chainrule.data.transform import KINDS
from chainrule.display import shown_by
from chainrule.errors import InputError, ModelFileError
from chainrule.files import tensor_file
from chainrule.model.described import EXAMPLES as DESCRIBED
from chainrule.model.described import Described, compared
from chainrule.network import Network

# Single networks are still written as version 1, which older programs read; ensembles need 2, other
# preparations than these of KINDS and thresholds other than 1/2 need 3, and encoders 4.
FORMAT, VERSION = "model", 4
AS_THEY_ARE = ("classes", "image_shape", "bits", "feature_names", "training")  # in the metadata
OTHER_SIZES = ((480, 640), (300, 200), (64, 64), (1000, 700))  # of photos, when it is exported
EXAMPLES = 512  # turned into floats at a time
Array = np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A network or an ensemble of R, and what its inputs and outputs mean.

        p = 1/R sum_r p_r,    spread = sqrt(1/R sum_r (p_r - p)^2)

    An ensemble answers with the mean p of its members' probabilities p_r (Lakshminarayanan,
    Pritzel & Blundell 2017, section 2.4); `spread` says how far they disagree.

    network : a single one, or one of R runs, which are then the members.
    classes : names; for a sigmoid output (not this, this), the second being label 1. () of a
        regression, whose answers are numbers; an ensemble's is then the mean of its members'.
    scaling : how raw features become inputs.
    image_shape : (height, width, 3) or (height, width) of a picture, or None; with an encoder that
        of the small ones that are shown. encoder : what makes features of photos, or None.
    feature_names : the columns of the table that the features came from, or None.
    training : how it was trained: plain facts, kept for people to read.
    bits : how many bits of 16-bit picture files were used (`read_image`).
    threshold : of two classes the second is answered where its probability is above it.
    source : the file it came from, for messages.
    """

    network: Network
    classes: tuple[str, ...]
    scaling: Scaling = field(default_factory=Scaling)
    image_shape: tuple[int, ...] | None = None
    feature_names: tuple[str, ...] | None = None
    training: dict[str, Any] = field(default_factory=dict)
    bits: int = 16
    threshold: float = 0.5
    source: str = ""
    encoder: Encoder | None = None

    def __post_init__(self) -> None:
        checks.kind("Model", "network", self.network, Network)
        checks.kind("Model", "scaling", self.scaling, Scaling)
        for name in ("classes", "feature_names", "image_shape"):
            if (value := getattr(self, name)) is not None or name == "classes":
                object.__setattr__(self, name, checks.listing("Model", name, value))
        (n_x, *_, n_y), names = self.network.layer_sizes, self.feature_names
        if self.network.n_runs == 0:
            raise InputError("Model", "at least one network", "a network of 0 runs")
        given, classifies = len(self.classes), self.network.loss_function.classifies
        n = max(2, n_y) if classifies else 0
        if given != n:
            of = "for a classifier" if classifies else f"of a regression ({self.network.loss})"
            raise InputError("Model", f"{n or 'no'} class names {of}", f"{given}")
        if not classifies and n_y != 1:
            raise InputError("Model", "one output of a regression", f"{n_y}")
        for name in (*self.classes, *(names or ())):
            if not isinstance(name, str):
                got = f"a name of type {type(name).__name__}"
                fix = "Pass str(name) for each."
                raise InputError("Model", "names of classes and features to be text", got, fix)
        if len(set(self.classes)) < given:
            raise InputError("Model", "class names that differ", "a name that occurs twice")
        if names is not None and len(names) != n_x:
            raise InputError("Model", f"{n_x} feature names", f"{len(names)}")
        if n_y > 1 and self.network.activations[-1] != "softmax":
            raise InputError("Model", "a softmax output for several classes", "sigmoid")
        if type(self.bits) is not int or self.bits not in DEPTHS:
            raise InputError("Model", f"bits to be one of {DEPTHS}", checks.describe(self.bits))
        checks.number("Model", "threshold", self.threshold, least=0, most=1)
        if self.threshold != 0.5 and given != 2:
            raise InputError("Model", "two classes, for a threshold between them", f"{given}")
        for side in self.image_shape or ():
            checks.whole_number("Model", "each side of image_shape", side, least=1)
        if self.encoder is not None:
            checks.kind("Model", "encoder", self.encoder, Encoder)
            checks.features("Model", (n_x, 0), self.encoder.n_features, "inputs of the network")
        if self.picture_shape is not None and int(np.prod(self.picture_shape)) != n_x:
            raise InputError("Model", f"a picture of {n_x} numbers", f"{self.image_shape}")
        self.scaling.check(n_x)

    def __repr__(self) -> str:
        means = f"classes {checks.listed(self.classes)}" if self.classes else "a regression"
        return f"Model({self.network}, {means}, {self.scaling})"

    _repr_html_ = shown_by("networks.model_html")

    @classmethod
    def of(
        cls,
        network: Network,
        data: Dataset | Splits,
        training: dict[str, Any] | None = None,
    ) -> "Model":
        """A network trained on `data`, with its classes, scaling, picture shape and columns."""
        data = data.train if isinstance(data, Splits) else data
        checks.kind("Model.of", "data", data, Dataset)
        shape, names = data.picture_shape, data.feature_names
        if data.encoder is not None:
            shape = data.image_shape
        known = training or {}, data.bits
        return cls(network, data.classes, data.scaling, shape, names, *known, encoder=data.encoder)

    def prepare(self, data: Dataset) -> Dataset:
        """`data` with this model's classes, columns and scaling, or DataError if it has others.
        Pictures become features here, where the model has an encoder."""
        data = self._encoded(data)
        n_x = self.network.layer_sizes[0]
        blank = np.empty((n_x, 0), np.uint8 if data.dtype == np.uint8 else np.float64)
        labels, names = np.empty(0, np.int64), self.feature_names
        own = Dataset(
            *(blank, labels, self.classes, None, self.image_shape),
            feature_names=names,
            encoder=self.encoder,
        )
        return replace(matched(data, own, "the model"), scaling=self.scaling)

    def _encoded(self, data: Dataset) -> Dataset:
        """Features of its pictures, if the model has an encoder and they are not encoded yet."""
        if self.encoder is None or data.encoder is not None or data.picture_shape is None:
            return data
        return encoded(data, Encoding(self.encoder))

    def _features(self, raw: Any) -> Any:
        """The features of what `outputs` takes; photos are encoded."""
        if isinstance(raw, Dataset):
            raw = self._encoded(raw)
            if raw.encoder != self.encoder:
                made = "none" if raw.encoder is None else raw.encoder.name
                own = "no encoder" if self.encoder is None else self.encoder.name
                fix = "Read them as the model's training did (--features)."
                raise InputError(self.source or "Model", f"data of {own}", f"of {made}", fix)
            return raw.features
        if self.encoder is None or isinstance(raw, FeatureMatrix):
            return raw
        encoding = Encoding(self.encoder)
        if isinstance(raw, np.ndarray) and raw.dtype == np.uint8 and raw.ndim in (3, 4):
            return encoding.arrays(raw).features.T
        if isinstance(raw, (list, tuple)) and all(isinstance(one, (str, Path)) for one in raw):
            shape = (*(self.image_shape or (64, 64))[:2], 3)
            return encoding.files(list(map(Path, raw)), shape, self.bits).features.T
        return raw

    @property
    def picture_shape(self) -> tuple[int, ...] | None:
        """`image_shape` where the network's inputs are a picture's pixels."""
        return self.image_shape if self.encoder is None else None

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
        return "classification" if self.classes else "regression"

    @property
    def n_members(self) -> int:
        """R for an ensemble, 1 for a single network."""
        return self.network.n_runs or 1

    def member(self, r: int) -> "Model":
        """Member r of an ensemble as a model of its own (views of the same arrays)."""
        return replace(self, network=self.network.run(r))

    def probabilities(self, A: Array) -> Array:
        """Of each class (n_classes, m), in the weights' dtype, from `outputs`' A, the members'
        averaged; of a regression the values (1, m)."""
        A = A if self.network.n_runs is None else A.mean(axis=0)
        found = class_probabilities(A) if self.classes else A
        return found.astype(self.network.dtype, copy=False)

    def spreads(self, A: Array) -> Array:
        """`spread` from `outputs`' A (R, n_y, m)."""
        S = A.std(axis=0)
        # 1 - a is spread as a is.
        S = np.concatenate([S, S]) if len(self.classes) == 2 else S
        return S.astype(self.network.dtype, copy=False)

    def outputs(self, raw: Any) -> tuple[Array, Array]:
        """Logits Z and outputs A (n_y, m), float64, for raw features (n_x, m), unscaled.

        (R, n_y, m) for an ensemble: of each member.
        raw : uint8 pixels or floats, an array or as a data set holds its features; or a Dataset,
        whose facts are used where samples are centered by batches; of a model with an encoder also
        photos of any size: a list of files, or an array (m, height, width[, 3]) uint8.

        In float32 the order of the sums alone would move a probability by 1e-5, so float32 weights
        are computed with in float64.

        InputError where numbers overflow on the way, of weights or features that large, or features
        are missing that no step fills.
        """
        scaling = self.scaling
        if isinstance(raw, Dataset):
            scaling = scaling.given(raw.facts)
        raw = self._features(raw)
        if not isinstance(raw, FeatureMatrix):
            raw = checks.matrix("Model", "raw", raw, missing=True)
        checks.features("Model", raw.shape, self.network.layer_sizes[0], "raw")
        exact, m = np.dtype(np.float64), raw.shape[1]
        network = self.network if self.network.dtype == exact else self.network.astype(exact)
        Z, A = np.empty((2, *network.biases[-1].shape[:-1], m))
        # What is in a file is read for all examples at once.
        at_once = m if scaling.batches or isinstance(raw, BlockMatrix) else EXAMPLES
        for start in range(0, m, max(1, at_once)):
            part = slice(start, start + at_once)
            try:
                if at_once == m:
                    some = raw
                else:
                    some = raw[:, part] if isinstance(raw, np.ndarray) else raw.select(part)
                X = feature_matrix(some, missing=True).scaled(scaling, exact)
                Z[..., part], A[..., part] = network.outputs(X)
            except InputError as error:
                raise error.at(self.source or "Model") from None
        checks.no_overflow(self.source or "Model", len(network.weights), Z)  # of an ensemble
        return Z, A

    def predict_proba(self, raw: Any) -> Array:
        """Probability of each class (n_classes, m), in the weights' dtype, for `outputs`' raw.

        The mean of an ensemble's members. Columns sum to 1. Computed in float64 and rounded at the
        end. InputError of a regression.
        """
        if not self.classes:
            fix = "Model.predict gives its numbers."
            raise InputError("Model.predict_proba", "a model of classes", "a regression", fix)
        return self.probabilities(self.outputs(raw)[1])

    def spread(self, raw: Any) -> Array:
        """How far the members disagree on each class (n_classes, m), in the weights' dtype; of a
        regression on the number (1, m), in its unit.

        The standard deviation of their probabilities around the mean that `predict_proba` gives,
        with divisor R: at most sqrt(p (1 - p)), so at most 1/2. Of all the members there are, no
        estimate for others. raw : as for `outputs`.

        InputError where there is only one member: a spread of 0 would read as certainty.
        """
        if self.n_members == 1:
            fix = "Train one with chainrule.experiments.train_ensemble."
            raise InputError("Model.spread", "an ensemble of 2 or more", "a single network", fix)
        return self.spreads(self.outputs(raw)[1])

    def predict(self, raw: Any) -> Array:
        """Index into `classes` of the most probable class (m,), or of two classes 1 where that is
        above the threshold, for raw features (n_x, m); of a regression the numbers (m,)."""
        found = self.probabilities(self.outputs(raw)[1])
        return decided(found, self.threshold) if self.classes else found[0]

    def refuse_batches(self, where: str) -> None:
        """InputError for a preparation that centers batches: a sample alone says nothing of it."""
        if batches := self.scaling.batches:
            expected, got = "a model that answers of each sample alone", f"batch:{batches[0]}"
            fix = "Train one whose preparation does not center batches."
            raise InputError(where, expected, got, fix)

    def described(self, raw: Any) -> Described:
        """What another program has to be told of it, and its answers to raw (n_x, m), or to some
        that are drawn: for `export_onnx`."""
        self.refuse_batches("export_onnx")
        if self.encoder is not None:
            return self._described_with_encoder(self.encoder, raw)
        raw = raw.raw if isinstance(raw, Dataset) else raw
        network, picture = self.network, self.image_shape
        n_x, pixels = network.layer_sizes[0], picture is not None
        if raw is None:
            rng, shape = np.random.default_rng(0), (n_x, compared(n_x))
            draw = self.scaling.drawn
            raw = rng.integers(0, 256, shape, dtype=np.uint8) if pixels else draw(rng, shape)
        raw = checks.matrix("export_onnx", "raw", raw, missing=True)
        checks.features("export_onnx", raw.shape, n_x, "raw")
        if pixels and raw.dtype != np.uint8:
            raise InputError("export_onnx", "raw pictures of 8 bits", str(raw.dtype))
        raw = raw if pixels else raw.astype(np.float64)
        rows = np.ascontiguousarray(raw.T).reshape(-1, *(picture or (n_x,)))
        return self._described(raw, rows, picture)

    def _described(self, raw: Array, rows: Array, picture: Any) -> Described:
        """Its answers to raw (n_x, m), which another program is given as these rows."""
        P = self.probabilities(self.outputs(raw)[1])
        facts = {"classes": list(self.classes)} if self.classes else {}
        if self.feature_names is not None:
            facts["feature_names"] = list(self.feature_names)
        spread = self.spread(raw).T if self.n_members > 1 else None
        decisions = decided(P, self.threshold) if self.classes else None
        answers = rows, P.T, decisions, facts, spread, self.threshold
        kind = "class" if self.classes else ""
        return Described(self.network, self.scaling, picture, kind, *answers)

    def _described_with_encoder(self, encoder: Encoder, raw: Any) -> Described:
        """Of photos: those of a data set, or some that are drawn."""
        side, of = encoder.side, DESCRIBED // 4
        if isinstance(raw, Dataset) and raw.photos is not None:
            rows = np.stack([raw.photos.at(i, side) for i in range(min(of, len(raw)))])
        else:
            coarse = np.random.default_rng(0).integers(0, 256, (of, 6, 6, 3), dtype=np.uint8)
            rows = np.stack([squashed(one, side, side) for one in coarse])
        features = encoder.features(rows).T
        found = self._described(features, rows, self.image_shape)
        sizes = zip(rows, OTHER_SIZES, strict=False)
        others = ((one := squashed(row, *size), self._numbers(one)) for row, size in sizes)
        return replace(found, encoder=encoder, raw=features, others=tuple(others))

    def _numbers(self, photo: Array) -> Array:
        """Answers (1, n) to one photo of any size."""
        return self.probabilities(self.outputs(photo[None])[1]).T


def class_probabilities(A: Array) -> Array:
    """Probability of each class (n_classes, m) from outputs A (n_y, m)."""
    return np.concatenate([1 - A, A]) if len(A) == 1 else A


def decided(P: Array, threshold: Any = 0.5) -> Array:
    """Index of the most probable class (m,) of P (n_classes, m); of two classes 1 where p is above
    the threshold, a number or (m,) of each."""
    return (P[1] > threshold).astype(np.int64) if len(P) == 2 else P.argmax(axis=0)


def save(model: Model, path: str | Path) -> None:
    """Write the model to `path` (safetensors with JSON metadata), atomically.

    An ensemble's arrays have its axis of runs. InputError where there is no such folder, or for
    training facts that JSON cannot hold.
    """
    checks.kind("save", "model", model, Model)
    network = model.network
    (arrays, kind), (learned, scaling) = network.saved(), model.scaling.saved()
    version = 1 if network.n_runs is None else 2
    usual = model.scaling.kind in KINDS and model.threshold == 0.5
    version = version if usual else 3
    facts = {
        "format": f"chainrule {FORMAT}",
        "version": version if model.encoder is None else VERSION,
        "written_by": f"chainrule {__version__}",
        "layer_sizes": network.layer_sizes,
        **kind,
        **{name: getattr(model, name) for name in AS_THEY_ARE},
        **scaling,
    }
    if network.n_runs is not None:
        facts["members"] = network.n_runs
    if model.threshold != 0.5:
        facts["threshold"] = model.threshold
    if model.encoder is not None:
        facts["encoder"] = {"name": model.encoder.name, "digest": model.encoder.digest}
    try:
        tensor_file.write(path, arrays | learned, facts)
    except TypeError as error:  # from json: everything else here is plain by construction
        fix = "Pass plain numbers, text, lists and dictionaries."
        raise InputError("save", "training facts that JSON can hold", str(error), fix) from None


def load(path: str | Path) -> Model:
    """The model in a file that `save` wrote, or in a run folder.

    ModelFileError for a file that is missing, truncated, foreign, of a newer format, or whose
    arrays do not fit what it says of itself.
    """
    path = tensor_file.of_model(checks.path("load", path))
    # Models of 0.1.0 before its release had no digest.
    arrays, facts = tensor_file.read(path, FORMAT, VERSION, sealed=False)
    try:
        return replace(_model(arrays, facts), source=checks.printable(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        detail = f"no {error}" if isinstance(error, KeyError) else str(error)
        expected, got = "arrays and metadata that fit each other", f"({detail[:200]})"
        fix = "It was damaged or edited: train again, or take a copy."
        raise ModelFileError(str(path), expected, f"an inconsistent file {got}", fix) from None


def _model(arrays: dict[str, Array], facts: dict[str, Any]) -> Model:
    network = Network.restored(arrays, facts)
    if list(network.layer_sizes) != list(facts["layer_sizes"]):
        raise ValueError(f"layers {facts['layer_sizes']}, arrays for {network.layer_sizes}")
    if network.n_runs != facts.get("members"):
        raise ValueError(f"members {facts.get('members')}, arrays for {network.n_runs}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds values that are not finite")
    own = {name: ({"bits": 16} | facts)[name] for name in AS_THEY_ARE}  # bits came after 0.1.0
    for name in ("classes", "image_shape", "feature_names"):
        if not isinstance(own[name], list | None):
            raise ValueError(f"{name} that are no list")
        own[name] = own[name] and tuple(own[name])
    own["training"] = dict(own["training"])
    own["threshold"] = facts.get("threshold", 0.5)
    own["encoder"] = _encoder(facts["encoder"]) if "encoder" in facts else None
    return Model(network, scaling=Scaling.restored(arrays, facts), **own)


def _encoder(facts: dict[str, Any]) -> Encoder:
    """The encoder that the model was trained with; ModelFileError for another."""
    name, digest = facts["name"], facts["digest"]
    if name in ENCODERS and encoder(name).digest == digest:
        return encoder(name)
    expected, got = f"an encoder known here ({checks.listed(ENCODERS)})", f"{name} ({digest[:8]})"
    fix = "Another version of chainrule has it: update."
    raise ModelFileError("encoder", expected, got, fix)
