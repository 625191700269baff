"""The output of a block without one of its parts, computed by hand."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.interventions import (
    AblateAttention,
    AblateBlock,
    AblateCoordinateEncoding,
    AblateHead,
    AblateMlp,
    AblatePositionEncoding,
    AblateRelativePositions,
)

from ...small import putting, small_sam, small_trace

BLOCK = "image_encoder.vit.blocks.{}."
WINDOWED, GLOBAL = 2, 1


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def trace(sam):
    return small_trace(sam)


@pytest.mark.parametrize("block", range(4))
def test_a_block_without_its_contribution_returns_its_input(trace, block):
    ablated = trace.with_interventions(AblateBlock(block))
    before, after = (
        ablated[BLOCK.format(block) + f"hook_residual_{end}"] for end in ("pre", "post")
    )
    assert torch.equal(after, before)
    assert torch.equal(before, trace[BLOCK.format(block) + "hook_residual_pre"])


def test_without_any_block_the_embedding_reaches_the_channel_projection(sam, trace):
    ablated = trace.with_interventions(*map(AblateBlock, range(4)))
    embedded = trace[BLOCK.format(0) + "hook_residual_pre"]
    expected = sam.image_encoder.channel_projection(embedded)
    torch.testing.assert_close(ablated.encoded.tokens, expected)


def test_a_block_of_means_adds_the_same_to_every_token(trace):
    name = BLOCK.format(WINDOWED)
    ablated = trace.with_interventions(AblateBlock(WINDOWED, to="mean"))
    added = ablated[name + "hook_residual_post"] - ablated[name + "hook_residual_pre"]
    torch.testing.assert_close(added, added[:, :1, :1].expand_as(added))
    # The attention's part is the mean of what it adds otherwise.
    attended = trace[name + "attention.hook_out"][0].flatten(0, 1).mean(dim=0)
    torch.testing.assert_close(ablated[name + "attention.hook_out"][0, 4, 2], attended)


@pytest.mark.parametrize("block", [WINDOWED, GLOBAL])
def test_without_all_heads_attention_adds_its_projections_bias_and_nothing_else(sam, trace, block):
    ablated = trace.with_interventions(AblateHead(block, 0), AblateHead(block, 1))
    bias = sam.image_encoder.vit.blocks[block].attention.projection.bias
    attended = ablated[BLOCK.format(block) + "attention.hook_out"]
    torch.testing.assert_close(attended, bias.expand_as(attended))


def test_without_one_head_its_part_of_the_projection_is_missing(sam, trace):
    # Two heads of 12 channels: head 1 reaches the projection as channels 12 to 23.
    name = BLOCK.format(GLOBAL) + "attention."
    weight = sam.image_encoder.vit.blocks[GLOBAL].attention.projection.weight
    part = trace[name + "hook_out_per_head"][0, 1] @ weight[:, 12:].T

    ablated = trace.with_interventions(AblateHead(GLOBAL, 1))

    missing = trace[name + "hook_out"] - ablated[name + "hook_out"]
    torch.testing.assert_close(missing[0].flatten(0, 1), part, rtol=1e-4, atol=1e-5)
    kept = [each[name + "hook_out_per_head"][:, 0] for each in (trace, ablated)]
    assert torch.equal(*kept)


def test_the_mean_of_a_windowed_head_leaves_the_padding_out(trace):
    # A grid of 5 in windows of 3. Token (row, column) holds 5 row + column, whose mean is 12;
    # padding holds 1000.
    values = np.full((4, 2, 9, 12), 1000.0)
    for row in range(5):
        for column in range(5):
            window = 2 * (row // 3) + column // 3
            values[window, :, 3 * (row % 3) + column % 3] = 5 * row + column
    name = BLOCK.format(WINDOWED) + "attention.hook_out_per_head"

    vectors = putting(trace, name, values).with_interventions(AblateHead(WINDOWED, 1, to="mean"))

    torch.testing.assert_close(vectors[name][:, 1], torch.full((4, 9, 12), 12.0))
    assert (vectors[name][:, 0].numpy() == values[:, 0]).all()


def test_the_mean_of_a_global_head_is_that_over_all_tokens(trace):
    name = BLOCK.format(GLOBAL) + "attention.hook_out_per_head"
    ablated = trace.with_interventions(AblateHead(GLOBAL, 0, to="mean"))
    mean = trace[name][0, 0].mean(dim=0)
    torch.testing.assert_close(ablated[name][0, 0], mean.expand(25, 12))


def test_without_attention_the_mlp_reads_the_stream_as_it_came(trace):
    name = BLOCK.format(WINDOWED)
    ablated = trace.with_interventions(AblateAttention(WINDOWED))
    assert torch.equal(ablated[name + "hook_residual_mid"], trace[name + "hook_residual_pre"])


def test_without_its_mlp_a_block_ends_with_attention(trace):
    name = BLOCK.format(WINDOWED)
    ablated = trace.with_interventions(AblateMlp(WINDOWED))
    assert torch.equal(ablated[name + "hook_residual_post"], trace[name + "hook_residual_mid"])


def test_the_mean_of_an_mlp_is_that_over_all_tokens(trace):
    name = BLOCK.format(WINDOWED) + "mlp.hook_out"
    ablated = trace.with_interventions(AblateMlp(WINDOWED, to="mean"))
    torch.testing.assert_close(ablated[name][0, 3, 1], trace[name].mean(dim=(0, 1, 2)))


def test_without_position_encoding_a_patch_is_its_embedding_alone(sam, trace):
    embedded = trace["image_encoder.patch_embedding.hook_out"]
    name = BLOCK.format(0) + "hook_residual_pre"
    assert torch.equal(trace.with_interventions(AblatePositionEncoding())[name], embedded)
    mean = sam.image_encoder.position_encoder.table.mean(dim=(1, 2))
    of_means = trace.with_interventions(AblatePositionEncoding(to="mean"))
    torch.testing.assert_close(of_means[name], embedded + mean)


def test_without_relative_positions_scores_are_products_of_query_and_key(trace):
    name = BLOCK.format(WINDOWED) + "attention.hook_"
    one = trace.with_interventions(AblateRelativePositions(WINDOWED))
    every = trace.with_interventions(AblateRelativePositions())
    for ablated in (one, every):
        q, k = (ablated[name + which] for which in "qk")
        torch.testing.assert_close(ablated[name + "scores"], q @ k.transpose(2, 3) / 12**0.5)
    assert one.edits == (name + "relative_rows", name + "relative_columns")
    assert len(every.edits) == 8


def test_position_encoding_and_relative_positions_go_together(trace):
    both = trace.with_interventions(AblatePositionEncoding(), AblateRelativePositions())
    # Then attention can't tell places apart: in a global block, equal tokens get equal rows.
    embedded = putting(both, "image_encoder.patch_embedding.hook_out", np.ones((5, 5, 24)))
    pattern = embedded.with_windows((0, 0, 0, 0))[BLOCK.format(0) + "attention.hook_pattern"]
    torch.testing.assert_close(pattern, torch.full((1, 2, 25, 25), 1 / 25))


@pytest.mark.parametrize(
    ("intervention", "message"),
    [
        (AblateHead(4, 0), "block must be 0 to 3 in this model, not 4"),
        (AblateHead(0, 2), "head must be 0 to 1 in this model, not 2"),
        (AblateHead(0, 0, to="median"), "to must be zero or mean, not 'median'"),
        (AblateAttention(-1), "block must be 0 to 3 in this model, not -1"),
        (AblateMlp(0, to="one"), "to must be zero or mean"),
        (AblateBlock(7), "not 7"),
        (AblateRelativePositions(7), "not 7"),
    ],
)
def test_what_the_model_does_not_have_is_refused_at_once(trace, intervention, message):
    with pytest.raises(ValueError, match=message):
        trace.with_interventions(intervention)


@pytest.mark.parametrize(
    ("of", "grid", "points"), [("grid", 0, 1), ("prompts", 1, 0), ("both", 0, 0)]
)
def test_places_lose_their_sines_and_cosines(trace, of, grid, points):
    without = trace.with_interventions(AblateCoordinateEncoding(of))
    assert bool(without["coordinate_encoder.hook_grid"].any()) == bool(grid)
    assert bool(without["coordinate_encoder.hook_points"].any()) == bool(points)


def test_other_places_are_refused():
    with pytest.raises(ValueError, match="of must be one of 'grid', 'prompts', 'both', not 'box'"):
        AblateCoordinateEncoding("box")
