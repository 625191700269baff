"""Builds the site: the course with its pictures, the pages of docs, and the public names.

    pip install -e ".[docs]"
    python docs/make_site.py site

It runs each notebook from its first cell to its last, which takes some minutes, and then Sphinx,
which ends with an error at the first warning, such as a link that leads nowhere. The site is a
folder of plain files.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat.v4 import new_markdown_cell
from sphinx.cmd.build import build_main
from tqdm import tqdm

import sam_explore as sx
from sam_explore.cli.executing import execute
from sam_explore.probes import PROBES

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)[^)]*\)")
_ASKED, _ANSWER = "Predict: ", "What was computed"  # of questions on pages without a kernel
_RST = "```{eval-rst}\n.. autosummary::\n   :toctree: generated\n   :nosignatures:\n\n%s\n```\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the site")
    parser.add_argument(
        "--check",
        action="store_true",
        help="only look for warnings: run no notebook, write no page",
    )
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        source = Path(folder)
        gather(source)
        if not options.check:
            run_notebooks(source / "notebooks")
        builder = "dummy" if options.check else "html"
        strict = ["-W", "--keep-going", "-q"]
        return build_main([*strict, "-b", builder, str(source), str(options.folder)])


def gather(source: Path) -> None:
    """Copy and write all that the site is made of, laid out as in the repository."""
    for name in ("conf.py", "index.md"):
        shutil.copy(ROOT / "docs" / "site" / name, source / name)
    shutil.copytree(ROOT / "docs" / "site" / "_static", source / "_static")
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "decisions").glob("*.md")]
    pages += (ROOT / "notebooks").glob("*.ipynb")
    for page in pages:
        _copy(page, source)
        for target in linked_files(page):
            _copy(target, source)
    _copy(ROOT / "docs" / "images" / "click.webp", source)
    (source / "api.md").write_text(api_page(), "utf-8")
    names = sorted(path.stem for path in (ROOT / "docs" / "decisions").glob("*.md"))
    listed = "\n".join(f"docs/decisions/{name}" for name in names)
    (source / "decisions.md").write_text(f"# Decisions\n\n```{{toctree}}\n{listed}\n```\n", "utf-8")


def linked_files(page: Path) -> list[Path]:
    """The files of the repository that a page links to and that are no pages themselves."""
    found = [(page.parent / name).resolve() for name in _LINK.findall(page.read_text("utf-8"))]
    return [each for each in found if each.is_file() and each.suffix not in (".md", ".ipynb")]


def api_page() -> str:
    """A list of the public names and of the probes; each has a page of its own."""
    names = [name for name in sx.__all__ if name not in ("probes", "interventions")]
    public = "\n".join(f"   sam_explore.{name}" for name in names)
    probes = "\n".join(f"   {probe.__module__}.{probe.__name__}" for probe in PROBES)
    inner = "\n".join(
        f"   {each.__module__}.{each.__name__}"
        for each in (getattr(sx.interventions, name) for name in sx.interventions.__all__)
    )
    return (
        "# Public names\n\nAll of these are attributes of `sam_explore`, usually imported as "
        f"`sx`.\n\n{_RST % public}\n## Probes\n\n`sx.probes`: one question about a run each.\n\n"
        f"{_RST % probes}\n## Interventions\n\n`sx.interventions`: changes inside a run.\n\n"
        f"{_RST % inner}"
    )


def run_notebooks(folder: Path) -> None:
    """Run all notebooks in a folder, and store their outputs in them."""
    for path in tqdm(sorted(folder.glob("*.ipynb")), unit=" notebook", disable=None):
        notebook = nbformat.read(path, as_version=4)
        execute(notebook, folder, allow_errors=False)
        for cell in notebook.cells:
            describe_pictures(cell)
        notebook.cells = [part for cell in notebook.cells for part in fold_answer(cell)]
        nbformat.write(notebook, path)


def describe_pictures(cell: nbformat.NotebookNode) -> None:
    """Give the page what a picture shows in words, for those who can't see it."""
    outputs = [each for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
    words = [each.metadata.get("image/png", {}).get("alt") for each in outputs]
    if any(words):
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(filter(None, words))}}


def fold_answer(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Ask for a place in words, and fold the map that answers, as other questions do by themselves.

    Returns the cell, after one with the question if its picture is the answer to one.
    """
    pictures = [each for each in cell.get("outputs", []) if "image/png" in each.get("data", {})]
    words = [str(each.data.get("text/plain", "")) for each in pictures]
    asked = [each.removeprefix(_ASKED) for each in words if each.startswith(_ASKED)]
    if not asked:
        return [cell]
    about = cell.metadata.setdefault("mystnb", {})
    about |= {"code_prompt_show": _ANSWER, "code_prompt_hide": _ANSWER}
    cell.metadata["tags"] = ["hide-output"]
    question, _, _ = asked[0].partition(" Computed:")
    return [new_markdown_cell(f"**{_ASKED.strip()}** {question}"), cell]


def _copy(path: Path, source: Path) -> None:
    if path.is_relative_to(ROOT):
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


if __name__ == "__main__":
    sys.exit(main())
