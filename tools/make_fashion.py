"""Make src/chainrule/data/files/fashion.npz from Debian's package dataset-fashion-mnist.

    python tools/make_fashion.py [/usr/share/datasets/fashion-mnist] [fashion.npz]

The choice needs no randomness: of each class the first 100 pictures of the training file and
the first 50 of the test file (t10k), left in file order. The same input gives the same bytes.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

SOURCE = Path("/usr/share/datasets/fashion-mnist")
TARGET = Path(__file__).parents[1] / "src/chainrule/data/files/fashion.npz"
PER_CLASS = {"train": 100, "t10k": 50}
# In the order of the labels 0 to 9, as the data set's own README names them.
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of bytes (yann.lecun.com/exdb/mnist): magic 0 0 8 ndim, sizes, then values."""
    content = gzip.decompress(path.read_bytes())
    ndim = content[3]
    sizes = np.frombuffer(content, ">i4", count=ndim, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * ndim).reshape(sizes)


def first_of_each(labels: np.ndarray, count: int) -> np.ndarray:
    """The places of the first `count` examples of every class, ascending."""
    return np.sort(np.concatenate([np.flatnonzero(labels == k)[:count] for k in range(10)]))


def main(source: Path = SOURCE, target: Path = TARGET) -> None:
    arrays = {"classes": np.array(CLASSES)}
    for part, count in PER_CLASS.items():
        labels = read_idx(source / f"{part}-labels-idx1-ubyte.gz")
        places = first_of_each(labels, count)
        arrays[f"{part}_pictures"] = read_idx(source / f"{part}-images-idx3-ubyte.gz")[places]
        arrays[f"{part}_labels"] = labels[places]
        arrays[f"{part}_places"] = places.astype(np.int32)
    np.savez_compressed(target, **arrays)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
