"""What the prompting view shows, and what its controls do."""

import numpy as np
import pytest

from sam_explore.plots import style
from sam_explore.widgets import PromptCanvas
from sam_explore.widgets.canvas.picture_drawing import BAND, PHOTO, PROMPTS

from ..screen import click, drag, front_end_sets, press_button, rgba
from ..view import View, half

INSIDE = style.rgba(style.MASK, style.MASK_OPACITY)


def test_at_first_there_are_the_picture_and_an_invitation(view, screen):
    assert screen.picture(view.stage[PHOTO]).shape == (512, 512, 4)
    assert view.mask() is None
    assert view.marks() == []
    assert "Click on an object" in view.words()
    assert view.error() == ""


def test_a_click_adds_a_point_and_colours_the_mask_chosen_by_the_model(view):
    click(view.stage, 80, 160)
    assert view.session.prompts.points.tolist() == [[10, 20]]
    assert view.marks() == [(10, 20, True)]
    assert np.array_equal(view.mask(), half("lower"))  # mask 2 has the best predicted IoU
    assert "1 foreground point. Mask 2 of tokens 1–3" in view.words()
    assert "mask 2" in view.canvas._logits._legend.value


def test_the_visible_mode_decides_what_a_click_means(view):
    click(view.stage, 80, 160)
    front_end_sets(view.canvas._modes.main, index=1)
    click(view.stage, 240, 320)
    assert view.session.prompts.labels.tolist() == [1, 0]
    assert view.marks() == [(10, 20, True), (30, 40, False)]
    assert np.array_equal(view.mask(), half("left"))  # mask 0 is for several prompts


def test_a_drag_sets_a_box(view, screen):
    drag(view.stage, (240, 400), (80, 160))
    assert view.session.prompts.box.tolist() == [10, 20, 30, 50]
    assert ("strokeRect", [80, 160, 160, 240]) in screen.drawn(view.stage[PROMPTS])
    assert screen.drawn(view.stage[BAND]) == []
    assert "A box." in view.words()


def test_undo_and_clear_are_buttons_that_work_when_there_is_something_to_do(view):
    undo, clear = view.controls._undo, view.controls._clear
    assert undo.disabled
    assert clear.disabled
    click(view.stage, 80, 160)
    click(view.stage, 240, 320)
    press_button(undo)
    assert view.marks() == [(10, 20, True)]
    press_button(clear)
    assert view.marks() == []
    assert view.mask() is None
    assert clear.disabled
    press_button(undo)
    assert view.marks() == [(10, 20, True)]
    assert np.array_equal(view.mask(), half("lower"))


def test_a_click_on_a_thumbnail_shows_that_mask_until_something_else_is_asked(view):
    click(view.stage, 80, 160)
    click(view.thumbnails, 10, 10)
    assert view.session.chosen == 0
    assert view.controls._choice.value == 0
    assert np.array_equal(view.mask(), half("left"))
    assert "Mask 0, chosen by you" in view.words()
    front_end_sets(view.controls._choice, index=0)
    assert view.session.chosen is None
    assert np.array_equal(view.mask(), half("lower"))
    click(view.thumbnails, 10, 10)
    click(view.stage, 160, 80)
    assert view.session.chosen is None
    assert view.controls._choice.value == "published"
    # The mask that was picked is the one that was corrected.
    hint = view.session.prediction.prompts.mask_hint
    assert np.array_equal(hint, view.session.prediction.logits[0])


def test_a_mask_chosen_by_its_button_answers_always(view):
    click(view.stage, 80, 160)
    front_end_sets(view.controls._choice, index=5)
    assert view.session.chosen == 3
    assert view.mask().all()
    click(view.stage, 160, 80)
    assert view.session.chosen == 3
    assert "Mask 3 answers, whatever is asked." in view.controls._about_rule.value
    front_end_sets(view.controls._choice, index=1)
    assert view.session.chosen == "best"
    assert "Mask 2, whose predicted IoU 0.90 is the best of all" in view.words()


def test_a_correction_feeds_the_shown_logits_back_and_the_view_says_so(view):
    click(view.stage, 80, 160)
    assert "fed back" not in view.words()
    click(view.stage, 160, 80)
    words = "2 foreground points, with the logits of the mask before fed back. Mask 0, the one"
    assert words in view.words()
    assert view.session.prompts.mask_hint is None  # what the reader said, without the logits
    first = view.session.prediction.prompts.mask_hint
    assert np.array_equal(first, view.session.prediction.logits[2])
    front_end_sets(view.controls._feeds_back, value=False)
    assert view.session.prediction.prompts.mask_hint is None
    assert "2 foreground points. Mask 0" in view.words()
    assert "nothing goes back" in view.controls._about_rule.value


def test_the_threshold_slider_recuts_the_mask(view):
    click(view.stage, 80, 160)
    front_end_sets(view.controls._threshold.slider, value=-45)  # it counts tenths
    assert view.session.threshold == -4.5
    assert view.mask().all()
    front_end_sets(view.controls._threshold.field, value=4.5)
    assert not view.mask().any()
    assert "covers nothing of the picture at threshold 4.5" in view.words()


def test_a_busy_worker_does_not_pull_a_slider_back(view):
    slider = view.controls._threshold.slider
    with slider.hold_trait_notifications():  # as while the page's message is taken in
        slider.value = 30
        view.session.busy = "Encoding the picture …"
    assert (view.session.threshold, slider.value) == (3, 30)
    assert "Encoding the picture …" in view.controls.busy.value


def test_a_threshold_beyond_the_slider_set_from_python_is_kept(view):
    view.session.threshold = 25.0
    assert view.session.threshold == 25.0
    assert view.controls._threshold.slider.value == 250
    view.session.threshold = -40.0
    assert view.controls._threshold.slider.value == -400


def test_prompts_can_be_typed(view):
    front_end_sets(view.controls.line.field, value="10, 20")
    press_button(view.controls.line.button)
    front_end_sets(view.controls.line.field, value="5 6 40.5 50")
    press_button(view.controls.line.button)
    assert view.session.prompts.points.tolist() == [[10, 20]]
    assert view.session.prompts.box.tolist() == [5, 6, 40.5, 50]
    assert view.controls.line.field.value == ""


@pytest.mark.parametrize("typed", ["", "ten, twenty", "1, 2, 3", "900, 20"])
def test_a_prompt_that_means_nothing_is_explained_and_the_next_click_works(view, typed):
    front_end_sets(view.controls.line.field, value=typed)
    press_button(view.controls.line.button)
    assert "That did not work" in view.error()
    assert "pixels of the picture" in view.error()
    assert view.session.prompts.is_empty
    click(view.stage, 80, 160)
    assert view.error() == ""
    assert view.marks() == [(10, 20, True)]


def test_a_new_picture_replaces_everything(view, screen):
    click(view.stage, 80, 160)
    view.session.image = np.full((32, 64, 3), 200, np.uint8)
    assert view.mask() is None
    assert view.marks() == []
    assert screen.picture(view.stage[PHOTO]).shape == (256, 512, 4)
    assert np.abs(screen.picture(view.stage[PHOTO])[..., :3].astype(int) - 200).max() <= 2
    assert "Click on an object" in view.words()
    click(view.stage, 504, 248)
    assert view.session.prompts.points.tolist() == [[63, 31]]
    assert view.mask().shape == (32, 64)


def test_two_canvases_share_a_session(view, screen):
    other = View(view.session, screen)
    click(view.stage, 80, 160)
    assert other.marks() == view.marks() == [(10, 20, True)]
    front_end_sets(other.controls._choice, index=2)
    assert np.array_equal(view.mask(), half("left"))
    other.canvas.close()
    click(view.stage, 240, 320)
    assert len(view.marks()) == 2


def test_a_canvas_made_late_shows_the_state_at_once(view, screen):
    click(view.stage, 80, 160)
    other = View(view.session, screen)
    assert other.marks() == [(10, 20, True)]
    assert np.array_equal(other.mask(), half("lower"))
    other.canvas.close()


def test_a_width_that_is_too_small_is_refused(answers, image, open_session):
    with pytest.raises(ValueError, match="at least 192 CSS pixels, not 100"):
        PromptCanvas(open_session(image), width=100)


def test_the_map_next_to_the_picture_is_of_the_mask_shown(view):
    click(view.stage, 80, 160)
    lower = rgba(view.canvas._logits._image)
    assert (lower[0] != lower[-1]).any()
    click(view.thumbnails, 10, 10)
    left = rgba(view.canvas._logits._image)
    assert np.array_equal(left[0], left[-1])
    assert (left[:, 0] != left[:, -1]).any()


def test_a_click_is_drawn_once(view, monkeypatch):
    drawn, show_mask = [], view.canvas._stage.show_mask
    monkeypatch.setattr(
        view.canvas._stage, "show_mask", lambda mask: [drawn.append(mask), show_mask(mask)]
    )
    click(view.stage, 80, 160)
    click(view.stage, 240, 320)
    assert len(drawn) == 2


def test_an_example_is_drawn_as_an_empty_ring_and_announced(view, screen):
    view.session.show_example((10.0, 20.0))
    drawn = [name for name, _ in screen.drawn(view.stage[PROMPTS])]
    assert (drawn.count("fillCircle"), drawn.count("strokeCircle")) == (0, 2)
    assert "An example, drawn with dashes: your first click takes its place." in view.words()
    click(view.stage, 240, 320)
    drawn = [name for name, _ in screen.drawn(view.stage[PROMPTS])]
    assert (drawn.count("fillCircle"), drawn.count("strokeCircle")) == (3, 0)
    assert view.marks() == [(30, 40, True)]
    assert "example" not in view.words()
