"""Chunks pass a hook point one by one, or joined if there is a hook."""

import torch

from sam_explore.model import HookPoint
from sam_explore.model.kernels.chunked_hooks import through_hooks

NUMBERS = torch.arange(12.0).view(6, 2)  # a row for each of 2 heads and 3 tokens


def pieces():
    """2 rows, then 4 of them, which lie as 2 by 2; a word goes along."""
    yield NUMBERS[:2], "first"
    yield NUMBERS[2:].view(2, 2, 2), "second"


def test_without_hooks_no_chunk_is_computed_before_it_is_needed():
    taken = []
    flowing = through_hooks(
        [HookPoint("a", "b"), None], (taken.append(p) or p for p in pieces()), (2, 3)
    )

    assert not taken
    assert next(iter(flowing))[1] == "first"
    assert len(taken) == 1


def test_a_hook_is_given_the_whole_and_its_answer_is_cut_up_again():
    hook, seen = HookPoint("head token channel", "numbers"), []
    hook.register_forward_hook(lambda _hook, _, whole: seen.append(whole) or whole * 10)

    (one, first), (other, second) = through_hooks([hook, None], pieces(), (2, 3))

    assert seen[0].shape == (2, 3, 2)
    assert torch.equal(seen[0], NUMBERS.view(2, 3, 2))
    assert torch.equal(one, 10 * NUMBERS[:2])
    assert torch.equal(other, 10 * NUMBERS[2:].view(2, 2, 2))
    assert (first, second) == ("first", "second")
