"""`sam-explore export`: run a notebook and write it as one HTML file."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..paths import check_target, local_path
from ..writing import write_whole
from .notebooks import find_notebook, notebooks_source

if TYPE_CHECKING:
    import nbformat


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "export",
        help="run a notebook, and write it as one HTML file that opens without a network",
        description="Run a notebook from its first cell to its last, and write one HTML file with "
        "a picture and a sentence in the place of each live view. It opens without a network and "
        "without Python. Formulas stay as LaTeX.",
    )
    parser.add_argument(
        "notebook", type=Path, help="a notebook of yours, or the name of one of the course"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the page (default: ./NOTEBOOK.html)"
    )
    parser.add_argument(
        "--allow-errors", action="store_true", help="go on after a cell that raises, and show it"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Execute, convert, and write the page atomically."""
    missing = [name for name in ("nbconvert", "nbclient", "ipykernel") if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[docs]"'
        )
    from .executing import execute  # slow to import, and only needed here
    from .offline_page import page_of

    source = find_notebook(arguments.notebook, notebooks_source())
    page_file = local_path(arguments.output or Path(source.stem + ".html"))
    check_target(page_file)
    notebook, folder = _read(source), source.parent
    failures = execute(notebook, folder, allow_errors=arguments.allow_errors)
    page, outside = page_of(notebook, source.stem, folder)
    write_whole(page_file, page.encode())
    for sentence in failures:
        print(f"sam-explore: {sentence}", file=sys.stderr)
    for address in outside:
        print(f"sam-explore: left out, since it lies elsewhere: {address}", file=sys.stderr)
    print(f"{page_file} ({len(page.encode()) / 2**20:.1f} MiB)")
    return 0


def _read(source: Path) -> "nbformat.NotebookNode":
    import nbformat

    try:
        return nbformat.read(source, as_version=4)
    except (ValueError, AttributeError, RecursionError, nbformat.reader.NotJSONError) as error:
        # Its message is left out: it quotes the beginning of the file, which may be anything.
        raise ValueError(
            f"{source} is no notebook: expected JSON with cells, as Jupyter writes it."
        ) from error
