"""The notebooks in git: small cells, public names, nothing that a run has left behind."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

import sam_explore as sx
from sam_explore.cli.notebooks import FIRST_NOTEBOOK

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").rglob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def nodes(path: Path) -> list[ast.AST]:
    return [node for cell in code_cells(path) for node in ast.walk(ast.parse(cell.source))]


def test_the_map_heads_the_course_and_readers_begin_with_prompting():
    assert [path.name for path in NOTEBOOKS[:2]] == ["00_the_map.ipynb", FIRST_NOTEBOOK]


@each_notebook
def test_a_notebook_is_stored_without_outputs_and_in_normal_form(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert nbformat.writes(notebook) + "\n" == path.read_text("utf-8")
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None
        assert cell.metadata == {}


@each_notebook
def test_cells_have_at_most_ten_lines_and_define_nothing(path: Path):
    assert all(len(cell.source.splitlines()) <= 10 for cell in code_cells(path))
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node for node in nodes(path) if isinstance(node, definitions)]


@each_notebook
def test_only_public_names_are_used(path: Path):
    used = {
        node.attr
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "sx"
    }
    assert used
    assert used <= set(sx.__all__)
    inner = [node for node in nodes(path) if isinstance(node, ast.ImportFrom | ast.Import)]
    named = {alias.name for node in inner for alias in node.names}
    assert "sam_explore" in named
    assert not [name for name in named if name.startswith("sam_explore.")]


@each_notebook
def test_a_knob_that_is_named_is_shown_or_the_text_says_where_it_is(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    for words, code in pairwise(cells):
        if words.cell_type == "code" or code.cell_type != "code":
            continue
        for probe in re.findall(r"sx\.explore\(\s*sx\.probes\.(\w+)", code.source):
            asked = getattr(sx.probes, probe)
            shown = asked.main_knobs()
            folded = {each.about for name, each in asked.knobs().items() if name not in shown}
            named = set(re.findall(r"\*\*(.+?)\*\*", words.source)) & folded
            assert not named or "**More**" in words.source, named
