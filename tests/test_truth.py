"""Which region is meant, and how well masks hit it, worked out by hand."""

import numpy as np
import pytest

from sam_explore import scene
from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import Prediction
from sam_explore.scenes import example, example_scene
from sam_explore.scenes.ground_truth import Region, Scene, truth_of
from sam_explore.truth import region_meant, scene_of_mask, true_ious

# A whole in the left 6 of 8 columns, a part in columns 2 and 3, a sub-part in column 3.
LABELS = np.zeros((3, 8, 8), np.int16)
LABELS[0, :, :6], LABELS[1, :, 2:4], LABELS[2, :, 3] = 1, 2, 3
REGIONS = (Region("a", 0, None), Region("a/b", 1, 0), Region("a/b/c", 2, 1))
TRUTH = Scene(np.zeros((8, 8, 3), np.uint8), LABELS, REGIONS)


@pytest.mark.parametrize(
    ("place", "level", "meant"),
    [
        ((3, 4), 0, 0),
        ((3, 4), 1, 1),
        ((3, 4), 2, 2),
        ((2, 4), 2, 1),  # no sub-part lies there, so the part
        ((1, 4), 2, 0),
        ((7, 4), 2, None),
        ((8, 8), 0, None),  # the far corner of the picture
    ],
)
def test_the_region_under_a_click(place, level, meant):
    assert region_meant(TRUTH, Prompts(points=[place]), level) == meant


def test_what_is_meant_by_several_prompts():
    several = Prompts(points=[(7, 1), (3, 4), (1, 4)], labels=[0, 1, 1])
    assert region_meant(TRUTH, several, 2) == 2  # the first foreground point's
    assert region_meant(TRUTH, Prompts(box=(2, 0, 3, 8)), 1) == 1
    assert region_meant(TRUTH, Prompts(), 0) is None
    assert region_meant(TRUTH, Prompts(points=[(3, 4)], labels=[0]), 0) is None


def test_a_painted_truth_is_meant_by_every_prompt():
    mask = np.zeros((8, 8), bool)
    mask[2:4] = True
    painted = scene_of_mask(TRUTH.image, mask, "painted")
    assert region_meant(painted, Prompts(points=[(7, 7)]), 2) == 0
    assert (painted.mask(0) == mask).all()
    with pytest.raises(ValueError, match="8 wide and 8 high, but is 4 wide and 8 high"):
        scene_of_mask(TRUTH.image, np.ones((8, 4), bool), "painted")
    with pytest.raises(ValueError, match="at least one pixel"):
        scene_of_mask(TRUTH.image, np.zeros((8, 8), bool), "painted")


def test_true_iou_of_each_mask():
    frame = Frame((8, 8), (8, 8), 8, 4)
    logits = np.full((4, 8, 8), -1, np.float32)
    logits[0, :, :4] = logits[1, :, 2:6] = logits[2] = 1
    prediction = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame)
    # Columns 0 to 3, 2 to 5, all and none, with columns 2 and 3: 2/4, 2/4, 2/8 and 0.
    assert true_ious(prediction, TRUTH.mask(1)).tolist() == [0.5, 0.5, 0.25, 0.0]
    # Above 1 nothing lies in any mask.
    assert true_ious(prediction, TRUTH.mask(1), 1.0).tolist() == [0, 0, 0, 0]


def test_examples_and_scenes_know_their_truth_by_the_pictures_content():
    picture = example("fish").copy()
    known = truth_of(picture)
    assert (known.labels == example_scene("fish").labels).all()
    picture[0, 0] ^= 1
    assert truth_of(picture) is None
    drawn = scene(5, 64)
    assert (truth_of(drawn.image).labels == drawn.labels).all()
