"""Median and range of norms that are known."""

import numpy as np

from sam_explore.probes import NormsByDepth

from ...small import putting, small_trace, tokens_of_norm


def prepared():
    """Norms 1 to 25 in the embedding, 2 after blocks 0 to 2, ten times 1 to 25 after block 3."""
    norms = np.arange(1.0, 26).reshape(5, 5)
    blocks = "image_encoder.vit.blocks"
    trace = putting(small_trace(), f"{blocks}.0.hook_residual_pre", tokens_of_norm(norms))
    two = tokens_of_norm(np.full((5, 5), 2.0))
    trace = putting(trace, f"{blocks}.*.hook_residual_post", two)
    return putting(trace, f"{blocks}.3.hook_residual_post", tokens_of_norm(10 * norms))


def test_median_range_and_band_from_the_embedding_to_the_last_block():
    reading = NormsByDepth()(prepared())

    median, greatest, least = reading.curves
    np.testing.assert_allclose(median.y, [13, 2, 2, 2, 130])
    np.testing.assert_allclose(greatest.y, [25, 2, 2, 2, 250])
    np.testing.assert_allclose(least.y, [1, 2, 2, 2, 10])
    # 5 % of the way from the 1st to the 25th value: 0.05 * 24 = 1.2 places up.
    np.testing.assert_allclose(median.low, [2.2, 2, 2, 2, 22])
    np.testing.assert_allclose(median.high, [23.8, 2, 2, 2, 238])
    assert reading.x_labels == ("embedding", "0", "1", "2", "3")
    assert reading.words == (
        "The median norm of a token goes from 13 after the embedding to 130 after block 3. After "
        "that block the tokens lie between 10 and 250, 90 % of them between 22 and 238."
    )


def test_the_steps_are_logarithmic_on_demand():
    trace = prepared()
    assert NormsByDepth()(trace).log == ""
    assert NormsByDepth(logarithmic=True)(trace).log == "y"
