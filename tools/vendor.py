"""Bring the page's libraries from npm: `python tools/vendor.py`, where npm is.

Each file is kept whole as it was published, but for what it imports: a browser knows no bare names
like "preact" without an inline import map, and the page's policy allows nothing inline. VENDOR.json
keeps what was replaced by what, and the digests of each file as published and as kept;
tests/studio/test_vendor.py turns the replacements back and compares.
"""

import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

TO = Path(__file__).parents[1] / "src/chainrule/studio/static/vendor"
NAMES = {
    "preact": "./preact.js",
    "preact/hooks": "./hooks.js",
    "@preact/signals-core": "./signals-core.js",
}
PACKAGES = {
    "preact@11.2.0": {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
    "htm@3.1.1": {"dist/htm.mjs": "htm.js"},
    "@preact/signals-core@1.14.5": {"dist/signals-core.mjs": "signals-core.js"},
    "@preact/signals@2.11.4": {"dist/signals.mjs": "signals.js"},
    "uplot@1.6.32": {"dist/uPlot.esm.js": "uplot.js", "dist/uPlot.min.css": "uplot.css"},
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def kept(data: bytes) -> tuple[bytes, dict[str, str]]:
    """A file with what it imports by bare names imported by paths, and what was replaced."""
    replaced = {}
    for name, path in NAMES.items():
        old, new = f'from"{name}"', f'from"{path}"'
        if old.encode() in data:
            data, replaced[old] = data.replace(old.encode(), new.encode()), new
    return data, replaced


def packed(package: str, folder: str) -> tuple[str, tarfile.TarFile]:
    """A package as npm has it: the digest that npm says, and its files."""
    command = ["npm", "pack", package, "--json", "--pack-destination", folder]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    [one] = told.values() if isinstance(told, dict) else told
    return one["integrity"], tarfile.open(next(Path(folder).iterdir()))


def vendor(package: str, files: dict[str, str]) -> dict[str, Any]:
    """Write the files of one package, and its license; the facts for VENDOR.json."""
    with tempfile.TemporaryDirectory() as folder:
        integrity, tar = packed(package, folder)
        wanted = ("package.json", "LICENSE", *files)
        data = {name: tar.extractfile(f"package/{name}").read() for name in wanted}  # type: ignore[union-attr]
    about = json.loads(data["package.json"])
    name = about["name"].rpartition("/")[2]
    facts: dict[str, Any] = {
        "package": f"pkg:npm/{about['name']}@{about['version']}",
        "integrity": integrity,
        "license": about["license"],
        "files": [],
    }
    for source, file in {"LICENSE": f"{name}-LICENSE", **files}.items():
        text, replaced = kept(data[source])
        (TO / file).write_bytes(text)
        published = {"as": source, "sha256": digest(data[source])}
        one = {"file": file, "sha256": digest(text), "published": published, "replaced": replaced}
        facts["files"].append(one)
    return facts


def main() -> None:
    TO.mkdir(parents=True, exist_ok=True)
    facts = [vendor(package, files) for package, files in PACKAGES.items()]
    (TO / "VENDOR.json").write_text(json.dumps(facts, indent=2) + "\n")


if __name__ == "__main__":
    main()
