"""Photos to features: read once, in threads, encoded some at a time, kept in the cache."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chainrule.data.encoders.cache import Cache
from chainrule.data.encoders.encoder import BATCH, ENCODERS, Encoder
from chainrule.data.matrix.source import Progress
from chainrule.data.photos import Photos, in_color
from chainrule.data.readers.images import Picture, by_threads, looked_at, squashed, unreadable
from chainrule.files.atomic import reason
from chainrule.files.digest import digest, file_digest

Array = np.ndarray
KINDS = ("pixels", *ENCODERS, "auto")
AT_MOST = 64  # photos that wait for some to be encoded
Unread = Callable[[Path, str], None]


def refuse(path: str | Path, why: str) -> None:
    raise unreadable(path, why)


class Seen(NamedTuple):
    """A photo's digest, its small picture with its features, and itself until it has these."""

    name: str
    small: Picture
    photo: Array | None = None


class Asked(NamedTuple):
    """m photos that are yet to be read.

    name : a digest of photo k. read : its small picture and itself (side, side, 3); or why not.
    shape : of the small pictures. kind : what else decides what is kept.
    """

    m: int
    name: Callable[[int], str]
    read: Callable[[int], tuple[Picture, Array] | str]
    shape: tuple[int, ...]
    kind: str


class Encoded(NamedTuple):
    """features : (m, n_features) float32. photos : these. places : which of those asked for they
    are. note : what went wrong with the cache, or "".
    """

    features: Array
    photos: Photos
    places: list[int]
    note: str


@dataclass(frozen=True, eq=False)
class Encoding:
    """How photos are encoded.

    cache : whether features are kept in the user's cache folder, and taken from it. progress : is
    told how many photos are done, of how many, and "photos". auto : whether only photos in color
    are encoded, see `decided`.
    """

    encoder: Encoder
    cache: bool = True
    progress: Progress | None = None
    auto: bool = False

    def decided(self, sample: Array) -> "tuple[Encoding | None, str]":
        """Itself for photos in color, by some of them (k, height, width[, 3]), else None; and why,
        in words."""
        if not in_color(sample):
            return None, "features: pixels, since the pictures are not in color (--features auto)"
        words = f"features: {self.encoder.name}, since the pictures are in color (--features auto)"
        return replace(self, auto=False), words

    def files(
        self,
        paths: Sequence[Path],
        shape: tuple[int, ...],
        bits: int = 16,
        unread: Unread = refuse,
        met: Callable[[Picture], None] = lambda small: None,
    ) -> Encoded:
        """Of picture files. shape : of the small ones, (height, width, 3). bits : see `read_image`.

        `unread` is told of the files that cannot be read, and why; by default it raises. `met` is
        told of the others, small.
        """
        (height, width, *_), side = shape, self.encoder.side

        def name(k: int) -> str:  # a folder or a pipe has none
            return file_digest(paths[k]) if paths[k].is_file() else ""

        def read(k: int) -> tuple[Picture, Array] | str:
            found = looked_at(paths[k], (side, side, 3), bits)
            if isinstance(found, str):
                return found
            photo = found.pixels.reshape(side, side, 3)
            return found._replace(pixels=squashed(photo, height, width)), photo

        sides = height, width, 3
        asked = Asked(len(paths), name, read, sides, f"{height} {width} {bits}")
        found = self._all(asked, lambda k, why: unread(paths[k], why), met)
        of = tuple(paths[k] for k in found.places)
        return found._replace(photos=replace(found.photos, paths=of, bits=bits))

    def arrays(self, pictures: Array) -> Encoded:
        """Of pictures (m, height, width[, 3]) uint8, which are the small ones, too."""
        side, shape, none = self.encoder.side, str(pictures.shape[1:]), np.empty(0, np.uint8)

        def name(k: int) -> str:
            return digest(shape, pictures[k])

        def read(k: int) -> tuple[Picture, Array]:
            return Picture(none), squashed(pictures[k], side, side)

        found = self._all(Asked(len(pictures), name, read, (0,), "array"))
        return found._replace(photos=replace(found.photos, small=pictures))

    def _all(
        self,
        asked: Asked,
        unread: Callable[[int, str], None] = lambda k, why: None,
        met: Callable[[Picture], None] = lambda small: None,
    ) -> Encoded:
        features = np.empty((asked.m, self.encoder.n_features), np.float32)
        small, names = np.empty((asked.m, *asked.shape), np.uint8), list[str]()
        places = list[int]()
        with Cache(used=self.cache) as cache:
            for k, one in enumerate(self._each(asked, cache)):
                if isinstance(one, str):
                    unread(k, one)
                    continue
                n = len(names)
                features[n], small[n] = one.small.features, one.small.pixels.reshape(asked.shape)
                names.append(one.name)
                places.append(k)
                met(one.small)
        n = len(names)
        return Encoded(features[:n], Photos(small[:n], tuple(names)), places, cache.note)

    def _each(self, asked: Asked, cache: Cache) -> Iterator[Seen | str]:
        """Each photo with its features, or why it cannot be read. In memory at a time are as many
        as threads read ahead, and those that wait to be encoded together."""
        sizes = self.encoder.n_features, math.prod(asked.shape)

        def look(k: int) -> Seen | str:
            try:
                name = asked.name(k)
            except OSError as error:
                return reason(error)
            if kept := cache.get(self._key(name, asked), *sizes):
                return Seen(name, kept)
            found = asked.read(k)
            return found if isinstance(found, str) else Seen(name, *found)

        waiting, photos = list[Seen | str](), dict[str, Array]()
        for k, one in enumerate(by_threads(look, range(asked.m))):
            if self.progress and k % BATCH == 0:
                self.progress(k, asked.m, "photos")
            waiting.append(one)
            if isinstance(one, Seen) and one.photo is not None:
                photos[one.name] = one.photo
            few = 0 < len(photos) < BATCH and len(waiting) < AT_MOST
            if few and k < asked.m - 1:
                continue
            made, new = self._features(photos), dict[str, Picture]()
            for j, seen in enumerate(waiting):
                if isinstance(seen, Seen) and seen.name in made:
                    small = seen.small._replace(features=made[seen.name])
                    new[self._key(seen.name, asked)] = small
                    waiting[j] = seen._replace(small=small)
            cache.put(new)
            yield from waiting
            waiting.clear()
            photos.clear()

    def _features(self, photos: dict[str, Array]) -> dict[str, Array]:
        """Of these, by name."""
        if not photos:
            return {}
        found = self.encoder.features(np.stack([*photos.values()]))
        return dict(zip(photos, found, strict=True))

    def _key(self, name: str, asked: Asked) -> str:
        return digest(f"{name} {self.encoder.digest} {asked.kind}")
