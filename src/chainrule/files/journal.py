"""Files to which a long piece of work adds as it goes: a kill loses what was being added."""

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Any

from chainrule.errors import InputError
from chainrule.files.atomic import ROOM, reason, writable


def append(file: FileIO, content: bytes, where: Path) -> None:
    """Add all of this to a file at `where`, or nothing; InputError where there is no room."""
    end = os.fstat(file.fileno()).st_size
    try:
        if (file.write(content) or 0) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        file.truncate(end)
        raise InputError(str(where), ROOM, reason(error)) from None


class Journal:
    """A file of lines of JSON: the first says of what work, each other is a row of it.

    One that is there already is gone on with, if it is of the same work. InputError if it is not,
    or another process writes it, or there is no place for it.
    """

    def __init__(self, path: Path, work: dict[str, Any]) -> None:
        self.path = path
        with writable(path):
            self._file = FileIO(path, "a")
        try:
            self._lock()
            self._begin(work)
        except BaseException:
            self.close(done=not path.stat().st_size)
            raise

    def _lock(self) -> None:
        with contextlib.suppress(ImportError):  # not on this system
            import fcntl

            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                got, fix = "one that another is writing", "Wait for it, or choose another --out."
                raise InputError(str(self.path), "a file of its own", got, fix) from None
            except OSError:  # a disk that cannot
                pass

    def _begin(self, work: dict[str, Any]) -> None:
        """The first line, which must be there already or now; without a row that a kill tore."""
        with self.path.open("rb") as file:
            line = file.readline()
            self._first = end = len(line)
            if line.endswith(b"\n") and _parsed(line) != work:
                expected = "what was begun with this model and these options, to go on with"
                fix = "Delete it, or choose another --out."
                raise InputError(str(self.path), expected, "something else", fix)
            for row in file:
                if not row.endswith(b"\n") or not isinstance(_parsed(row), list):
                    break
                end += len(row)
        if line.endswith(b"\n"):
            self._file.truncate(end)
        else:  # it is new, or was killed when it was
            self._file.truncate(0)
            self._first = self.add([work])

    def rows(self) -> Iterator[list[Any]]:
        """All rows so far."""
        with self.path.open("rb") as file:
            file.seek(self._first)
            for line in file:
                yield json.loads(line)

    def add(self, rows: Iterable[Any]) -> int:
        """These are on the disk when it returns, and how many bytes they took; InputError if that
        is full."""
        lines = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows).encode()
        append(self._file, lines, self.path)
        os.fsync(self._file.fileno())
        return len(lines)

    def close(self, *, done: bool) -> None:
        """done : it is needed no more, and goes away."""
        self._file.close()
        if done:
            self.path.unlink(missing_ok=True)


def _parsed(line: bytes) -> Any:
    """The value of a line of JSON; None of what is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
