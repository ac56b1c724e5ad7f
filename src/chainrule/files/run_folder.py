"""A folder of results: its name, its settings, and how it comes to be, whatever is in it."""

import contextlib
import itertools
import json
import os
from pathlib import Path
from typing import Any, Self

from chainrule.errors import InputError, ModelFileError
from chainrule.files import atomic
from chainrule.files.json_file import write_json


class File:
    """An attribute of a folder: the path of its file of this name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, folder: Any, kind: type) -> Path:
        path: Path = folder.path / self._name
        return path


class Folder:
    """The files of one piece of work, by path. Nothing exists until `create`.

    numbered : the folder is path-1, or the first number that is free when it is made.
    """

    settings = File("settings.json")

    def __init__(self, path: str | Path, *, numbered: bool = False) -> None:
        self.path, self._numbered = Path(path), numbered
        self._parents: list[Path] = []  # made by `create`, the innermost first

    @classmethod
    def next_free(cls, stem: str, parent: str | Path = "runs") -> Self:
        """parent/stem-1, or the first number that is not taken when the folder is made."""
        return cls(Path(parent) / stem, numbered=True)

    def refuse_existing(self, or_else: str = "") -> None:
        """InputError if the folder is there already and holds anything, or is a file.

        or_else : what else than another folder would help, such as ", or ...".
        """
        if not self._numbered and os.path.lexists(self.path) and not self._empty():
            fix = f"Nothing is overwritten: choose another --out{or_else}."
            expected = "a run folder that does not exist yet"
            raise InputError(str(self.path), expected, "one that does", fix)

    @property
    def begun(self) -> bool:
        """Whether it is there, with the settings to go on by."""
        return not self._numbered and self.settings.exists()

    def _empty(self) -> bool:
        """Whether it is a folder with nothing in it but what a writer that was killed left."""
        return self.path.is_dir() and all(
            name.startswith(".") and name.endswith(atomic.PART) for name in os.listdir(self.path)
        )

    def create(self, settings: dict[str, Any] | None = None) -> None:
        """Make the folder, with its settings; InputError if it is taken or cannot be filled.

        An empty folder is as good as none: that is what a start leaves that was killed at once. Of
        two that take one at the same time the second finds the first one's settings.
        """
        self.refuse_existing()
        self._parents = [parent for parent in self.path.parents if not parent.exists()]
        with atomic.writable(self.path):
            if self._numbered:
                self._take_number()
            self.path.mkdir(parents=True, exist_ok=True)
        if settings is not None:
            try:
                self.write_settings(settings, new=True)
            except BaseException:
                self._remove_empty()
                raise
            self.remove_parts()

    def _take_number(self) -> None:
        """Making it is the test: of several that start at once each takes a number of its own."""
        stem, self._numbered = self.path, False
        stem.parent.mkdir(parents=True, exist_ok=True)  # which fails where a link leads nowhere
        for number in itertools.count(1):
            self.path = stem.with_name(f"{stem.name}-{number}")
            try:
                self.path.mkdir()
                break
            except FileExistsError:
                pass

    def remove(self) -> None:
        """Delete the folder and what is in it, and what `create` made for it."""
        import shutil  # and all kinds of archives with it

        shutil.rmtree(self.path, ignore_errors=True)
        self._remove_empty()

    def _remove_empty(self) -> None:
        for folder in (self.path, *self._parents):
            with contextlib.suppress(OSError):  # something else is in it by now
                folder.rmdir()

    def remove_parts(self) -> None:
        """Delete what writers that were killed have left."""
        atomic.remove_parts(self.path)

    def write_settings(self, settings: dict[str, Any], *, new: bool = False) -> None:
        write_json(self.settings, settings, new=new)

    def read_settings(self) -> dict[str, Any]:
        """What `write_settings` wrote; ModelFileError if it is not there or no JSON object."""
        try:
            found = json.loads(atomic.read_bytes(self.settings))
            if isinstance(found, dict):
                return found
            got = "another JSON value"
        except OSError as error:
            got = atomic.reason(error)
        except (ValueError, RecursionError):
            got = "a damaged file"
        raise ModelFileError(str(self.settings), "the settings of a run", got)
