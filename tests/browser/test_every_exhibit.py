"""Every exhibit: a click on the picture reaches it, in JupyterLab.

All share one page and one kernel, and some at a time share a click: what a test of its own costs
each of them is not the probe but the messages, the page, and the waiting for both.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

import pytest

from sam_explore import probes
from sam_explore.probes import PROBES

from .canvas import Canvas
from .kept_page import KeptPage
from .lab import SETTLE, Notebook
from .prompting import MEADOW, SHELL

OPEN = """
import ipywidgets
import sam_explore as sx


def few(probe):  # scenes, for one that draws some
    knob = probe.knobs().get("scenes")
    return dict() if knob is None else dict(scenes=min(knob.choices or [knob.low]))


session = sx.Session(sx.load(), sx.example("turtle"))
place = ipywidgets.VBox([sx.PromptCanvas(session, width=256, keep_in_view=False)])
stage, explorers = place.children[0], []
place
"""
SHOW = """
for explorer in explorers:
    explorer.close()
session.clear()
session.add_point({point})
probes = [getattr(sx.probes, name) for name in {names}]
explorers = [sx.explore(probe, session, **few(probe)) for probe in probes]
place.children = [stage, *explorers]
"""
SAID = f"{SETTLE} or [explorer.words for explorer in explorers]"
# What each explorer says, and a digest of each of its canvases and images.
SEEN = """explorers => Promise.all(explorers.map(async explorer => {
    const pictures = [...explorer.querySelectorAll('canvas, img')].map(async one => {
        let canvas = one;
        if (one.tagName !== 'CANVAS') {
            canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [one.naturalWidth, one.naturalHeight];
            canvas.getContext('2d').drawImage(one, 0, 0);
        }
        const {width, height} = canvas;
        if (!width || !height) return '';
        const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
        return new Uint8Array(await crypto.subtle.digest('SHA-1', data)).join();
    });
    return [explorer.innerText, await Promise.all(pictures)];
}))"""
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
AT_ONCE = 8


class Seen(NamedTuple):
    """An explorer in the page: its words, all of its text, and digests of its pictures."""

    words: str
    text: str
    pictures: list[str]


class Exhibits:
    """The picture to click on, and below it some explorers."""

    def __init__(self, notebook: Notebook):
        self.notebook = notebook
        self.stage = Canvas(notebook.page, notebook.page.locator(".sam-explore-stage").first)

    def clicked(self, names: Sequence[str]) -> dict[str, tuple[Seen, Seen]]:
        """Each of these explorers after a first click and after a second, by name."""
        self.notebook.page.mouse.move(0, 0)
        self.notebook.execute(SHOW.format(names=names, point=MEADOW))
        before = self.seen()
        self.stage.click(SHELL)
        self.notebook.page.mouse.move(0, 0)  # so that they do not follow the pointer
        self.notebook.wait_until(
            lambda: self.notebook.value("len(session.prompts.points)") == 2, "the click is there"
        )
        return dict(zip(names, zip(before, self.seen(), strict=True), strict=True))

    def seen(self) -> list[Seen]:
        """The explorers when the kernel is done and the page has drawn."""
        said, now = self.notebook.value(SAID), []
        shown = self.notebook.output(".sam-explore-explorer")

        def is_drawn() -> bool:
            nonlocal now
            before, now = now, shown.evaluate_all(SEEN)
            texts = [text for text, _ in now]
            is_said = len(texts) == len(said) and all(map(str.__contains__, texts, said))
            return is_said and now == before

        self.notebook.wait_until(is_drawn, f"the page shows all of it and says {said}")
        return [Seen(words, *each) for words, each in zip(said, now, strict=True)]


@pytest.fixture(scope="module")
def clicked(kept_page: KeptPage) -> Iterator[Callable]:
    """Clicks on some explorers once, for the tests of all of them."""
    lab = kept_page.again()
    yield cache(Exhibits(lab.open(OPEN)).clicked)
    errors = list(lab.errors)
    kept_page.done(lab, keep=not errors)
    assert not errors, "\n".join(errors)


def some_at_a_time(names: Sequence[str]) -> pytest.MarkDecorator:
    """A test of each, where some are clicked on at once."""
    groups = [tuple(names[start : start + AT_ONCE]) for start in range(0, len(names), AT_ONCE)]
    cases = [pytest.param(group, name, id=name) for group in groups for name in group]
    return pytest.mark.parametrize(("group", "name"), cases)


@some_at_a_time(FOLLOWING)
def test_a_click_on_the_picture_changes_picture_and_sentence(
    group: tuple, name: str, clicked: Callable
):
    before, after = clicked(group)[name]
    assert (after.words != before.words) == (name not in ONE_SENTENCE)
    moves = getattr(probes, name).reads_prompts and name not in EQUAL_EVERYWHERE
    if moves or name in ONE_SENTENCE:
        assert after.pictures != before.pictures


@some_at_a_time([*STILL, *FIRST_POINT])
def test_what_no_click_changes_stays_as_it_is_but_for_the_outline_of_the_picked_token(
    group: tuple, name: str, clicked: Callable
):
    before, after = clicked(group)[name]
    assert before.pictures
    assert after.words == before.words
    assert (after.pictures != before.pictures) == (PICKED in after.text)
