"""A prompting view and live views of probes on one session, in JupyterLab."""

import numpy as np
import pytest

from .canvas import Canvas
from .lab import SETTLE, Lab, Notebook

OPEN = """
import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
sx.PromptCanvas(session, width=256)
"""
EXPLORE = "explorer = sx.explore(sx.probes.{probe}, session)\nexplorer"
SHELL, SKY = (230, 300), (400, 60)  # in pixels of the picture, as many as the stage's canvas has


class Exhibit:
    """A notebook with a prompting view, and an explorer with a map below."""

    def __init__(self, lab: Lab, probe: str):
        self.notebook = lab.open([OPEN, EXPLORE.format(probe=probe)])
        # By its class: it leaves its cell for the corner when that is scrolled away.
        page = self.notebook.page
        self.stage = Canvas(page, page.locator(".sam-explore-stage"))
        self.map = find_map(self.notebook)
        self.settle()

    def settle(self) -> None:
        """Until the kernel is done, and the page has drawn."""
        self.notebook.execute(SETTLE)
        before = None
        while before != (before := self.map.fingerprint()):
            self.notebook.page.wait_for_timeout(150)
        self.read(self.notebook.value("explorer.words"))
        self.read(self.notebook.value("explorer.code"))

    def read(self, words: str) -> None:
        """Wait until the explorer says so."""
        said = self.notebook.output(".sam-explore-explorer")
        self.notebook.wait_until(lambda: words in said.inner_text(), f"it says {words!r}")

    def cell(self, row: int, column: int) -> tuple[float, float]:
        """The middle of a cell of the first map, in canvas pixels."""
        tile = "explorer._view.views[0]._layout.tiles[0]"
        left, top, width, height, rows, columns = self.notebook.value(
            f"({tile}.left, {tile}.top, {tile}.width, {tile}.height, *{tile}.heatmap.values.shape)"
        )
        return (
            2 * (left + (column + 0.5) * width / columns),
            2 * (top + (row + 0.5) * height / rows),
        )


def find_map(notebook: Notebook) -> Canvas:
    """The first map of the explorer."""
    locator = notebook.output(".sam-explore-explorer canvas").first
    locator.wait_for()
    return Canvas(notebook.page, locator)


@pytest.mark.parametrize(
    ("probe", "knob"),
    [
        ("PositionEncodingChannel", "channel"),
        ("BlockChannel", "block"),
        ("WindowEffect", "window"),
        ("RawLogits", "threshold"),
        ("PatchedTokens", "reach"),
    ],
)
def test_a_slider_changes_picture_words_and_code(lab: Lab, probe: str, knob: str):
    exhibit = Exhibit(lab, probe)
    before, value = exhibit.map.pixels(), exhibit.notebook.value(f"explorer.probe.{knob}")
    code = exhibit.notebook.value("explorer.code")
    handle = exhibit.notebook.output(".sam-explore-explorer .noUi-handle").first
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value(f"explorer.probe.{knob}") > value, "the knob has turned"
    )
    exhibit.settle()
    assert not np.array_equal(exhibit.map.pixels(), before)
    assert exhibit.notebook.value("explorer.code") != code


def test_each_click_on_the_picture_changes_the_explorer_too(lab: Lab):
    exhibit = Exhibit(lab, "RawLogits")
    before, words = exhibit.map.pixels(), exhibit.notebook.value("explorer.words")
    exhibit.stage.click(SHELL)
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("len(session.prompts.points)") == 1, "the click has arrived"
    )
    exhibit.settle()
    assert exhibit.notebook.value("explorer.words") != words
    assert not np.array_equal(exhibit.map.pixels(), before)
    again = exhibit.map.pixels()
    exhibit.stage.click(SKY)
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("len(session.prompts.points)") == 2, "the next one too"
    )
    exhibit.settle()
    assert not np.array_equal(exhibit.map.pixels(), again)


def test_the_pointer_reads_a_norm_and_a_click_picks_its_token(lab: Lab):
    exhibit = Exhibit(lab, "BlockNorms")
    place = exhibit.cell(5, 11)
    exhibit.map.move(place)
    value = exhibit.notebook.value("float(explorer.reading.maps[0].values[5, 11])")
    exhibit.read(f"token at row 5, column 11: {value:.4g} L2 norm")
    exhibit.map.click(place)
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("session.token") == (5, 11), "the token is picked"
    )


def test_a_flood_of_moves_over_a_map_delays_no_click(lab: Lab):
    exhibit = Exhibit(lab, "BlockNorms")
    for step in range(150):
        exhibit.map.move((40 + 4 * step % 500, 120 + step))
    exhibit.stage.click(SHELL)
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("session.prediction is not None"), "it answers"
    )


@pytest.mark.fresh_kernel
def test_after_a_reload_the_map_is_there_again_and_works(lab: Lab):
    exhibit = Exhibit(lab, "PositionEncodingSimilarity")
    before = exhibit.map.pixels()
    exhibit.notebook.reload()
    exhibit.map = find_map(exhibit.notebook)
    exhibit.notebook.wait_until(
        lambda: np.array_equal(exhibit.map.pixels(), before), "the same map is drawn"
    )
    exhibit.map.click(exhibit.cell(2, 3))
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("session.token") == (2, 3), "the token is picked"
    )
    exhibit.settle()
    assert not np.array_equal(exhibit.map.pixels(), before)


def test_an_exception_of_a_probe_is_read_on_the_page_and_the_next_state_works(lab: Lab):
    exhibit = Exhibit(lab, "PositionEncodingChannel")
    exhibit.notebook.execute(
        "probe = sx.probes.PositionEncodingChannel\nread, probe.read = probe.read, lambda *_: 1 / 0"
    )
    exhibit.notebook.execute("explorer.set(channel=5)")
    exhibit.read("ZeroDivisionError: division by zero")
    exhibit.notebook.execute("probe.read = read\nexplorer.set(channel=6)")
    exhibit.settle()
    said = exhibit.notebook.output(".sam-explore-explorer").inner_text()
    assert "ZeroDivisionError" not in said


def test_running_cells_again_closes_their_views_and_leaves_the_others_at_work(lab: Lab):
    exhibit = Exhibit(lab, "RawLogits")
    exhibit.notebook.execute("older = explorer")
    exhibit.notebook.run_all()
    assert exhibit.notebook.value("older.comm is None")
    assert exhibit.notebook.value("explorer.comm is not None")
    exhibit.notebook.execute("explorer.close()")
    exhibit.stage.click(SHELL)
    exhibit.notebook.execute(SETTLE)
    page = exhibit.notebook.page
    page.get_by_text("1 foreground point. Mask").first.wait_for()
