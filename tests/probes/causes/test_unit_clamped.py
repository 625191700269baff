"""A unit that is clamped to what it is anyway changes nothing."""

from functools import cache

import numpy as np
import pytest

from sam_explore.probes import UnitClamped
from sam_explore.probes.causes.unit_clamped import other_units
from sam_explore.probes.common.units import CHANNEL, HEAD, NEURON, Layer, layers_of
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import ResizeHead, SetChannel

from ...small import SMALL, putting, small_trace

pytestmark = pytest.mark.usefixtures("small_scenes")

HOOK = "image_encoder.vit.blocks.2.mlp.hook_hidden"
LAYER = layers_of(SMALL).index(Layer(NEURON, 2))
TRUTH = np.zeros((20, 40), bool)
TRUTH[:, 20:] = True


@cache  # so that its index is made once
def with_two_constants() -> Trace:
    """Neuron 3 of block 2 is 2 everywhere, in every picture, neuron 5 the token's number, and all
    others 0."""
    values = np.zeros((1, 5, 5, 32))
    values[0, ..., 3], values[0, ..., 5] = 2, np.arange(25).reshape(5, 5)
    return putting(small_trace(), HOOK, values)


@pytest.mark.parametrize("to", ["its mean", "its greatest value"])
def test_clamped_to_what_it_is_everywhere_nothing_changes(to):
    trace = with_two_constants()
    before, after, change, table = UnitClamped(layer=LAYER, unit=3, to=to, scenes=16, truth=TRUTH)(
        trace
    ).readings
    np.testing.assert_array_equal(before.values, after.values)
    assert not change.values.any()
    assert table.columns == ("overlap", "predicted IoU", "true IoU")
    assert table.rows == (
        "as it was", "to zero", "to its mean", "to its greatest value", f"others,\nto {to}",
    )  # fmt: skip
    for row in (2, 3):
        np.testing.assert_array_equal(table.values[row], table.values[0])
    assert table.values[0, 0] == 1


def test_clamped_to_zero_is_the_run_in_which_it_is_zero():
    trace = with_two_constants()
    reading = UnitClamped(layer=LAYER, unit=3, to="zero", mask=1, scenes=16)(trace)
    expected = trace.with_interventions(SetChannel(HOOK, 3, 0.0)).prediction
    np.testing.assert_array_equal(reading.readings[1].values, expected.visible[1])
    assert reading.readings[3].values[1, 1] == pytest.approx(expected.iou[1], abs=5e-4)
    assert reading.words.startswith("Clamped to zero, 0, neuron 3 of block 2 is the same at every ")


def test_the_mean_is_that_over_the_scenes():
    trace = with_two_constants()  # of 0 to 24 it is 12, in all 25 tokens of a scene
    reading = UnitClamped(layer=LAYER, unit=5, mask=1, scenes=16)(trace)
    expected = trace.with_interventions(SetChannel(HOOK, 5, 12.0)).prediction
    np.testing.assert_array_equal(reading.readings[1].values, expected.visible[1])
    assert "Clamped to its mean, 12, neuron 5" in reading.words


def test_other_units_that_are_zero_anyway_are_no_loss():
    """Of 8 others, only neurons 3 and 5 are not 0: to zero, the rest changes nothing."""
    trace = with_two_constants()
    reading = UnitClamped(layer=LAYER, unit=7, to="zero", scenes=16)(trace)
    others = other_units(SMALL, Layer(NEURON, 2), 7)
    assert len(others) == len(set(others) - {7}) == 8
    assert not {3, 5} & set(others)
    assert reading.readings[3].values[4, 0] == 1
    assert "the overlap is 1 (95 %: 1 to 1) in the mean; it is lower than with this unit for 0" in (
        reading.words
    )


def test_a_head_gets_one_norm_and_there_is_one_other():
    place = layers_of(SMALL).index(Layer(HEAD, 1))
    trace = small_trace()
    reading = UnitClamped(layer=place, unit=0, to="zero", mask=2, scenes=16)(trace)
    expected = trace.with_interventions(ResizeHead(1, 0, 0.0)).prediction
    np.testing.assert_array_equal(reading.readings[1].values, expected.visible[2])
    assert "With 1 other unit of the layer clamped" in reading.words
    assert other_units(SMALL, Layer(HEAD, 1), 0) == [1]


def test_a_channel_is_clamped_after_its_block():
    place = layers_of(SMALL).index(Layer(CHANNEL, 3))
    trace = small_trace()
    reading = UnitClamped(layer=place, unit=4, to="zero", mask=2, scenes=16)(trace)
    hook = "image_encoder.vit.blocks.3.hook_residual_post"
    expected = trace.with_interventions(SetChannel(hook, 4, 0.0)).prediction
    np.testing.assert_array_equal(reading.readings[1].values, expected.visible[2])
