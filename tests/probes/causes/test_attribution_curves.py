"""Deletion and insertion in a linear network; see `linear.py` for its answers."""

import numpy as np
import pytest

from sam_explore.probes import AttributionCurves

from ...small import small_trace
from ...tracing.attribution.linear import linear_trace, reds


@pytest.mark.parametrize("method", ["gradient times pixels", "occlusion of the pixels"])
def test_the_most_owed_goes_and_comes_first(method):
    trace = linear_trace()
    # At this threshold all of the picture's 200 logits count, 16 for a token of the first two rows
    # and 8 for one of the third, of which half is padding.
    shares = np.array([16, 16, 8])[:, None] / 200 * reds(trace)[:3]
    falling = np.sort(shares.ravel())[::-1]

    probe = AttributionCurves(method=method, mask=0, threshold=-100.0)
    deletion, insertion = probe(trace).readings

    # The 15 tokens with some of the picture, in 8 steps that look the same from both ends.
    cuts = np.array([0, 2, 4, 6, 7, 8, 9, 11, 13, 15])
    np.testing.assert_allclose(deletion.x, 100 * cuts / 15)
    come = np.array([falling[:cut].sum() for cut in cuts])
    np.testing.assert_allclose(insertion.curves[0].y, come, rtol=1e-3, atol=1e-5)
    gone = falling.sum() - come
    np.testing.assert_allclose(deletion.curves[0].y, gone, rtol=1e-3, atol=1e-5)


def test_in_a_linear_network_no_order_is_better_than_the_attributions():
    trace = linear_trace()
    panel = AttributionCurves(method="gradient times pixels", threshold=-100.0)(trace)
    deletion, insertion = panel.readings

    for profile, sign in ((deletion, -1), (insertion, 1)):
        ours, random = profile.curves
        assert (sign * (ours.y - random.high) >= -1e-5).all()
        assert (sign * (ours.y - random.low) >= -1e-5).all()
        assert (random.low <= random.y).all()
        assert (random.y <= random.high).all()


def test_the_words_give_the_areas_of_both():
    panel = AttributionCurves(number="predicted IoU", mask=1)(small_trace())
    deletion, insertion = panel.readings

    for profile, kind in ((deletion, "deletion"), (insertion, "insertion")):
        assert f"The area of the {kind} curve is " in panel.words
        assert profile.y_name == "IoU"
    area = np.trapezoid(deletion.curves[0].y, deletion.x / 100)
    random = np.trapezoid(deletion.curves[1].y, deletion.x / 100)
    said = [float(each) for each in _numbers(deletion.words)]
    assert said == pytest.approx([area, random], rel=0.01)
    assert panel.title == "Mask 1's predicted IoU, by single tokens"


def _numbers(words: str) -> list[str]:
    """What of a sentence can be read as a number."""
    parts = (part.strip(",;.").replace("−", "-") for part in words.split())
    return [part for part in parts if part.replace(".", "").replace("-", "").isdigit()]
