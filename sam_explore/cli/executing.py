"""Run a notebook from its first cell to its last, with the final picture of each view."""

import os
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from tqdm import tqdm

from ..widgets.canvas.static_view import LIVE, VIEW
from ..widgets.session import SYNCHRONOUS
from .kernel_spec import ThisPython

_PUBLISH = "from sam_explore.widgets.canvas.static_view import publish\npublish({names!r})"


def execute(notebook: NotebookNode, folder: Path, *, allow_errors: bool) -> list[str]:
    """Run all cells in a kernel of this Python, and store their outputs in the notebook.

    Sessions are synchronous there. A view gets the picture of its state after the last cell, as an
    open page would show it.

    Args:
        notebook: the notebook.
        folder: its working directory.
        allow_errors: go on after a cell that raises.

    Returns:
        A sentence for each cell that raised.

    Raises:
        ValueError: a cell raised, or ended the kernel; the message says which.
    """
    notebook.metadata.pop("widgets", None)  # from an earlier run: its views would hide the pictures
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_spec_manager=ThisPython()),
        allow_errors=allow_errors,
        timeout=None,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
    )
    with client.setup_kernel(env={**os.environ, SYNCHRONOUS: "1"}, cleanup_kc=True):
        cells = list(enumerate(notebook.cells))
        for index, cell in tqdm(cells, unit=" cells", leave=False, disable=None):
            _run(client, cell, index)
        _take_pictures(client, notebook)
    return _failures(notebook)


def _run(client: NotebookClient, cell: NotebookNode, index: int) -> None:
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        raise ValueError(
            f"{_name(client.nb, index)} raised {error.ename}: {error.evalue} Nothing was written. "
            "Mend the cell, or have the error in the page with --allow-errors."
        ) from error
    except DeadKernelError as error:
        raise ValueError(
            f"{_name(client.nb, index)} ended Python itself, as a lack of memory does. Nothing was "
            "written."
        ) from error


def _take_pictures(client: NotebookClient, notebook: NotebookNode) -> None:
    """Replace each live view by its latest picture."""
    shown = [
        (cell.outputs, place, output.data[LIVE]["model_id"])
        for cell in notebook.cells
        for place, output in enumerate(cell.get("outputs", []))
        if LIVE in output.get("data", {})
    ]
    if not shown:
        return
    cell = new_code_cell(_PUBLISH.format(names=sorted({name for *_, name in shown})))
    notebook.cells.append(cell)
    try:
        client.execute_cell(cell, len(notebook.cells) - 1)
    finally:
        notebook.cells.pop()
    for outputs, place, name in reversed(shown):  # so that earlier indices stay valid
        views = [each for each in cell.outputs if each.get("metadata", {}).get(VIEW) == name]
        outputs[place : place + 1] = views or [_without_live(outputs[place])]


def _without_live(output: NotebookNode) -> NotebookNode:
    del output.data[LIVE]
    return output


def _failures(notebook: NotebookNode) -> list[str]:
    return [
        f"{_name(notebook, index)} raised {output.ename}: {output.evalue} The page shows it."
        for index, cell in enumerate(notebook.cells)
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]


def _name(notebook: NotebookNode, index: int) -> str:
    """Such as "Cell 3 of 12 (`sam = sx.load()`)", counted from 1."""
    first = notebook.cells[index].source.strip().splitlines()[0]
    return f"Cell {index + 1} of {len(notebook.cells)} (`{first}`)"
