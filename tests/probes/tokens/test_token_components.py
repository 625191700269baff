"""Components of tokens that were put behind the blocks."""

import numpy as np

from sam_explore.probes import TokenComponents

from ...small import putting, small_trace

BLOCKS = "image_encoder.vit.blocks"


def along(channel: int, second: int = 8) -> np.ndarray:
    """Tokens that go from −2 to 2 with the column in one channel, from −1 to 1 with the row."""
    tokens = np.zeros((5, 5, 24))
    tokens[..., channel] = np.arange(-2.0, 3)
    tokens[:3, :, second] = np.array([-1.0, 0, 1])[:, None]  # the picture ends after three rows
    return tokens


def trace():
    """The embedding goes along channel 3, each block's tokens along channel 5, backwards."""
    run = putting(small_trace(), f"{BLOCKS}.0.hook_residual_pre", along(3))
    return putting(run, f"{BLOCKS}.*.hook_residual_post", -along(5))


def test_the_first_components_are_the_directions_of_greatest_variance():
    gallery, chart = TokenComponents()(trace()).readings
    for each in gallery.maps:
        # Columns −2 to 2 have a variance of 2, so they lie −√2, −1/√2, 0, 1/√2, √2 deviations out.
        shown = np.abs(each.values[:3])
        np.testing.assert_allclose(shown, [[2**0.5, 0.5**0.5, 0, 0.5**0.5, 2**0.5]] * 3, atol=1e-6)
        assert np.isnan(each.values[3:]).all()
        assert (each.colours[3:] == 128).all()
    np.testing.assert_allclose(chart.curves[0].y, 1)
    # The sign of a component goes with that of the depth before, though the tokens turned round.
    np.testing.assert_allclose(gallery.maps[0].values, gallery.maps[1].values, atol=1e-6)


def test_later_components_hold_what_is_left():
    # Of 2 + 2/3 of variance, the second component holds 2/3; a third and a fourth hold nothing.
    chart = TokenComponents(first=1)(trace()).readings[1]
    np.testing.assert_allclose(chart.curves[0].y, 0.25)


def test_along_the_last_blocks_axes_the_embedding_has_only_what_it_shares_with_them():
    gallery, chart = TokenComponents(axes="of the last block")(trace()).readings
    np.testing.assert_allclose(chart.curves[0].y, [0.25, 1, 1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(gallery.maps[0].values[:3], 0, atol=1e-6)


def test_objects_are_told_apart_by_the_order_of_pairs():
    truth = np.zeros((20, 40), bool)
    truth[:, 24:] = True  # the two columns of tokens on the right
    chart = TokenComponents(truth=truth)(trace()).readings[1]
    np.testing.assert_allclose(chart.curves[2].y, 1)
