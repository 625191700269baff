"""Tokens that jump where windows end, by hand."""

import numpy as np
import pytest

from sam_explore.probes import WindowSeams
from sam_explore.probes.sizes.window_seams import mean_jumps, seam

from ...small import putting, small_trace

LINE = np.array([[0.0, 1, 2, 7, 8, 9]])[..., None]  # a jump of 5 after three tokens, else 1


def test_a_seam_is_the_jump_at_the_edges_by_the_jump_elsewhere():
    assert seam(LINE, 3) == 5
    assert seam(LINE.swapaxes(0, 1), 3) == 5
    # A token further on, edges lie after the first and the fourth: 1 there, 7 / 3 elsewhere.
    assert seam(LINE, 3, shift=1) == pytest.approx(3 / 7)
    assert np.isnan(seam(LINE, 0))  # no windows
    assert np.isnan(seam(LINE, 9))  # no edge within
    assert np.isnan(seam(LINE * 0, 3))


def test_of_logits_only_those_at_the_edges_of_tokens_count():
    # Two logits a token, 10 apart inside of each, which does not count; between tokens as in LINE.
    logits = np.array([[0.0, 10, 11, 21, 22, 32, 37, 47, 48, 58, 59, 69]])[..., None]
    assert seam(logits, 3, cells=2) == 5
    assert seam(logits, 3, shift=1, cells=2) == pytest.approx(3 / 7)


def test_edges_across_and_down_count_together():
    # Two rows that are 3 apart, where no edge lies: 10 inner jumps across and down, 2 at edges.
    both = np.concatenate([LINE, LINE + 3])
    assert seam(both, 3) == pytest.approx(5 / ((8 * 1 + 6 * 3) / 14))


def test_jumps_of_each_token():
    tokens = np.array([[0.0, 3.0], [1.0, 9.0]])[..., None]
    found = mean_jumps(tokens)
    assert found[:, 0].tolist() == [2, 8]  # (3 + 1) / 2; only to the right
    assert found[0, 1] == 6
    assert np.isnan(found[1, 1])


def test_edges_of_the_blocks_own_windows_and_of_the_others_for_a_global_block():
    tokens = np.zeros((5, 5, 24))
    tokens[..., 0] = np.arange(5)
    tokens[:, 3:, 0] += 4  # windows of 3 end after the third column
    name = "image_encoder.vit.blocks.*.attention.hook_out"
    reading = WindowSeams(block=1)(putting(small_trace(), name, tokens))

    jumps, chart = reading.readings

    assert jumps.grid_lines == ((2,), (2,))
    assert np.isnan(jumps.values[3:]).all()  # padding
    # Over 3 rows of the picture: 3 jumps of 5 at the edge; elsewhere 9 of 1 across, 10 of 0 down.
    np.testing.assert_allclose(chart.curves[0].y[:4], 5 / (9 / 19))
    assert chart.x_labels[:4] == ("0", "1 g", "2", "3 g")
    assert "Windows are 3 tokens wide. In what attention adds, tokens differ most" in reading.words


def test_without_windows_there_are_no_seams():
    reading = WindowSeams()(small_trace().with_windows((0, 0, 0, 0)))
    assert reading.words == "There are 0 edges of windows within the picture."
    (jumps,) = reading.readings
    assert jumps.grid_lines == ((), ())
