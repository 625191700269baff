"""A mask of two runs whose logits are known."""

import numpy as np
import pytest

from sam_explore.probes.common.before_after import (
    change_in_words,
    change_of_mask,
    masks_before_and_after,
)
from sam_explore.probes.common.logits import mask_overlap, mask_overlaps

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def two():
    """Mask 1 is inside in columns 0 to 9, then in columns 5 to 14; of 20, over 10 rows."""
    trace, predictions = small_trace(), []
    for left in (0, 5):
        logits = np.full((4, 10, 20), -2.0)
        logits[1, :, left : left + 10] = 3
        predictions.append(answering(trace, logits, [0.1, 0.9, 0.2, 0.3]).prediction)
    return predictions


def test_half_of_each_mask_is_a_third_of_both(two):
    # At the picture's size, where edges lie between two cells, 10 of 30 columns a little moved.
    assert mask_overlap(1, *two, 0.0) == pytest.approx(1 / 3, abs=0.03)
    assert mask_overlap(1, *two, 0.0) == pytest.approx(mask_overlaps(*two, 0.0)[1])
    assert mask_overlap(0, *two, 0.0) == 1  # both are empty


def test_maps_are_on_one_scale_and_the_difference_on_its_own(two):
    before, after = masks_before_and_after(1, *two, 1.0)
    change = change_of_mask(1, *two, "Words.")
    assert before.scale == after.scale
    assert (before.scale.low, before.scale.centre, before.scale.high) == (-2, 1, 4)
    assert change.values[0].tolist() == [-5.0] * 5 + [0.0] * 5 + [5.0] * 5 + [0.0] * 5
    assert change.scale.centre == 0


def test_words_give_the_mean_where_the_mask_was(two):
    # Half of the ten columns stay at 3, the other half go to −2.
    words = change_in_words(1, *two, 0.0)
    assert words.startswith("Mask 1's mean logit where it lay above 0 goes from 3 to 0.5, and its")
    nowhere = change_in_words(1, *two, 5.0)
    assert "over the whole picture goes from 0.5 to 0.5" in nowhere
