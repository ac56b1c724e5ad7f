"""Values as JSON has them, and files of it."""

import json
from pathlib import Path
from typing import Any

from chainrule.files.atomic import write_bytes


def plain(value: Any, *, finite: bool = False) -> Any:
    """Numbers, text, arrays and collections of them as JSON gives them back: lists for tuples and
    arrays, text for keys, and the very same floats.

    finite : null for infinity and what is not a number, which JSON itself does not know.
    TypeError for anything else.
    """
    text = json.dumps(value, default=_list)
    return json.loads(text, parse_constant=(lambda _: None) if finite else None)


def _list(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON holds no {type(value).__name__}")


def write_json(path: str | Path, value: Any, *, new: bool = False) -> None:
    """A file of JSON to be read by people, too, atomically; `new` as `write_bytes` has it."""
    text = json.dumps(value, indent=2, allow_nan=False)
    write_bytes(path, f"{text}\n".encode(), new=new)
