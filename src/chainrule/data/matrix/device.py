"""Another matrix's features on a device: they are sent there some at a time, and multiplied."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule.data.matrix.verbs import FeatureMatrix, Gram, Product, Times, flat, into
from chainrule.data.transform import Scaling
from chainrule.device import HOST, Device, namespace, on_host


class DeviceMatrix(FeatureMatrix):
    """X as `host` has it. What the verbs take and give are arrays of the device; the Gram matrix
    stays there.

    Weights W may be NumPy's, and then go the same way, some features at a time: neither they nor X
    need to fit the device. What lies in a file is multiplied by NumPy as it is read. fetched :
    whether results come back as NumPy's, as for SciPy's L-BFGS. A `StackedMatrix` has an axis in
    front, as it has elsewhere.
    """

    def __init__(self, host: FeatureMatrix, device: Device, *, fetched: bool = False) -> None:
        self.host, self._at = host, device
        self.shape, self.dtype = host.shape, host.dtype
        self.device = HOST if fetched else device
        self._give: Callable[[Any], Any] = on_host if fetched else lambda array: array
        self._runs: int = getattr(host, "runs", 0)
        self._whole: Any = None  # (..., n_x, m) where it is held

    def held(self) -> "DeviceMatrix":
        """The same with all of X on the device: for whoever reads it at every step."""
        found = DeviceMatrix(self.host, self._at, fetched=self.device is HOST)
        found._whole = self._put(self.host.features(slice(None)))
        return found

    @property
    def _in_file(self) -> bool:
        return self._whole is None and self.host.reads() > 0

    def _put(self, array: Any) -> Any:
        return self._at.put(array) if isinstance(array, np.ndarray) else array

    def _blocks(self) -> Iterator[tuple[slice, Any]]:
        if self._whole is not None:
            yield slice(None), self._whole
            return
        for rows, some in self.host.blocks():
            yield rows, self._put(some)

    def once(self, *asked: Product) -> list[Any]:
        """Several products in one pass over X."""
        todo = [one for one in asked if not (one.kept and self._gram is not None)]
        if self._in_file:  # with NumPy: what a file gave is known, and not read again
            made = self.host.once(*map(_on_host, todo)) if todo else []
            found = {one: self._put(array) for one, array in zip(todo, made, strict=True)}
        else:
            found = self._pass(todo)
        self._gram = next((K for one, K in found.items() if one.kept), self._gram)
        return [self._give(found.get(one, self._gram)) for one in asked]

    def _pass(self, todo: list[Product]) -> dict[Product, Any]:
        found: dict[Product, Any] = {}
        for rows, some in self._blocks() if todo else ():
            for one in todo:
                part = self._part(one, rows, some)
                if one in found:
                    found[one] += part
                else:
                    found[one] = part
        return found

    def _part(self, asked: Product, rows: slice, some: Any) -> Any:
        """What the features at `rows` (..., k, m) add to a product."""
        if isinstance(asked, Times):
            return self._by_share(self._put(asked.W[..., rows]), some)
        assert isinstance(asked, Gram)
        other = asked.other
        right = other._features(rows) if isinstance(other, DeviceMatrix) else some
        return some.mT @ right

    def _features(self, rows: slice) -> Any:
        if self._whole is not None:
            return self._whole[..., rows, :]
        return self._put(self.host.features(rows))

    def _by_share(self, A: Any, some: Any) -> Any:
        """A (..., n, k) times (k, j), or times (F, k, j) of as many shares of the runs."""
        if some.ndim == 2:
            return (flat(A) @ some).reshape(*A.shape[:-1], -1)
        shares = some.shape[0]
        if A.shape[0] == 1:  # what all runs share
            return namespace(A).repeat(A @ some, self._runs // shares, axis=0)
        return (A.reshape(shares, -1, A.shape[-1]) @ some).reshape(*A.shape[:-1], -1)

    def columns(self, index: Any) -> Any:
        """Examples at `index`: (..., n_x, k)."""
        if self._whole is None:
            return self._give(self._put(self.host.columns(on_host(index))))
        return self._give(self._whole[..., index])

    def features(self, index: Any) -> Any:
        """Features at `index` of all examples: (..., k, m)."""
        return self._give(self._put(self.host.features(index)))

    def times(self, W: Any, out: Any = None) -> Any:
        """W X for W (..., n_1, n_x): (..., n_1, m)."""
        return into(out, self.once(Times(W))[0])

    def outer(self, D: Any, out: Any = None) -> Any:
        """D X^T for D (..., n_1, m): (..., n_1, n_x)."""
        if self._in_file:
            return into(out, self._give(self._put(self.host.outer(on_host(D)))))
        D = self._put(D)
        parts = [self._by_share(D, some.mT) for _, some in self._blocks()]
        whole = parts[0] if len(parts) == 1 else namespace(D).concat(parts, axis=-1)
        return into(out, self._give(whole))

    def _own_gram(self) -> Any:
        return self.once(Gram())[0]

    def gram(self, other: FeatureMatrix | None = None) -> Any:
        """X^T X (..., m, m), made once and kept on the device; or X^T X_other."""
        return self.once(Gram(other))[0]

    def remember(self, W: np.ndarray, times: Callable[[], Any]) -> None:
        self.host.remember(W, lambda: on_host(times()))

    def select(self, index: Any) -> FeatureMatrix:
        return self.host.select(index)

    def scaled(self, scaling: Scaling, dtype: Any) -> FeatureMatrix:
        return self.host.scaled(scaling, dtype)

    def astype(self, dtype: Any) -> FeatureMatrix:
        return self if np.dtype(dtype) == self.dtype else self.host.astype(dtype)

    def digest(self) -> str:
        return self.host.digest()


def _on_host(asked: Product) -> Product:
    """The same product, of matrices and weights of NumPy's."""
    if isinstance(asked, Gram) and isinstance(asked.other, DeviceMatrix):
        return Gram(asked.other.host)
    return Times(on_host(asked.W)) if isinstance(asked, Times) else asked


def placed(X: FeatureMatrix, device: Device, *, fetched: bool = False) -> FeatureMatrix:
    """X on a device, itself for NumPy; of every matrix the last such one is kept, with its Gram
    matrix. fetched : see `DeviceMatrix`."""
    if device is HOST:
        return X
    there, at = X.on_device, HOST if fetched else device
    if not (isinstance(there, DeviceMatrix) and there._at is device and there.device is at):
        there = X.on_device = DeviceMatrix(X, device, fetched=fetched)
    return there
