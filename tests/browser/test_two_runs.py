"""A live view of two runs in JupyterLab: a click updates A, B and their difference."""

import pytest

from .canvas import Canvas
from .lab import SETTLE, Lab

CELLS = [
    "import sam_explore as sx\n"
    'session = sx.Session(sx.load(), sx.example("turtle"))\n'
    "sx.PromptCanvas(session, width=256)",
    'split = sx.explore(sx.probes.RawLogits, session, against={"windows": [4] * 8})\nsplit',
]
WIDTHS = (1400, 1100, 980, 700)  # of the page, with the list of files on the left
SHELL, SKY = (230, 300), (400, 60)


@pytest.mark.fresh_page  # of another width
def test_one_click_moves_a_b_and_the_difference(lab: Lab):
    notebook = lab.open(CELLS)
    stage = Canvas(notebook.page, notebook.page.locator(".sam-explore-stage"))
    maps = notebook.output(".sam-explore-map")
    said = notebook.output(".sam-explore-explorer")
    maps.nth(2).wait_for()
    views = [Canvas(lab.page, maps.nth(index)) for index in range(3)]

    def shown() -> list:
        notebook.execute(SETTLE)
        before = None
        while before != (before := [view.fingerprint() for view in views]):
            lab.page.wait_for_timeout(150)
        return before

    at_first = shown()
    stage.click(SHELL)
    notebook.wait_until(lambda: notebook.value("len(session.prompts.points)") == 1, "a point")
    after_one = shown()
    stage.click(SKY, button="right")
    notebook.wait_until(lambda: notebook.value("len(session.prompts.points)") == 2, "two points")
    after_two = shown()
    for index in range(3):
        assert len({str(each[index]) for each in (at_first, after_one, after_two)}) == 3
    words = notebook.value("split.words")
    assert words.startswith("A: trained windows. B: windows of 4. B − A is farthest from 0 with")
    notebook.wait_until(lambda: words in said.inner_text(), "it says what the numbers are")
    tops = {}
    for width in WIDTHS:
        lab.page.set_viewport_size({"width": width, "height": 1000})
        lab.page.wait_for_timeout(500)
        boxes = [maps.nth(index).bounding_box() for index in range(3)]
        tops[width] = [round(box["y"]) for box in boxes]
        page = notebook.output(".sam-explore-explorer").first.bounding_box()
        assert all(box["x"] + box["width"] <= page["x"] + page["width"] + 1 for box in boxes)
    a, b, difference = tops[WIDTHS[0]]
    assert a == b < difference, "B − A lies below the two"
    assert len(set(tops[WIDTHS[-1]])) == 3, "they lie one below the other"
    assert all(a == b < c or a < b < c for a, b, c in tops.values())
