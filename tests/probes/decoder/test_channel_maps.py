"""Maps of products that were worked out by hand."""

import numpy as np

from sam_explore.probes import ChannelMaps

from .by_hand import generator_by_hand


def test_products_are_in_the_order_of_what_they_do_over_the_picture():
    trace, logits = generator_by_hand()

    reading = ChannelMaps()(trace)

    # Over the picture's 10 x 20 logits: channel 1 is 6 in 16 of 200, root mean square 1.7.
    titles = ["Channel 1, × 3", "Channel 0, × −1", "Channel 2, × 0.5", "Channel 3, × 0"]
    assert [one.title for one in reading.maps] == titles
    assert reading.words.startswith(
        "Of 4 channels, channel 1 varies mask 2 most: its product has a root mean square of 1.7, "
    )
    np.testing.assert_allclose(sum(one.values for one in reading.maps), logits[:10])
    assert (reading.shared.unit, reading.shared.centre) == ("logit", 0)


def test_features_are_without_the_vector_and_one_channel_is_one_map():
    trace, _ = generator_by_hand()
    reading = ChannelMaps(shown="feature", channel=3)(trace)
    assert reading.values.tolist() == [[7] * 20] * 10
    assert (reading.frame, reading.scale.unit) == ("logits", "")
    assert not ChannelMaps(channel=3)(trace).values.any()


def test_each_channel_can_have_a_scale_of_its_own():
    trace, _ = generator_by_hand()
    assert ChannelMaps(one_scale=False)(trace).shared is None
