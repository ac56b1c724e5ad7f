"""What the arrays of an archive are, by the names that people give them."""

import re
from collections.abc import Mapping

import numpy as np

from chainrule.data.labels import along_one_axis
from chainrule.data.readers.sources import SETS
from chainrule.errors import DataError

KINDS = {
    "x": "x|data|images?|imgs|pictures|features|inputs",
    "y": "y|labels?|targets?",
    "classes": "classes|class_names|target_names|label_names",
    "image_shape": "image_shape",
}
LAYOUT = (
    "X and y, or X_train, y_train[, X_val, y_val], X_test, y_test (images or data for X, labels or "
    "target for y, in any case and order of the words), and perhaps classes and image_shape"
)
POSITION = re.compile(r"arr_\d+")  # as numpy.savez calls what is given without a name
Arrays = Mapping[str, np.ndarray]


def _pattern() -> re.Pattern[str]:
    roles = "|".join(f"(?P<{{0}}{role}>{'|'.join(names)})" for role, names in SETS.items())
    kinds = "|".join(f"(?P<{kind}>{names})" for kind, names in KINDS.items())
    before, after = (roles.replace("{0}", place) for place in ("a_", "b_"))
    return re.compile(f"(?:(?:{before})[_ .-]?)?(?:{kinds})(?:[_ .-]?(?:{after}))?", re.IGNORECASE)


PATTERN = _pattern()


def known(name: str) -> str | None:
    """x_train, y_test, classes, ... for the name of an array, or None: X and images_train are
    x_train, trainLabels is y_train."""
    found = PATTERN.fullmatch(name)
    if found is None:
        return None
    words = {word for word, text in found.groupdict().items() if text is not None}
    kind = next(word for word in words if word in KINDS)
    roles = [word[2:] for word in words if word not in KINDS]
    if kind in ("classes", "image_shape"):
        return None if roles else kind
    return f"{kind}_{roles[0] if roles else 'train'}" if len(roles) < 2 else None


def named(arrays: Arrays, where: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """The arrays by what they are, and what is to be said of that.

    Arrays without names are told apart by their shapes: labels are those along one axis.

    Raises DataError for two arrays that are the same, and for none that are X.
    """
    if arrays and all(map(POSITION.fullmatch, arrays)):
        return _by_place(dict(arrays), where)
    names = {name: known(name) for name in arrays}
    places = {what: name for name, what in names.items() if what is not None}
    if len(places) < sum(what is not None for what in names.values()):
        raise DataError(where, "one array of each name", ", ".join(arrays))
    if "x_train" not in places:
        got = ", ".join(arrays) or "an empty archive"
        raise DataError(where, f"the arrays {LAYOUT}", got, "Name them so with numpy.savez.")
    foreign = [name for name, what in names.items() if what is None]
    # Only what is known is asked for: an archive unpacks nothing else.
    found = {what: arrays[name] for what, name in places.items()}
    return found, (f"left out the arrays {', '.join(foreign)}",) if foreign else ()


def _by_place(arrays: Arrays, where: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    labels = [name for name, a in arrays.items() if along_one_axis(a)]
    features = [name for name in arrays if name not in labels]
    if not 1 <= len(labels) == len(features) <= 2:
        shapes = ", ".join(f"{name} of shape {a.shape}" for name, a in arrays.items())
        raise DataError(where, f"the arrays {LAYOUT}", shapes, "Name them so with numpy.savez.")
    found: dict[str, np.ndarray] = {}
    words = []
    for role, x, y in zip(("train", "test"), features, labels, strict=False):
        found |= {f"x_{role}": arrays[x], f"y_{role}": arrays[y]}
        words.append(f"{x} and {y} as X and y of the {role}ing set".replace("testing", "test"))
    return found, (f"taken {'; '.join(words)}",)
