"""`sam-explore export`: a notebook as one HTML file, run here, to be read anywhere."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

from .notebooks import find_notebook, notebooks_source


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
    """Execute, convert, and write the page in one piece or not at all."""
    missing = [name for name in ("nbconvert", "nbclient", "ipykernel") if find_spec(name) is None]
    if missing:
        raise ValueError(
            f"{', '.join(missing)} is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[docs]"'
        )
    from .executing import execute  # slow to import, and only this needs them
    from .offline_page import page_of

    source = find_notebook(arguments.notebook, notebooks_source())
    page_file = (arguments.output or Path(source.stem + ".html")).expanduser()
    if not page_file.parent.is_dir():
        raise ValueError(f"There is no folder {page_file.parent} to write {page_file.name} into.")
    notebook, folder = _read(source), source.parent
    failures = execute(notebook, folder, allow_errors=arguments.allow_errors)
    page, outside = page_of(notebook, source.stem, folder)
    _write(page_file, page)
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
    except (ValueError, AttributeError, nbformat.reader.NotJSONError) as error:
        raise ValueError(f"{source} is no notebook: {str(error).splitlines()[0][:200]}") from error


def _write(page_file: Path, page: str) -> None:
    """A file that is there is replaced by the whole of the new one."""
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=page_file.parent, suffix=".html", delete=False
    ) as file:
        try:
            file.write(page)
            file.close()
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, page_file)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def _umask() -> int:
    """What new files are not allowed; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
