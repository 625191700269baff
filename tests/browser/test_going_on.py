"""Second views, second pages, second sessions, and a kernel that is restarted."""

import pytest

from .canvas import Canvas
from .lab import Lab, Notebook
from .prompting import MEADOW, OPEN, SHELL, Prompting

pytestmark = pytest.mark.fresh_page
RESTART = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"


def wait_until_alike(notebook: Notebook, *stages: Canvas) -> None:
    def alike() -> bool:
        first, *others = (stage.fingerprint() for stage in stages)
        return all(first == other for other in others)

    notebook.wait_until(alike, "the views show the same")


def test_a_second_view_and_a_second_page_show_the_same_and_are_clicked_on(lab: Lab):
    prompting = Prompting(lab.open([OPEN, "canvas"]))
    notebook, page = prompting.notebook, lab.page
    stages = [prompting.stage, notebook.canvas(2)]  # between them are the thumbnails
    prompting.click(SHELL)
    prompting.settle()
    prompting.assert_mask_is_shown()
    wait_until_alike(notebook, *stages)
    seen = notebook.value("len(canvas._sight._seen)")
    assert seen >= 1
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    other = page.context.new_page()
    other.on("pageerror", lambda error: lab.page_errors.append(str(error)))
    other.expose_function("noteKernelError", lambda text: lab.kernel_errors.append(text))
    other.goto(page.url.replace("/workspaces/", "/workspaces/other-"))
    second = Notebook(other, notebook.name)
    second.connect()
    wait_until_alike(notebook, *stages, second.canvas(0))
    prompting.wait(f"len(canvas._sight._seen) > {seen}", "what both pages see counts")
    for count, stage in enumerate((stages[1], second.canvas(0)), start=2):
        stage.click((2 * MEADOW[0], 2 * MEADOW[1] - 200 * count))
        prompting.wait(f"len(session.prompts.points) == {count}", "the click has arrived")
        prompting.settle()
        prompting.assert_mask_is_shown()
        wait_until_alike(notebook, *stages, second.canvas(0))
    other.close()


@pytest.mark.fresh_kernel
def test_two_sessions_side_by_side_and_after_a_restart_all_runs_again(lab: Lab):
    other = OPEN.replace("session", "other").replace("canvas", "view").replace("turtle", "fish")
    prompting = Prompting(lab.open([OPEN, other]))
    for restarts in range(2):
        prompting.click(SHELL)
        prompting.settle()
        prompting.assert_mask_is_shown()
        assert prompting.notebook.value(
            "(len(session.prompts.points), other.prompts.is_empty)"
        ) == (1, True)
        prompting.notebook.canvas(2).click((2 * SHELL[0], 2 * SHELL[1]))
        prompting.wait("len(other.prompts.points) == 1", "the other session hears its click")
        assert prompting.notebook.value("len(session.prompts.points)") == 1
        if not restarts:
            lab.page.evaluate(RESTART)
            prompting.notebook.wait_until_idle()
            prompting.notebook.run_all()
            prompting = Prompting(prompting.notebook)


def test_after_a_restart_the_canvas_says_to_run_the_cells_again(lab: Lab):
    prompting = Prompting(lab.open(OPEN))
    notebook = prompting.notebook
    gone = notebook.output(".sam-explore-gone").filter(visible=True)
    assert gone.count() == 0
    lab.page.evaluate(RESTART)
    notebook.wait_until_idle()
    gone.wait_for()
    assert gone.count() == 1  # not on the small masks below
    said = "The kernel was restarted, or the connection lost: run the cells again."
    assert gone.inner_text() == said
    place, stage = gone.bounding_box(), prompting.stage.locator.bounding_box()
    assert stage["x"] < place["x"]
    assert place["x"] + place["width"] < stage["x"] + stage["width"]
    assert stage["y"] < place["y"] < stage["y"] + stage["height"]
    notebook.run_all()
    again = Prompting(notebook)
    assert gone.count() == 0
    again.click(SHELL)
    again.settle()
    again.assert_mask_is_shown()


@pytest.mark.fresh_kernel
def test_a_page_that_is_reloaded_says_nothing_of_a_restart(lab: Lab):
    prompting = Prompting(lab.open(OPEN))
    prompting.notebook.reload()
    again = Prompting(prompting.notebook)
    assert again.notebook.output(".sam-explore-gone").filter(visible=True).count() == 0
    again.click(SHELL)
    again.settle()
    again.assert_mask_is_shown()


SAY_RESTARTING = """() => {
    const {kernel} = jupyterapp.shell.currentWidget.sessionContext.session;
    kernel._statusChanged.emit('restarting');
}"""
MARKED = ".sam-explore-under.jupyter-widgets-disconnected"


def test_views_that_are_marked_as_disconnected_but_still_answer_say_nothing(lab: Lab):
    """As after a status of a restart that comes late, when the cells have run again."""
    prompting = Prompting(lab.open(OPEN))
    lab.page.evaluate(SAY_RESTARTING)
    prompting.notebook.output(MARKED).first.wait_for()
    lab.page.wait_for_timeout(600)
    assert prompting.notebook.output(".sam-explore-gone").filter(visible=True).count() == 0
    prompting.click(SHELL)
    prompting.settle()
    prompting.assert_mask_is_shown()
