"""A pass over a file that is kept now and then, so that it goes on after whatever has ended it."""

import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.matrix.verbs import Product
from chainrule.data.transform import Scaling
from chainrule.files.atomic import whole_file, writable
from chainrule.interrupt import interruptible

# Between two writings: so many seconds at least, and times as long as one takes.
SECONDS, TIMES = 60.0, 20
ENDING = ".pass"


@dataclass(frozen=True)
class KeptPasses:
    """Where the passes of a piece of work are kept, the last series of them. told : is given what
    is gone on with, in words."""

    folder: Path
    told: Callable[[str], object]

    def path(self, series: str, key: str) -> Path:
        return self.folder / f"{series[:32]}-{key[:32]}{ENDING}"

    def write(self, path: Path, arrays: dict[str, Any]) -> None:
        """One file, atomically, in the place of those of other series; InputError if it cannot
        be."""
        with writable(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        series = path.name.partition("-")[0]
        for other in self.folder.glob(f"*{ENDING}"):
            if not other.name.startswith(series):
                other.unlink(missing_ok=True)
        with whole_file(path) as file:
            np.savez(file, **arrays)  # array by array, without a copy


class Pass:
    """How far a pass over the features is, and what it has given so far.

    passes : where it is kept, or None. scaling : of which `learned` are the parts that were learned
    for each index of examples, [] for none. products : whose totals grow.
    """

    def __init__(
        self,
        passes: KeptPasses | None,
        of: tuple[str, str],
        scaling: Scaling,
        learned: Sequence[list[Scaling]],
        products: Sequence[Product],
    ) -> None:
        self._passes, self._scaling, self._learned = passes, scaling, learned
        self._products, self.done, self._kept, self._stopped = products, 0, 0, False
        self._due = time.monotonic() + SECONDS
        if passes is not None:
            self._path = passes.path(*of)
            self._restore()

    def _restore(self) -> None:
        try:
            with np.load(self._path, allow_pickle=False) as file:
                for k, one in enumerate(self._products):
                    one.total[...] = file[f"total{k}"]
                for k, own in enumerate(self._learned):
                    start = f"learned{k}."
                    arrays = {n.removeprefix(start): file[n] for n in file if n.startswith(start)}
                    if arrays:
                        own.append(Scaling.restored(arrays, {"scaling": self._scaling.kind}))
                self.done = self._kept = int(file["done"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):  # none, or a damaged one
            for one in self._products:
                one.total[...] = 0
            for own in self._learned:
                own.clear()

    @contextmanager
    def stopping(self, n_x: int) -> Iterator[None]:
        """Within it, where it is kept, Ctrl-C ends the pass after the present block; what it has
        given is kept then, and at its end if it took long."""
        if self._passes is None:
            yield
            return
        if 0 < self.done < n_x:
            self._passes.told(f"a pass over the file, from feature {self.done:,} of {n_x:,} on")
        with interruptible(lambda: setattr(self, "_stopped", True)):
            yield
            if 0 < self._kept < n_x:
                self._write()

    def reached(self, done: int) -> None:
        """The features before `done` are added, or still no more than these."""
        self.done = done
        if self._passes is None:
            return
        if done > self._kept and (self._stopped or time.monotonic() > self._due):
            self._write()
        if self._stopped:
            raise KeyboardInterrupt

    def _write(self) -> None:
        assert self._passes is not None
        began, arrays = time.monotonic(), dict[str, Any](done=np.array(self.done))
        arrays |= {f"total{k}": one.total for k, one in enumerate(self._products)}
        for k, own in enumerate(self._learned):
            if own:
                own[:] = [self._scaling.joined(own)]
                arrays |= {f"learned{k}.{n}": array for n, array in own[0].arrays().items()}
        self._passes.write(self._path, arrays)
        now, self._kept = time.monotonic(), self.done
        self._due = now + max(SECONDS, TIMES * (now - began))
