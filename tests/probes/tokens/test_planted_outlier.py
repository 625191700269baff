"""An outlier among tokens whose norms are known."""

import numpy as np
import pytest

from sam_explore.probes import PlantedOutlier
from sam_explore.probes.common.logits import overlap_in_logits
from sam_explore.probes.tokens.planted_outlier import opposite
from sam_explore.tracing.interventions import ResizeToken

from ...small import putting, small_trace, tokens_of_norm

LAST = "image_encoder.vit.blocks.3.hook_residual_post"


@pytest.fixture(scope="module")
def trace():
    """After the last block norms of 8 to 12, and none stands out: the deviation is 1 / 0.6745."""
    norms = np.tile([8.0, 9, 10, 11, 12], (5, 1))
    return putting(small_trace(), LAST, tokens_of_norm(norms)[None])


def test_a_planted_token_is_found_where_it_is_and_where_it_is_moved(trace):
    chart, gallery = PlantedOutlier(token=(1, 3), block=3, times=20)(trace).readings
    assert [curve.y[3] for curve in chart.curves] == [0, 1, 1]
    as_it_is, planted, moved = gallery.maps
    assert as_it_is.marks == ()
    assert planted.marks == ((1, 3),)
    assert planted.values[1, 3] == pytest.approx(200)  # 20 medians of 10
    assert moved.marks == ((3, 1),)
    assert moved.values[1, 3] == pytest.approx(10)


def test_the_words_say_what_is_found_and_what_it_does(trace):
    words = PlantedOutlier(token=(1, 3), block=3)(trace).words
    assert "after block 3, the token at row 1, column 3 is found." in words
    assert "After the last block 1 token of this run lie" in words
    assert "and 1 of that with the outlier moved to the opposite side." in words
    assert "0 tokens" not in words
    other = trace.with_interventions(ResizeToken(3, (1, 3), 20.0))
    mask = trace.prediction.chosen
    overlap = overlap_in_logits(trace.prediction, other.prediction, mask, 0.0)
    assert f"The overlap with mask {mask} is {overlap:.2f} with the outlier planted and" in words


def test_a_token_of_the_usual_length_is_not_found(trace):
    reading = PlantedOutlier(token=(1, 3), block=3, times=1)(trace)
    assert "is not found: no token lies above the limit there." in reading.words
    assert len(reading.readings[1].maps) == 2


def test_opposite_is_across_the_middle():
    assert opposite((0, 1), (5, 4)) == (4, 2)
    assert opposite((2, 2), (5, 5)) == (0, 0)
