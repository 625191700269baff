"""A prediction's masks as files: the right mask at the right threshold, with its record."""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import Prediction

# The masks of 32 x 32 pixels are the left half, the upper half, the lower half, and all of it.
LOGITS = np.full((4, 8, 8), -4, np.float32)
LOGITS[0, :, :4] = LOGITS[1, :4] = LOGITS[2, 4:] = LOGITS[3] = 4
IOU = np.array([0.5, 0.6, 0.875, 0.25], np.float32)


@pytest.fixture
def prediction() -> Prediction:
    frame = Frame((32, 32), (32, 32), 32, 16)
    return Prediction(LOGITS, IOU, Prompts([(3, 4.5)]), frame)


def test_a_png_is_the_chosen_mask_or_the_one_that_is_named(prediction):
    for mask, shape in ((None, prediction.masks()[2]), (0, prediction.masks()[0])):
        picture = np.asarray(Image.open(BytesIO(prediction.to_png(mask))))
        assert np.array_equal(picture, np.where(shape, 255, 0))


def test_a_coco_record_holds_the_mask_and_what_is_known_of_it(prediction):
    record = json.loads(json.dumps(prediction.to_coco()))
    assert np.array_equal(coco.decode(record["segmentation"]), prediction.masks()[2])
    del record["segmentation"]
    assert record == {
        "bbox": [0, 16, 32, 16],  # the lower half
        "area": 512,
        "predicted_iou": 0.875,
        "stability_score": pytest.approx(prediction.stability()[2]),
        "point_coords": [[3, 4.5]],
    }


def test_both_are_cut_at_the_threshold(prediction):
    threshold = 3.5
    shape = prediction.masks(threshold)[0]
    assert shape.sum() < prediction.masks()[0].sum()
    picture = np.asarray(Image.open(BytesIO(prediction.to_png(0, threshold))))
    assert np.array_equal(picture > 0, shape)
    record = prediction.to_coco(0, threshold)
    assert np.array_equal(coco.decode(record["segmentation"]), shape)
    assert record["area"] == shape.sum()


def test_an_empty_mask_has_a_record_too(prediction):
    record = prediction.to_coco(0, 5.0)
    assert (record["bbox"], record["area"], record["stability_score"]) == ([0, 0, 0, 0], 0, 0)
