"""How much of X is made into floats at a time."""

from collections.abc import Iterator

# Small beside the pixels, but with 1 MB the Gram matrix of 1000 pictures of 12288 numbers takes
# about a third longer. From 4 MB up it hardly changes.
BLOCK_BYTES = 16 * 2**20


def blocks_of(n: int, n_bytes: int, most: int | None = None) -> Iterator[slice]:
    """Slices that are all of range(n), of BLOCK_BYTES each, or of at most `most` places.

    n_bytes : that one place takes.
    """
    step = max(1, BLOCK_BYTES // max(1, n_bytes)) if most is None else most
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
