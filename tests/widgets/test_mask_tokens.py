"""Views of models with one mask token, with two and with nine."""

from dataclasses import replace

import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.probes import RawLogits, WindowEffect
from sam_explore.widgets import PromptCanvas, Session, explore
from sam_explore.widgets.prompting.thumbnails import PHOTOS

from .conftest import FOUR_BY_FOUR
from .screen import front_end_sets


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_a_session_and_its_views_show_so_many_masks(count, image, screen):
    torch.manual_seed(0)
    sam = Sam(replace(FOUR_BY_FOUR, mask_tokens=count)).eval()
    with Session(sam, image, synchronous=True) as session:
        with PromptCanvas(session, width=192) as canvas:
            for asked in (Prompts([(9, 9)]), Prompts.nothing(), Prompts.padding_point()):
                session.prompts = asked
                assert session.error == ""
                assert session.prediction.prompts is asked
                assert len(session.prediction.iou) == count
                assert 0 <= session.shown_mask < count
                assert f"Mask {session.shown_mask}" in canvas.still()[0]["text/plain"]
            for mask in range(count):
                session.chosen = mask
                assert session.shown_mask == mask
            with pytest.raises(ValueError, match="chosen must be a mask"):
                session.chosen = count
        for probe in (RawLogits, WindowEffect):
            session.clear()
            with explore(probe, session) as explorer:
                session.add_point((9.0, 9.0))
                assert explorer.error == ""
                assert explorer.still()[0]["text/plain"]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_views_follow_to_a_model_with_another_number_of_masks(count, image, open_session, screen):
    session = open_session(image)
    with PromptCanvas(session, width=256) as canvas:
        session.chosen = 3
        session.add_point((9, 9))
        torch.manual_seed(0)
        for masks in (count, 4):
            session.sam = Sam(replace(FOUR_BY_FOUR, mask_tokens=masks)).eval()
            session.add_point((20, 20))
            assert session.error == ""
            assert len(screen.drawn(canvas._thumbnails.canvas[PHOTOS])) == masks
            choice = canvas._controls._choice
            assert [value for _, value in choice.options] == ["published", "best", *range(masks)]
            front_end_sets(choice, index=masks + 1)
            assert (session.chosen, session.shown_mask) == (masks - 1, masks - 1)
            assert f"▸ Mask {masks - 1}" in canvas._thumbnails._captions.value
