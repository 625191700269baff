"""Texts from outside that hold markup, in real pages: Lab, Notebook 7, Voila and an export."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page

from .app import COMMAND, running_app
from .chromium import new_context
from .hostile import CELLS, PAYLOAD, assert_unharmed, attack
from .lab import Lab
from .server import Server

# The same text, put into the page as markup: so the checks would find it.
HARMFUL = f"import ipywidgets\nipywidgets.HTML({PAYLOAD!r})"


@pytest.fixture
def weights_nearby(jupyter_server: Server) -> Iterator[None]:
    """A file that the list of models shows."""
    file = jupyter_server.folder / f"{PAYLOAD} nearby.pth"
    file.write_bytes(b"no weights")
    yield
    file.unlink()


@pytest.mark.fresh_page
@pytest.mark.usefixtures("weights_nearby")
@pytest.mark.parametrize("notebook_7", [False, True], ids=["JupyterLab", "Notebook 7"])
def test_in_jupyter_it_stays_text(lab: Lab, notebook_7: bool):
    notebook = lab.open(CELLS, notebook_7=notebook_7)
    attack(lab.page)
    lab.page.get_by_text("Picture and model").first.click()
    models = notebook.output("select:visible").filter(has_text=f"{PAYLOAD} nearby.pth")
    models.select_option(label=f"{PAYLOAD} nearby.pth, in this folder")
    lab.page.get_by_text(f"{PAYLOAD} nearby.pth").locator("visible=true").first.wait_for()
    assert_unharmed(lab.page)


@pytest.mark.fresh_page
def test_the_checks_find_what_is_no_text(lab: Lab):
    lab.open(HARMFUL)
    with pytest.raises(AssertionError):
        assert_unharmed(lab.page)


def test_in_voila_it_stays_text(page: Page, tmp_path: Path):
    name = f"{PAYLOAD} mine.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in CELLS]), tmp_path / name)
    (tmp_path / f"{PAYLOAD} nearby.pth").write_bytes(b"no weights")
    with running_app(tmp_path, [name], f"--files={tmp_path}") as app:
        page.goto(app.first)
        assert_unharmed(page)  # the name stands in the list
        page.get_by_role("link").click()
        attack(page)
        assert_unharmed(page)


def test_in_an_export_it_stays_text(browser: Browser, tmp_path: Path):
    cells = [
        *CELLS,
        "print(PAYLOAD)\nPAYLOAD",
        "session.image = Path(PAYLOAD + ' none.png')",
        "raise ValueError(PAYLOAD + ' raised')",
    ]
    name = f"{PAYLOAD} mine.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), tmp_path / name)
    command = [COMMAND, "export", name, "--allow-errors"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    page = new_context(browser).new_page()
    page.goto((tmp_path / f"{PAYLOAD} mine.html").as_uri(), wait_until="networkidle")
    assert PAYLOAD in page.title()
    text = page.inner_text("body")
    for words in (" raised", " none.png", " failure"):
        assert f"{PAYLOAD}{words}" in text
    abouts = page.evaluate("() => [...document.images].map(image => image.alt)")
    assert f"{PAYLOAD} words" in abouts
    assert_unharmed(page)
    page.context.close()
