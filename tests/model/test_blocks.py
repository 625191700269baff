"""What the transformer's blocks have in common, where they differ, and how far they see."""

import pytest
import torch
import torch.nn.functional as F

from sam_explore.model import VIT_B, VIT_H, VIT_L, Sam, SamConfig, attention
from sam_explore.tracing.interventions import AblateRelativePositions

from ..small import small_trace

AFTER = "image_encoder.vit.blocks.{}.hook_residual_post"


@pytest.mark.parametrize(("config", "blocks"), [(VIT_B, 3), (VIT_L, 6), (VIT_H, 8)])
def test_a_stage_has_3_6_or_8_blocks(config: SamConfig, blocks: int):
    assert [len(stage) for stage in config.stages] == [blocks] * 4


def test_windowed_and_global_blocks_differ_by_the_size_of_two_tables(sam: Sam):
    windowed, whole = (
        {name: tuple(each.shape) for name, each in block.named_parameters()}
        for block in sam.image_encoder.vit.blocks[:2]
    )
    assert windowed.keys() == whole.keys()
    differ = {name for name in windowed if windowed[name] != whole[name]}
    assert differ == {"attention.relative_rows", "attention.relative_columns"}
    assert (windowed["attention.relative_rows"][0], whole["attention.relative_rows"][0]) == (5, 9)


def test_every_block_takes_and_gives_tokens_of_one_grid_and_one_number_of_channels():
    trace = small_trace()
    shapes = {tuple(trace[AFTER.format(block)].shape) for block in range(4)}
    assert shapes == {(1, 5, 5, 24)} == {tuple(trace[AFTER.format(0)].shape)}


def test_a_windowed_block_stays_in_its_window_and_a_global_one_does_not():
    trace = small_trace()

    def changed(tensor: torch.Tensor, hook: object) -> torch.Tensor:
        tensor[0, 0, 0, 3] += 5
        return tensor

    moved = trace.with_edit("image_encoder.vit.blocks.0.hook_residual_pre", changed)
    after = [(moved[AFTER.format(n)] - trace[AFTER.format(n)])[0].abs().sum(-1) for n in (0, 1)]
    assert after[0][:3, :3].all()
    assert not after[0][3:].any()
    assert not after[0][:, 3:].any()  # next to it, but in another window
    assert after[1].all()


def test_the_terms_of_distance_fold_into_longer_queries_and_keys():
    """So any kernel of plain attention can compute them: the terms of a query are channels more,
    and a key has a 1 in that of its row and of its column."""
    torch.manual_seed(2)
    q, k, v = torch.randn(3, 1, 2, 12, 4)  # 3 rows and 4 columns of keys
    row_terms, column_terms = torch.randn(1, 2, 12, 3), torch.randn(1, 2, 12, 4)
    hooks = (attention.HookPoint("", ""), attention.HookPoint("", ""))
    row, column = torch.arange(12) // 4, torch.arange(12) % 4
    places = torch.cat([F.one_hot(row, 3), F.one_hot(column, 4)], dim=-1).float()

    longer_q = torch.cat([q / 2, row_terms, column_terms], dim=-1)
    longer_k = torch.cat([k, places.expand(1, 2, 12, 7)], dim=-1)
    found = F.scaled_dot_product_attention(longer_q, longer_k, v, scale=1.0)

    expected = attention.attend(q, k, v, *hooks, row_terms, column_terms)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_the_terms_of_distance_depend_on_the_query_and_on_no_key():
    trace = small_trace()
    name = "image_encoder.vit.blocks.1.attention.hook_relative_rows"
    terms = trace[name][0, 0]  # query, row of the key
    assert (terms - terms.mean(dim=0)).abs().max() > 0.1
    without = trace.with_interventions(AblateRelativePositions())
    assert not without[name].any()
