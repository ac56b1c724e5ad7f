"""What breaks off a training that can be gone on with says how."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainrule.errors import InputError

if TYPE_CHECKING:
    from chainrule.files.run_folder import Folder


OR_RESUME = ", or go on in it with --resume"


@contextmanager
def going_on(command: str, folder: "Folder") -> Iterator[None]:
    """A full disk or Ctrl-C within says how to go on in the folder, if there is something in it."""
    from chainrule.files.atomic import ROOM

    try:
        yield
    except (KeyboardInterrupt, InputError) as error:
        way = f"chainrule {command} --resume {shlex.quote(str(folder.path))}"
        if not folder.begun:
            raise
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"Go on with: {way}") from None
        if error.expected != ROOM:
            raise
        raise InputError(
            error.where, error.expected, error.got, f"Then go on with: {way}"
        ) from None
