"""What can go wrong, as one tree.

    ChainruleError
    ├── InputError (also a ValueError)     something given does not fit: an array, a label,
    │   │                                  a hyperparameter, an option
    │   ├── DataError                      a data source cannot be read or means nothing
    │   └── ModelFileError                 a model or checkpoint file cannot be trusted
    ├── DivergenceError (an ArithmeticError)   the cost is no longer finite
    └── ClusterError                       a scheduler is gone, or workers died again and again

Every InputError says where, what was expected, what was got, and how to mend it:

    Network: expected X with 12288 rows (features), one column per example; got
    (209, 12288). The examples look like rows: pass X.T.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class ChainruleError(Exception):
    """The root: catching it catches everything that chainrule raises on purpose."""


class InputError(ChainruleError, ValueError):
    """Something given does not fit.

    where : the function, file or option concerned.
    expected, got : short facts: shapes, dtypes, names; never an array's contents.
    fix : what to do about it, a full sentence; may be empty.
    """

    def __init__(self, where: str, expected: str, got: str, fix: str = "") -> None:
        self.where, self.expected, self.got, self.fix = where, expected, got, fix
        super().__init__(where, expected, got, fix)

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; got {self.got}. {self.fix}".rstrip()

    def at(self, where: str) -> "InputError":
        """The same error with its place named more exactly by an outer layer, unless it begins so
        already."""
        known = self.where.startswith((f"{where}:", f"{where},"))
        place = self.where if known else f"{where}: {self.where}"
        return type(self)(place, self.expected, self.got, self.fix)


class DataError(InputError):
    """A data source cannot be read, or does not mean what was asked of it."""


class ModelFileError(InputError):
    """A model or checkpoint file is truncated, foreign, too new, or inconsistent."""


class DivergenceError(ChainruleError, ArithmeticError):
    """The cost stopped being a finite number while training, or rose far above its start.

    iteration : the iteration of which that is said, counted from 0. cost : what it did there.
    """

    def __init__(
        self, iteration: int, learning_rate: float, cost: str = "the cost is not finite"
    ) -> None:
        self.iteration, self.learning_rate, self.cost = iteration, learning_rate, cost
        super().__init__(iteration, learning_rate, cost)

    def __str__(self) -> str:
        return (
            f"training diverged: {self.cost} at iteration {self.iteration} "
            f"(learning rate {self.learning_rate:g}). Try a learning rate ten times smaller, "
            "or scale the features (pixels / 255, or standardized), or a smaller l2."
        )


@contextmanager
def needing(
    where: str, package: str, extra: str, kind: type[InputError] = InputError, besides: str = ""
) -> Iterator[None]:
    """Imports of a package that comes with an extra: without it the error says how to install it.
    besides : what else can be done."""
    try:
        yield
    except ImportError:
        fix = f'Install it: pip install "chainrule[{extra}]".{besides}'
        raise kind(where, f"the package {package}", "none", fix) from None


class ClusterError(ChainruleError):
    """A cluster failed while it worked: its scheduler is gone, or workers died of a task again and
    again. What was done before is kept as after Ctrl-C."""
