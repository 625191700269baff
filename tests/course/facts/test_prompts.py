"""Facts about prompts, with frequencies and vectors that are known beforehand."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore import Prompts
from sam_explore.course import facts

from ...small import small_sam, small_trace


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None)


def test_twice_as_fast_waves_reach_half_as_far():
    slow, fast = small_sam(), small_sam()
    fast.coordinate_encoder.frequencies.mul_(2)
    far, near = (facts.half_alike_at(now(small_trace(sam))).value for sam in (slow, fast))
    assert far == pytest.approx(2 * near)
    one = small_sam()
    spread = float(np.sqrt((one.coordinate_encoder.frequencies.numpy() ** 2).mean()))
    # exp(-8 pi^2 s^2 d^2) is one half at d = sqrt(ln 2 / 8) / (pi s).
    assert far == pytest.approx(100 * np.sqrt(np.log(2) / 8) / (np.pi * spread), rel=1e-3)


def test_a_code_is_as_long_as_the_root_of_its_waves_and_the_longer_part_is_named():
    sam = small_sam()
    length = np.sqrt(sam.config.token_dim / 2)  # a sine and a cosine of each wave
    foreground = sam.prompt_encoder.foreground
    for factor, longer in ((2, "kind"), (0.5, "place"), (1.1, "alike"), (0.9, "alike")):
        foreground.mul_(factor * length / foreground.norm())
        assert facts.place_or_kind(now(small_trace(sam))).value == longer


def test_the_change_that_moves_the_logits_least_is_named_and_what_a_prompt_cant_have_left_out():
    fact = facts.least_noticed(now(small_trace()))
    assert fact.value in ("padding", "label", "corner")
    assert len(re.findall(r"with the", fact.words)) == 3
    sam = small_sam()
    encoder = sam.prompt_encoder
    encoder.background.copy_(encoder.foreground)
    assert facts.least_noticed(now(small_trace(sam))).value == "label"  # nothing to swap
    boxed = small_trace().with_prompts(Prompts(box=(2, 2, 36, 18)))
    alone = facts.least_noticed(now(boxed))
    assert alone.value == "padding"
    assert "label" not in alone.words


def test_without_a_prompt_a_click_in_the_middle_is_taken_and_no_token_is_counted():
    nothing = small_trace().with_prompts(Prompts())
    assert "point 0" in facts.place_or_kind(now(nothing)).words
    assert facts.tokens_of_prompt(now(nothing)).value == 0
    one = facts.tokens_of_prompt(now(small_trace()))
    assert one.value == 2
    assert "2 tokens: point 0, padding." in one.words
    assert "it works on 7." in one.words  # the IoU token and four mask tokens come first
