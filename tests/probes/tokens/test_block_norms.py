"""Tokens whose norms are known, put behind a block."""

import numpy as np

from sam_explore.probes import BlockNorms

from ...small import putting, small_trace, tokens_of_norm


def prepared():
    """After block 1 the norms are 1 to 25 row by row, and 9 after the last; others as they come."""
    norms = np.arange(1.0, 26).reshape(5, 5)
    trace = putting(
        small_trace(), "image_encoder.vit.blocks.*.hook_residual_post", np.zeros((5, 5, 24))
    )
    first = "image_encoder.vit.blocks.1.hook_residual_post"
    last = "image_encoder.vit.blocks.3.hook_residual_post"
    trace = putting(trace, first, tokens_of_norm(norms))
    return putting(trace, last, tokens_of_norm(np.full((5, 5), 9.0))), norms


def test_each_map_holds_the_norms_after_its_block():
    trace, norms = prepared()

    reading = BlockNorms()(trace)

    assert [each.title for each in reading.maps] == [
        "block 0",
        "block 1, global",
        "block 2",
        "block 3, global",
    ]
    np.testing.assert_allclose(reading.maps[0].values, 0)
    np.testing.assert_allclose(reading.maps[1].values, norms)
    np.testing.assert_allclose(reading.maps[3].values, 9)
    assert reading.words == (
        "A token's norm is 0 in the median after block 0 and 9 after block 3. The greatest of all, "
        "25, comes after block 1 at row 4, column 4."
    )


def test_blocks_share_one_scale_or_have_their_own():
    trace, _ = prepared()
    assert BlockNorms(shared=True)(trace).shared.unit == "L2 norm"
    assert BlockNorms(shared=False)(trace).shared is None


def test_titles_follow_the_windows_of_the_run():
    trace = small_trace().with_windows([0, 3, 0, 3])
    assert [each.title for each in BlockNorms()(trace).maps] == [
        "block 0, global",
        "block 1",
        "block 2, global",
        "block 3",
    ]
