"""A tour in JupyterLab: walked through with its buttons, and let go."""

import pytest
from playwright.sync_api import expect

from .canvas import Canvas
from .lab import Lab, Notebook
from .prompting import MEADOW, SHELL

CELLS = [
    "import sam_explore as sx\n\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    f"session.add_point({MEADOW})\n"
    "sx.PromptCanvas(session, width=256, keep_in_view=False)",
    "player = sx.course.tour('prompting', session)\nplayer",
]


@pytest.fixture
def notebook(lab: Lab) -> Notebook:
    notebook = lab.open(CELLS)
    wait_for(notebook, "player.step == 0 and not session.busy")
    return notebook


def wait_for(notebook: Notebook, expression: str) -> None:
    notebook.wait_until(lambda: notebook.value(f"bool({expression})"), expression)


def test_a_tour_is_walked_through_and_let_go_with_the_readers_own_prompts(notebook):
    tour = notebook.page.locator(".sam-explore-tour")
    said, button = tour.get_by_role("status"), lambda name: tour.get_by_role("button", name=name)
    expect(said).to_contain_text("A click on the shell")
    wait_for(notebook, f"session.prompts.points.tolist() == [list(map(float, {SHELL}))]")
    button("Next").click()
    expect(said).to_contain_text("The other three masks")
    expect(tour.get_by_text("2 of 5")).to_be_visible()
    wait_for(notebook, "session.chosen == player.tour.steps[1].mask")
    button("Next").click()
    wait_for(notebook, "session.prompts.labels.tolist() == [1, 0]")
    tour.locator(".sam-explore-explorer canvas").first.wait_for()
    button("Back").click()
    wait_for(notebook, f"session.prompts.points.tolist() == [list(map(float, {SHELL}))]")
    button("Let go").click()
    expect(said).to_contain_text("The tour has ended")
    wait_for(notebook, f"session.prompts.points.tolist() == [list(map(float, {MEADOW}))]")
    wait_for(notebook, "session.chosen is None")
    # Clicks go on from there.
    Canvas(notebook.page, notebook.page.locator(".sam-explore-stage")).click(SHELL)
    wait_for(notebook, "len(session.prompts.points) == 2")
