"""Names of two runs: what each has and the other doesn't."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.tracing import names_of_two

from ..small import SMALL


@pytest.fixture(scope="module")
def trace() -> sx.Trace:
    torch.manual_seed(0)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return sx.Trace(Sam(SMALL).eval(), picture, sx.Prompts(points=[(30, 20)]))


def test_windows(trace):
    blocks = len(trace.config.windows)
    assert names_of_two(trace, trace.with_windows([2] * blocks)) == (
        "trained windows",
        "windows of 2",
    )
    windows = (2,) + (0,) * (blocks - 1)
    assert names_of_two(trace.with_windows([0] * blocks), trace.with_windows(windows)) == (
        "global attention in all blocks",
        f"windows {windows}",
    )


def test_changes_that_both_have_are_not_said(trace):
    one = trace.with_interventions(sx.interventions.AblateHead(0, 0))
    both = one.with_interventions(sx.interventions.AblateRelativePositions())
    assert names_of_two(one, both) == ("unchanged", "AblateRelativePositions")
    one_head = trace.with_interventions(sx.interventions.AblateHead(0, 1))
    assert names_of_two(one, one_head) == (
        "AblateHead(block=0, head=0, to='zero')",
        "AblateHead(block=0, head=1, to='zero')",
    )
    many = trace.with_interventions(*(sx.interventions.AblateHead(0, head) for head in (0, 1)))
    assert names_of_two(trace, many) == ("unchanged", "2 changes")


def test_prompts_and_pictures(trace):
    moved = trace.with_prompts(sx.Prompts(points=[(10, 20)]))
    assert names_of_two(trace, moved) == ("point at (30, 20)", "point at (10, 20)")
    two = sx.Prompts(points=[(1, 2), (3, 4)], labels=[1, 0], box=(0, 0, 9, 9))
    assert names_of_two(trace.with_prompts(sx.Prompts()), trace.with_prompts(two)) == (
        "no prompt",
        "2 points and a box",
    )
    off = trace.with_prompts(sx.Prompts(points=[(30, 20)], labels=[0]))
    assert names_of_two(trace, off) == ("these prompts", "other prompts")
    other = sx.Trace(trace.sam, 255 - trace.image, moved.prompts)
    assert names_of_two(trace, other) == (
        "this picture, point at (30, 20)",
        "another picture, point at (10, 20)",
    )


def test_logits_as_a_hint_are_named_where_nothing_else_is_different(trace):
    zeros, ones = (np.full(trace.frame.logits_size, value, np.float32) for value in (0, 1))
    one, other = (trace.with_prompts(trace.prompts.with_mask_hint(each)) for each in (zeros, ones))
    blocks = len(trace.config.windows)
    assert names_of_two(one, other) == ("these logits as a hint", "other logits as a hint")
    assert names_of_two(one, other.with_windows([2] * blocks)) == (
        "trained windows",
        "windows of 2",
    )
    assert names_of_two(trace, one) == (
        "point at (30, 20)",
        "point at (30, 20) and logits as a hint",
    )


def test_other_weights_of_the_same_model(trace):
    torch.manual_seed(1)
    other = sx.Trace(Sam(SMALL).eval(), trace.image, trace.prompts)
    assert names_of_two(trace, other) == ("these weights", "other weights")


def test_the_same_run(trace):
    again = sx.Trace(trace.sam, trace.image, sx.Prompts(points=[(30, 20)]))
    assert names_of_two(trace, again) == ("the same run", "the same run")
