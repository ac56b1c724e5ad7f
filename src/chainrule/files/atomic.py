"""Files that are whole or not there.

A file is written beside its place and then moved there, so that a crash or a full disk leaves the
old file or none, never half of one.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from chainrule.errors import InputError

ROOM = "room to write it"  # what a full disk has not
PART = ".part"  # how the name of a file ends that is not written whole yet


@contextlib.contextmanager
def refused(
    where: str | Path, expected: str, kind: type[InputError] = InputError
) -> Iterator[None]:
    """What the system refuses within becomes an error of this kind."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise kind(str(where), expected, reason(error)) from None


def writable(where: str | Path) -> contextlib.AbstractContextManager[None]:
    """InputError within, where the system refuses a place to write."""
    return refused(where, "a place to write")


def write_bytes(path: str | Path, content: bytes, *, new: bool = False) -> None:
    """Make `path` a file with this content, atomically; InputError where that cannot be.

    new : refuse to replace a file, also one that another process makes at the same time.
    """
    with whole_file(path, new=new) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: str | Path, *, new: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which is moved to `path` at the end of the block; if the block fails
    nothing is left of it. `new`, and InputError, as `write_bytes` has them."""
    import tempfile

    from chainrule import checks

    path = checks.path("write", path)
    with writable(path):  # not the temporary file, whose name is no matter to anyone
        start = f".{path.name[:40]}."
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=start, suffix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files private; a result is as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        if new:
            _take(path, temporary)
        else:
            os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, FileExistsError):
            got, fix = "one that exists", "Nothing is overwritten."
            raise InputError(str(path), "a new file", got, fix) from None
        if isinstance(error, OSError):
            raise InputError(str(path), ROOM, reason(error)) from None
        raise


def copy_new(source: Path, path: Path) -> None:
    """Make `path` a copy of the file `source`, with its times, atomically.

    OSError where the source cannot be opened; InputError where something is at `path`, or there is
    no room.
    """
    import shutil

    with source.open("rb") as content, whole_file(path, new=True) as file:
        shutil.copyfileobj(content, file, 2**20)
        file.flush()
        times = os.fstat(content.fileno())
        os.utime(file.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))


def _take(path: Path, temporary: str) -> None:
    """Make `path` of the temporary file; FileExistsError if it is there, whoever made it."""
    try:
        os.link(temporary, path)
        os.unlink(temporary)
    except OSError:
        if path.exists():
            raise
        os.replace(temporary, path)  # a disk without links: between two, chance decides


def new_file(path: Path, endings: Sequence[str]) -> Path:
    """`path`, which is yet to be written as --out; InputError for another ending, where something
    is already, and where no folder is."""
    if path.exists():
        fix = "Choose another with --out."
        raise InputError(str(path), "a file that does not exist yet", "one that does", fix)
    return named_file(path, endings, "--out")


def named_file(path: Path, endings: Sequence[str], option: str) -> Path:
    """`path`, which is yet to be written; InputError for another ending, and where no folder is."""
    if path.suffix.lower() not in endings:
        raise InputError(option, f"a file name that ends in {' or '.join(endings[:2])}", str(path))
    if not path.parent.is_dir():
        raise InputError(str(path), "a file in a folder that exists", "no such folder")
    return path


def remove_parts(folder: Path) -> None:
    """Delete what writers that were killed have left in `folder`."""
    for part in folder.glob(f".*{PART}"):
        part.unlink(missing_ok=True)


def read_bytes(path: str | Path) -> bytes:
    """A file's content. OSError also for what is no regular file, and might never end, and for
    more than the memory holds."""
    if not isinstance(path, (str, os.PathLike)):
        raise InputError("read", "the path of a file", type(path).__name__)
    found = os.stat(path)
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise OSError(errno.EINVAL, "no regular file")
    from chainrule import checks

    if found.st_size > checks.memory_bytes():
        raise OSError(errno.EFBIG, "more than fits into memory")
    return Path(path).read_bytes()


def reason(error: Exception) -> str:
    """Why the system refused, without the name of the file."""
    return getattr(error, "strerror", None) or str(error)
