"""The notebooks as HTML pages that need no network: one file each, formulas as MathML.

    python tools/notebooks_html.py FOLDER [NOTEBOOK...]

`jupyter nbconvert --to html` leaves formulas to MathJax, which a page then fetches from elsewhere.
Browsers render MathML themselves, and latex2mathml writes it when the page is made.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from jinja2 import DictLoader
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


class Renderer(IPythonRenderer):
    """Markdown with its formulas as MathML."""

    def inline_math(self, body: str) -> str:
        return str(convert(body))

    def block_math(self, body: str) -> str:
        return str(convert(body, display="block"))


def page(notebook: Path) -> str:
    """The HTML of a notebook with its outputs; its formulas are those of LaTeX that it has."""
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"offline.html.j2": TEMPLATE})],
        template_file="offline.html.j2",
    )
    exporter.register_filter("markdown2html", markdown)
    html, _ = exporter.from_filename(str(notebook))
    return re.sub(r'(href="[\w.-]+)\.ipynb"', r'\1.html"', str(html))  # from one to the next


def markdown(source: str) -> str:
    return str(MarkdownWithMath(renderer=Renderer(escape=False)).render(source))


def main(arguments: Sequence[str]) -> None:
    if not arguments:
        sys.exit(__doc__)
    folder, *chosen = map(Path, arguments)
    folder.mkdir(parents=True, exist_ok=True)
    for notebook in chosen or sorted(NOTEBOOKS.glob("*.ipynb")):
        made = folder / f"{notebook.stem}.html"
        made.write_text(page(notebook), encoding="utf-8")
        print(made)


if __name__ == "__main__":
    main(sys.argv[1:])
