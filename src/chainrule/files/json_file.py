"""Values as JSON has them, and files of it."""

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from chainrule.files.atomic import write_bytes


def plain(value: Any, *, finite: bool = False) -> Any:
    """Numbers, text, arrays and collections of them as JSON gives them back: lists for tuples and
    arrays, text for keys, and the very same floats.

    finite : null for infinity and what is not a number, which JSON itself does not know.
    TypeError for anything else.
    """
    text = json.dumps(value, default=_list)
    return json.loads(text, parse_constant=(lambda _: None) if finite else None)


def compact(value: Any) -> str:
    """JSON in one line, as others read it: null for what is not finite."""
    try:
        return json.dumps(value, default=_list, allow_nan=False)
    except ValueError:
        return json.dumps(plain(value, finite=True))


def _list(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON holds no {type(value).__name__}")


def write_json(path: str | Path, value: Any, *, new: bool = False) -> None:
    """A file of JSON to be read by people, too, atomically; `new` as `write_bytes` has it."""
    text = json.dumps(value, indent=2, allow_nan=False)
    write_bytes(path, f"{text}\n".encode(), new=new)


def fits(value: Any, hint: Any) -> bool:
    """Whether a value from JSON is of the type that a field declares."""
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:  # tuple[A, ...]
        return isinstance(value, tuple) and all(fits(v, get_args(hint)[0]) for v in value)
    if get_args(hint):  # A | None
        return any(fits(value, part) for part in get_args(hint))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint
