"""What the studio remembers from one start to the next, in one small file of a folder."""

import itertools
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chainrule.errors import InputError
from chainrule.files.atomic import read_bytes, refused
from chainrule.files.json_file import write_json


class Kept:
    """Facts about what lies in a folder, by its name. A file that cannot be read is as good as
    none: then nothing there counts as made by the studio."""

    def __init__(self, folder: Path) -> None:
        self._path, self._lock = folder / ".studio.json", threading.Lock()
        self._facts = self._read()

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found = json.loads(read_bytes(self._path))
        except (OSError, ValueError, RecursionError):
            found = {}
        good = isinstance(found, dict) and all(isinstance(one, dict) for one in found.values())
        return found if good else {}

    def get(self, name: str) -> dict[str, Any]:
        return self._facts.get(name, {})

    def put(self, name: str, /, **facts: Any) -> None:
        """More facts of it; without any, none at all."""
        with self._lock:
            self._facts = self._read()  # another studio may have put its own
            self._facts[name] = self.get(name) | facts
            if not facts:
                del self._facts[name]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._path, self._facts)


def number_of(path: Path) -> int | None:
    """By which a file or folder is known from another one of its name that came later."""
    return path.stat().st_ino if path.exists() else None


def remove(path: Path) -> None:
    """Delete a folder with all that is in it, or a file; a link, not what it leads to. InputError
    where the system refuses."""
    folder = path.is_dir() and not path.is_symlink()
    with refused(path, f"a {'folder' if folder else 'file'} that can be deleted"):
        if folder:
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def refuse_used(name: str, by: list[str]) -> None:
    """InputError for what others depend on."""
    if by:
        got = f"one that these runs need: {', '.join(by)}"
        raise InputError(name, "what nothing else depends on", got, "Delete these first.")


def plain(text: str) -> str:
    """What of a text can name a file, a folder and an address."""
    return re.sub(r"[^\w-]+", "-", text)[:40].strip("-")


def names_of(text: str, otherwise: str) -> Iterator[str]:
    """Such a name, and it with numbers, where others are taken."""
    stem = plain(text) or otherwise
    return itertools.chain([stem], (f"{stem}-{n}" for n in itertools.count(2)))


def shown(given: Any) -> str:
    """A name as a person gives it; "" for the one that it has by itself."""
    if not isinstance(given, str):
        raise InputError("name", "a text", "another value")
    return " ".join(given.split())[:100]
