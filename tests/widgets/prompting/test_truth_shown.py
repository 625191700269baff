"""Truth next to prediction: which region, how well each mask hits it, and where it comes from."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from sam_explore.geometry import Prompts
from sam_explore.plots import style
from sam_explore.scenes import example, example_scene
from sam_explore.scenes.ground_truth import Region, Scene
from sam_explore.widgets.canvas.picture_drawing import TRUTH
from sam_explore.widgets.prompting.prompting_figure import draw_prompting, prompting_in_words
from sam_explore.widgets.prompting.truth_shown import compared, compared_alone, edge_meant

from ..screen import click, front_end_sets, press_button, upload_file
from ..view import half

# The lower half of the picture is a whole, its left a part.
LABELS = np.zeros((3, 64, 64), np.int16)
LABELS[0, 32:], LABELS[1, 32:, :32] = 1, 2
REGIONS = (Region("ground", 0, None), Region("ground/left", 1, 0))


@pytest.fixture
def known(view):
    """A view of a picture whose truth is known."""
    view.session.truth = Scene(view.session.image, LABELS, REGIONS)
    return view


def drawn(view, screen) -> bool:
    return any(
        name == "strokeLines" or "stroke" in name for name, _ in screen.drawn(view.stage[TRUTH])
    )


def true_edges(figure) -> list:
    """The lines in the colour of a true region on the large picture."""
    return [line for line in figure.axes[0].lines if line.get_color() == style.TRUTH]


def captions(view) -> str:
    return view.canvas._thumbnails._captions.value


def test_without_the_switch_nobody_sees_a_truth(known, screen):
    click(known.stage, 80, 320)  # x 10, y 40: in both regions
    assert "true IoU" not in captions(known)
    assert "true IoU" not in known.words()
    assert not drawn(known, screen)


def test_the_switch_shows_true_iou_next_to_each_predicted_one(known, screen):
    click(known.stage, 80, 320)
    front_end_sets(known.controls._truth, index=1)
    # With the lower half: the left half 1/3, the upper 0, the lower 1, all of it 1/2.
    found = re.findall(
        r'predicted IoU ([.\d]+), stability [.\d]+, true IoU ([.\d]+)"', captions(known)
    )
    assert found == [("0.50", "0.33"), ("0.60", "0.00"), ("0.90", "1.00"), ("0.30", "0.50")]
    assert "Its true IoU with ground (whole) is 1.00." in known.words()
    assert drawn(known, screen)
    front_end_sets(known.controls._truth, index=2)
    assert "Its true IoU with ground/left (part) is 0.50." in known.words()
    front_end_sets(known.controls._truth, index=3)  # there is no sub-part
    assert "Its true IoU with ground/left (part) is 0.50." in known.words()
    front_end_sets(known.controls._truth, index=0)
    assert not drawn(known, screen)
    assert "true IoU" not in known.words()


def test_the_mask_shown_is_compared_alone_as_among_all(known):
    click(known.stage, 80, 320)  # mask 2, the lower half, is shown
    known.session.truth_level = 1
    now = known.session.now
    prediction = now.prediction
    shape = prediction.upscaled_at(*prediction.sampled_places, now.shown_mask) > now.threshold
    alone, among = compared_alone(now, shape), compared(now)
    assert list(alone.ious) == pytest.approx([among.ious[2]])
    assert alone.words == among.words
    assert [len(line) for line in alone.lines_px] == [len(line) for line in among.lines_px]


def test_the_edge_of_what_prompts_mean_needs_no_answer(known):
    """The region is rows 32 to 63 of all 64 columns."""
    session = known.session
    asked = session.now.with_prompts(Prompts(points=[(10, 40)]))
    assert edge_meant(asked) == ()
    session.truth_level = 0
    asked = session.now.with_prompts(Prompts(points=[(10, 40)]))
    assert asked.prediction is None
    (line,) = edge_meant(asked)
    assert line.min(axis=0) == pytest.approx([0, 32], abs=0.5)
    assert line.max(axis=0) == pytest.approx([64, 64], abs=0.5)
    assert edge_meant(session.now.with_prompts(Prompts(points=[(10, 10)]))) == ()


def test_a_page_without_a_kernel_has_the_truth_too(known):
    click(known.stage, 80, 320)
    known.session.truth_level = 0
    figure = draw_prompting(known.session.now)
    labels = [ax.get_xlabel() for ax in figure.axes[-4:]]
    true = ("0.33", "0.00", "1.00", "0.50")
    assert [each.partition("true IoU ")[2] for each in labels] == list(true)
    assert prompting_in_words(known.session.now).endswith("with ground (whole) is 1.00.")


def test_a_page_without_a_kernel_outlines_the_truth_as_the_canvas_does(known):
    click(known.stage, 80, 320)
    assert not true_edges(draw_prompting(known.session.now))
    known.session.truth_level = 0
    (edge,) = true_edges(draw_prompting(known.session.now))
    x, y = edge.get_data()
    found = x.min(), x.max(), y.min(), y.max()
    assert found == pytest.approx((0, 64, 32, 64), abs=0.5)  # pixels; the lower half


def test_it_says_why_there_is_nothing_to_compare(known):
    known.session.truth_level = 0
    click(known.stage, 80, 80)
    assert "No region of the truth lies under the first foreground point." in known.words()
    known.session.truth = None
    assert "The truth of this picture is not known" in known.words()


def test_examples_bring_their_truth_and_other_pictures_have_none(open_session):
    session = open_session(example("fish")[:64, :64])
    assert session.truth is None
    session.image = example("fish")
    assert (session.truth.labels == example_scene("fish").labels).all()
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert session.truth is None


def test_a_painted_hint_becomes_the_truth_and_goes_to_the_model_no_longer(known):
    click(known.stage, 80, 320)
    hint = np.full((16, 16), -8.0)
    hint[8:] = 8
    known.session.edit_prompts(lambda now: now.with_mask_hint(hint))
    known.session.truth_level = 0
    press_button(known.canvas._more._paint)
    assert known.session.error == ""
    assert known.session.prompts.mask_hint is None
    assert (known.session.truth.mask(0) == half("lower")).all()
    assert "Its true IoU with the truth given is 1.00." in known.words()
    press_button(known.canvas._more._forget)
    assert known.session.truth is None


def test_a_mask_from_a_file_becomes_the_truth(known, tmp_path):
    file = io.BytesIO()
    Image.fromarray(half("left")).save(file, "PNG")
    upload_file(known.canvas._more._load, "mask.png", file.getvalue())
    assert known.session.error == ""
    assert (known.session.truth.mask(0) == half("left")).all()
    (tmp_path / "lower.png").write_bytes(file.getvalue())
    known.session.truth = None
    known.session.truth = tmp_path / "lower.png"
    assert (known.session.truth.mask(0) == half("left")).all()
    Image.fromarray(half("left")[:32]).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match="64 wide and 64 high, but is 64 wide and 32 high"):
        known.session.truth = tmp_path / "small.png"
    with pytest.raises(ValueError, match="truth must be a scene, a mask of booleans"):
        known.session.truth = 7
    with pytest.raises(ValueError, match="truth_level must be 0 for the whole"):
        known.session.truth_level = 3
