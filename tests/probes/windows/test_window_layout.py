"""Windows and padding of small grids, and of the released models' grid."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sam_explore.model import VIT_B, Sam
from sam_explore.model.windows import split_windows
from sam_explore.probes import WindowLayout
from sam_explore.tracing import Trace

from ...small import small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_each_token_has_the_share_of_padding_in_its_window(trace):
    reading = WindowLayout(block=0)(trace)  # 5 tokens in windows of 3

    third, corner, nothing = 1 / 3, 5 / 9, np.nan
    above = [0, 0, 0, third, third, nothing]
    below = [third, third, third, corner, corner, nothing]
    expected = [above, above, above, below, below, [nothing] * 6]
    np.testing.assert_allclose(reading.values, expected)
    assert reading.grid_lines == ((2,), (2,))


def test_the_words_count_windows_padding_and_wasted_work(trace):
    assert WindowLayout(block=0)(trace).words == (
        "Block 0 attends in 4 windows of 3 × 3 tokens. The grid of 5 × 5 tokens is filled up to "
        "6 × 6 with 11 padded tokens: 31 % of the attention's work is for results that are cut off "
        "again."
    )


def test_a_global_block_has_neither_windows_nor_padding(trace):
    reading = WindowLayout(block=1)(trace)

    assert reading.values.shape == (5, 5)
    assert not reading.values.any()
    assert reading.grid_lines == ((), ())
    assert "attends globally: each of the 25 tokens" in reading.words


def test_the_windows_are_those_of_the_run(trace):
    changed = trace.with_windows((5, 1, 8, 0))

    one, fitting, larger = (WindowLayout(block=block)(changed) for block in range(3))
    assert "in 1 window of 5 × 5 tokens. They fit" in one.words
    assert fitting.grid_lines[0] == (0, 1, 2, 3)
    assert larger.values.shape == (8, 8)
    assert np.nanmin(larger.values) == pytest.approx(1 - 25 / 64)


def test_a_grid_that_is_not_square_is_filled_up_on_each_side_by_itself(trace):
    reading = WindowLayout(block=0)(trace.with_preprocessing("stretch", (24, 56)))

    # 3 x 7 tokens in windows of 3: one row of windows that fits, and a third column with one token.
    np.testing.assert_allclose(reading.values[0], [0] * 6 + [2 / 3] + [np.nan] * 2)
    assert reading.values.shape == (3, 9)
    assert reading.grid_lines == ((), (2, 5))
    assert reading.words == (
        "Block 0 attends in 3 windows of 3 × 3 tokens. The grid of 3 × 7 tokens is filled up to "
        "3 × 9 with 6 padded tokens: 22 % of the attention's work is for results that are cut off "
        "again."
    )


def test_the_padding_is_what_the_model_puts_in(trace):
    tokens = torch.ones(1, 5, 5, 1)
    filled = split_windows(tokens, 3).mean(dim=(1, 2, 3)).tolist()

    values = WindowLayout(block=0)(trace).values

    assert [1 - values[row, column] for row in (0, 3) for column in (0, 3)] == pytest.approx(filled)


def test_the_released_grid_is_filled_up_from_64_to_70():
    shallow = replace(
        VIT_B, encoder_depth=3, encoder_dim=24, encoder_mlp_dim=24, global_blocks=(2,)
    )
    image = np.zeros((4, 4, 3), np.uint8)

    reading = WindowLayout(block=0)(Trace(Sam(shallow), image))

    assert reading.values.shape == (70, 70)
    assert reading.grid_lines[0] == (13, 27, 41, 55)
    assert reading.values[63, 63] == pytest.approx(1 - 64 / 196)
    assert "in 25 windows of 14 × 14 tokens" in reading.words
    assert "70 × 70 with 804 padded tokens: 16 % of" in reading.words
