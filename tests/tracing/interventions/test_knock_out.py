"""Tokens that can't see others: their weights are 0 and the rest of the row is scaled up."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.tracing.interventions import (
    AblateDecoderHead,
    KnockOutAttention,
    KnockOutDecoderAttention,
)

from ...small import small_sam, small_trace

PATTERN = "image_encoder.vit.blocks.{}.attention.hook_pattern"
WINDOWED, GLOBAL = 2, 1


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


def knocked_out(plain: torch.Tensor, pairs: list[tuple[int, int, int]]) -> torch.Tensor:
    """A pattern (window, head, query, key) whose weights at (window, query, key) go to the rest."""
    expected = plain.clone()
    for window, query, key in pairs:
        expected[window, :, query, key] = 0
    return expected / expected.sum(dim=-1, keepdim=True)


def test_in_a_global_block_every_pair_of_the_two_sets_is_cut(trace):
    # Row by row on a grid of 5: (0, 1) is 1, (2, 3) is 13, (4, 4) is 24.
    cut = KnockOutAttention(queries=[(0, 1), (4, 4)], keys=[(2, 3), (0, 1)], block=GLOBAL)
    pattern, plain = (
        each[PATTERN.format(GLOBAL)] for each in (trace.with_interventions(cut), trace)
    )
    for query in (1, 24):
        assert not pattern[:, :, query, [13, 1]].any()
    torch.testing.assert_close(pattern.sum(dim=-1), torch.ones(1, 2, 25))
    pairs = [(0, 1, 13), (0, 1, 1), (0, 24, 13), (0, 24, 1)]
    torch.testing.assert_close(pattern, knocked_out(plain, pairs))


def test_in_a_windowed_block_pairs_are_cut_where_the_windows_put_them(trace):
    # Windows of 3: (0, 0) and (1, 2) are 0 and 5 of window 0. (4, 4) and (3, 3) are 4 and 0 of
    # window 3, with padding. (0, 0) and (4, 4) are in no common window.
    cut = KnockOutAttention(queries=[(0, 0), (4, 4)], keys=[(1, 2), (3, 3)], block=WINDOWED)
    pattern, plain = (
        each[PATTERN.format(WINDOWED)] for each in (trace.with_interventions(cut), trace)
    )
    assert not pattern[0, :, 0, 5].any()
    assert not pattern[3, :, 4, 0].any()
    torch.testing.assert_close(pattern, knocked_out(plain, [(0, 0, 5), (3, 4, 0)]))


def test_other_windows_are_followed(trace):
    # In windows of 2, (0, 0) and (1, 1) are 0 and 3 of window 0; (1, 2) is in window 1.
    cut = trace.with_interventions(KnockOutAttention((0, 0), [(1, 1), (1, 2)], block=WINDOWED))
    windows = (3, 0, 2, 0)
    pattern, plain = (each.with_windows(windows)[PATTERN.format(WINDOWED)] for each in (cut, trace))
    torch.testing.assert_close(pattern, knocked_out(plain, [(0, 0, 3)]))


def test_without_a_block_every_block_is_cut_and_without_queries_every_token_is_blind(trace):
    cut = trace.with_interventions(KnockOutAttention(queries=None, keys=(2, 2)))
    patterns = cut.read(PATTERN.format("*"))
    for block in (0, 2):
        # (2, 2) is 8 of window 0.
        assert not patterns[PATTERN.format(block)][0, :, :, 8].any()
        assert patterns[PATTERN.format(block)][1:, :, :, 8].all()
    for block in (1, 3):
        assert not patterns[PATTERN.format(block)][0, :, :, 12].any()


def test_one_head_alone_can_be_cut(trace):
    cut = trace.with_interventions(KnockOutAttention((0, 0), (0, 1), block=GLOBAL, head=1))
    pattern, plain = (each[PATTERN.format(GLOBAL)] for each in (cut, trace))
    assert torch.equal(pattern[:, 0], plain[:, 0])
    assert not pattern[0, 1, 0, 1].any()


def test_the_same_is_a_mask_over_the_grid(trace):
    mask = np.zeros((5, 5), bool)
    mask[1:3, 2] = True
    by_mask = KnockOutAttention((0, 0), np.argwhere(mask))
    assert by_mask == KnockOutAttention([(0, 0)], [(2, 2), (1, 2), (1, 2)])
    assert hash(by_mask)


def test_a_window_may_see_its_padding_alone_but_not_nothing(trace):
    # Window 3 holds (3, 3), (3, 4), (4, 3), (4, 4) at 0, 1, 3 and 4, and padding elsewhere.
    corner = [(3, 3), (3, 4), (4, 3), (4, 4)]
    cut = trace.with_interventions(KnockOutAttention((3, 3), corner, block=WINDOWED))
    row = cut[PATTERN.format(WINDOWED)][3, :, 0]
    assert not row[:, [0, 1, 3, 4]].any()
    torch.testing.assert_close(row.sum(dim=-1), torch.ones(2))

    full = [(row, column) for row in range(3) for column in range(3)]
    blind = trace.with_interventions(KnockOutAttention((1, 1), full, block=WINDOWED))
    with pytest.raises(ValueError, match=r"blocks\.2\.attention\.hook_scores some queries would"):
        blind.prediction  # noqa: B018
    # Another window makes that possible.
    assert blind.with_windows((3, 0, 4, 0)).prediction is not None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KnockOutAttention((0, 0), (0, 5)), r"from 0 to 4, .* but \(0, 5\) is outside"),
        (lambda: KnockOutAttention((-1, 0), (0, 1)), r"queries must be .* \(-1, 0\) is outside"),
        (lambda: KnockOutAttention((0, 0), (0, 1), block=4), "block must be 0 to 3"),
        (lambda: KnockOutAttention((0, 0), (0, 1), head=2), "head must be 0 to 1"),
        (lambda: KnockOutAttention((0, 0), []), "keys must be rows and columns"),
        (lambda: KnockOutAttention(np.eye(5) > 0, (0, 0)), r"np\.argwhere\(mask\)"),
        (lambda: KnockOutAttention((0, 0), [(0.5, 1)]), "keys must be rows and columns"),
    ],
)
def test_tokens_blocks_and_heads_that_are_not_there_are_refused_at_once(trace, make, message):
    with pytest.raises(ValueError, match=message):
        trace.with_interventions(make())


def decoder(part: str) -> str:
    return f"mask_decoder.transformer.{part}.hook_pattern"


def test_decoder_tokens_can_be_blinded_for_a_part_of_the_picture(trace):
    # Token 2 is the second mask token; (1, 0) is place 5 of the grid.
    for part in ("layers.0.token_to_image", "final_token_to_image"):
        cut = trace.with_interventions(KnockOutDecoderAttention(part, [2], [(1, 0), (4, 4)]))
        pattern, plain = cut[decoder(part)], trace[decoder(part)]
        assert not pattern[0, :, 2, [5, 24]].any()
        torch.testing.assert_close(pattern, knocked_out(plain, [(0, 2, 5), (0, 2, 24)]))


def test_image_tokens_can_be_blinded_for_prompt_tokens_in_all_layers(trace):
    # One click: tokens 5 and 6 are its point and the padding token.
    parts = [f"layers.{layer}.image_to_token" for layer in (0, 1)]
    cut = trace.with_interventions(
        KnockOutDecoderAttention("layers.*.image_to_token", (1, 0), [5, 6])
    )
    assert len(cut.edits) == 2
    for part in parts:
        pattern = cut[decoder(part)]
        assert not pattern[0, :, 5, [5, 6]].any()
        assert pattern[0, :, [4, 6]].all()
        torch.testing.assert_close(pattern.sum(dim=-1), torch.ones(1, 4, 25))


def test_decoder_tokens_can_be_blinded_for_one_another(trace):
    name = "layers.1.self_attention"
    cut = trace.with_interventions(KnockOutDecoderAttention(name, None, 0, head=3))
    pattern, plain = cut[decoder(name)], trace[decoder(name)]
    assert not pattern[0, 3, :, 0].any()
    assert torch.equal(pattern[0, :3], plain[0, :3])


SELF = "layers.0.self_attention"
FINAL = "final_token_to_image"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("layers.0", [0], [1]), "attention must be layers.N.self"),
        (("layers.2.self_attention", 0, 1), r"closest are: .*layers"),
        ((SELF, 0, [-1]), "keys must be the numbers of tokens"),
        ((SELF, (0.5,), 1), "queries must be the numbers of tokens"),
        ((SELF, 0, 1, 4), "head must be 0 to 3"),
        ((FINAL, 0, 1), "keys must be rows and columns"),
        ((FINAL, 0, (5, 0)), r"\(5, 0\) is outside"),
    ],
)
def test_in_the_decoder_too_what_is_not_there_is_refused_at_once(trace, arguments, message):
    with pytest.raises(ValueError, match=message):
        trace.with_interventions(KnockOutDecoderAttention(*arguments))


def test_a_prompt_token_that_these_prompts_do_not_make_is_refused_in_the_decoder(trace):
    cut = trace.with_interventions(KnockOutDecoderAttention("layers.0.self_attention", [0], [7]))
    with pytest.raises(ValueError, match=r"key 7 is not there .* this run has 7, from 0 to 6"):
        cut.prediction  # noqa: B018
    assert cut.with_prompts(Prompts([(1, 1), (2, 2)])).prediction is not None


def test_a_decoder_head_gives_nothing_to_one_query(trace):
    name = "layers.0.image_to_token"
    out = f"mask_decoder.transformer.{name}.hook_out_per_head"
    silent = trace.with_interventions(AblateDecoderHead(name, 3, (1, 2)))[out][0]
    plain = trace[out][0]
    assert not silent[3, 7].any()
    plain = plain.clone()
    plain[3, 7] = 0
    torch.testing.assert_close(silent, plain, rtol=0, atol=0)


def test_all_decoder_heads_give_nothing_to_any_query(trace):
    name = "final_token_to_image"
    out = f"mask_decoder.transformer.{name}.hook_out_per_head"
    assert not trace.with_interventions(AblateDecoderHead(name, None))[out].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AblateDecoderHead("layers.0.mlp", 0), r"attention must be layers\.N\.self_atten"),
        (lambda: AblateDecoderHead("final_token_to_image", 4), "head must be 0 to 3"),
        (lambda: AblateDecoderHead("final_token_to_image", 0, (0, 1)), "query must be the number"),
        (lambda: AblateDecoderHead("layers.0.image_to_token", 0, 3), "query must be rows and col"),
        (lambda: AblateDecoderHead("layers.0.image_to_token", 0, (5, 0)), r"\(5, 0\) is outside"),
    ],
)
def test_heads_and_queries_of_the_decoder_that_are_not_there_are_refused(trace, make, message):
    with pytest.raises(ValueError, match=message):
        trace.with_interventions(make())


def test_a_token_that_these_prompts_do_not_make_is_refused_when_the_decoder_runs(trace):
    silent = trace.with_interventions(AblateDecoderHead("layers.0.self_attention", 0, 7))
    with pytest.raises(
        ValueError, match=r"query 7 is not there in .*: this run has 7, from 0 to 6"
    ):
        silent.prediction  # noqa: B018
