"""What of a report can be touched: small parts, each made by a script of ours in the page.

The page's security policy allows this one script, by its hash, and no request to anywhere. Data go
with it as JSON in a block that no browser runs. Without the script a page lacks nothing that has
been found: its parts only let people ask further.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np

from chainrule.files.json_file import plain

# What JSON has no need of and HTML would read.
ESCAPED = {ord(c): f"\\u{ord(c):04x}" for c in "<>&"}


@dataclass(frozen=True)
class Live:
    """A part of a section that the script makes.

    kind : of scripts/KIND.js, which has the function `live.KIND`. own : what it needs, as plain
    data and arrays. shared : by name, what other parts of the page need too, and is in it once.
    needs : other files in scripts/ whose functions it uses. instead : whether it stands in the
    place of the section's pictures, but on paper.
    """

    kind: str
    own: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    instead: bool = False


@dataclass(frozen=True)
class Script:
    """text : of the script, "" where there is nothing to touch. data : its JSON."""

    text: str
    data: str

    @classmethod
    def of(cls, parts: Iterable[Live]) -> "Script":
        """Of all parts of a page, in their order."""
        parts = list(parts)
        if not parts:
            return cls("", "")
        kinds = dict.fromkeys(name for part in parts for name in (*part.needs, part.kind))
        folder = files("chainrule.show.report").joinpath("scripts")
        sources = [folder.joinpath(f"{name}.js").read_text("utf-8") for name in ("core", *kinds)]
        text = "\n".join(["(() => {", *sources, "mount();", "})();"])
        shared = {name: value for part in parts for name, value in part.shared.items()}
        data = {"live": [{"kind": p.kind, "own": p.own} for p in parts], "shared": shared}
        return cls(text, json.dumps(plain(data, finite=True)).translate(ESCAPED))

    @property
    def policy(self) -> str:
        """Its source in a Content-Security-Policy."""
        if not self.text:
            return "'none'"
        digest = hashlib.sha256(self.text.encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"


def packed(array: Any, dtype: Any) -> str:
    """Numbers row by row as base64, for `numbers` in scripts/core.js. Little-endian, as all
    machines with browsers are."""
    content = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes()
    return base64.b64encode(content).decode()
