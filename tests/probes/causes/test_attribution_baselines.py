"""Maps in wide use, held against what happens."""

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import AttributionBaselines
from sam_explore.tracing.attribution import BASELINES, attribute, rank_correlation

from ...small import small_trace
from ...tracing.attribution.linear import linear_trace


def test_integrated_gradients_of_something_linear_are_the_occlusion():
    trace = linear_trace()
    reading = AttributionBaselines(method="integrated gradients", mask=1, patch=1)(trace)
    gallery, table = reading.readings
    own, occluded, _ = gallery.maps
    # Taking a token away changes the mean of no other one: the network adds the tokens up.
    np.testing.assert_allclose(own.values, occluded.values, atol=1e-5)
    assert "its rank correlation with the occlusion of the same patches is 1, " in reading.words
    np.testing.assert_allclose(table.values[0], table.values[1], rtol=1e-4)
    assert table.values[0, 0] < table.values[2, 0]  # deletion: lower than in random order
    assert table.values[0, 1] > table.values[2, 1]


@pytest.mark.parametrize("method", BASELINES)
def test_the_words_have_the_numbers_of_the_maps_and_the_table(method):
    trace = small_trace()
    reading = AttributionBaselines(method=method, mask=1, patch=2)(trace)
    gallery, table = reading.readings
    assert table.rows == (method, "occlusion", "random orders")
    for column in table.values.T:
        listed = [f"{text(value)} for {row}" for value, row in zip(column, table.rows, strict=True)]
        assert ", ".join(listed) in reading.words
    place = BASELINES[method]
    assert gallery.maps[1].title == f"Occlusion of the {place}"
    of, _ = AttributionBaselines(mask=1).scalar(trace)
    occluded = attribute(trace, of, f"occlusion of the {place}", 2)
    np.testing.assert_allclose(gallery.maps[1].values[::2, ::2], occluded, atol=1e-6)
    shown = slice(None, None, 2)
    own = gallery.maps[0].values[shown, shown]
    holds = np.ones((3, 3), bool)
    holds[2] = place == "embedding"  # below row 3 there is padding alone
    correlation = rank_correlation(own[holds], occluded[holds])
    assert f"of the same patches is {text(correlation, 2)}, " in reading.words
    ends = ", ".join(text(float(np.abs(each.values).max())) for each in gallery.maps)
    assert f"a scale of its own, whose ends are {ends} from 0" in reading.words
