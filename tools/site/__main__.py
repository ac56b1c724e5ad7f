"""The documentation as a site of static pages, which asks nothing of any other address.

    python -m tools.site [FOLDER]        (default: build/site)

Needs the extra `docs`. What the pages are made of is gathered in FOLDER/source: docs/, notebooks as
they are kept, and what the program says of itself, its names and its commands. Sphinx makes
FOLDER/html of it, and a warning, such as of a link that leads nowhere, ends it with exit code 1.
"""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from sphinx.cmd.build import build_main
from tools.site import reference

ROOT = Path(__file__).parents[2]
OF_THE_PROJECT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video)\b[^>]*\bsrc=["']?(?:https?:)?//[^>]*>"""
    r"""|<link\b[^>]*rel="(?:stylesheet|preload|preconnect)[^>]*href="(?:https?:)?//[^>]*>"""
    r"""|@import[^;]*//[^;]*;|url\(["']?(?:https?:)?//[^)]*\)"""
)
LINK = re.compile(r"(\]\()(?:\.\./|docs/)")


def gather(source: Path) -> None:
    """All pages, with links that lead from one folder to another made to lead within the site."""
    shutil.copytree(ROOT / "docs", source)
    shutil.copytree(ROOT / "notebooks", source / "notebooks", ignore=_runs)
    (source / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks" / "README.md", source / "benchmarks")
    for name in OF_THE_PROJECT:
        shutil.copy(ROOT / name, source)
    for page in source.glob("*.md"):
        page.write_text(LINK.sub(r"\1", page.read_text("utf-8")), "utf-8")
    reference.write(source)


def _runs(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(name).suffix not in {".md", ".ipynb"}]


def main(arguments: Sequence[str]) -> int:
    folder = Path(*arguments[:1] or [ROOT / "build" / "site"]).resolve()
    for made in ("source", "html"):
        shutil.rmtree(folder / made, ignore_errors=True)
    gather(folder / "source")
    options = ["-W", "--keep-going", "-q", "-c", str(Path(__file__).parent)]
    places = [str(folder / name) for name in ("source", "html")]
    code = build_main([*options, "-d", str(folder / "doctrees"), "-j", "auto", *places])
    asked = [f"{page}: {address}" for page, address in elsewhere(folder / "html")]
    print(*(asked or [folder / "html" / "index.html"]), sep="\n")
    return code or bool(asked)


def elsewhere(html: Path) -> Iterator[tuple[Path, str]]:
    """What pages would fetch from other addresses as they are opened."""
    for page in html.rglob("*.html"):
        for found in FETCHED.finditer(page.read_text("utf-8")):
            yield page, found[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
