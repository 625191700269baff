"""The prompting view as a figure: what is in it, where, and the sentence for it."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.plots import style
from sam_explore.preprocessing import Preprocessing
from sam_explore.widgets import PromptCanvas
from sam_explore.widgets.prompting.prompting_figure import draw_prompting, prompting_in_words
from sam_explore.widgets.session.snapshot import Snapshot, first_snapshot
from sam_explore.widgets.session.source import source_of

from ..pictures import count, pixels


@pytest.fixture
def first(sam, image) -> Snapshot:
    return first_snapshot(source_of(sam, image, Preprocessing()))


@pytest.fixture
def answered(answers, image, open_session) -> Snapshot:
    session = open_session(image)
    session.add_point((10.0, 20.0))
    return session.now


def drawn(now: Snapshot) -> dict:
    return {"image/png": draw_prompting(now).png()}


def test_the_shown_mask_covers_its_half_of_the_picture(answers, open_session, screen):
    """Mask 2, which the model expects to be the best, is the lower half, all of it in one colour.

    White below MASK at opacity 0.45, which is 115 of 255: 0 x 115 + 255 x 140 over 255 is 140, and
    so for 0x72 and 0xB2: 191 and 220.
    """
    session = open_session(np.full((64, 64, 3), 255, np.uint8))
    session.add_point((32.0, 8.0))
    with PromptCanvas(session, width=192) as canvas:
        data, _ = canvas._repr_mimebundle_()
    covered = (np.abs(pixels(data).astype(int) - (140, 191, 220)) <= 1).all(axis=1).sum()
    stage = (2 * 490) ** 2  # 4.9 inches, twice 100 dots each
    assert 0.45 < covered / stage < 0.5  # less the outline


def test_without_an_answer_there_are_the_picture_and_the_prompts_alone(first):
    asked = first.with_prompts(Prompts([(10, 20), (50, 20)], [1, 0], box=(5, 5, 60, 60)))
    figure = draw_prompting(asked)
    assert len(figure.axes) == 1
    before, after = drawn(first), drawn(asked)
    for colour in (style.FOREGROUND, style.BACKGROUND, style.BOX):
        assert count(before, colour) == 0
        assert count(after, colour) > 20


def test_an_answer_brings_the_logits_and_a_thumbnail_for_each_mask(answered):
    """Of the 64 rows, mask 2 has logits of more than 1 in 31 and of more than −1 in 32."""
    figure = draw_prompting(answered)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[-4:] == ["Mask 0", "Mask 1", "▸ Mask 2, shown", "Mask 3"]
    scores = [ax.get_xlabel() for ax in figure.axes][-4:]
    assert scores[2] == "predicted IoU 0.90, stability 0.97"
    assert "Raw logits of mask 2" in titles


def test_the_chosen_mask_is_the_one_shown(answered):
    figure = draw_prompting(replace(answered, chosen=1))
    assert [ax.get_title(loc="left") for ax in figure.axes][-3] == "▸ Mask 1, shown"


@pytest.mark.parametrize("size", [(16, 64), (64, 16)])
def test_a_long_picture_keeps_its_sides(sam, size):
    """The stage is 4.9 inches along the longer side, and a quarter of that along the other."""
    picture = np.zeros((*size, 3), np.uint8)
    now = first_snapshot(source_of(sam, picture, Preprocessing()))
    figure = draw_prompting(now)
    (stage,) = figure.axes
    place = stage.get_axes_locator()(stage, None)
    width, height = (place.width, place.height) * figure.get_size_inches()
    long, short = max(width, height), min(width, height)
    assert (width > height) == (size[1] > size[0])
    assert (long, short) == (pytest.approx(4.9, abs=0.02), pytest.approx(4.9 / 4, abs=0.02))


def test_a_mask_that_covers_nothing_is_drawn_too(answered):
    nothing = replace(answered, threshold=100.0)
    assert "covers nothing" in prompting_in_words(nothing)
    assert len(pixels(drawn(nothing)))


def test_the_sentence_says_what_there_is(first, answered):
    assert prompting_in_words(first) == "The picture, without a prompt."
    asked = first.with_prompts(Prompts([(1, 2)], [1]))
    words = "1 foreground point, not answered when the page was saved."
    assert prompting_in_words(asked) == words
    failed = replace(asked, error="RuntimeError: lost")
    assert prompting_in_words(failed) == "That did not work. RuntimeError: lost"
    assert prompting_in_words(answered).startswith("1 foreground point. Mask 2 of tokens 1–3")
