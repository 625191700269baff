"""What a tensor is computed from, read from a run of the network."""

from dataclasses import replace

import pytest

from sam_explore.model import Sam
from sam_explore.model.addresses import in_block, in_layer
from sam_explore.tracing.data_flow import data_flow

from ..small import SMALL


def test_a_block_is_computed_as_published():
    """Pre-norm, with both residual connections; scores of queries, keys and two position terms."""
    flow = data_flow(SMALL)
    block = f"{in_block(2)}."
    of_two = {
        name.removeprefix(block): {part.removeprefix(block) for part in each}
        for name, each in flow.items()
        if name.startswith(block)
    }
    assert of_two == {
        "hook_residual_pre": {in_block(1, "hook_residual_post")},
        "hook_norm1": {"hook_residual_pre"},
        "attention.hook_q": {"hook_norm1"},
        "attention.hook_k": {"hook_norm1"},
        "attention.hook_v": {"hook_norm1"},
        "attention.hook_relative_rows": {"attention.hook_q"},
        "attention.hook_relative_columns": {"attention.hook_q"},
        "attention.hook_scores": {
            f"attention.hook_{each}" for each in ("q", "k", "relative_rows", "relative_columns")
        },
        "attention.hook_pattern": {"attention.hook_scores"},
        "attention.hook_out_per_head": {"attention.hook_pattern", "attention.hook_v"},
        "attention.hook_out": {"attention.hook_out_per_head"},
        "hook_residual_mid": {"hook_residual_pre", "attention.hook_out"},
        "hook_norm2": {"hook_residual_mid"},
        "mlp.hook_hidden": {"hook_norm2"},
        "mlp.hook_out": {"mlp.hook_hidden"},
        "hook_residual_post": {"hook_residual_mid", "mlp.hook_out"},
    }


@pytest.mark.parametrize("with_hint", [True, False])
def test_inputs_reach_what_they_should_and_nothing_else(with_hint):
    flow = data_flow(SMALL, with_hint)
    reading = {each: [n for n, before in flow.items() if each in before] for each in (
        "picture", "prompts", "mask hint"
    )}  # fmt: skip
    half = ["mask_decoder.mask_hint_encoder.hook_half"]
    assert reading == {
        "picture": ["image_encoder.patch_embedding.hook_out"],
        "prompts": ["coordinate_encoder.hook_points"],
        "mask hint": half if with_hint else [],
    }
    assert flow["image_encoder.position_encoder.hook_encoding"] == ()
    assert flow["coordinate_encoder.hook_grid"] == ()
    assert (flow["mask_decoder.mask_hint_encoder.hook_out"] == ()) is not with_hint


def test_keys_of_the_image_carry_positions_and_values_do_not():
    flow = data_flow(SMALL)
    assert flow[in_layer(0, "token_to_image.hook_k")] == (
        "coordinate_encoder.hook_grid",
        "mask_decoder.hook_image_in",
    )
    assert flow[in_layer(0, "token_to_image.hook_v")] == ("mask_decoder.hook_image_in",)


def test_each_hook_point_of_any_network_is_there_once_and_after_what_it_is_computed_from():
    config = replace(SMALL, encoder_depth=5, decoder_depth=3, mask_tokens=2)
    flow = data_flow(config)
    assert set(flow) == set(Sam(config).hook_points)
    known = {"picture", "prompts", "mask hint"}
    for name, before in flow.items():
        assert set(before) <= known, name
        known.add(name)
