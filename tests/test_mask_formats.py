"""Masks as other programs read them: worked out by hand, and read back by those programs."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sam_explore.mask_formats import (
    bounding_box,
    coco_rle,
    mask_png,
    run_lengths,
    run_lengths_from_letters,
)

# Two rows of three: column after column 0 1, 1 1, 0 0.
SMALL = np.array([[0, 1, 0], [1, 1, 0]], bool)


def masks() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    blocks = [rng.random((7, 5)) < share for share in (0.1, 0.5, 0.9)]
    large = [np.kron(block, np.ones((97, 61), bool)) for block in blocks]  # runs of two letters
    noise = [rng.random((40, 30)) < 0.5]
    flat = [np.zeros((5, 4), bool), np.ones((5, 4), bool), np.ones((1, 1), bool)]
    return [SMALL, *blocks, *large, *noise, *flat]


def test_runs_go_down_the_columns_and_begin_outside():
    assert run_lengths(SMALL).tolist() == [1, 3, 2]
    assert run_lengths(~SMALL).tolist() == [0, 1, 3, 2]


def test_run_lengths_become_letters_as_computed_by_hand():
    # 1, 3 and 2 fit into five bits each: 48 + 1, 48 + 3, 48 + 2.
    assert coco_rle(SMALL) == {"size": [2, 3], "counts": "132"}
    # One column of runs 40, 1, 1, 20: 40 is 01000 and 00001, so 48 + 32 + 8 and 48 + 1; the last
    # is told as 20 - 1 = 19, whose highest of five bits would mean a minus, so 48 + 32 + 19 and 48.
    column = np.repeat([False, True, False, True], [40, 1, 1, 20])[:, None]
    assert coco_rle(column)["counts"] == "X111c0"


@pytest.mark.parametrize("mask", masks(), ids=lambda mask: f"{mask.shape} {mask.mean():.2f}")
def test_pycocotools_writes_the_same_and_reads_it_back(mask):
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    ours = coco_rle(mask)
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    assert np.array_equal(coco.decode(ours), mask)
    assert bounding_box(mask) == coco.toBbox(theirs).tolist()


def test_a_box_is_x_y_width_and_height_around_what_is_inside():
    mask = np.zeros((10, 20), bool)
    mask[3:5, 7] = mask[4, 11] = True
    assert bounding_box(mask) == [7, 3, 5, 2]


@pytest.mark.parametrize("mask", masks(), ids=lambda mask: f"{mask.shape} {mask.mean():.2f}")
def test_a_png_is_white_inside_and_black_outside(mask):
    picture = Image.open(BytesIO(mask_png(mask)))
    assert picture.format == "PNG"
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), np.where(mask, 255, 0))


@pytest.mark.parametrize("mask", masks(), ids=lambda mask: f"{mask.shape} {mask.mean():.2f}")
def test_letters_are_read_back_as_the_run_lengths(mask):
    letters = coco_rle(mask)["counts"]
    assert run_lengths_from_letters(letters).tolist() == run_lengths(mask).tolist()
