"""The page that `sam-explore export` writes, opened as a file in a browser without a network."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page

from ..patience import PATIENCE_SECONDS
from .chromium import new_context

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


TELLS = """
from IPython.display import HTML
HTML('''<p id=there>there</p>
<script src="%(outside)s/script"></script><link rel=stylesheet href="%(outside)s/style">
<iframe src="%(outside)s/frame"></iframe><img src="%(outside)s/image">
<video src="%(outside)s/video"></video>
<form id=form action="%(outside)s/form"></form>
<script>
window.ran = true;
fetch('%(outside)s/fetch').catch(() => 0);
navigator.sendBeacon('%(outside)s/beacon');
try { new WebSocket('%(outside)s/socket'.replace('http', 'ws')) } catch (error) {}
document.getElementById('form').submit();
</script>''')
"""


class Outside(ThreadingHTTPServer):
    """A server that notes what a page asks of it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Noting)
        self.asked: list[str] = []


class Noting(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_script_in_an_output_runs_fetches_nothing_and_can_lead_elsewhere(
    page: Page, tmp_path: Path, outside: Outside
):
    address = f"http://127.0.0.1:{outside.server_port}"
    cell = new_code_cell(TELLS % {"outside": address})
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "tells.ipynb")
    subprocess.run([COMMAND, "export", "tells.ipynb"], cwd=tmp_path, check=True, timeout=300)

    page.goto((tmp_path / "tells.html").as_uri(), wait_until="commit")
    page.wait_for_function("window.ran")
    page.wait_for_timeout(1000)
    assert outside.asked == []

    page.evaluate(f"location = '{address}/elsewhere'")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not outside.asked:
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
    assert outside.asked == ["/elsewhere"]  # docs/security.md says so


def test_the_page_shows_each_view_as_it_was_in_the_end_and_asks_for_nothing(
    browser: Browser, tmp_path: Path
):
    cells = [new_markdown_cell(TEXT), *map(new_code_cell, CELLS)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "views.ipynb")
    command = [COMMAND, "export", "views.ipynb"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert "left out, since it lies elsewhere: https://example.org/cat.png" in told.stderr
    with new_context(browser, offline=True) as context:
        page, asked, errors = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "views.html").as_uri(), wait_until="networkidle")
        elsewhere, canvas, logits = page.evaluate(LOOK)
        text = page.inner_text("body")
        # Pictures take the place of what hears: the page keeps its wheel and its keys.
        assert page.locator("canvas, .sam-explore-area").count() == 0
    assert not elsewhere["shown"]
    for view, words in ((canvas, "1 foreground point. Mask "), (logits, "lie above 0")):
        assert view["shown"]
        assert words in view["about"]
        assert view["colours"] > 20
    assert "IntSlider(value=7)" in text  # of a widget that is none of ours there are words only
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
