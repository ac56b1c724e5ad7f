"""Features of photos that were encoded before, in the user's cache folder.

One SQLite file: several processes may use it, a kill leaves it whole. Whatever goes wrong with it
is a note, and photos are encoded as if it were not there.
"""

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.data.readers.images import Picture
from chainrule.errors import InputError, needing
from chainrule.files import atomic
from chainrule.wording import printable

LIMIT = 2**30  # bytes: 60,000 photos with small pictures of 64 x 64 pixels
LEFT = 0.8  # of the limit, once what was not used for longest is removed
FRESH = 3600.0  # seconds for which it is not written down again that a photo was used
WAIT = 5.0  # seconds for another process that writes
TABLE = """CREATE TABLE IF NOT EXISTS photos_1 (
    key TEXT PRIMARY KEY, features BLOB NOT NULL, small BLOB NOT NULL, deep INTEGER NOT NULL,
    brightest INTEGER NOT NULL, several INTEGER NOT NULL, used REAL NOT NULL)"""
ASKED = """SELECT features, small, deep, brightest, several, used FROM photos_1
    WHERE key = ? AND length(features) = ? AND length(small) = ?"""


def cache_path() -> Path:
    """Where it is; InputError without the package platformdirs."""
    with needing("cache", "platformdirs", "photos"):
        from platformdirs import user_cache_path
    return user_cache_path("chainrule", appauthor=False) / "photos.sqlite3"


class Cache:
    """Small pictures with their features by key, for threads that share one. path : `cache_path`
    by default. made : whether the file is made where it is not. used : or nothing is kept.

    note : what went wrong, after which it is empty and keeps nothing; or "".
    """

    def __init__(
        self,
        path: Path | None = None,
        limit: float = LIMIT,
        *,
        made: bool = True,
        used: bool = True,
    ) -> None:
        self.note, self._limit, self._path = "", limit, path
        self._lock = threading.Lock()
        self._used: set[str] = set()
        self._open: Any = None
        if not used:
            return
        with self._careful():
            import sqlite3

            self._path = path = path or cache_path()
            if not made and not path.exists():
                there = next(one for one in path.parents if one.exists())
                if not there.is_dir():
                    raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                if not os.access(there, os.W_OK):
                    raise OSError(errno.EACCES, os.strerror(errno.EACCES))
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open = sqlite3.connect(path, timeout=WAIT, check_same_thread=False)
            self._open.execute("PRAGMA synchronous = NORMAL")
            with self._open:
                self._open.execute(TABLE)

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *error: object) -> None:
        """Write down what was used, and close the file."""
        with self._careful():
            if self._open is not None and self._used:
                now = [(time.time(), key) for key in self._used]
                with self._open:
                    self._open.executemany("UPDATE photos_1 SET used = ? WHERE key = ?", now)
        if self._open is not None:
            self._open.close()
        self._open = None

    def get(self, key: str, n_features: int, n_pixels: int) -> Picture | None:
        """What is kept of the photo, of these sizes."""
        with self._careful():
            if self._open is not None:
                sizes = 4 * n_features, n_pixels
                row = self._open.execute(ASKED, (key, *sizes)).fetchone()
                if row is not None:
                    features, small, deep, brightest, several, used = row
                    if time.time() - used > FRESH:
                        self._used.add(key)
                    own = np.frombuffer(features, np.float32)
                    return Picture(np.frombuffer(small, np.uint8), deep, brightest, several, own)
        return None

    def put(self, pictures: dict[str, Picture]) -> None:
        """Keep these, and remove what was not used for longest if it becomes too much."""
        with self._careful():
            if self._open is None or not pictures:
                return
            now = time.time()
            rows = [
                (key, np.asarray(one.features).tobytes(), one.pixels.tobytes(), *one[1:-1], now)
                for key, one in pictures.items()
            ]
            marks = ", ".join("?" * len(rows[0]))
            with self._open:
                self._open.executemany(f"INSERT OR REPLACE INTO photos_1 VALUES ({marks})", rows)
                size = self._size()
                if size > self._limit:
                    share = 1 - LEFT * self._limit / size
                    self._open.execute(
                        "DELETE FROM photos_1 WHERE key IN (SELECT key FROM photos_1 ORDER BY used "
                        "LIMIT (SELECT max(1, round(? * count(*))) FROM photos_1))",
                        (share,),
                    )

    def facts(self) -> tuple[int, int]:
        """How many photos, and how many bytes."""
        with self._careful():
            if self._open is not None:
                (n,) = self._open.execute("SELECT count(*) FROM photos_1").fetchone()
                return n, self._size()
        return 0, 0

    def _size(self) -> int:
        """Bytes of the file that are in use."""
        pages, free, each = (
            self._open.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * each)

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """One thread at a time; whatever goes wrong, on the disk or in the file, closes the cache
        and becomes its note."""
        with self._lock:
            try:
                yield
            except Exception as error:
                place = f"{printable(self._path)}: " if self._path else ""
                why = error.got if isinstance(error, InputError) else atomic.reason(error)
                self.note = f"features of photos are not kept ({place}{why})"
                if self._open is not None:
                    self._open.close()
                self._open = None


def clear(path: Path | None = None) -> int:
    """Delete the file; how many bytes it had."""
    path = path or cache_path()
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
    path.unlink()
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
    return size
