"""A picture of two colours, from which a wand selects what is connected."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import MagicWand
from sam_explore.probes.common.sampling import sample_places
from sam_explore.probes.masks.magic_wand import clicked, reduced

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def trace():
    """The left quarter is dark, and the model answers with the left half."""
    image = np.full((20, 40, 3), 200, np.uint8)
    image[:, :10] = 20
    image[:, :10, 1] = np.arange(20, 40, 2)  # gets a little greener to the right
    logits = np.full((4, 20, 20), -1.0)
    logits[:, :, :10] = 1
    trace = replace(small_trace(), image=image, prompts=Prompts(points=[(2, 5)]))
    return answering(trace, logits, [0.9, 0.2, 0.8, 0.3])


def test_both_wands_and_sam_from_the_same_click(trace):
    maps, _ = MagicWand(tolerance=4)(trace).readings
    fill, grow, sam = (each.values for each in maps.maps)
    assert fill[0].tolist() == [1] * 5 + [0] * 35  # green 20 to 28, clicked at 24
    assert grow[0].tolist() == [1] * 10 + [0] * 30
    assert sam[0, :19].all()
    assert not sam[0, 21:].any()


def test_a_truth_gives_the_true_iou_by_tolerance(trace):
    truth = np.zeros((20, 40), bool)
    truth[:, :10] = True
    reading = MagicWand(tolerance=4, truth=truth)(trace)
    maps, chart = reading.readings
    assert maps.maps[0].title == "Flood fill,\ntrue IoU 0.50"
    assert maps.maps[1].title == "Region growing,\ntrue IoU 1.00"
    fill, grow, sam = chart.curves
    assert chart.x[:4].tolist() == [2, 4, 6, 9]
    assert fill.y[:4].tolist() == [0.3, 0.5, 0.6, 0.7]  # 22 to 26, 20 to 28, to 30, to 32
    assert (grow.y == 1).all()
    assert np.ptp(sam.y) == 0
    assert (
        "with the tolerance that is best here: flood fill 1.00 with 18, region growing 1.00 with"
        in (reading.words)
    )


def test_a_box_is_clicked_in_its_middle_and_no_prompt_in_the_middle_of_the_picture(trace):
    assert clicked(trace.with_prompts(Prompts(box=(2, 4, 12, 10)))) == ((7, 7), "")
    place, said = clicked(trace.with_prompts(Prompts()))
    assert place == (20, 10)
    assert said.startswith("There is no click;")


def test_a_large_picture_is_looked_at_in_places():
    image = np.zeros((100, 768, 3), np.uint8)
    image[30, 402] = 7  # the middle one of its four columns, and row 30 of 100
    small, click = reduced(image, (400.0, 30.0))
    assert small.shape == (100, 192, 3)
    assert click == (100, 30)
    assert small[30, 100, 0] == 7
    assert sample_places((100, 768))[1][:2].tolist() == [2, 6]
