"""Facts about the residual stream, with tokens and additions that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts

from ...small import SMALL, putting, small_trace, tokens_of_norm

BLOCK = "image_encoder.vit.blocks.{}."


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None)


def adding_nothing(trace, blocks, *parts: str):
    """The same run, where parts of these blocks add nothing to the stream."""
    for block in blocks:
        for part in parts:
            trace = putting(trace, BLOCK.format(block) + part, np.zeros(SMALL.encoder_dim))
    return trace


BOTH = "attention.hook_out", "mlp.hook_out"


def test_tokens_of_norm_2_that_end_with_norm_6_have_grown_three_times():
    trace = putting(
        small_trace(), BLOCK.format(0) + "hook_residual_pre", tokens_of_norm(np.full((5, 5), 2.0))
    )
    for block, norm in enumerate((2.0, 3.0, 3.0, 6.0)):
        tokens = tokens_of_norm(np.full((5, 5), norm))
        trace = putting(trace, BLOCK.format(block) + "hook_residual_post", tokens)
    fact = facts.grown(now(trace))
    assert fact.value == pytest.approx(3)
    assert "from 2 after the embedding to 6 after the last block, 3 times as much" in fact.words
    assert "most in block 3: 2 times" in fact.words


def test_tokens_that_only_grow_keep_their_direction_and_opposite_ones_have_a_cosine_of_minus_1():
    tokens = np.random.default_rng(0).normal(size=(5, 5, SMALL.encoder_dim))
    start = putting(small_trace(), BLOCK.format(0) + "hook_residual_pre", tokens)
    end = BLOCK.format(SMALL.encoder_depth - 1) + "hook_residual_post"
    longer = facts.turned(now(putting(start, end, 3 * tokens)))
    assert longer.value == pytest.approx(1)
    # What all tokens have in common says nothing of one of them.
    assert facts.turned(now(putting(start, end, 100 - tokens))).value == pytest.approx(-1)


def test_the_block_that_adds_most_is_known_by_what_its_tokens_were_before():
    lengths = (4.0, 5.0, 5.5, 9.9)  # after each block; 2 before the first
    trace = putting(
        small_trace(), BLOCK.format(0) + "hook_residual_pre", tokens_of_norm(np.full((5, 5), 2.0))
    )
    for block, norm in enumerate(lengths):
        tokens = tokens_of_norm(np.full((5, 5), norm))
        trace = putting(trace, BLOCK.format(block) + "hook_residual_post", tokens)
    fact = facts.adds_most(now(trace))
    # 2 to 2, 1 to 4, 0.5 to 5, 4.4 to 5.5: the last adds the longest vector, and the first most.
    assert fact.value == "first"
    assert fact.words.startswith("Block 0 adds most: 1 times the length")
    assert "Block 2 adds least, 0.1 times." in fact.words


@pytest.mark.parametrize(("block", "place"), [(0, "first"), (2, "between"), (3, "last")])
def test_the_only_block_that_adds_anything_is_the_one_that_is_needed(block, place):
    others = [each for each in range(SMALL.encoder_depth) if each != block]
    trace = adding_nothing(small_trace(), others, *BOTH)
    added = np.random.default_rng(1).normal(scale=20, size=(5, 5, SMALL.encoder_dim))
    trace = putting(trace, BLOCK.format(block) + "attention.hook_out", added)
    fact = facts.needed_block(now(trace))
    assert fact.value == place
    assert fact.words.startswith(f"Without block {block} the mask keeps")
    # The others can be left out, and nothing changes.
    assert "it keeps 1, the most; the median is 1." in fact.words
