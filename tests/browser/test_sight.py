"""On a tall page: views on the screen are updated, others wait and say so."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Locator, expect

from .canvas import Canvas
from .lab import SETTLE, Lab, Notebook

CELLS = [
    "import sam_explore as sx\n\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "sx.PromptCanvas(session, width=256)",
    "first = sx.explore(sx.probes.RawLogits, session)\nfirst",
    "import ipywidgets\nipywidgets.Box(layout={'height': '1800px'})",
    "second = sx.explore(sx.probes.ClickGradient, session)\nsecond",
]
SHELL, SKY = (230, 300), (400, 60)  # in canvas pixels, as many as the picture's at this width
OUT_OF_SIGHT = "Not up to date: this view waits until it is in sight"


@pytest.fixture
def notebook(lab: Lab) -> Notebook:
    notebook = lab.open(CELLS)
    notebook.output("canvas").first.wait_for()
    notebook.execute(SETTLE)
    return notebook


def scroll_to(notebook: Notebook, cell: int) -> None:
    """Scroll until this cell is at the top."""
    notebook.page.evaluate(
        "cell => jupyterapp.shell.currentWidget.content.scrollToItem(cell, 'start')", cell
    )


def wait_for(notebook: Notebook, expression: str) -> None:
    notebook.wait_until(lambda: notebook.value(expression), expression)


def test_a_click_updates_views_on_the_screen_and_the_rest_when_they_are_scrolled_to(notebook):
    scroll_to(notebook, 1)
    wait_for(notebook, "first._sight.is_seen and not second._sight.is_seen")
    before = notebook.value("second.words")
    Canvas(notebook.page, notebook.page.locator(".sam-explore-stage")).click(SHELL)
    wait_for(
        notebook, "first.reading.provenance.fingerprint == session.trace.description.fingerprint"
    )
    notebook.page.wait_for_timeout(1500)
    assert notebook.value("second.words") == before
    assert OUT_OF_SIGHT in notebook.value("second._caption._status.value")
    assert notebook.value("'sam-explore-outdated' in second._view.widget._dom_classes")
    scroll_to(notebook, 3)
    wait_for(notebook, f"second.words != {before!r}")
    wait_for(notebook, "'Computed in' in second._caption._status.value")


# The words of buttons that reach beyond the corner's room for them.
BEYOND = """corner => {
    const {right} = corner.querySelector('canvas').getBoundingClientRect();
    return [...corner.querySelectorAll('.sam-explore-toolbar button')]
        .filter(button => button.getBoundingClientRect().right > right)
        .map(button => button.innerText);
}"""
# The corner's colour where the theme has a certain one.
GROUND = """corner => {
    corner.style.setProperty('--jp-layout-color1', 'rgb(1, 2, 3)');
    const {backgroundColor} = getComputedStyle(corner);
    corner.style.removeProperty('--jp-layout-color1');
    return backgroundColor;
}"""


def test_the_prompt_stays_in_a_corner_takes_clicks_and_keys_and_goes_back(notebook):
    page = notebook.page
    stage = Canvas(page, page.locator(".sam-explore-stage"))
    scroll_to(notebook, 3)
    corner = page.locator(".sam-explore-corner")
    expect(corner).to_be_visible()
    assert corner.locator("canvas").count() == 1
    assert corner.evaluate(BEYOND) == []
    assert corner.evaluate(GROUND) == "rgb(1, 2, 3)"
    stage.click(SHELL)
    wait_for(notebook, "len(session.prompts.points) == 1")
    x, y = notebook.value("session.prompts.points[0].tolist()")
    assert (x, y) == pytest.approx(SHELL, abs=3)
    page.keyboard.press("Control+z")
    wait_for(notebook, "session.prompts.is_empty")
    stage.click(SKY)
    wait_for(notebook, "len(session.prompts.points) == 1")
    corner.get_by_role("button", name="Clear").click()
    wait_for(notebook, "session.prompts.is_empty")
    scroll_to(notebook, 0)
    expect(corner).to_have_count(0)
    assert notebook.output(".sam-explore-stage").count() == 1
    stage.click(SHELL)
    wait_for(notebook, "len(session.prompts.points) == 1")


# Where the words that reach farthest to the right end, in CSS pixels.
WORDS_END = """selectors => Math.max(...[...document.querySelectorAll(selectors)]
    .map(words => words.getBoundingClientRect().right))"""
CAPTIONS = ".sam-explore-caption"
CODE = ".jp-InputArea-editor"
MARKDOWN = ".jp-RenderedMarkdown > *"


@pytest.mark.parametrize(
    ("width", "words"),
    [(1400, CAPTIONS), (1400, CODE), (700, CODE), (700, MARKDOWN), (1400, MARKDOWN)],
)
def test_the_corner_covers_no_words_and_they_take_its_room_when_it_is_put_away(
    lab: Lab, tmp_path: Path, width: int, words: str
):
    text = new_markdown_cell("Words of a chapter, as many as fill more than a line. " * 20)
    cells = [*map(new_code_cell, CELLS[:3]), text, new_code_cell(CELLS[3])]
    nbformat.write(new_notebook(cells=cells), tmp_path / "words.ipynb")
    notebook = lab.open(tmp_path / "words.ipynb")
    notebook.output("canvas").first.wait_for()
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 1000})
    scroll_to(notebook, 3)
    corner = page.locator(".sam-explore-corner")
    expect(corner).to_be_visible()
    left = corner.bounding_box()["x"]
    assert page.evaluate(WORDS_END, words) <= left
    corner.get_by_role("button", name="Put away").click()
    expect(corner).to_have_count(0)
    assert page.evaluate(WORDS_END, words) > left


def test_the_corner_folds_moves_and_is_put_away_until_it_is_asked_for(notebook):
    page = notebook.page
    scroll_to(notebook, 3)
    corner = page.locator(".sam-explore-corner")
    corner.get_by_role("button", name="Fold").click()
    expect(corner.locator("canvas")).to_be_hidden()
    corner.get_by_role("button", name="Fold").click()
    expect(corner.locator("canvas")).to_be_visible()
    before, handle = corner.bounding_box(), corner.get_by_text("Prompt", exact=True).bounding_box()
    page.mouse.move(handle["x"] + 10, handle["y"] + 10)
    page.mouse.down()
    page.mouse.move(handle["x"] - 190, handle["y"] - 90, steps=5)
    page.mouse.up()
    after = corner.bounding_box()
    assert (before["x"] - after["x"], before["y"] - after["y"]) == pytest.approx((200, 100), abs=2)
    corner.get_by_role("button", name="Put away").click()
    expect(corner).to_have_count(0)
    wait_for(notebook, "not session.busy")
    scroll_to(notebook, 0)
    keep = notebook.output(".sam-explore-prompting button").filter(has_text="Keep in view")
    keep.wait_for()
    scroll_to(notebook, 3)
    page.wait_for_timeout(300)
    expect(corner).to_have_count(0)
    scroll_to(notebook, 0)
    keep.click()
    scroll_to(notebook, 3)
    expect(corner).to_be_visible()


def test_a_cell_run_again_while_its_picture_is_in_the_corner_leaves_nothing_there(notebook):
    scroll_to(notebook, 3)
    expect(notebook.page.locator(".sam-explore-corner")).to_be_visible()
    notebook.run_all()
    scroll_to(notebook, 0)
    expect(notebook.page.locator(".sam-explore-corner")).to_have_count(0)
    expect(notebook.output(".sam-explore-stage")).to_have_count(1)


WORDS_OF_ONE_END = """title => {
    const words = document.createRange();
    words.selectNodeContents(title);
    return words.getBoundingClientRect().right;
}"""
TWO = [
    CELLS[0],
    "other = sx.Session(sx.load(), sx.example('turtle'))\nsx.PromptCanvas(other, width=256)",
    CELLS[2],
    "'The end.'",
]


def test_of_two_pictures_the_corner_says_which_it_shows_and_can_show_the_other(lab: Lab):
    notebook = lab.open(TWO)
    notebook.execute(SETTLE)
    page = notebook.page
    for cell in (0, 1, 3):
        scroll_to(notebook, cell)
        page.wait_for_timeout(300)
    corner = page.locator(".sam-explore-corner").filter(visible=True)
    expect(corner).to_have_count(1)
    title = corner.get_by_text("Prompt 2 of 2")
    expect(title).to_be_visible()
    assert title.bounding_box()["height"] < 30  # one line
    button = corner.get_by_role("button", name="Show the other picture").bounding_box()
    assert title.evaluate(WORDS_OF_ONE_END) <= button["x"]
    click_in(corner)
    wait_for(notebook, "len(other.prompts.points) == 1 and session.prompts.is_empty")
    corner.get_by_role("button", name="Show the other picture").click()
    expect(corner.get_by_text("Prompt 1 of 2")).to_be_visible()
    click_in(corner)
    wait_for(notebook, "len(session.prompts.points) == 1")
    corner.get_by_role("button", name="Put away").click()
    expect(corner).to_have_count(1)
    expect(corner.get_by_text("Prompt", exact=True)).to_be_visible()
    expect(corner.get_by_role("button", name="Show the other picture")).to_have_count(0)


def click_in(corner: Locator) -> None:
    corner.locator(".sam-explore-under").click(position={"x": 90, "y": 110})
