"""Singular directions: they rebuild the products of weights, and tokens are projected on them."""

import numpy as np
import pytest

from sam_explore.probes import HeadDirections
from sam_explore.probes.attention.head_directions import directions, head_weights, shares
from sam_explore.probes.common.attention import by_grid

from ...small import small_sam, small_trace

BLOCK = "image_encoder.vit.blocks.{}."


def test_a_product_of_known_directions():
    left = np.array([[0.0, 2], [3, 0], [0, 0]])  # three channels, two of the head
    right = np.array([[1.0, 0, 0], [0, 0, 5]])

    found = directions(left, right)

    # 2 x 5 from the third channel to the first, 3 x 1 from the first to the second.
    np.testing.assert_allclose(found.sizes, [10, 3])
    np.testing.assert_allclose(np.abs(found.left.T), [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(np.abs(found.right.T), [[0, 0, 1], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(found.left * found.sizes @ found.right.T, left @ right, atol=1e-12)
    np.testing.assert_allclose(shares(found.sizes), [100 / 109, 9 / 109])


def test_all_directions_together_make_the_content_of_a_score():
    trace = small_trace(small_sam())
    weights = head_weights(trace, 1, 1)
    qk = directions(12**-0.5 * weights.query.T, weights.key)
    qkv = trace.sam.image_encoder.vit.blocks[1].attention.qkv
    qkv.bias.zero_()
    trace = small_trace(trace.sam)
    tokens = trace[BLOCK.format(1) + "hook_norm1"][0].double().numpy()
    q, k = (trace[BLOCK.format(1) + f"attention.hook_{each}"][0, 1].numpy() for each in "qk")

    content = (tokens[2, 3] @ qk.left * qk.sizes * (tokens[4, 0] @ qk.right)).sum()

    assert content == pytest.approx(float(q[13] @ k[20]) / 12**0.5, abs=1e-4)


@pytest.mark.parametrize("block", [0, 1])
def test_maps_are_projections_of_what_attention_reads_and_writes(block):
    trace = small_trace()
    reading = HeadDirections(block=block, head=1, direction=2)(trace)
    weights = head_weights(trace, block, 1)
    qk = directions(12**-0.5 * weights.query.T, weights.key)
    ov = directions(weights.out, weights.value)
    tokens = trace[BLOCK.format(block) + "hook_norm1"][0].double().numpy()
    asked, offered, read, written = (each.values for each in reading.readings[2:])

    np.testing.assert_allclose(np.abs(asked), np.abs(tokens @ qk.left[:, 2]), atol=1e-6)
    sign = asked[0, 0] / (tokens[0, 0] @ qk.left[:, 2])
    np.testing.assert_allclose(offered, sign * tokens @ qk.right[:, 2], atol=1e-6)
    assert asked.flat[np.abs(asked).argmax()] > 0
    np.testing.assert_allclose(np.abs(read), np.abs(tokens @ ov.right[:, 2]), atol=1e-6)
    # All that the head adds is its part of the projection; here one direction of it.
    out = by_grid(trace, block, trace[BLOCK.format(block) + "attention.hook_out_per_head"].numpy())
    added = out[1] @ weights.out.T
    np.testing.assert_allclose(np.abs(written), np.abs(added @ ov.left[:, 2]), atol=1e-5)


def test_vectors_by_window_lie_where_their_tokens_are():
    windows = np.arange(4 * 9, dtype=float).reshape(4, 1, 9, 1)  # of 3 x 3, the last in part
    placed = by_grid(small_trace(), 0, windows)[0, :, :, 0]
    assert placed.tolist() == [
        [0, 1, 2, 9, 10],
        [3, 4, 5, 12, 13],
        [6, 7, 8, 15, 16],
        [18, 19, 20, 27, 28],
        [21, 22, 23, 30, 31],
    ]


def test_shuffled_weights_have_no_first_direction():
    sam = small_sam()
    qkv = sam.image_encoder.vit.blocks[1].attention.qkv
    qkv.weight[:48] = qkv.weight[:1] * qkv.weight[:48, :1]  # queries and keys of one direction
    charts = HeadDirections(block=1)(small_trace(sam)).readings[:2]

    own, control = (each.y for each in charts[0].curves)
    assert own[0] == pytest.approx(1)
    assert control[0] < 0.6
