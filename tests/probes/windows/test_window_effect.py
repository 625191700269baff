"""Other windows: which blocks get them, what they cost, and what they change."""

from itertools import product

import numpy as np
import pytest
import torch

from sam_explore.geometry import Frame, Prompts
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig
from sam_explore.prediction import EncodedImage, Prediction, predict
from sam_explore.preprocessing import Preprocessing
from sam_explore.probes import WindowEffect
from sam_explore.probes.common.logits import mask_overlaps
from sam_explore.probes.common.windows import (
    ChosenBlocks,
    arithmetic,
    blocks_in_words,
    others_in_words,
    with_window,
)
from sam_explore.tracing import between_steps

from ...small import answering, sizes_of, small_sam, small_trace

# Eight blocks in four stages; 16 x 16 tokens, which windows of 6 fill up to 18 x 18.
EIGHT = SamConfig(
    image_size=256,
    encoder_dim=192,
    encoder_depth=8,
    encoder_heads=6,
    encoder_mlp_dim=768,
    global_blocks=(1, 3, 5, 7),
    window_size=6,
)


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture(scope="module")
def trace(sam):
    return small_trace(sam)


@pytest.mark.parametrize(
    ("stage", "kind", "block", "blocks"),
    [
        (-1, "windowed", -1, (0, 2, 4, 6)),
        (-1, "global", -1, (1, 3, 5, 7)),
        (-1, "both", -1, (0, 1, 2, 3, 4, 5, 6, 7)),
        (1, "windowed", -1, (2,)),
        (1, "both", -1, (2, 3)),
        (1, "global", 6, (6,)),
    ],
)
def test_a_stage_and_a_kind_or_one_block_alone(stage, kind, block, blocks):
    assert ChosenBlocks(stage, kind, block).blocks(EIGHT) == blocks


def test_the_other_blocks_keep_their_windows():
    assert with_window(EIGHT.windows, (2, 3), 4) == (6, 0, 4, 4, 6, 0, 6, 0)


def test_blocks_are_named_in_words():
    assert blocks_in_words(()) == "no block"
    assert blocks_in_words((3,)) == "block 3"
    assert blocks_in_words((0, 2, 5)) == "blocks 0, 2 and 5"
    assert blocks_in_words((0, 1)) == "blocks 0 and 1"
    assert blocks_in_words(range(8)) == "blocks 0 to 7"
    assert blocks_in_words((0, 1, 3, 4, 5, 8)) == "blocks 0, 1, 3 to 5 and 8"


def test_the_arithmetic_of_vit_b_is_the_known_one():
    """480 billion multiply-adds: 972 GFLOP less patch embedding and channel projection."""
    rest = 4096 * (768 * 768 + 768 * 256 + 9 * 256 * 256)

    assert 2 * (arithmetic(VIT_B, VIT_B.windows, (64, 64)) + rest) == pytest.approx(972e9, rel=1e-3)


def test_windows_that_fit_the_grid_need_less_arithmetic_than_padded_ones():
    per_token = 4 * 192 + 2 * 64 + 2 * 8  # weights, scores and values, relative positions
    mlp = 256 * 2 * 192 * 768

    assert arithmetic(EIGHT, [8], (16, 16)) == 256 * 192 * per_token + mlp
    assert arithmetic(EIGHT, [6], (16, 16)) == 18 * 18 * 192 * (4 * 192 + 2 * 36 + 2 * 6) + mlp


def test_the_arithmetic_of_a_grid_that_is_not_square_goes_by_its_two_sides():
    mlp = 32 * 2 * 192 * 768  # of 4 x 8 tokens

    # In windows of 3, filled up to 6 x 9; and globally, each token with 4 rows and 8 columns.
    assert arithmetic(EIGHT, [3], (4, 8)) == 54 * 192 * (4 * 192 + 2 * 9 + 2 * 3) + mlp
    assert arithmetic(EIGHT, [0], (4, 8)) == 32 * 192 * (4 * 192 + 2 * 32 + 4 + 8) + mlp


def test_the_overlap_of_masks_is_their_iou_and_two_empty_ones_agree():
    before, after = np.full((4, 4, 4), -1.0, np.float32), np.full((4, 4, 4), -1.0, np.float32)
    before[1, 0, :2], after[1, 0, 1:] = 1, 1  # 2 pixels and 3, of which one is common
    before[2, 0, 0] = 1
    before[3], after[3] = 1, 1
    frame = Frame((4, 4), (4, 4), 4, 1)  # logits, input and picture are of one size
    iou = np.zeros(4, np.float32)

    overlaps = mask_overlaps(
        Prediction(before, iou, Prompts(), frame), Prediction(after, iou, Prompts(), frame), 0.0
    )

    assert overlaps == (1, 0.25, 0, 1)


@pytest.mark.parametrize("relative_positions", ["interpolate", "crop"])
def test_logits_and_their_change_are_those_of_plain_runs(sam, trace, relative_positions):
    pixels, frame = Preprocessing()(trace.image, sam.config)
    answers = []
    for windows in ((3, 0, 3, 0), (2, 0, 2, 0)):
        with torch.no_grad():
            tokens = sam.encode_image(pixels[None], windows, relative_positions)
        answers.append(predict(sam, EncodedImage(tokens, frame), trace.prompts))
    trained, changed = answers

    probe = WindowEffect(window=2, mask=3, relative_positions=relative_positions)
    logits, change, iou = probe(trace).readings

    close = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(logits.values, changed.logits[3, :10], **close)
    difference = changed.logits[3, :10] - trained.logits[3, :10]
    np.testing.assert_allclose(change.values, difference, **close)
    assert np.abs(difference).max() > 1e-2
    np.testing.assert_allclose(iou.values[:, 1], trained.iou, **close)
    np.testing.assert_allclose(iou.values[:, 2], changed.iou, **close)
    np.testing.assert_allclose(iou.values[:, 0], mask_overlaps(trained, changed, 0.0), atol=1e-2)


def test_blocks_that_are_not_chosen_keep_the_windows_of_the_trace(trace):
    changed = trace.with_windows((4, 2, 4, 2))

    logits, change, _ = WindowEffect(window=5, kind="windowed")(changed).readings

    expected = trace.with_windows((5, 2, 5, 2)).prediction
    trained = trace.with_windows(None).prediction
    mask = trained.chosen
    np.testing.assert_array_equal(logits.values, expected.visible[mask])
    np.testing.assert_array_equal(change.values, expected.visible[mask] - trained.visible[mask])
    assert np.abs(logits.values - trace.with_windows((5, 0, 5, 0)).prediction.visible[mask]).max()


def test_the_words_name_the_other_blocks_that_are_not_in_their_trained_windows(trace):
    told = "interpolated. Apart from them, blocks 1 and 3 have other windows than the trained ones."
    assert told in WindowEffect(window=4)(trace.with_windows((4, 2, 4, 2))).words
    assert "Apart from them" not in WindowEffect(window=4)(trace).words
    one = trace.with_windows((3, 0, 3, 2))
    assert "Apart from them, block 3 has other windows" in WindowEffect(window=4)(one).words


def test_a_window_as_large_as_the_grid_is_no_other_one_than_global():
    windows = (6, 16, 6, 0, 6, 0, 6, 0)

    assert others_in_words(EIGHT, windows, (), (16, 16)) == ""
    assert "block 1 has other windows" in others_in_words(EIGHT, windows, (), (16, 32))


def test_the_trained_windows_change_nothing_exactly(trace):
    reading = WindowEffect(window=3)(trace.with_windows((2, 0, 4, 0)))

    _, change, iou = reading.readings
    assert not change.values.any()
    assert iou.values[:, 0].tolist() == [1] * 4
    assert "change by 0 in the mean and 0 at most" in reading.words
    assert "need 100 % of the arithmetic" in reading.words


def test_an_edit_stays_and_the_words_tell_the_iou(trace):
    logits = np.full((4, 10, 20), -1.0)
    logits[2, :, :10] = 1

    reading = WindowEffect(window=4)(answering(trace, logits, [0.1, 0.2, 0.8, 0.3]))

    assert reading.title == "Windows of 4 × 4 tokens in blocks 0 and 2"
    assert reading.readings[0].title == "Mask 2: raw logits"
    assert "overlap with the mask in the trained windows is 1.00" in reading.words
    assert "predicted IoU goes from 0.80 to 0.80" in reading.words
    assert "The model's choice" not in reading.words


def test_a_larger_window_cannot_be_cropped_and_the_error_says_so(trace):
    with pytest.raises(ValueError, match=r"Block 0 learned .* 3 tokens a side, .* cropped to 4"):
        WindowEffect(window=4, relative_positions="crop")(trace)


@pytest.mark.parametrize("config", [TOY, VIT_B, VIT_L, VIT_H], ids=lambda config: config.name)
def test_the_default_window_suits_every_choice_of_blocks_and_tables(config):
    knobs = WindowEffect.knobs()
    numbers = [
        range(-1, knobs[name].bounds(sizes_of(config))[1] + 1) for name in ("stage", "block")
    ]
    choices = [knobs[name].choices for name in ("kind", "relative_positions")]
    for stage, block, kind, table in product(*numbers, *choices):
        probe = WindowEffect(stage=stage, block=block, kind=kind, relative_positions=table)
        windows = with_window(config.windows, probe.blocks(config), probe.window)
        config.check_windows(windows, table)


def test_blocks_before_the_first_change_run_once(sam):
    trace = small_trace(sam)
    steps: list[str] = []

    with between_steps(steps.append):
        WindowEffect(block=3, window=2)(trace)

    blocks = [step for step in steps if "block" in step]
    assert blocks == [f"Image encoder: block {block} of 4" for block in (1, 2, 3, 4, 4)]
