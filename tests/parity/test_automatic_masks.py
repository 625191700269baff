"""Automatic masks are the reference's, record by record."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from sam_explore.automatic import AutomaticMaskGenerator
from sam_explore.mask_formats import mask_from_run_lengths
from sam_explore.scenes import example

from .reference import segment_anything, shipped_in_both

reference_module = segment_anything.automatic_mask_generator
MOST_ROUNDED = 2  # pixels of a mask
GENERATOR = {"points_per_side": 4, "points_per_batch": 10}


def independent_nms(boxes, scores, idxs, iou_threshold):
    """torchvision's, which is not installed: pairwise, without our code."""
    count = len(boxes)
    kept: list[int] = []
    for one in sorted(range(count), key=lambda each: -float(scores[each])):
        x0, y0, x1, y1 = boxes[one].tolist()
        for other in kept:
            u0, v0, u1, v1 = boxes[other].tolist()
            both = max(0, min(x1, u1) - max(x0, u0)) * max(0, min(y1, v1) - max(y0, v0))
            either = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - both
            if either and both / either > iou_threshold:
                break
        else:
            kept.append(one)
    return torch.tensor(kept, dtype=torch.long)


def box_area(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


@pytest.fixture(scope="module")
def models():
    """The shipped weights: with random ones, the masks of all clicks are nearly the same."""
    return shipped_in_both()


@pytest.fixture
def reference_generate(monkeypatch, models):
    """Calls the reference's generator with an independent NMS."""
    monkeypatch.setattr(reference_module, "batched_nms", independent_nms)
    monkeypatch.setattr(reference_module, "box_area", box_area)

    def generate(image, **options):
        generator = reference_module.SamAutomaticMaskGenerator(models[1], **options)
        return generator.generate(image)

    return generate


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((150, 220), {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}),
        (
            (200, 120),
            {
                "pred_iou_thresh": 0.2,
                "stability_score_thresh": 0.3,
                "stability_score_offset": 0.3,
                "box_nms_thresh": 0.4,
            },
        ),
        (
            (150, 220),
            {"pred_iou_thresh": 0.2, "stability_score_thresh": 0.05, "crop_n_layers": 1},
        ),
        (
            (200, 120),
            {
                "pred_iou_thresh": 0.0,
                "stability_score_thresh": 0.1,
                "crop_n_layers": 2,
                "crop_n_points_downscale_factor": 2,
                "crop_overlap_ratio": 0.2,
                "crop_nms_thresh": 0.4,
            },
        ),
    ],
)
def test_records_are_those_of_the_reference(models, reference_generate, size, options):
    image = example("turtle")[: size[0], : size[1]]
    options = GENERATOR | options
    theirs = reference_generate(image, **options, output_mode="uncompressed_rle")
    ours = AutomaticMaskGenerator(**options)(models[0], image, progress=False)
    assert len(theirs) >= 3
    assert_alike(ours.records("uncompressed_rle"), theirs)


def test_small_regions_are_removed_as_in_the_reference(models, reference_generate, monkeypatch):
    """Its own removal needs OpenCV; a flood fill, pixel by pixel, is in its place."""
    removed = []

    def remove(mask, smallest, mode):
        found = removed_by_flood_fill(mask, smallest, mode)
        removed.append(found[1])
        return found

    monkeypatch.setattr(reference_module, "remove_small_regions", remove)
    monkeypatch.setitem(sys.modules, "cv2", ModuleType("cv2"))
    image = example("turtle")[:60, :90]
    options = {"points_per_side": 3, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}
    options |= {"box_nms_thresh": 0.9, "min_mask_region_area": 60}
    theirs = reference_generate(image, **options, output_mode="uncompressed_rle")
    assert True in removed
    assert False in removed
    ours = AutomaticMaskGenerator(**options)(models[0], image, progress=False)
    assert_alike(ours.records("uncompressed_rle"), theirs)


def removed_by_flood_fill(mask, smallest, mode):
    """What OpenCV's components of 8 neighbours give the reference."""
    inside = ~mask if mode == "holes" else mask
    left = set(zip(*inside.nonzero(), strict=True))
    regions = []
    while left:
        waiting, region = [left.pop()], []
        while waiting:
            y, x = waiting.pop()
            region.append((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            waiting += near
        regions.append(region)
    small = [region for region in regions if len(region) < smallest]
    if not small:
        return mask, False
    found = mask.copy()
    if mode == "islands" and len(small) == len(regions):
        small.remove(max(small, key=len))
    for region in small:
        found[tuple(zip(*region, strict=True))] = mode == "holes"
    return found, True


def assert_alike(ours: list[dict], theirs: list[dict]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.keys() == other.keys()
        for key in ("bbox", "crop_box", "point_coords"):
            assert one[key] == other[key], key
        # A logit next to the threshold may be rounded to either side of it.
        size = one["segmentation"]["size"]
        assert size == other["segmentation"]["size"]
        masks = [
            mask_from_run_lengths(np.array(each["segmentation"]["counts"]), tuple(size))
            for each in (one, other)
        ]
        assert (masks[0] != masks[1]).sum() <= MOST_ROUNDED
        assert [one["area"], other["area"]] == [mask.sum() for mask in masks]
        for key in ("predicted_iou", "stability_score"):
            assert one[key] == pytest.approx(other[key], abs=1e-5), key
