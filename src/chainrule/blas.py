"""How many threads BLAS uses: as many as the work of one product is worth.

OpenBLAS's threads wait busily for the next product. In a training thousands of small products
follow one another: two threads gain little there on a quiet machine, and beside other programs each
waits for the other, which took the core that it needed (`python -m benchmarks --only busy`). Large
single products, as the Gram matrix, may use all.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

# Operations of one product from which on more threads gain a third on a quiet machine, all else
# that a step does included: `python -m benchmarks --only threads`.
WORTH = 1e8


def cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


@cache
def _controller() -> Any:
    """Of the BLAS libraries that are loaded when first asked, NumPy's among them."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@contextmanager
def at_most(threads: int | None) -> Iterator[None]:
    """A block with no more BLAS threads than this; None for as many as there are.

    BLAS has one number for the whole process: of several threads of Python that ask at a time,
    threadpoolctl listens to the first. In others, that compute beside it, nothing changes.
    InputError unless it is a whole number from 1 up.
    """
    if threads is None:
        yield
        return
    from chainrule import checks

    checks.whole_number("threads", "cores that may be used", threads, least=1)
    there = max((library.num_threads for library in _controller().lib_controllers), default=1)
    with _controller().limit(limits=min(threads, there)):  # which it sets when it is made
        yield


def one_for_good() -> None:
    """One BLAS thread from now on, in a process whose threads each do a task of their own."""
    _controller().limit(limits=1)


def for_steps(first: float, layer_sizes: Sequence[int], batch: int) -> AbstractContextManager[Any]:
    """A block of many steps of a training: one thread, or all if a product is worth it.

    first : operations of the first layer's product; the layers above it take 2 n k batch.
    """
    above = (2.0 * n * k * batch for n, k in pairwise(layer_sizes[1:]))
    return at_most(None if max(first, *above, 0.0) >= WORTH else 1)
