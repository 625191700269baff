"""Facts about interventions, in networks where most parts do nothing."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore import Trace
from sam_explore.course import facts

from ...small import SMALL, small_sam, small_trace

DEPTH, HEADS = SMALL.encoder_depth, SMALL.encoder_heads
LAST = DEPTH - 1


def now(trace) -> SimpleNamespace:
    """Half of the picture lies above the threshold, so that the mask is neither empty nor full."""
    answer = trace.prediction
    threshold = float(np.median(answer.visible[answer.chosen]))
    return SimpleNamespace(
        trace=trace, token=(0, 0), threshold=threshold, chosen=None, shown_truth=None
    )


def where_only(*loud: tuple[int, int]) -> SimpleNamespace:
    """A run where these heads write thirty times as much as before, and the others nothing."""
    sam = small_sam()
    for block, each in enumerate(sam.image_encoder.vit.blocks):
        by_head = each.attention.projection.weight.view(SMALL.encoder_dim, HEADS, -1)
        for head in range(HEADS):
            by_head[:, head] *= 30 if (block, head) in loud else 0
    return now(small_trace(sam))


def test_the_only_head_that_does_anything_is_needed_most_and_the_others_can_be_spared():
    run = where_only((2, 1))
    fact = facts.left_without_one_head(run)
    assert fact.value < 95
    assert "Of 8 heads, the mask changes most without head 1 of block 2" in fact.words
    assert "of the picture" in fact.words.split(": ")[1]  # which way it changes
    assert fact.words.endswith("Without the median head it keeps 1.")
    quiet = {(block, head) for block in range(DEPTH) for head in range(HEADS)} - {(2, 1)}
    assert set(facts.spared_heads(run)) == quiet
    together = facts.left_without_spared_heads(run)
    assert together.value == 100
    assert "each of 7 can be taken away alone" in together.words


def test_where_one_head_does_everything_two_numbers_agree():
    fact = facts.same_heads_by_two_numbers(where_only((2, 1)))
    assert fact.value == pytest.approx(1)
    assert fact.words.count("head 1 of block 2") == 2


def test_where_no_head_does_anything_there_is_no_order():
    assert np.isnan(facts.same_heads_by_two_numbers(where_only()).value)


def test_a_head_that_each_mask_needs_is_not_spared(monkeypatch):
    monkeypatch.setattr(facts.interventions, "SPARE", 2.0)
    run = where_only((0, 0))
    assert facts.spared_heads(run) == ()
    assert facts.left_without_spared_heads(run).value == 100


def test_a_part_that_gives_all_tokens_the_same_is_its_own_mean():
    sam = small_sam()
    mlp = sam.image_encoder.vit.blocks[LAST].mlp
    mlp.contract.weight.zero_()
    mlp.contract.bias.normal_(std=20)
    fact = facts.zero_or_mean(now(small_trace(sam)))
    assert fact.value == "mean"
    assert "its mean, 1. " in fact.words
    length = float(mlp.contract.bias.norm())
    assert f"{length:.3g}"[:2] in fact.words


def test_a_part_that_gives_nothing_can_be_taken_away_either_way():
    sam = small_sam()
    mlp = sam.image_encoder.vit.blocks[LAST].mlp
    mlp.contract.weight.zero_()
    mlp.contract.bias.zero_()
    fact = facts.zero_or_mean(now(small_trace(sam)))
    assert fact.value == "alike"
    assert "0 long inside the mask and 0 outside" in fact.words


def test_tokens_of_a_picture_that_is_its_own_mirror_image_change_nothing():
    trace = small_trace()
    image = trace.image.copy()
    image[:, 20:] = image[:, 19::-1]
    fact = facts.patched_early_or_late(now(replace(trace, image=image)))
    assert fact.value == "alike"
    assert fact.words.count("1;") + fact.words.count(", 1.") == 2


def test_where_blocks_do_nothing_early_is_as_late():
    sam = small_sam()
    for block in sam.image_encoder.vit.blocks:
        for layer in (block.attention.projection, block.mlp.contract):
            layer.weight.zero_()
            layer.bias.zero_()
    fact = facts.patched_early_or_late(now(small_trace(sam)))
    assert fact.value == "alike"
    early, late = fact.words.split("IoU of ")[1].split("; put in after block 3, ")
    assert float(early) == float(late.rstrip(".")) < 1


def test_a_mask_without_a_token_has_nothing_to_replace():
    run = now(small_trace())
    run.threshold = 1e6
    assert facts.patched_early_or_late(run).value == "alike"
    assert isinstance(run.trace, Trace)


def test_after_the_last_block_the_places_of_a_patch_follow_the_other_picture():
    run = now(small_trace())
    other = facts.foreign_run(run)
    assert other.image.shape == run.trace.image.shape
    assert other.frame.grid == run.trace.frame.grid
    fact = facts.follows_a_patch(run)
    assert fact.value in ("first", "last", "alike")
    first, last = map(float, re.findall("([−0-9.]+)(?: of the way|\\. The mask)", fact.words))
    assert {"first": first > last, "last": last > first}.get(fact.value, True)
