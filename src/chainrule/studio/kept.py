"""What the studio remembers from one start to the next, in one small file."""

import json
import threading
from pathlib import Path
from typing import Any

from chainrule.files.atomic import read_bytes
from chainrule.files.json_file import write_json


class Kept:
    """Plain facts by name. One that cannot be read is as good as none: nothing depends on it but
    what the page shows."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        try:
            found = json.loads(read_bytes(path))
        except (OSError, ValueError, RecursionError):
            found = {}
        self._facts: dict[str, Any] = found if isinstance(found, dict) else {}

    def get(self, name: str) -> Any:
        return self._facts.get(name)

    def put(self, name: str, fact: Any) -> None:
        with self._lock:
            self._facts[name] = fact
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._path, self._facts)
