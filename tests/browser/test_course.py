"""Each notebook of the course runs in JupyterLab from its first cell to its last."""

import re
from pathlib import Path

import nbformat
import pytest

from sam_explore.cli.notebooks import FIRST_NOTEBOOK

from .lab import Lab, Notebook

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").rglob("*.ipynb"))

SHOWS = re.compile(r"^sx\.(PromptCanvas|explore|draw|course\.(network_map|tour|After))\(", re.M)
_DRAWN = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Uint32Array(data.buffer).some(pixel => pixel);
}"""
_LOADED = "image => image.complete && image.naturalWidth > 1 && /^(blob|data):/.test(image.src)"


# The one that the lab opens is opened as by a reader who has just come.
OPENED = [
    pytest.param(path, marks=pytest.mark.fresh_kernel) if path.name == FIRST_NOTEBOOK else path
    for path in NOTEBOOKS
]


@pytest.mark.takes(25)
@pytest.mark.parametrize("path", OPENED, ids=lambda path: path.name)
def test_a_notebook_runs_to_its_end_and_shows_its_views(lab: Lab, path: Path):
    notebook = lab.open(path)
    cells = nbformat.read(path, as_version=4).cells
    showing = [index for index, cell in enumerate(cells) if shows_a_view(cell)]
    assert showing
    hidden = notebook.output("button").filter(has_text="Show it anyway")
    asked = sum("sx.course.After(" in cell.source for cell in cells if cell.cell_type == "code")
    notebook.wait_until(lambda: hidden.count() == asked, f"{asked} exhibits wait for an answer")
    for button in hidden.all():
        button.click()
    for index in showing:
        if not is_drawn(notebook, index):  # what is in sight comes first
            scroll = "index => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')"
            notebook.page.evaluate(scroll, index)
        notebook.wait_until(
            lambda index=index: is_drawn(notebook, index),
            f"cell {index} shows a picture: {cells[index].source}",
        )
    alerts = notebook.output('[role="alert"]').all()
    assert not [each.inner_text() for each in alerts if each.is_visible()]


def shows_a_view(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and SHOWS.search(cell.source) is not None


def is_drawn(notebook: Notebook, index: int) -> bool:
    """Whether all canvases and pictures in a cell's output show something, and there are some."""
    output = notebook.page.locator(".jp-Notebook .jp-Cell").nth(index).locator(".jp-OutputArea")
    canvases = [each for each in output.locator("canvas").all() if each.is_visible()]
    images = [each for each in output.locator("img").all() if each.is_visible()]
    drawn = [canvas.evaluate(_DRAWN) for canvas in canvases]
    drawn += [image.evaluate(_LOADED) for image in images]
    return bool(drawn) and all(drawn)
