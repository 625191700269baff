"""Facts about windows, on a grid of five by five tokens."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts

from ...small import SMALL, small_sam, small_trace

DEPTH = SMALL.encoder_depth


def now(trace, token=(0, 0)) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=token, threshold=0.0, chosen=None)


@pytest.mark.parametrize(("token", "seen"), [((0, 0), 9), ((4, 0), 6), ((4, 4), 4)])
def test_a_window_at_the_edge_of_the_grid_holds_fewer_tokens(token, seen):
    trace = small_trace().with_windows([3] * DEPTH)
    fact = facts.seen_in_a_window(now(trace, token))
    assert fact.value == pytest.approx(100 * seen / 25)
    assert f"the {seen} tokens of its own window, of 25" in fact.words


def test_without_windows_a_token_sees_all_others():
    assert facts.seen_in_a_window(now(small_trace().with_windows([0] * DEPTH))).value == 100


def test_news_is_everywhere_after_the_first_global_block():
    late = small_trace().with_windows([3, 3, 0, 3])
    fact = facts.reaches_everywhere(now(late, (1, 4)))
    assert fact.value == 2
    assert "After block 0, 24 % of the tokens" in fact.words  # the six of its window
    assert "After block 2, which has global attention, it is all of them." in fact.words
    never = facts.reaches_everywhere(now(small_trace().with_windows([3] * DEPTH)))
    assert never.value == "never"
    assert "After the last block it is 36 %, and never all." in never.words


def test_windows_as_they_were_trained_leave_the_whole_mask():
    everywhere = replace(SMALL, global_blocks=tuple(range(DEPTH)))
    trained_globally = now(small_trace(small_sam(everywhere)))
    logits = trained_globally.trace.prediction.visible[trained_globally.trace.prediction.chosen]
    trained_globally.threshold = float(np.median(logits))  # half of the picture is inside
    assert facts.left_without_windows(trained_globally).value == 100
    assert facts.left_in_windows_everywhere(trained_globally).value < 100
    words = facts.left_in_windows_everywhere(trained_globally).words
    assert f"windows of {SMALL.window_size} × {SMALL.window_size}" in words


def test_pairs_are_counted_with_padding():
    fact = facts.pairs_saved(now(small_trace()))
    window = SMALL.window_size
    padded = (-(-5 // window) * window) ** 2
    assert fact.value == pytest.approx(25**2 / (padded * window**2))
