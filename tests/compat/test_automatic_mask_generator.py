"""The calls of the original's notebook on automatic masks; tests/parity compares the records."""

import numpy as np
import pytest

from sam_explore import compat
from sam_explore.automatic import AutomaticMaskGenerator

OPTIONS = {"points_per_side": 3, "pred_iou_thresh": 0.1, "stability_score_thresh": 0.1}


def test_records_with_the_originals_keys(models, image):
    masks = compat.SamAutomaticMaskGenerator(models[0], **OPTIONS).generate(image)
    assert masks[0].keys() == {
        "segmentation", "area", "bbox", "predicted_iou", "point_coords", "stability_score",
        "crop_box",
    }  # fmt: skip
    by_area = sorted(masks, key=lambda each: each["area"], reverse=True)
    assert by_area[0]["segmentation"].sum() == by_area[0]["area"]
    expected = AutomaticMaskGenerator(**OPTIONS)(models[0].network, image, progress=False)
    np.testing.assert_array_equal(masks[0]["segmentation"], expected[0])


def test_options_go_by_position_too(models, image):
    generator = compat.SamAutomaticMaskGenerator(models[0], 3, 16, 0.1, 0.1, output_mode="coco_rle")
    expected = compat.SamAutomaticMaskGenerator(models[0], **OPTIONS, output_mode="coco_rle")
    assert generator.generate(image) == expected.generate(image)


def test_an_unknown_output_mode_is_refused_before_the_work(models):
    with pytest.raises(ValueError, match="output_mode must be one of binary_mask"):
        compat.SamAutomaticMaskGenerator(models[0], output_mode="png")
