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
        logits = np.full((4, 10, 20), -3.0)
        logits[1, :, left : left + 10] = 3
        predictions.append(answering(trace, logits, [0.1, 0.9, 0.2, 0.3]).prediction)
    return predictions


def test_an_overlap_is_that_of_the_masks_at_the_pictures_size(two):
    # 3 and −3 have their edge halfway, so 20 of 40 columns of pixels are inside, and 10 in both.
    # The last of 20 rows touches the padding, which is 99 here, and lies wholly inside.
    assert mask_overlap(1, *two, 0.0) == pytest.approx((19 * 10 + 40) / (19 * 30 + 40))
    assert mask_overlap(1, *two, 0.0) == pytest.approx(mask_overlaps(*two, 0.0)[1])
    assert mask_overlap(0, *two, 100.0) == 1  # both are empty


def test_maps_are_on_one_scale_and_the_difference_on_its_own(two):
    before, after = masks_before_and_after(1, *two, 1.0)
    change = change_of_mask(1, *two, "Words.")
    assert before.scale == after.scale
    assert (before.scale.low, before.scale.centre, before.scale.high) == (-3, 1, 5)
    assert change.values[0].tolist() == [-6.0] * 5 + [0.0] * 5 + [6.0] * 5 + [0.0] * 5
    assert change.scale.centre == 0


def test_words_give_the_mean_where_the_mask_was(two):
    # Half of the ten columns stay at 3, the other half go to −3.
    words = change_in_words(1, *two, 0.0)
    assert words.startswith("Mask 1's mean logit where it lay above 0 goes from 3 to 0, and its")
    nowhere = change_in_words(1, *two, 5.0)
    assert "over the whole picture goes from 0 to 0" in nowhere
