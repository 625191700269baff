"""Every exhibit: a click on the picture reaches it, in JupyterLab.

All share one page and one kernel: the explorer in it is exchanged, which takes a second.
"""

from collections.abc import Iterator

import pytest

from sam_explore import probes
from sam_explore.probes import PROBES

from .canvas import Canvas
from .kept_page import KeptPage
from .lab import Notebook
from .prompting import MEADOW, SHELL

OPEN = """
import ipywidgets
import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
place = ipywidgets.VBox([sx.PromptCanvas(session, width=256, keep_in_view=False)])
stage, explorer = place.children[0], None
place
"""
SHOW = """
if explorer is not None:
    explorer.close()
session.clear()
session.add_point({point})
explorer = sx.explore(sx.probes.{name}, session)
place.children = [stage, explorer]
"""
# A digest of all that canvases and images show.
PICTURES = """async explorer => {
    const shown = [...explorer.querySelectorAll('canvas, img')].map(one => {
        if (one.tagName === 'CANVAS') return one.toDataURL();
        const copy = document.createElement('canvas');
        [copy.width, copy.height] = [one.naturalWidth, one.naturalHeight];
        copy.getContext('2d').drawImage(one, 0, 0);
        return copy.toDataURL();
    });
    const bytes = new TextEncoder().encode(shown.join());
    return [shown.length, ...new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))];
}"""
STILL = [
    probe.__name__
    for probe in PROBES
    if not probe.reads_prompts and all(each.link != "token" for each in probe.knobs().values())
]
# Its sentence is about all places; a map is about the picked one.
ONE_SENTENCE = ("PlaceInTokens",)
# It is about the first point; another one changes nothing.
FIRST_POINT = ("MagicWand",)
# What it draws is a difference of 0, wherever the click is. Without prompts, too, a map may be the
# same for all places, and only the words tell them apart.
EQUAL_EVERYWHERE = ("CoordinateSharing",)
FOLLOWING = [probe.__name__ for probe in PROBES if probe.__name__ not in (*STILL, *FIRST_POINT)]
PICKED = "Outlined: the picked token"  # which a click on the picture picks


class Page:
    """The picture to click on, and below it one explorer after the other."""

    def __init__(self, notebook: Notebook):
        self.notebook = notebook
        self.stage = Canvas(notebook.page, notebook.page.locator(".sam-explore-stage").first)

    def show(self, name: str) -> tuple[list[int], str]:
        """Exchange the explorer; returns what it shows and says after a first click."""
        self.notebook.page.mouse.move(0, 0)
        self.notebook.execute(SHOW.format(name=name, point=MEADOW))
        return self.seen()

    def click(self, point_px: tuple[float, float]) -> None:
        self.stage.click((point_px[0], point_px[1]))
        self.notebook.page.mouse.move(0, 0)  # so that it does not follow the pointer
        self.notebook.wait_until(
            lambda: self.notebook.value("len(session.prompts.points)") == 2, "the click is there"
        )

    def seen(self) -> tuple[list[int], str]:
        """What the explorer shows and says, when the kernel is done and the page has drawn."""
        self.notebook.execute("session.settle(60)")
        explorer = self.notebook.output(".sam-explore-explorer")
        words = self.notebook.value("explorer.words")
        self.notebook.wait_until(lambda: words in explorer.inner_text(), f"it says {words!r}")
        before = None
        while before != (before := explorer.evaluate(PICTURES)):
            self.notebook.page.wait_for_timeout(100)
        return before, words


@pytest.fixture(scope="module")
def exhibit(kept_page: KeptPage) -> Iterator[Page]:
    lab = kept_page.again()
    yield Page(lab.open(OPEN))
    errors = list(lab.errors)
    kept_page.done(lab, keep=not errors)
    assert not errors, "\n".join(errors)


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_click_on_the_picture_changes_picture_and_sentence(name: str, exhibit: Page):
    pictures, words = exhibit.show(name)
    exhibit.click(SHELL)
    pictures_after, words_after = exhibit.seen()
    assert (words_after != words) == (name not in ONE_SENTENCE)
    moves = getattr(probes, name).reads_prompts and name not in EQUAL_EVERYWHERE
    if moves or name in ONE_SENTENCE:
        assert pictures_after != pictures


@pytest.mark.parametrize("name", [*STILL, *FIRST_POINT])
def test_what_no_click_changes_stays_as_it_is_but_for_the_outline_of_the_picked_token(
    name: str, exhibit: Page
):
    pictures, words = exhibit.show(name)
    assert pictures[0] > 0
    exhibit.click(SHELL)
    pictures_after, words_after = exhibit.seen()
    assert words_after == words
    outlines = PICKED in exhibit.notebook.output(".sam-explore-explorer").inner_text()
    assert (pictures_after != pictures) == outlines
