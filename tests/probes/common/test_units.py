"""The values of units, at hook points where a test put known numbers."""

import numpy as np
import pytest

from sam_explore.probes.common.units import (
    CHANNEL,
    HEAD,
    IMAGE_CHANNEL,
    NEURON,
    Layer,
    all_values,
    layers_of,
    values_of,
)

from ...small import SMALL, putting, small_trace


def test_layers_come_in_the_order_of_the_run():
    names = [each.name for each in layers_of(SMALL)]
    assert names[:4] == [
        "heads of block 0", "neurons of block 0", "channels after block 0", "heads of block 1",
    ]  # fmt: skip
    assert names[-1] == "channels of the image tokens"
    assert len(names) == 4 * 3 + 1
    counts = {each.kind: each.count(SMALL) for each in layers_of(SMALL)}
    assert counts == {HEAD: 2, NEURON: 32, CHANNEL: 24, IMAGE_CHANNEL: 32}


def test_a_unit_has_a_name():
    assert Layer(NEURON, 3).unit(17) == "neuron 17 of block 3"
    assert Layer(CHANNEL, 2).unit(4) == "channel 4 after block 2"
    assert Layer(HEAD, 0).unit(1) == "head 1 of block 0"
    assert Layer(IMAGE_CHANNEL).unit(9) == "channel 9 of the image tokens"


@pytest.mark.parametrize("kind", [NEURON, CHANNEL])
def test_channels_and_neurons_are_their_own_numbers_where_the_picture_is(kind):
    layer = Layer(kind, 2)
    values = np.arange(25 * layer.count(SMALL), dtype=float).reshape(1, 5, 5, -1)
    trace = putting(small_trace(), layer.hook, values)
    np.testing.assert_array_equal(values_of(trace, layer), values[0, :3])  # of 5 rows


def test_channels_of_the_image_tokens_come_last():
    layer = Layer(IMAGE_CHANNEL)
    values = np.arange(32 * 25.0).reshape(1, 32, 5, 5)
    found = values_of(putting(small_trace(), layer.hook, values), layer)
    np.testing.assert_array_equal(found, np.moveaxis(values[0], 0, -1)[:3])


def test_a_heads_value_is_the_norm_of_what_it_puts_out():
    layer = Layer(HEAD, 1)  # global: one window of 25 tokens
    out = np.zeros((1, 2, 25, 12))
    out[0, 1, :, 3], out[0, 1, :, 8] = 3 * np.arange(25), -4 * np.arange(25)
    found = values_of(putting(small_trace(), layer.hook, out), layer)
    np.testing.assert_allclose(found[..., 1], 5 * np.arange(15).reshape(3, 5))
    assert not found[..., 0].any()


def test_windows_are_joined_and_their_padding_is_left_out():
    layer = Layer(HEAD, 0)  # four windows of 3 x 3 on a grid of 5 x 5
    out = np.zeros((4, 2, 9, 12))
    out[..., 0] = (10 * np.arange(4)[:, None] + np.arange(9))[:, None]
    found = values_of(putting(small_trace(), layer.hook, out), layer)[..., 0]
    np.testing.assert_allclose(found, [[0, 1, 2, 10, 11], [3, 4, 5, 13, 14], [6, 7, 8, 16, 17]])


@pytest.mark.parametrize("windows", [None, (5, 0, 2, 4)])
def test_all_layers_are_read_as_one_by_one(windows):
    trace = small_trace().with_windows(windows)
    found = dict(all_values(trace))
    assert tuple(found) == layers_of(SMALL)
    for layer, values in found.items():
        assert values.shape == (3, 5, layer.count(SMALL))
        np.testing.assert_array_equal(values, values_of(trace, layer))
