"""A notebook with its outputs as one HTML file that needs no network and no kernel."""

import re
from pathlib import Path

from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode

# nbconvert's page without downloads, and with alternative texts for pictures.
_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy" content="{{ resources.policy }}">
{%- endblock html_head_js -%}
{%- block html_head_js_mathjax -%}{%- endblock html_head_js_mathjax -%}
{%- block html_head_js_mermaidjs -%}{%- endblock html_head_js_mermaidjs -%}
{%- block html_head_css -%}
<style>
.jp-RenderedImage img {max-width: 100%; height: auto; background: #fff}
</style>
{%- endblock html_head_css -%}
{%- block data_png -%}
{%- set about = output.metadata.get('image/png', {}) -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
{%- for name in ('width', 'height', 'alt') if name in about %}
 {{ name }}="{{ about[name] | string | e }}"
{%- endfor -%}
>
</div>
{%- endblock data_png -%}
"""
# Outputs of cells can't fetch anything. Scripts in outputs do run, and can still navigate the page
# elsewhere, as a link does; a content policy can't forbid that.
_POLICY = (
    "default-src 'none'; img-src data: blob:; media-src data:; font-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "form-action 'none'; base-uri 'none'"
)
_OUTSIDE = re.compile(r'(<img[^>]*\s)src="(?!data:)([^"]+)"')


def page_of(notebook: NotebookNode, name: str, folder: Path) -> tuple[str, list[str]]:
    """The page, and the addresses of remote pictures, which it leaves out.

    Args:
        notebook: with its outputs.
        name: for the title.
        folder: where the pictures of the text are; they are embedded.
    """
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"offline.html.j2": _TEMPLATE})],
        template_file="offline.html.j2",
        embed_images=True,
    )
    resources = {"metadata": {"name": name, "path": str(folder)}, "policy": _POLICY}
    page, _ = exporter.from_notebook_node(notebook, resources)
    left_out = [address for _, address in _OUTSIDE.findall(page)]
    return _OUTSIDE.sub(r'\1data-left-out="\2"', page), left_out
