"""Picture files that become features of a pretrained network while they are read."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from chainrule.data.encoders.encoding import Encoding
from chainrule.data.photos import SAMPLE
from chainrule.data.readers.images import Pictures


class EncodedPictures(Pictures):
    """Pictures as features. shape : of the small ones, which are kept for showing."""

    def __init__(self, shape: tuple[int, ...], bits: int, encoding: Encoding) -> None:
        super().__init__(shape, bits)
        self._encoding: Encoding | None = encoding
        self._said: dict[str, None] = {}

    def read(
        self, paths: Sequence[Path], unread: Callable[[Path, str], None]
    ) -> tuple[np.ndarray, list[int]]:
        """Features (m, n_features) float32 of the readable photos, and which of the paths they are;
        or pixels, where only photos in color are to be encoded, and the first ones are not."""
        if self._encoding is not None and self._encoding.auto:
            self._encoding, why = self._encoding.decided(self._sample(paths))
            self._said[why] = None
        if self._encoding is None:
            return super().read(paths, unread)
        found = self._encoding.files(paths, self.shape, self.bits, unread, self.met)
        self.encoder, self.photos = self._encoding.encoder, found.photos
        self._said |= dict.fromkeys(filter(None, [found.note]))
        return found.features, found.places

    def notes(self) -> list[str]:
        return [*super().notes(), *self._said]

    def _sample(self, paths: Sequence[Path]) -> np.ndarray:
        """Some of the pictures, small (k, 16, 16, 3)."""
        some = paths[:: -(-len(paths) // SAMPLE) or 1]
        small = Pictures((16, 16, 3), self.bits).read(some, lambda path, why: None)[0]
        return small.reshape(-1, 16, 16, 3)
