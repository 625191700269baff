"""Which tokens the places look at, with weights that were put there."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import ImageToTokenAttention

from ...small import putting, small_trace


def looking(layer: int = 0):
    """Head 0 of 4 looks at the point (token 5) everywhere, the others at padding (6) at (1, 2)."""
    weights = np.zeros((1, 4, 25, 7))
    weights[0, 0, :, 5] = 1
    weights[0, 1:, :, 0] = 1
    weights[0, 1:, 7] = [0, 0, 0, 0, 0, 0.25, 0.75]
    name = f"mask_decoder.transformer.layers.{layer}.image_to_token.hook_pattern"
    return putting(small_trace(), name, weights)


def test_there_is_a_map_for_each_token_of_the_mean_of_all_heads():
    reading = ImageToTokenAttention(place=(1, 2))(looking())

    assert [one.title.partition(":")[0] for one in reading.maps] == [
        "“IoU”", "“mask 0”", "“mask 1”", "“mask 2”", "“mask 3”", "“point 0”", "“padding”",
    ]  # fmt: skip
    point = np.full((5, 5), 0.25)
    point[1, 2] = 0.25 + 0.75 * 0.25
    np.testing.assert_allclose(reading.maps[5].values, point)
    assert reading.maps[6].values[1, 2] == pytest.approx(0.5625)
    assert reading.maps[0].marks == ((1, 2),)
    assert reading.shared.unit == "weight"


def test_one_head_and_one_token_are_one_map():
    reading = ImageToTokenAttention(head=1, decoder_token=6, layer=1)(looking(1))

    expected = np.zeros((5, 5))
    expected[1, 2] = 0.75
    np.testing.assert_allclose(reading.values, expected)
    assert reading.title == "“padding”: mean 0.03"


def test_the_words_say_what_the_picked_place_looks_at_and_what_gets_most():
    words = ImageToTokenAttention(place=(1, 2), head=2)(looking()).words

    assert words == (
        "In layer 0, row 1, column 2 looks most at “padding”, with a weight of 0.75; an even share "
        "among 7 tokens is 0.143. In the mean over all places “IoU” gets most: 0.96."
    )
    strongest = ImageToTokenAttention(head=2, decoder_token=-1)(looking())
    assert strongest.title == "“IoU”: mean 0.96"


def test_of_many_tokens_the_sixteen_with_the_greatest_mean_are_shown_in_their_order():
    prompts = Prompts(points=[(x, 3) for x in range(30)])
    trace = small_trace().with_prompts(prompts)

    reading = ImageToTokenAttention()(trace)

    name = "mask_decoder.transformer.layers.0.image_to_token.hook_pattern"
    means = trace[name][0].double().mean(dim=(0, 1)).numpy()
    wanted = sorted(np.argsort(-means)[:16])
    names = [trace.decoder_tokens.names[index] for index in wanted]
    assert [one.title.split("”")[0][1:] for one in reading.maps] == names
