"""How Sphinx makes the site; see `tools/site/__main__.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chainrule import __version__

project = "chainrule"
author = "the chainrule developers"
copyright = author
version = release = __version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "tools.site.docstrings",
    "tools.site.formulas",
]
html_math_renderer = "mathml"
highlight_language = "none"
default_role = "py:obj"

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
myst_dmath_double_inline = True
nb_execution_mode = "off"
nb_merge_streams = True

autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
autosummary_generate = False  # `reference.py` writes the pages
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "chainrule"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "chainrule"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars = {"index": []}
