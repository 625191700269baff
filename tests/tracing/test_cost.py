"""What a network costs: by hand, and against PyTorch's own counter."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from sam_explore.model import VIT_B, VIT_H, VIT_L, Sam, SamConfig
from sam_explore.probes.common.windows import arithmetic
from sam_explore.tracing import component_costs, record
from sam_explore.tracing.cost import ATTENTIONS, BLOCK_PARTS, COMPONENTS, component_of

from ..small import SMALL

PARTS = {
    "image_encoder.patch_embedding.projection.weight": "patch embedding",
    "image_encoder.position_encoder.table": "position encoder",
    "image_encoder.vit.blocks.0.norm1.weight": "windowed attention",
    "image_encoder.vit.blocks.0.attention.qkv.bias": "windowed attention",
    "image_encoder.vit.blocks.1.attention.hook_scores": "global attention",
    "image_encoder.vit.blocks.1.attention.relative_rows": "relative positions",
    "image_encoder.vit.blocks.0.attention.hook_relative_columns": "relative positions",
    "image_encoder.vit.blocks.1.norm2.weight": "MLPs",
    "image_encoder.vit.blocks.1.hook_residual_mid": "MLPs",
    "image_encoder.channel_projection.conv1.weight": "channel projection",
    "coordinate_encoder.hook_points": "prompt encoder",
    "prompt_encoder.foreground": "prompt encoder",
    "coordinate_encoder.hook_grid": "mask decoder",
    "mask_decoder.mask_generator.hook_logits": "mask decoder",
}


@pytest.mark.parametrize(("name", "component"), PARTS.items(), ids=PARTS)
def test_every_name_belongs_to_a_component(name: str, component: str):
    with torch.device("meta"):
        assert component_of(name, Sam(SMALL).description) == component


def test_the_small_network_by_hand():
    costs = component_costs(SMALL)  # 25 tokens of 24 channels from patches of 8 x 8 x 3
    assert costs["patch embedding"].multiply_adds == 25 * 24 * 192
    assert costs["patch embedding"].parameters == 24 * 192 + 24
    assert costs["position encoder"].parameters == 25 * 24
    # From 24 to 32 channels, then 9 matrices of 32 x 32, and two norms of 32 each.
    assert costs["channel projection"].multiply_adds == 25 * (24 * 32 + 9 * 32 * 32)
    assert costs["channel projection"].parameters == 24 * 32 + 9 * 32 * 32 + 4 * 32
    # Two windowed blocks with tables of 2 x 5 distances, two global ones of 2 x 9, 12 channels.
    assert costs["relative positions"].parameters == 12 * (2 * 10 + 2 * 18)
    # In windows of 3 the grid of 5 is 36 tokens, each with 3 rows and 3 columns; global 25 x 10.
    assert costs["relative positions"].multiply_adds == 24 * (2 * 36 * 6 + 2 * 25 * 10)
    # Two heads, 25 x 25 pairs: what the scores of a global block are, and the mask of the terms.
    assert costs["global attention"].largest == costs["relative positions"].largest == 1250
    assert costs["MLPs"].multiply_adds == 4 * 25 * 2 * 24 * 32


@pytest.mark.parametrize("config", [SMALL, replace(VIT_B, encoder_depth=3, global_blocks=(2,))])
@pytest.mark.parametrize("factor", [1, 2])
def test_all_products_are_those_that_pytorch_counts(config: SamConfig, factor: int):
    size = (config.image_size, factor * config.image_size)
    counter = FlopCounterMode(display=False)
    with torch.device("meta"), torch.no_grad():
        sam = Sam(config).requires_grad_(False)
        # With something attached to the scores, no fused kernel runs, which it counts otherwise.
        with record(sam, "**.hook_scores", lambda tensor, _: None), counter:
            tokens = sam.encode_image(torch.empty(1, 3, *size))
            prompts = sam.encode_prompts(torch.empty(1, 1, 2), torch.empty(1, 1, dtype=torch.long))
            sam.decode(tokens, prompts)
    costs = component_costs(config, size)
    assert sum(each.multiply_adds for each in costs.values()) == counter.get_total_flops() // 2
    grid = tuple(length // config.patch_size for length in size)
    in_blocks = sum(costs[part].multiply_adds for part in BLOCK_PARTS)
    assert in_blocks == arithmetic(config, config.windows, grid)


def test_windows_save_products_and_memory():
    everywhere = replace(VIT_B, global_blocks=tuple(range(12)))
    by_window, without = component_costs(VIT_B), component_costs(everywhere)
    attention = [
        sum(costs[part].multiply_adds for part in ATTENTIONS) for costs in (by_window, without)
    ]
    assert attention[1] > 1.7 * attention[0]
    # 25 windows of 196 tokens have 960 400 pairs, and 4096 tokens 16.8 million.
    pairs = [
        costs[part].largest for costs, part in zip((by_window, without), ATTENTIONS, strict=True)
    ]
    assert pairs == [12 * 25 * 196**2, 12 * 4096**2]


@pytest.mark.parametrize(("config", "millions"), [(VIT_B, 93.7), (VIT_L, 312.3), (VIT_H, 641.1)])
def test_the_vision_transformer_is_the_bulk_of_the_released_models(config, millions):
    costs = component_costs(config)
    assert tuple(costs) == COMPONENTS
    numbers, products = (
        [getattr(each, what) for each in costs.values()] for what in ("parameters", "multiply_adds")
    )
    assert sum(numbers) / 1e6 == pytest.approx(millions, abs=0.05)
    for what, all_of_it in (("parameters", numbers), ("multiply_adds", products)):
        in_blocks = sum(getattr(costs[part], what) for part in BLOCK_PARTS)
        assert in_blocks > 0.9 * sum(all_of_it)
    # The decoder runs again for each prompt.
    assert costs["mask decoder"].multiply_adds < 0.005 * sum(products)
