"""At the run's own input nothing changes, and a square picture has one input for all ways."""

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.probes import SizeSweep
from sam_explore.tracing import Trace

from ...small import small_sam, small_trace


def test_the_runs_own_input_changes_nothing():
    truth = np.zeros((20, 40), bool)
    truth[:, 20:] = True
    reading = SizeSweep(truth=truth)(small_trace())

    charts = {chart.y_name: chart for chart in reading.readings}

    assert tuple(charts) == ("overlap", "cosine", "predicted", "true", "products", "memory")
    # A half and five quarters of 5 tokens, in whole patches of 8 pixels.
    assert charts["overlap"].x.tolist() == [16, 40, 48]
    padded, stretched, in_proportion = charts["overlap"].curves
    assert padded.y[1] == 1
    np.testing.assert_allclose(charts["cosine"].curves[0].y[1], 1, rtol=1e-6)
    assert "true IoU at the trained side is" in reading.words
    # 5 x 5 tokens padded or stretched, 3 x 5 in proportion.
    padded, stretched, in_proportion = (each.y for each in charts["products"].curves)
    np.testing.assert_array_equal(padded, stretched)
    assert (np.diff(padded) > 0).all()
    assert (in_proportion < padded).all()


def test_a_square_picture_has_the_same_input_in_all_ways():
    image = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    reading = SizeSweep()(Trace(small_sam(), image, Prompts(points=[(12, 8)])))
    assert [chart.y_name for chart in reading.readings].count("true") == 0
    for chart in reading.readings:
        for curve in chart.curves[1:]:
            np.testing.assert_array_equal(curve.y, chart.curves[0].y)
    assert "in all three ways." in reading.words
