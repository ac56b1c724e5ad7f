"""Photos to features: read once, in threads, encoded some at a time, kept in the cache."""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from chainrule.data.encoders.cache import Cache, Entry
from chainrule.data.encoders.encoder import BATCH, ENCODERS, Encoder
from chainrule.data.matrix.source import Progress
from chainrule.data.photos import Photos, in_color
from chainrule.data.readers.images import by_threads, picture_of, squashed, unreadable
from chainrule.errors import DataError
from chainrule.files.atomic import reason
from chainrule.files.digest import digest, file_digest

Array = np.ndarray
KINDS = ("pixels", *ENCODERS, "auto")
# A photo's digest, what the cache keeps, the photo (side, side, 3) where it has yet to be encoded.
Seen = tuple[str, Entry, Array | None]
Unread = Callable[[Path, str], None]


def refuse(path: Path, why: str) -> None:
    raise unreadable(path, why)


class Encoded(NamedTuple):
    """features : (m, n_features) float32. photos : these. places : which of those asked for they
    are. said : what is to be said of their files. note : what went wrong with the cache, or "".
    """

    features: Array
    photos: Photos
    places: list[int]
    said: list[Entry]
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
    ) -> Encoded:
        """Of picture files. shape : of the small ones, (height, width, 3). bits : see `read_image`.

        `unread` is told of the files that cannot be read, and why; by default it raises.
        """
        side, (height, width, *_) = self.encoder.side, shape

        def read(k: int) -> tuple[Array, Entry]:
            picture = picture_of(paths[k], (side, side, 3), bits)
            photo = picture.pixels.reshape(side, side, 3)
            small = squashed(photo, height, width).tobytes()
            deep, several = int(picture.deep), int(picture.several)
            return photo, Entry(b"", small, deep, picture.brightest, several)

        kind, sides = f"{height} {width} {bits}", (height, width, 3)
        asked = _Photos(len(paths), lambda k: _named(paths[k]), read, sides, kind)
        found = self._all(asked, paths, unread)
        of = tuple(paths[k] for k in found.places)
        return found._replace(photos=replace(found.photos, paths=of, bits=bits))

    def arrays(self, pictures: Array) -> Encoded:
        """Of pictures (m, height, width[, 3]) uint8, which are the small ones, too."""
        side, shape = self.encoder.side, str(pictures.shape[1:])

        def read(k: int) -> tuple[Array, Entry]:
            return squashed(pictures[k], side, side), Entry()

        asked = _Photos(len(pictures), lambda k: digest(shape, pictures[k]), read, (0,), "array")
        found = self._all(asked)
        return found._replace(photos=replace(found.photos, small=pictures))

    def _all(
        self, photos: "_Photos", paths: Sequence[Path] = (), unread: Unread = refuse
    ) -> Encoded:
        """From the cache, else read and encoded. In memory at a time are as many photos as threads
        read ahead, and one batch."""
        opened: Any = Cache() if self.cache else nullcontext()
        with opened as cache:
            known = _Known(self.encoder, photos, cache)
            for k, one in enumerate(by_threads(known.look, range(photos.m))):
                if isinstance(one, DataError):
                    unread(paths[k], one.got)
                else:
                    known.add(k, *one)
                if self.progress and k % BATCH == 0:
                    self.progress(k, photos.m, "photos")
            known.encode()
        n = len(known.names)
        found = Photos(known.small[:n], tuple(known.names))
        note = cache.note if cache else ""
        return Encoded(known.features[:n], found, known.index, known.said, note)


class _Photos(NamedTuple):
    """m photos that are yet to be read.

    name : a digest of photo k. read : the photo (side, side, 3), and what else is known of it.
    shape : of the small pictures. kind : what else decides what an entry holds.
    """

    m: int
    name: Callable[[int], str]
    read: Callable[[int], tuple[Array, Entry]]
    shape: tuple[int, ...]
    kind: str


class _Known:
    """What is known of photos so far, in their order; some that were read wait to be encoded
    together."""

    def __init__(self, encoder: Encoder, photos: _Photos, cache: Cache | None) -> None:
        self._encoder, self._photos, self._cache = encoder, photos, cache
        self.features = np.empty((photos.m, encoder.n_features), np.float32)
        self.small = np.empty((photos.m, *photos.shape), np.uint8)
        self.names, self.index, self.said = list[str](), list[int](), list[Entry]()
        self._waiting: list[tuple[int, Array]] = []

    def look(self, k: int) -> Seen | DataError:
        """Photo k, by one of the threads; or why it cannot be read."""
        try:
            name = self._photos.name(k)
            kept = self._cache.get(self._key(name)) if self._cache else None
            fits = kept and len(kept.features) == 4 * self._encoder.n_features
            if kept and fits and len(kept.small) == math.prod(self._photos.shape):
                return name, kept, None
            photo, entry = self._photos.read(k)
            return name, entry, photo
        except DataError as error:
            return error

    def add(self, k: int, name: str, entry: Entry, photo: Array | None) -> None:
        n = len(self.names)
        self.small[n] = np.frombuffer(entry.small, np.uint8).reshape(self._photos.shape)
        if photo is None:
            self.features[n] = np.frombuffer(entry.features, np.float32)
        else:
            self._waiting.append((n, photo))
        self.names.append(name)
        self.index.append(k)
        self.said.append(entry._replace(features=b"", small=b""))
        if len(self._waiting) == BATCH:
            self.encode()

    def encode(self) -> None:
        """Those that wait."""
        if not self._waiting:
            return
        places = [n for n, _ in self._waiting]
        photos = np.stack([photo for _, photo in self._waiting])
        self.features[places] = self._encoder.features(photos)
        self._waiting.clear()
        if self._cache:
            self._cache.put({self._key(self.names[n]): self._entry(n) for n in places})

    def _entry(self, n: int) -> Entry:
        own = {"features": self.features[n].tobytes(), "small": self.small[n].tobytes()}
        return self.said[n]._replace(**own)

    def _key(self, name: str) -> str:
        return digest(f"{name} {self._encoder.digest} {self._photos.kind}")


def _named(path: Path) -> str:
    """A file's digest. DataError where the system refuses to read it."""
    if path.exists() and not path.is_file():
        raise unreadable(path, "no regular file")
    try:
        return file_digest(path)
    except OSError as error:
        raise unreadable(path, reason(error)) from None
