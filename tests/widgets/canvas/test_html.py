"""Text in a page is escaped, and only one file makes HTML."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import ipywidgets
import pytest

import sam_explore
from sam_explore.widgets.canvas.html import BREAK, NOTHING, Html, Markup, element, together

PACKAGE = Path(sam_explore.__file__).parent
HOSTILE = """<img src=x onerror="alert(1)"> & '</div>' <script>1</script>"""
# The one place, its widget, and the template of exported pages, in which Jinja escapes.
MAKERS = {"markup.py", "widgets/canvas/html.py", "cli/offline_page.py", "origins/operation.py"}
TAG = re.compile(r"</?[a-zA-Z]")
SOURCES = sorted(PACKAGE.rglob("*.py"))


class Page(HTMLParser):
    """The tags of a page and its text."""

    def __init__(self, source: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_is_shown_as_it_is_in_an_element_and_in_its_attributes():
    page = Page(element("div", HOSTILE, element("b", HOSTILE), title=HOSTILE, class_="a"))
    assert page.tags == [("div", {"title": HOSTILE, "class": "a"}), ("b", {})]
    assert page.text == 2 * HOSTILE


def test_parts_stay_what_they_are_one_after_the_other():
    assert together("a<b", BREAK, element("i", "c")) == "a&lt;b<br><i>c</i>"
    assert together() == NOTHING == ""


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "plain", element("b", "x") + "y", f"{element('b', 'x')}", element("b", "x").strip()],
)
def test_the_widget_takes_nothing_that_was_made_elsewhere(text: str):
    widget = Html(element("b", "first"))
    with pytest.raises(TypeError, match="this is text"):
        widget.value = text
    with pytest.raises(TypeError, match="this is text"):
        Html(text)
    assert widget.value == "<b>first</b>"
    widget.value = NOTHING
    widget.value = ""
    widget.close()


def is_a_docstring(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    return isinstance(parents[node], ast.Expr)


def places_that_make_html(source: str) -> list[str]:
    """Of a module: texts with a tag in them, and names that lead around the one function."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if TAG.search(node.value) and not is_a_docstring(node, parents):
                found.append(f"{node.lineno}: {node.value[:60]!r}")
        elif isinstance(node, ast.Name) and node.id in AROUND:
            found.append(f"{node.lineno}: {node.id}")
        elif isinstance(node, ast.Attribute) and node.attr in AROUND:
            found.append(f"{node.lineno}: {node.attr}")
        elif isinstance(node, ast.Call):
            names = {word.arg for word in node.keywords} | {getattr(node.func, "id", "")}
            found += [f"{node.lineno}: {name}" for name in names & CALLS]
        elif isinstance(node, ast.FunctionDef) and node.name in METHODS:
            found.append(f"{node.lineno}: {node.name}")
    return found


AROUND = {"HTML", "HTMLMath", "Javascript", "Markdown", "SVG"}  # of ipywidgets and IPython
CALLS = {"Markup", "description_allow_html", "escape"}
METHODS = {"_repr_html_", "_repr_javascript_", "_repr_markdown_", "_repr_svg_"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_other_module_makes_html(path: Path):
    if path.relative_to(PACKAGE).as_posix() not in MAKERS:
        assert places_that_make_html(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'x = f"<b>{name}</b>"',
        'x = "<div>" + name',
        'x = "%s</p>" % name',
        "x = HTML(name)",
        "x = ipywidgets.HTML(name)",
        "x = Markup(name)",
        "x = Checkbox(description=name, description_allow_html=True)",
        "class View:\n    def _repr_html_(self): return name",
    ],
)
def test_that_check_finds_what_it_looks_for(source: str):
    assert places_that_make_html(source)


def test_the_check_leaves_comparisons_and_docstrings_alone():
    assert not places_that_make_html('"""Makes a <b>."""\nx = "a < b, b <= 1, <"')


def test_descriptions_of_other_widgets_are_text_by_default():
    assert ipywidgets.Checkbox(description=HOSTILE).description_allow_html is False
    assert not isinstance(HOSTILE, Markup)
