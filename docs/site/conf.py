"""Sphinx's settings for the site, which docs/make_site.py builds."""

import re

from sphinx.application import Sphinx

import sam_explore

project = "sam_explore"
author = "the authors of sam_explore"
release = version = sam_explore.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 3,
}
html_sidebars: dict[str, list[str]] = {"**": []}  # no page has pages below it to list there
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = project
html_show_sourcelink = False
html_copy_source = False

# Notebooks come executed, or are shown as they are.
nb_execution_mode = "off"
# The Markdown that a cell shows has tables.
nb_render_markdown_format = "myst"
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]

autosummary_generate = True
autodoc_typehints = "none"  # signatures with shapes are longer than what is said of them
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Traits", "params_style")]
# `name` in a docstring is code.
default_role = "code"

_FIELD = re.compile(r"(Reads|Returns|Unit|Source): (?=\S)")


def as_fields(_app: object, _what: str, _name: str, _it: object, _opt: object, lines: list) -> None:
    """Lines such as "Unit: logits." and what is indented below become a list of fields."""
    for index, line in enumerate(lines):
        lines[index] = _FIELD.sub(r":\1: ", line) if _FIELD.match(line) else line


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", as_fields, priority=100)  # before napoleon
