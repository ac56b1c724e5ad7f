"""Arrays and facts in one file: safetensors with JSON metadata and a digest of all of it.

Loading runs no code. A file is written beside its place and then moved there, so that a crash or
a full disk leaves the old file or none, never half of one.
"""

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import InputError, ModelFileError

if TYPE_CHECKING:
    import numpy as np

KEY = "chainrule"  # the one metadata entry: a JSON object with at least "format" and "version"
ROOM = "room to write it"  # what a full disk has not
PART = ".part"  # how the name of a file ends that is not written whole yet


def write(path: str | Path, arrays: "dict[str, np.ndarray]", facts: dict[str, Any]) -> None:
    """Write arrays by name and JSON-serializable facts to `path`, atomically."""
    import numpy as np
    from safetensors.numpy import save

    # safetensors 0.8 writes strided arrays' buffers as they lie: wrong numbers, without a word.
    plain = {
        name: np.asarray(array, array.dtype.newbyteorder("="), order="C")
        for name, array in arrays.items()
    }
    facts = json.loads(json.dumps(facts))  # as they will be read: keys are text then
    write_bytes(path, save(plain, {KEY: json.dumps({"digest": _digest(plain, facts), **facts})}))


def _digest(arrays: "dict[str, np.ndarray]", facts: dict[str, Any]) -> str:
    """SHA-256 of all that a file says; JSON writes the same floats for the same bits."""
    import hashlib

    import numpy as np

    names = sorted(arrays)
    found = hashlib.sha256(json.dumps([names, facts], sort_keys=True).encode())
    for name in names:
        array = arrays[name]
        found.update(repr((array.dtype.str, array.shape)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def write_bytes(path: str | Path, content: bytes, *, new: bool = False) -> None:
    """Make `path` a file with this content, atomically; InputError where that cannot be.

    new : refuse to replace a file, also one that another process makes at the same time.
    """
    import tempfile

    from chainrule import checks

    path = checks.path("write", path)
    try:
        start = f".{path.name[:40]}."
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=start, suffix=PART)
    except (OSError, ValueError) as error:  # which names the temporary file: no matter to anyone
        raise InputError(str(path), "a place to write", reason(error)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
            raise InputError(
                str(path), "a new file", "one that exists", "Nothing is overwritten."
            ) from None
        if isinstance(error, OSError):
            raise InputError(str(path), ROOM, reason(error)) from None
        raise


def _take(path: Path, temporary: str) -> None:
    """Make `path` of the temporary file; FileExistsError if it is there, whoever made it."""
    try:
        os.link(temporary, path)
        os.unlink(temporary)
    except OSError:
        if path.exists():
            raise
        os.replace(temporary, path)  # a disk without links: between two, chance decides


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


def of_model(path: Path) -> Path:
    """The file of a model: `path`, or what is in it if that is a run folder.

    ModelFileError if it is not there, which is known before anything that reads it is imported.
    """
    found = path / "model.safetensors" if path.is_dir() else path
    if not found.exists():
        raise ModelFileError(str(found), "a model file", "no such file")
    return found


def read(
    path: str | Path, kind: str, newest: int, *, oldest: int = 1, sealed: bool = True
) -> "tuple[dict[str, np.ndarray], dict[str, Any]]":
    """The arrays and facts of a file of this kind ("model", "checkpoint").

    newest, oldest : the format versions that this program reads.
    sealed : whether every file of this kind has a digest; else it is looked at where there is one.
    ModelFileError if it is missing, truncated, changed, foreign, of another kind or newer.
    """
    from safetensors import SafetensorError, safe_open

    from chainrule import checks

    path = checks.path("read", path)
    where = str(path)
    if path.exists() and not path.is_file():
        raise ModelFileError(where, f"a {kind} file", "no regular file")
    try:
        checks.room(where, os.stat(path).st_size, ModelFileError)
        with safe_open(where, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if strange := [str(a.dtype) for a in arrays.values() if a.dtype.kind not in "fiub"]:
            raise TypeError(strange[0])  # bfloat16, where another package taught NumPy about it
    except ModelFileError:
        raise
    except FileNotFoundError:
        raise ModelFileError(where, f"a {kind} file", "no such file") from None
    except (SafetensorError, OSError, MemoryError, ValueError, TypeError, KeyError) as error:
        raise ModelFileError(
            where,
            f"a {kind} file written by chainrule",
            "a file that is truncated, damaged, or something else",
            f"({str(error)[:120]})",
        ) from None
    try:
        facts = json.loads(metadata[KEY])
        found, version, digest = facts["format"], facts["version"], facts.pop("digest", None)
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
        raise ModelFileError(
            where, f"a {kind} file written by chainrule", "a safetensors file of another program"
        ) from None
    if found != f"chainrule {kind}":
        raise ModelFileError(where, f"a {kind} file", f"a {str(found)[:40]} file")
    _check_version(where, version, oldest, newest)
    if (sealed or digest is not None) and digest != _digest(arrays, facts):
        expected, got = f"a {kind} file as chainrule wrote it", "one that was changed"
        raise ModelFileError(where, expected, got, "Take a copy, or delete it and begin anew.")
    return arrays, facts


def _check_version(where: str, version: Any, oldest: int, newest: int) -> None:
    if isinstance(version, int) and oldest <= version <= newest:
        return
    expected, got = f"format version {newest} or older", f"version {str(version)[:20]}"
    fix = "Upgrade chainrule: pip install --upgrade chainrule."
    if isinstance(version, int) and 0 < version < oldest:
        expected, fix = f"format version {oldest} or newer", "Begin anew."
    raise ModelFileError(where, expected, got, fix)
