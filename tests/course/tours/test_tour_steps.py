"""Steps and tours in Python."""

import numpy as np
import pytest

from sam_explore.course import Tour, TourStep
from sam_explore.geometry.pixel_coordinates import Frame

FRAME = Frame((101, 201), (101, 201), 256, 16)


def test_shares_of_the_picture_become_its_pixels():
    step = TourStep("Here.", points_unit=[(0.5, 0.25), (0, 1)], labels=[1, 0])
    prompts = step.prompts_in(FRAME)
    np.testing.assert_allclose(prompts.points, [[100, 25], [0, 100]])
    assert prompts.labels.tolist() == [1, 0]
    box = TourStep("Here.", box_unit=(0, 0.5, 1, 1)).prompts_in(FRAME).box
    np.testing.assert_allclose(box, [0, 50, 200, 100])


@pytest.mark.parametrize(
    ("given", "sets"),
    [({}, False), ({"prompts": "none"}, True), ({"box_px": (0, 0, 1, 1)}, True),
     ({"threshold": 1}, False)],
)  # fmt: skip
def test_only_a_step_with_prompts_sets_them(given, sets):
    assert TourStep("Here.", **given).sets_prompts is sets


def test_a_wrong_step_says_which_field():
    with pytest.raises(ValueError, match=r"say: expected a sentence, but is '  '"):
        TourStep("  ")
    with pytest.raises(ValueError, match="points_px: expected either points_px or points_unit"):
        TourStep("x", points_px=[(1, 1)], points_unit=[(0, 0)])


def test_a_tour_needs_a_title_and_steps():
    with pytest.raises(ValueError, match="title: expected a few words"):
        Tour(" ", [TourStep("x")])
    with pytest.raises(ValueError, match="steps: expected a TourStep, but step 2 is a str"):
        Tour("x", [TourStep("x"), "y"])
    assert not Tour("x", [TourStep("x")]).has_map
    assert Tour("x", [TourStep("x", point_at="none")]).has_map
