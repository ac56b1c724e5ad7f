"""Arrays and facts in one file: safetensors with JSON metadata and a digest of all of it.

Loading runs no code. A file is written as `atomic` writes.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import ModelFileError
from chainrule.files.atomic import write_bytes
from chainrule.files.digest import digest

if TYPE_CHECKING:
    import numpy as np

KEY = "chainrule"  # the one metadata entry: a JSON object with at least "format" and "version"


def write(path: str | Path, arrays: "dict[str, np.ndarray]", facts: dict[str, Any]) -> None:
    """Write arrays by name and JSON-serializable facts to `path`, atomically."""
    import numpy as np
    from safetensors.numpy import save

    # safetensors 0.8 writes strided arrays' buffers as they lie: wrong numbers, without a word.
    lying = {
        name: np.asarray(array, array.dtype.newbyteorder("="), order="C")
        for name, array in arrays.items()
    }
    facts = json.loads(json.dumps(facts))  # as they will be read: keys are text then
    write_bytes(path, save(lying, {KEY: json.dumps({"digest": _digest(lying, facts), **facts})}))


def _digest(arrays: "dict[str, np.ndarray]", facts: dict[str, Any]) -> str:
    """That of all that a file says; JSON writes the same floats for the same bits."""
    names = sorted(arrays)
    parts: list[Any] = [json.dumps([names, facts], sort_keys=True)]
    for name in names:
        parts += [repr((arrays[name].dtype.str, arrays[name].shape)), arrays[name]]
    return digest(*parts)


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
    from chainrule import checks

    path = checks.path("read", path)
    where = str(path)
    arrays, metadata = _opened(path, kind)
    try:
        facts = json.loads(metadata[KEY])
        found, version, seal = facts["format"], facts["version"], facts.pop("digest", None)
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
        got = "a safetensors file of another program"
        raise ModelFileError(where, f"a {kind} file written by chainrule", got) from None
    if found != f"chainrule {kind}":
        raise ModelFileError(where, f"a {kind} file", f"a {str(found)[:40]} file")
    if not isinstance(version, int) or not oldest <= version <= newest:
        expected, fix = (
            f"format version {newest} or older",
            "Upgrade chainrule: pip install --upgrade chainrule.",
        )
        if isinstance(version, int) and 0 < version < oldest:
            expected, fix = f"format version {oldest} or newer", "Begin anew."
        raise ModelFileError(where, expected, f"version {str(version)[:20]}", fix)
    if (sealed or seal is not None) and seal != _digest(arrays, facts):
        expected, got = f"a {kind} file as chainrule wrote it", "one that was changed"
        raise ModelFileError(where, expected, got, "Take a copy, or delete it and begin anew.")
    return arrays, facts


def _opened(path: Path, kind: str) -> "tuple[dict[str, np.ndarray], dict[str, str]]":
    """The arrays and the metadata of a file as safetensors reads it."""
    from safetensors import SafetensorError, safe_open

    from chainrule import checks

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
        got, why = "a file that is truncated, damaged, or something else", f"({str(error)[:120]})"
        raise ModelFileError(where, f"a {kind} file written by chainrule", got, why) from None
    return arrays, metadata
