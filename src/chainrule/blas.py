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
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

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


@cache
def _two() -> tuple[Any, Any]:
    """Controllers of NumPy's BLAS and of SciPy's, which in wheels is another."""
    import scipy.linalg.blas  # noqa: F401  that it is loaded
    from threadpoolctl import ThreadpoolController

    both = ThreadpoolController().select(user_api="blas")
    paths = [library.filepath for library in both.lib_controllers]
    own = [path for path in paths if {"scipy", "scipy.libs"} & set(Path(path).parts[-3:])]
    return both.select(filepath=[*set(paths) - set(own)]), both.select(filepath=own)


def one_of_scipys() -> AbstractContextManager[Any]:
    """A block in which SciPy's BLAS, where it is another than NumPy's, has one thread."""
    return _two()[1].limit(limits=1)


def add_product(total: "np.ndarray", A: "np.ndarray", B: "np.ndarray") -> None:
    """A B is added to the total, an array (n, m) that lies row by row, by SciPy's BLAS.

    It adds as it multiplies, which none of NumPy's products does. With the threads that NumPy's
    BLAS has at the time, which should have nothing to do in between: both wait busily.
    """
    (b, of_b), (a, of_a) = _by_column(B.T), _by_column(A.T)
    _added("gemm", total, 1.0, b, a, trans_a=of_b, trans_b=of_a)


def add_square(total: "np.ndarray", A: "np.ndarray") -> None:
    """A^T A likewise, of the total (m, m) what is not above its diagonal: half the work."""
    a, transposed = _by_column(A.T)
    _added("syrk", total, 1.0, a, trans=transposed)


def _by_column(A: "np.ndarray") -> "tuple[np.ndarray, bool]":
    """As BLAS reads it without a copy, where it can be; and whether that is its transpose."""
    return (A.T, True) if A.flags.c_contiguous else (A, False)


def _added(name: str, total: "np.ndarray", *of: Any, **how: Any) -> None:
    from scipy.linalg.blas import get_blas_funcs

    numpys, scipys = (one.lib_controllers for one in _two())
    for library in scipys:
        library.set_num_threads(max((one.num_threads for one in numpys), default=1))
    found = get_blas_funcs(name, (total,))(*of, beta=1.0, c=total.T, overwrite_c=True, **how)
    assert found.ctypes.data == total.ctypes.data, "it lies row by row"


def one_for_good() -> None:
    """One BLAS thread from now on, in a process whose threads each do a task of their own."""
    _controller().limit(limits=1)


def for_steps(first: float, layer_sizes: Sequence[int], batch: int) -> AbstractContextManager[Any]:
    """A block of many steps of a training: one thread, or all if a product is worth it.

    first : operations of the first layer's product; the layers above it take 2 n k batch.
    """
    above = (2.0 * n * k * batch for n, k in pairwise(layer_sizes[1:]))
    return at_most(None if max(first, *above, 0.0) >= WORTH else 1)
