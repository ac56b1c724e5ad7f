"""One model, made ready to answer: its tensors, and what it says of arrays and of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.encoders.encoding import Encoding
from chainrule.errors import InputError
from chainrule.influence.out_of_distribution import Neighborhoods
from chainrule.jobs.sources import loaded
from chainrule.jobs.training_set import known_examples
from chainrule.model.model_file import Model, decided
from chainrule.service.bodies import answers_to_file
from chainrule.service.protocol import NAMES

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Served:
    """A model and what it is asked for.

    name : in addresses. path : its file. known : the training examples, that others are compared
    with, or None, and `unknown` says why.
    """

    name: str
    path: Path
    model: Model
    known: Neighborhoods | None
    unknown: str

    @classmethod
    def load(cls, name: str, path: Path, data: str | None = None) -> "Served":
        """Read it, and answer once, so that no request waits for what is loaded when it is used.

        Raises what `load` does; InputError for a model that does not answer of each alone.
        """
        model = loaded(path)
        if batches := model.scaling.batches:
            expected = "a model that answers of each example alone"
            raise InputError(str(path), expected, f"one that centers batches of {batches[0]}")
        served = cls(name, path, model, *known_examples(model, str(path), data))
        shape = [1 if n == -1 else n for n in served.shape]
        served.answers(np.zeros(shape, np.uint8 if served.input != "features" else np.float64))
        return served

    @cached_property
    def input(self) -> str:
        """The name of what goes in, as in the model's ONNX file."""
        if self.model.encoder is not None:
            return "photo"
        return "features" if self.model.image_shape is None else "picture"

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the input, examples first; -1 for any number."""
        if self.model.encoder is not None:
            return -1, -1, -1, 3
        return -1, *(self.model.image_shape or (self.model.network.layer_sizes[0],))

    def facts(self) -> dict[str, Any]:
        """The protocol's metadata of a model."""
        kind = NAMES[np.dtype(self.model.network.dtype)]
        of = len(self.model.classes) or 1
        numbers = {"class": ["BYTES", [-1]]} if self.model.classes else {}
        numbers["probabilities" if self.model.classes else "value"] = [kind, [-1, of]]
        if self.model.n_members > 1:
            numbers["spread"] = [kind, [-1, of]]
        outputs = [{"name": n, "datatype": t, "shape": s} for n, (t, s) in numbers.items()]
        datatype = "FP64" if self.input == "features" else "UINT8"
        inputs = [{"name": self.input, "datatype": datatype, "shape": list(self.shape)}]
        return {"name": self.name, "platform": "chainrule", "inputs": inputs, "outputs": outputs}

    def rows(self, inputs: dict[str, Array]) -> Array:
        """The one input, examples first, as `answers` takes it; InputError for another."""
        if list(inputs) != [self.input]:
            raise InputError("inputs", f"one, named {self.input!r}", f"{', '.join(inputs)}")
        given, pixels = inputs[self.input], self.input != "features"
        fits = given.ndim == len(self.shape) and all(
            want in (-1, got) for want, got in zip(self.shape, given.shape, strict=True)
        )
        if not fits or 0 in given.shape:
            shape = tuple("any" if n == -1 else n for n in self.shape)
            expected = f"a shape ({', '.join(map(str, shape))})"
            raise InputError(f"input {self.input!r}", expected, str(given.shape))
        if pixels and given.dtype != np.uint8:
            kind = NAMES[given.dtype]
            raise InputError(f"input {self.input!r}", "datatype UINT8", kind)
        return given if pixels else given.astype(np.float64, copy=False)

    def answers(self, rows: Array) -> dict[str, Array | Sequence[str]]:
        """The outputs by name, to examples (N, ...)."""
        model = self.model
        if model.encoder is not None:
            raw = Encoding(model.encoder, cache=False).arrays(rows).features.T
        else:
            raw = rows.reshape(len(rows), -1).T
        A = model.outputs(raw)[1]
        P, found = model.probabilities(A), dict[str, Array | Sequence[str]]()
        if model.classes:
            found["class"] = [model.classes[k] for k in decided(P, model.threshold)]
        found["probabilities" if model.classes else "value"] = P.T
        if model.n_members > 1:
            found["spread"] = model.spreads(A).T
        return found

    def predicted(self, body: bytes) -> dict[str, Any]:
        """What `chainrule predict --json` says of a picture file, or of a table as CSV.

        DataError for what cannot be read.
        """
        return answers_to_file(self.model, body, self.known)


def named(models: Sequence[str]) -> dict[str, Path]:
    """Files by the names under which they are served: NAME=PATH, or the file's or run folder's own.

    InputError for names that repeat, or do not fit into an address.
    """
    found: dict[str, Path] = {}
    for given in models:
        name, _, path = given.rpartition("=") if not Path(given).exists() else ("", "", given)
        name = name or Path(path).resolve().with_suffix("").name
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            fix = "Give it one: NAME=PATH."
            raise InputError(given, "a name of letters, digits and .-_", repr(name), fix)
        if name in found:
            raise InputError(given, "a name of its own", f"{name!r} twice", "Write NAME=PATH.")
        found[name] = Path(path)
    if not found:
        raise InputError("serve", "at least one model", "none")
    return found
