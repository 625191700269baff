"""Masks, stability, the chosen mask and the enlarged logits, worked out by hand."""

import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.plots import raster
from sam_explore.prediction import Prediction, stability_of


def prediction_of(logits, iou=(0, 0, 0, 0), prompts=None) -> Prediction:
    """A prediction whose logits are already at the picture's size."""
    logits = np.asarray(logits, np.float32)
    size = logits.shape[1]
    frame = Frame((size, size), (size, size), side=size, patch_size=1)
    return Prediction(logits, np.asarray(iou, np.float32), prompts or Prompts(), frame)


def test_a_mask_is_where_logits_exceed_the_threshold():
    logits = [[[-1.0, 0.0], [0.5, 2.0]]] * 4

    assert prediction_of(logits).masks()[0].tolist() == [[False, False], [True, True]]
    assert prediction_of(logits).masks(0.5)[0].tolist() == [[False, False], [False, True]]
    assert prediction_of(logits).masks(-2.0)[0].all()


def test_stability_is_the_smaller_area_over_the_larger():
    logits = [
        [[3.0, 2.0], [0.5, -5.0]],  # above 1: two; above -1: three
        [[3.0, 2.0], [4.0, 5.0]],  # all in both
        [[0.0, 0.0], [0.0, -3.0]],  # none above 1
        [[-3.0, -3.0], [-3.0, -3.0]],  # empty: 0, where the original divides 0 by 0
    ]

    prediction = prediction_of(logits)

    np.testing.assert_allclose(prediction.stability(), [2 / 3, 1, 0, 0])
    np.testing.assert_allclose(prediction.stability(offset=0.25), [1, 1, 0, 0])
    np.testing.assert_allclose(prediction.stability(threshold=2.5), [0, 2 / 4, 0, 0])


@pytest.mark.parametrize(
    ("prompts", "chosen"),
    [
        (Prompts([(1, 1)]), 2),
        (Prompts([(1, 1)], labels=[0]), 2),
        (Prompts(box=(0, 0, 1, 1)), 2),
        (Prompts(mask_hint=np.zeros((2, 2))), 2),
        (Prompts([(1, 1)], mask_hint=np.zeros((2, 2))), 2),
        (Prompts([(1, 1), (0, 0)]), 0),
        (Prompts([(1, 1)], box=(0, 0, 1, 1)), 0),
    ],
)
def test_one_prompt_takes_the_best_alternative_and_several_token_0(prompts, chosen):
    iou = (0.99, 0.5, 0.8, 0.7)

    assert prediction_of(np.zeros((4, 2, 2)), iou, prompts).chosen == chosen


def test_visible_logits_end_where_the_padding_begins():
    logits = np.arange(4 * 8 * 8, dtype=np.float32).reshape(4, 8, 8)
    # 5 of 16 rows are picture: 2.5 of the 8 cells, so that the third is half visible.
    frame = Frame(image_size=(50, 160), input_size=(5, 16), side=16, patch_size=8)

    visible = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame).visible

    np.testing.assert_array_equal(visible, logits[:, :3, :])


def test_logits_are_enlarged_to_the_input_then_cut_then_to_the_picture():
    # Low resolution 2 x 2, input 4 x 4 of which the upper half is picture, picture 2 x 4.
    logits = np.array([[[0.0, 4.0], [8.0, 12.0]]] * 4, np.float32)
    frame = Frame(image_size=(2, 4), input_size=(2, 4), side=4, patch_size=2)

    upscaled = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame).upscaled

    # Centres of 4 pixels lie at -1/4, 1/4, 3/4 and 5/4 of the 2; outside, the edge goes on.
    np.testing.assert_allclose(upscaled[0], [[0, 1, 3, 4], [2, 3, 5, 6]])


def test_a_stretched_picture_is_scaled_back_without_a_cut():
    # Low resolution 2 x 4, input 2 x 4 pixels, picture 4 x 4: rows are doubled, columns stay.
    logits = np.array([[[0.0, 4.0, 8.0, 12.0], [8.0, 12.0, 16.0, 20.0]]] * 4, np.float32)
    frame = Frame(image_size=(4, 4), input_size=(2, 4), side=(2, 4), patch_size=2)
    prediction = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame)

    np.testing.assert_array_equal(prediction.visible, logits)
    np.testing.assert_allclose(prediction.upscaled[0, :, 0], [0, 2, 6, 8])
    np.testing.assert_allclose(prediction.upscaled[0, 1], [2, 6, 10, 14])


def test_visible_logits_of_an_input_that_is_not_square_end_on_each_side_by_itself():
    logits = np.arange(4 * 4 * 8, dtype=np.float32).reshape(4, 4, 8)
    # 3 of 8 rows and 9 of 16 columns are picture: 1.5 of 4 cells, and 4.5 of 8.
    frame = Frame(image_size=(3, 9), input_size=(3, 9), side=(8, 16), patch_size=8)

    visible = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame).visible

    np.testing.assert_array_equal(visible, logits[:, :2, :5])


def test_some_rows_and_columns_alone_are_those_of_the_whole_picture():
    # Low resolution 2 x 2, input 4 x 4 of which the upper half is picture, picture 2 x 4.
    logits = np.array([[[0.0, 4.0], [8.0, 12.0]], [[1.0, 1.0], [1.0, 1.0]]], np.float32)
    frame = Frame(image_size=(2, 4), input_size=(2, 4), side=4, patch_size=2)
    prediction = Prediction(logits, np.zeros(2, np.float32), Prompts(), frame)

    some = prediction.upscaled_at(np.array([1, 1, 0]), np.array([3, 0]))

    # The whole of mask 0 is [[0, 1, 3, 4], [2, 3, 5, 6]].
    np.testing.assert_allclose(some, [[[6, 2], [6, 2], [4, 0]], np.ones((3, 2))])
    alone = prediction.upscaled_at(np.array([1, 1, 0]), np.array([3, 0]), mask=1)
    np.testing.assert_allclose(alone, np.ones((3, 2)))


@pytest.mark.parametrize(
    ("image_size", "input_size", "side"),
    [
        ((1700, 3100), (35, 64), 64),  # reduced for the model, and padded
        ((40, 30), (64, 48), 64),  # enlarged
        ((301, 77), (48, 32), (48, 32)),  # stretched
    ],
)
def test_what_is_sampled_is_the_whole_at_these_pixels(image_size, input_size, side):
    cells = np.array(Frame(image_size, input_size, side, 16).grid) * 4
    logits = np.random.default_rng(0).normal(0, 4, (4, *cells)).astype(np.float32)
    frame = Frame(image_size, input_size, side, 16)
    prediction = Prediction(logits, np.zeros(4, np.float32), Prompts(), frame)
    rows, columns = (raster.nearest(min(length, 512), length) for length in image_size)

    whole = prediction.upscaled[:, rows[:, None], columns]

    np.testing.assert_allclose(prediction.sampled, whole, atol=2e-5)
    differs = (prediction.sampled > 1) != prediction.masks(1)[:, rows[:, None], columns]
    assert not differs[np.abs(whole - 1) > 1e-4].any()
    assert stability_of(prediction.sampled, 0.5) == pytest.approx(
        prediction.stability(0.5), abs=0.01
    )


def test_of_a_small_picture_every_pixel_is_sampled():
    logits = np.random.default_rng(0).normal(0, 4, (4, 512, 512)).astype(np.float32)

    np.testing.assert_allclose(prediction_of(logits).sampled, logits, atol=1e-5)
