"""The generator on the small network: options, formats, progress and errors."""

import inspect

import numpy as np
import pytest
from pycocotools import mask as coco

from sam_explore.automatic import AutomaticMaskGenerator, AutomaticMasks, Filters, judge
from sam_explore.mask_formats import outermost_pixels, run_lengths
from sam_explore.model import TOY, Sam
from sam_explore.tracing.step_callback import Cancelled, between_steps

from ..small import small_sam

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
ALL = AutomaticMaskGenerator(points_per_side=3, pred_iou_thresh=0, stability_score_thresh=0)


def confident_sam() -> Sam:
    """All predicted IoUs are positive."""
    sam = small_sam()
    list(sam.mask_decoder.iou_predictor.parameters())[-1] += 5
    return sam


def made_of(*masks: np.ndarray) -> AutomaticMasks:
    """These masks, with scores that fall."""
    count = len(masks)
    return AutomaticMasks(
        masks[0].shape,
        tuple(run_lengths(mask) for mask in masks),
        boxes=np.array([outermost_pixels(mask) for mask in masks]),
        predicted_iou=np.linspace(1, 0.5, count, dtype=np.float32),
        stability=np.ones(count, np.float32),
        points_px=np.arange(2.0 * count).reshape(-1, 2),
        crop_boxes=np.tile([0, 0, 6, 5], (count, 1)),
        filters=Filters(),
    )


def square(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((5, 6), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_every_point_and_token_is_a_candidate():
    found = ALL.propose(small_sam(), IMAGE, progress=False)
    assert (len(found), found.skipped) == (27, 0)
    assert found.tokens[:6].tolist() == [1, 2, 3, 1, 2, 3]
    np.testing.assert_allclose(found.points_px[0], [40 / 6, 20 / 6])
    for index in (0, 13):
        assert found.mask(index).sum() == found.areas[index]


def test_low_predicted_iou_is_counted_but_measured_only_for_the_autopsy():
    sam = confident_sam()
    every = ALL.propose(sam, IMAGE, progress=False)
    middle = float(np.sort(every.predicted_iou)[13])
    assert middle > 0
    generator = AutomaticMaskGenerator(
        points_per_side=3, pred_iou_thresh=middle, stability_score_thresh=0
    )
    some = generator.propose(sam, IMAGE, progress=False)
    assert (len(some), some.skipped) == (13, 14)
    everything = generator.propose(sam, IMAGE, everything=True, progress=False)
    assert len(everything) == 27
    kept, expected = (
        generator.keep(judge(candidates, generator.filters(sam))).records("coco_rle")
        for candidates in (everything, some)
    )
    assert kept == expected
    assert len(kept)


def test_one_at_a_time_gives_the_same_masks():
    sam = small_sam()
    one, all_ = (
        AutomaticMaskGenerator(3, count, 0, 0)(sam, IMAGE, progress=False).records("coco_rle")
        for count in (1, 9)
    )
    assert [each["segmentation"] for each in one] == [each["segmentation"] for each in all_]


def test_formats():
    masks = made_of(square(1, 1, 4, 3))
    record = masks.records()[0]
    assert record["segmentation"].tolist() == square(1, 1, 4, 3).tolist()
    assert (record["bbox"], record["area"]) == ([1, 1, 2, 1], 6)
    assert record["crop_box"] == [0, 0, 6, 5]
    counts = masks.records("uncompressed_rle")[0]["segmentation"]["counts"]
    assert counts == [6, 2, 3, 2, 3, 2, 12]
    assert (coco.decode(masks.records("coco_rle")[0]["segmentation"]) == masks[0]).all()
    with pytest.raises(ValueError, match="output_mode must be one of binary_mask"):
        masks.records("png")


def test_the_label_map_shows_smaller_masks_over_larger_ones():
    labels = made_of(square(2, 2, 3, 3), square(1, 1, 4, 4)).label_map()
    assert labels[2, 2] == 1
    assert labels[1, 1] == 2
    assert labels[0, 0] == 0
    assert (labels == 2).sum() == 8


def test_masks_alike_without_small_regions_are_suppressed_and_the_unchanged_one_wins():
    with_island = square(0, 0, 4, 4) | square(5, 4, 6, 5)
    cleaned = made_of(with_island, square(0, 0, 4, 4)).without_small_regions(2, 0.7)
    assert len(cleaned) == 1
    assert cleaned.points_px.tolist() == [[2, 3]]  # of the second
    alone = made_of(with_island).without_small_regions(2, 0.7)
    assert (alone[0] == square(0, 0, 4, 4)).all()
    assert alone.boxes.tolist() == [[0, 0, 3, 3]]


def test_it_says_where_it_is_and_can_be_cancelled():
    said = []

    def listen(what: str) -> None:
        said.append(what)
        if len(said) == 3:
            raise Cancelled

    with pytest.raises(Cancelled), between_steps(listen):
        AutomaticMaskGenerator(4, 4)(small_sam(), IMAGE, progress=False)
    assert said == [
        "Automatic masks: picture 1 of 1",
        "Automatic masks: point 1 of 16",
        "Automatic masks: point 5 of 16",
    ]


def test_a_picture_of_one_pixel_goes_through():
    masks = AutomaticMaskGenerator(1, 1, 0, 0)(small_sam(), IMAGE[:1, :1], progress=False)
    assert len(masks) >= 1
    assert masks.image_size == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"points_per_side": 0}, "points_per_side must be 1 or more, but is 0"),
        ({"points_per_side": None}, "Either points_per_side or point_grids"),
        ({"point_grids": [[[0.5, 0.5]]]}, "Either points_per_side or point_grids"),
        ({"crop_n_layers": 2, "crop_n_points_downscale_factor": 8}, "no points left in layer 2"),
        ({"points_per_batch": 0}, "points_per_batch must be 1 or more"),
        ({"stability_score_thresh": 2.0}, "stability_score_thresh must be from 0 to 1"),
        (
            {"points_per_side": None, "point_grids": [[[0.5, 0.5]]], "crop_n_layers": 1},
            "a grid for each of 2 layers",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        AutomaticMaskGenerator(**wrong)


def test_the_grid_has_32_points_a_side_unless_others_are_given():
    (points,) = AutomaticMaskGenerator().grids
    assert len(points) == 1024
    np.testing.assert_allclose(
        points[[0, 31, -1]], [[1 / 64, 1 / 64], [63 / 64, 1 / 64], [63 / 64] * 2]
    )


def test_points_of_ones_own():
    generator = AutomaticMaskGenerator(
        None, point_grids=[np.array([[0.5, 0.25]])], pred_iou_thresh=0
    )
    found = generator.propose(small_sam(), IMAGE, progress=False)
    assert found.points_px.tolist() == [[20, 5]] * 3


def test_a_name_in_place_of_a_model_is_refused():
    with pytest.raises(TypeError, match="sam must be a model"):
        inspect.unwrap(AutomaticMaskGenerator.propose)(AutomaticMaskGenerator(), "vit_b", IMAGE)


def test_thresholds_are_the_models_own_unless_given():
    """Published for all but the small model that ships; docs/make_thresholds.py chooses its."""
    released, toy = small_sam(), Sam(TOY)
    assert AutomaticMaskGenerator().filters(released) == Filters(0.88, 0.95)
    own = AutomaticMaskGenerator().filters(toy)
    assert own.pred_iou_thresh < 0.88
    assert own.stability_score_thresh < 0.95
    given = AutomaticMaskGenerator(pred_iou_thresh=0.5, box_nms_thresh=0.6).filters(toy)
    assert given == Filters(0.5, own.stability_score_thresh, 0.6)


def test_what_was_kept_says_by_which_thresholds():
    assert repr(made_of(square(1, 1, 4, 3))) == (
        "AutomaticMasks(1 of a picture 6 wide and 5 high, predicted IoU above 0.88, stability at "
        "least 0.95)"
    )
