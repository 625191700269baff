"""What is read from a notebook for its entry in the list, and what a page leaves out."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from jinja2 import Environment, FileSystemLoader
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sam_explore.cli.app_server.chapters import (
    Chapter,
    neighbours,
    read_chapter,
    without_python,
)
from sam_explore.cli.app_server.server import TEMPLATES
from sam_explore.cli.notebooks import notebooks_source

WORDS_OF_CELLS = (
    "Shift+Enter",
    "run the cell",
    "Run the cell",
    "This cell",
    "cell below",
    "own cell",
    "cell of your own",
    "next cell",
    "same cell",
)
COURSE = sorted(notebooks_source().glob("*.ipynb"))


def notebook(*texts: str) -> nbformat.NotebookNode:
    """A cell a text; those that begin with `>` are code."""
    cells = [
        new_code_cell(text[1:]) if text.startswith(">") else new_markdown_cell(text)
        for text in texts
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("text", "title", "sentence"),
    [
        ("# One click\n\nA *click* asks. More.", "One click", "A click asks."),
        ("# `B` [here](x.md)\n\nSee [the paper](http://x/y.z), 3.5 of it! It", "B here",
         "See the paper, 3.5 of it!"),
        ("# Only a title", "Only a title", ""),
        ("# One\n\nNo end", "One", "No end"),
        ("No title. At all.", "mine", ""),
    ],
)  # fmt: skip
def test_title_and_sentence(tmp_path: Path, text: str, title: str, sentence: str):
    nbformat.write(notebook(">1", text), tmp_path / "mine.ipynb")
    chapter = read_chapter(tmp_path / "mine.ipynb")
    assert (chapter.name, chapter.title, chapter.sentence) == ("mine", title, sentence)


def test_the_list_numbers_chapters_as_they_speak_of_each_other(tmp_path: Path):
    template = Environment(loader=FileSystemLoader(TEMPLATES)).get_template("first_page.html")
    chapters = [Chapter(Path(f"{name}.ipynb"), name, "") for name in ("00_map", "07_a", "mine")]
    page = template.render(chapters=chapters, base_url="/")
    assert re.findall(r"<li([^>]*)><a", page) == [' value="0"', ' value="7"', ""]


def test_a_broken_notebook_is_called_by_its_name(tmp_path: Path):
    for name, content in [("a", "no json"), ("b", "[]"), ("c", '{"nbformat": 4}')]:
        (tmp_path / f"{name}.ipynb").write_text(content, "utf-8")
        assert read_chapter(tmp_path / f"{name}.ipynb").title == name
    assert read_chapter(tmp_path / "none.ipynb").title == "none"


def test_neighbours():
    chapters = [Chapter(Path(f"{name}.ipynb"), name, "") for name in "abc"]
    assert neighbours(chapters, "a") == (None, chapters[1])
    assert neighbours(chapters, "b") == (chapters[0], chapters[2])
    assert neighbours(chapters, "c") == (chapters[1], None)
    assert neighbours(chapters[:1], "a") == (None, None)


def test_sections_about_python_are_left_out():
    page = notebook(
        "# Title", ">a", "## In Python", ">b", "text", "### deeper", ">c", "## Next", ">d",
        "### The same from Python", ">e", "## Last\n\nIn Python it is so.", ">f",
    )  # fmt: skip
    without_python(page)
    assert [each.source for each in page.cells] == [
        "# Title", "a", "## Next", "d", "## Last\n\nIn Python it is so.", "f",
    ]  # fmt: skip


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
class TestCourse:
    def test_each_chapter_has_title_and_sentence(self, path: Path):
        chapter = read_chapter(path)
        assert chapter.title != path.stem
        assert chapter.sentence.endswith((".", "?", "!"))

    def test_no_code_is_shown(self, path: Path):
        page = nbformat.read(path, as_version=4)
        without_python(page)
        assert not [each.source for each in page.cells if "```" in each.source]

    def test_nothing_that_is_left_out_is_needed(self, path: Path):
        whole, page = nbformat.read(path, as_version=4), nbformat.read(path, as_version=4)
        without_python(page)
        left_out = names(whole, ast.Store) - names(page, ast.Store)
        assert not names(page, ast.Load) & left_out

    def test_a_page_does_not_talk_of_running_cells(self, path: Path):
        page = nbformat.read(path, as_version=4)
        without_python(page)
        text = " ".join(each.source for each in page.cells if each.cell_type == "markdown")
        for words in WORDS_OF_CELLS:
            assert words not in text


def names(page: nbformat.NotebookNode, use: type) -> set[str]:
    code = "\n".join(each.source for each in page.cells if each.cell_type == "code")
    nodes = ast.walk(ast.parse(code))
    return {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, use)}
