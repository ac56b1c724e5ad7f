"""Data that come with the library, by name: a part of Fashion-MNIST, and small sets in the plane,
the problems that a straight line cannot solve.
"""

from importlib import resources

import numpy as np

from chainrule.data.dataset import Dataset, Splits

CLASSES = ("red", "blue")  # the colors that the course draws labels 0 and 1 in
TRAIN, TEST = 400, 200  # points; the course's flower has 400


def open_builtin(name: str, seed: int = 0) -> Splits:
    """The built-in data set called `name`, one of NAMES; `seed` draws the planar ones: 400 training
    and 200 test points, in this order from one generator."""
    if name == "fashion":
        return _fashion()
    kind, rng = name.partition(":")[2] or "flower", np.random.default_rng(seed)
    train, test = (
        Dataset(*KINDS[kind](rng, m), classes=CLASSES, source=f"planar:{kind}")
        for m in (TRAIN, TEST)
    )
    return Splits(train, test=test)


def _fashion() -> Splits:
    """A balanced part of Fashion-MNIST: 100 training and 50 test pictures of each of 10 classes.

    28 x 28 gray uint8, white on black. Han Xiao, Kashif Rasul, Roland Vollgraf, "Fashion-MNIST:
    a Novel Image Dataset for Benchmarking Machine Learning Algorithms", arXiv:1708.07747; MIT
    license, Zalando SE 2017. tools/make_fashion.py chose the pictures. Names tell the place in
    the original files: "train[16]", "t10k[0]".
    """
    place = resources.files("chainrule.data").joinpath("files", "fashion.npz")
    with place.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive)
    classes = tuple(arrays["classes"].tolist())

    def part(name: str) -> Dataset:
        pictures = arrays[f"{name}_pictures"]
        X, labels = pictures.reshape(len(pictures), -1).T, arrays[f"{name}_labels"].astype(np.int64)
        names = tuple(f"{name}[{place}]" for place in arrays[f"{name}_places"])
        return Dataset(X, labels, classes, names, pictures.shape[1:], source="fashion")

    return Splits(part("train"), test=part("t10k"))


def _labels(m: int) -> np.ndarray:
    return np.repeat([0, 1], [m - m // 2, m // 2])


def flower(rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    """m points X (2, m) float64 and their labels (m,) int64: first the points of class 0, then as
    many of class 1.

    The course's flower (planar_data_utils.load_planar_dataset): petals of alternate class.

        r = 4 sin(4 theta) + 0.2 noise,  x = (r sin theta, r cos theta)

    theta runs over [0, 3.12] for class 0 and [3.12, 6.24] for class 1, with noise of 0.2 as well.
    """
    labels = _labels(m)
    sweep = np.concatenate([np.linspace(0, 1, (labels == k).sum()) for k in (0, 1)])
    theta = 3.12 * (labels + sweep) + 0.2 * rng.standard_normal(m)
    r = 4 * np.sin(4 * theta) + 0.2 * rng.standard_normal(m)
    return r * np.array([np.sin(theta), np.cos(theta)]), labels


def moons(rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into each other, as in scikit-learn's make_moons; noise 0.2."""
    labels = _labels(m)
    theta = rng.uniform(0, np.pi, m)
    upper = np.array([np.cos(theta), np.sin(theta)])
    lower = np.array([1 - np.cos(theta), 0.5 - np.sin(theta)])
    return np.where(labels, lower, upper) + 0.2 * rng.standard_normal((2, m)), labels


def circles(rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    """A circle of radius 1 (class 0) around one of radius 1/2 (class 1); noise 0.1."""
    labels = _labels(m)
    theta = rng.uniform(0, 2 * np.pi, m)
    circle = np.array([np.cos(theta), np.sin(theta)]) * np.where(labels, 0.5, 1.0)
    return circle + 0.1 * rng.standard_normal((2, m)), labels


def xor(rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The square [-1, 1]^2; class 1 where the coordinates differ in sign; noise 0.1."""
    labels = _labels(m)
    first = rng.uniform(-1, 1, m)
    second = rng.uniform(0, 1, m) * np.sign(first) * np.where(labels, -1, 1)
    return np.array([first, second]) + 0.1 * rng.standard_normal((2, m)), labels


KINDS = {draw.__name__: draw for draw in (flower, moons, circles, xor)}
