"""The page that `sam-explore export` writes, opened as a file in a browser without a network."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser

COMMAND = str(Path(sys.executable).with_name("sam-explore"))
TEXT = "![a picture elsewhere](https://example.org/cat.png) and a formula, $x^2$"
CELLS = [
    "import sam_explore as sx\nsession = sx.Session(sx.load(), sx.example('turtle'))",
    "sx.PromptCanvas(session, width=256)",
    "import ipywidgets\nipywidgets.HBox([sx.explore(sx.probes.RawLogits, session)])",
    "ipywidgets.IntSlider(7)",
    "session.add_point((230, 300))",
]
# Of each picture: whether it is seen, what it is called, and how many colours its middle row has.
LOOK = """() => [...document.images].map(image => {
    const canvas = document.createElement('canvas');
    canvas.width = image.naturalWidth;
    canvas.height = 1;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, -Math.round(image.naturalHeight / 3));
    const {data} = context.getImageData(0, 0, canvas.width || 1, 1);
    return {
        shown: image.complete && image.naturalWidth > 100 && image.checkVisibility(),
        about: image.alt,
        colours: new Set(new Uint32Array(data.buffer)).size,
    };
})"""


def test_the_page_shows_each_view_as_it_was_in_the_end_and_asks_for_nothing(
    browser: Browser, tmp_path: Path
):
    cells = [new_markdown_cell(TEXT), *map(new_code_cell, CELLS)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "views.ipynb")
    command = [COMMAND, "export", "views.ipynb"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert "left out, since it lies elsewhere: https://example.org/cat.png" in told.stderr
    with browser.new_context(offline=True) as context:
        page, asked, errors = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "views.html").as_uri(), wait_until="networkidle")
        elsewhere, canvas, logits = page.evaluate(LOOK)
        text = page.inner_text("body")
    assert not elsewhere["shown"]
    for view, words in ((canvas, "1 foreground point. Mask "), (logits, "lie above 0")):
        assert view["shown"]
        assert words in view["about"]
        assert view["colours"] > 20
    assert "IntSlider(value=7)" in text  # of a widget that is none of ours there are words only
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
