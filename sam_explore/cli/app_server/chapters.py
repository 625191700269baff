"""What the app says of each notebook, and what it leaves out; both are read from the notebook."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode


@dataclass(frozen=True)
class Chapter:
    """A notebook as the list of chapters shows it.

    Args:
        notebook: its file.
        title: its first heading, else its name.
        sentence: the first one below the heading, without markup; it may be empty.
    """

    notebook: Path
    title: str
    sentence: str

    @property
    def name(self) -> str:
        """How its address ends."""
        return self.notebook.stem

    @property
    def number(self) -> int | None:
        """The number that the file's name begins with, by which other chapters speak of it."""
        found = re.match(r"(\d+)_", self.name)
        return int(found[1]) if found else None


def read_chapter(notebook: Path) -> Chapter:
    """Title and first sentence of a notebook; a broken one has its name as its title."""
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (OSError, ValueError, AttributeError, nbformat.ValidationError):
        cells = []
    texts = (each.source for each in cells if each.cell_type == "markdown")
    text = next((each for each in texts if each.startswith("# ")), "")
    heading, _, rest = text.partition("\n")
    paragraph = next((each for each in rest.split("\n\n") if each.strip()), "")
    title = _plain(heading.removeprefix("# ")) or notebook.stem
    return Chapter(notebook, title, _first_sentence(_plain(paragraph)))


def neighbours(chapters: Sequence[Chapter], name: str) -> tuple[Chapter | None, Chapter | None]:
    """The chapters before and after the one of this name."""
    at = [each.name for each in chapters].index(name)
    before = chapters[at - 1] if at > 0 else None
    return before, chapters[at + 1] if at + 1 < len(chapters) else None


def without_python(notebook: NotebookNode) -> None:
    """Take out the sections whose heading names Python: a page shows no code that they speak of.

    A section goes on until a heading of its level or above.
    """
    kept, level = [], 0  # of the heading whose section is being left out
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (heading := _HEADING.match(cell.source)):
            marks, words = heading.groups()
            if not level or len(marks) <= level:
                level = len(marks) if "Python" in words else 0
        if not level:
            kept.append(cell)
    notebook.cells = kept


_HEADING = re.compile(r"(#+) (.*)")
_LINK = re.compile(r"!?\[([^]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]{1,3}(\S(?:.*?\S)?)[*_`]{1,3}")


def _plain(markdown: str) -> str:
    return " ".join(_MARKS.sub(r"\1", _LINK.sub(r"\1", markdown)).split())


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[A-Z0-9“\"(])", text, maxsplit=1)[0]
