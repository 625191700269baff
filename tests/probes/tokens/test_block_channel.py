"""One channel of tokens that were put behind a block."""

import numpy as np

from sam_explore.probes import BlockChannel

from ...small import putting, small_trace


def test_it_is_that_channel_after_that_block():
    tokens = np.zeros((5, 5, 24))
    tokens[..., 6] = [[0, 1, 2, 3, 4]] * 5
    tokens[4, 0, 6] = -6
    trace = putting(small_trace(), "image_encoder.vit.blocks.2.hook_residual_post", tokens)

    reading = BlockChannel(block=2, channel=6)(trace)

    np.testing.assert_array_equal(reading.values, tokens[..., 6])
    assert (reading.scale.centre, reading.frame) == (0, "tokens")
    # The sum is 5 * 10 - 6 = 44, over 25 tokens.
    assert reading.words == "Channel 6 after block 2 goes from −6 to 4; its mean is 1.76."
    assert not BlockChannel(block=2, channel=5)(trace).values.any()
