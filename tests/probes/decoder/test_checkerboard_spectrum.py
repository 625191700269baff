"""The checkerboard of logits that were made by hand."""

import numpy as np
import pytest
import torch

from sam_explore.probes import CheckerboardSpectrum
from sam_explore.probes.common.logits import mean_token
from sam_explore.probes.decoder.checkerboard_spectrum import spectrum
from sam_explore.tracing import nearest_logits

from ...small import answering, small_sam, small_trace


def test_a_pattern_of_once_and_of_twice_a_token_are_lines_at_one_and_two():
    x = np.arange(64)
    waves = 3 * np.cos(np.pi * x / 2) + 2 * np.cos(np.pi * x)
    for axis, logits in ((1, np.tile(waves, (8, 1))), (0, np.tile(waves, (8, 1)).T)):
        frequencies, power = spectrum(logits, axis)
        one, two = (int(np.argmin(np.abs(frequencies - each))) for each in (1.0, 2.0))
        assert frequencies[[one, two]].tolist() == [1, 2]
        assert set(np.argsort(-power)[:2]) <= {one - 1, one, one + 1, two}
        # An amplitude of 3 has a power of 9 / 2; the window gives some to the neighbours.
        assert power[one - 1 : one + 2].sum() == pytest.approx(4.5, rel=0.02)
        assert power[(frequencies > 0.2) & (frequencies < 0.8)].max() < 1e-3 * power[one]


def test_the_mean_token_is_what_repeats():
    board = np.indices((8, 8)).sum(axis=0) % 2 * 2.0 - 1
    np.testing.assert_allclose(mean_token(board + np.repeat([-8.0, 4.0], 4)), board[:4, :4])
    assert not mean_token(np.ones((8, 8))).any()


def test_the_reading_holds_both_masks_and_the_pattern():
    logits = np.zeros((4, 20, 20))
    logits[2] = np.indices((20, 20)).sum(axis=0) % 2 * 2.0 - 1
    trace = answering(small_trace(), logits, [0.1, 0.2, 0.9, 0.3])

    along_x, along_y, board, own, nearest = CheckerboardSpectrum()(trace).readings

    np.testing.assert_allclose(own.values, logits[2, :10])
    np.testing.assert_allclose(board.values, logits[2, :4, :4])
    assert along_x.x[-1] == 2
    assert int(np.nanargmax(along_x.curves[0].y)) == len(along_x.x) - 1
    assert len(along_y.x) == 5  # of two whole tokens, 8 logits
    cells = nearest.values[:8].reshape(2, 4, 5, 4)
    np.testing.assert_allclose(cells, cells[:, :1, :, :1] + 0 * cells, atol=1e-5)
    assert "share has a root mean square of 1 logits" in CheckerboardSpectrum()(trace).words


def test_taps_that_are_equal_already_are_nearest_neighbours():
    sam = small_sam()
    generator = sam.mask_decoder.mask_generator
    for layer in (generator.upscale1, generator.upscale2):
        layer.weight.copy_(layer.weight[:, :, :1, :1].expand_as(layer.weight))
    trace = small_trace(sam)

    found = nearest_logits(trace)

    assert torch.allclose(found, torch.tensor(trace.prediction.logits), atol=1e-3)


def test_each_tap_counts_alike():
    """Weights of the taps that cancel change nothing."""
    sam = small_sam()
    before = nearest_logits(small_trace(sam)).clone()
    weight = sam.mask_decoder.mask_generator.upscale1.weight
    weight[:, :, 0, 0] += 0.5
    weight[:, :, 1, 1] -= 0.5
    after = nearest_logits(small_trace(sam))
    assert torch.allclose(before, after, atol=1e-3)


def test_the_true_iou_of_both_masks_is_said():
    trace = answering(small_trace(), np.ones((4, 20, 20)), [0.1, 0.2, 0.9, 0.3])
    half = np.zeros((20, 40), bool)
    half[:, :20] = True
    words = CheckerboardSpectrum(truth=half)(trace).words
    assert "The true IoU with the truth given is 0.50, and with nearest neighbours" in words
