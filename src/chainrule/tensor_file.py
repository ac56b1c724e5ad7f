"""Arrays and facts in one file: safetensors with JSON metadata.

Loading runs no code. A file is written beside its place and then moved there, so that a crash or
a full disk leaves the old file or none, never half of one.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import InputError, ModelFileError

KEY = "chainrule"  # the one metadata entry: a JSON object with at least "format" and "version"


def write(path: str | Path, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    """Write arrays by name and JSON-serializable facts to `path`, atomically."""
    from safetensors.numpy import save

    # safetensors 0.8 writes strided arrays' buffers as they lie: wrong numbers, without a word.
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    write_bytes(path, save(contiguous, {KEY: json.dumps(facts)}))


def digest(arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> str:
    """SHA-256 of all that a file says; JSON writes the same floats for the same bits."""
    names = sorted(arrays)
    found = hashlib.sha256(json.dumps([names, facts], sort_keys=True).encode())
    for name in names:
        array = arrays[name]
        found.update(repr((array.dtype.str, array.shape)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()


def write_bytes(path: str | Path, content: bytes) -> None:
    """Replace `path` by a file with this content, atomically."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    except OSError as error:  # it names the temporary file, which means nothing to anyone
        reason = error.strerror or str(error)
        raise InputError(str(path), "a place to write", reason) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files private; a result is as readable as any other new file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            raise InputError(str(path), "room to write it", reason) from None
        raise


def read(path: str | Path, kind: str, newest: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays and facts of a file of this kind ("model", "checkpoint").

    newest : the newest format version that this program reads.
    ModelFileError if it is missing, truncated, foreign, of another kind or newer.
    """
    from safetensors import SafetensorError, safe_open

    where = str(path)
    if Path(path).exists() and not Path(path).is_file():
        raise ModelFileError(where, f"a {kind} file", "no regular file")
    try:
        with safe_open(where, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if strange := [str(a.dtype) for a in arrays.values() if a.dtype.kind not in "fiub"]:
            raise TypeError(strange[0])  # bfloat16, where another package taught NumPy about it
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
        found, version = facts["format"], facts["version"]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ModelFileError(
            where, f"a {kind} file written by chainrule", "a safetensors file of another program"
        ) from None
    if found != f"chainrule {kind}":
        raise ModelFileError(where, f"a {kind} file", f"a {str(found)[:40]} file")
    if not isinstance(version, int) or not 1 <= version <= newest:
        raise ModelFileError(
            where,
            f"format version {newest} or older",
            f"version {str(version)[:20]}",
            "Upgrade chainrule: pip install --upgrade chainrule.",
        )
    return arrays, facts
