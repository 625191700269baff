"""Vectors and their cosines by hand, and an MLP whose neurons are known."""

import numpy as np
import pytest

from sam_explore.model.addresses import MASK_VECTORS
from sam_explore.number_text import text
from sam_explore.probes import MaskVector
from sam_explore.probes.common.cosines import cosines, least_and_greatest
from sam_explore.tracing.attribution import control_of

from ...small import putting, small_sam, small_trace
from .by_hand import answering_iou


def test_cosines():
    found = cosines(np.array([[1.0, 0], [1, 1], [0, -2], [0, 0]]))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(found[:3, :3], [[1, half, 0], [half, 1, -half], [0, -half, 1]])
    assert np.isnan(found[3]).all()
    assert least_and_greatest(found) == pytest.approx((-half, half))
    assert np.isnan(least_and_greatest(found[:1, :1])).all()


def test_the_vector_stands_next_to_the_others():
    vectors = np.array([[3.0, 4, 0, 0], [0, 0, 1, 0], [3, 4, 0, 12], [0, 0, -1, 0]])
    trace = putting(answering_iou(small_trace()), MASK_VECTORS, vectors)

    chart, _, _, after = MaskVector()(trace).readings

    assert [curve.name for curve in chart.curves] == ["mask 2", "mask 0", "mask 1", "mask 3"]
    assert chart.curves[0].y.tolist() == [3, 4, 0, 12]
    assert after.values[2].tolist() == pytest.approx([5 / 13, 0, 1, 0])
    words = MaskVector()(trace).words
    assert words.startswith("The vector of mask 2 has 4 channels and a norm of 13;")
    assert "Most alike is the vector of mask 0, with a cosine of 0.385;" in words


def test_neurons_that_are_on_are_counted_by_mask_and_layer():
    sam = small_sam()
    first, second, _ = sam.mask_decoder.mask_generator.token_heads[1].layers
    first.weight.zero_()
    first.bias.fill_(-1)
    first.bias[:8] = 1  # 8 of 32 are on
    second.weight.zero_()
    second.bias.fill_(-1)  # none

    on = MaskVector()(small_trace(sam)).readings[1].values

    assert on[1].tolist() == [0.25, 0]
    assert on.shape == (4, 2)


def test_the_control_has_the_cosines_of_shuffled_weights():
    trace = small_trace()
    own, with_control = MaskVector()(trace), MaskVector(control=True)(trace)
    other = MaskVector()(control_of(trace))

    assert (len(own.readings), len(with_control.readings)) == (4, 6)
    for index in (2, 3):
        np.testing.assert_array_equal(
            with_control.readings[index + 2].values, other.readings[index].values
        )
        assert with_control.readings[index + 2].title.endswith("shuffled weights")
    ends = least_and_greatest(other.readings[3].values)
    assert f"({text(ends[0], 2)} to {text(ends[1], 2)}). In brackets" in with_control.words
