"""Facts about pictures of a few colours, worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts

from ...probes.patches.by_hand import coloured
from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def sam():
    return small_sam()


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace)


def half_patterned(sam) -> SimpleNamespace:
    """Grey 100, but for one patch in stripes of 50 and 150: its mean is 100 as well."""
    levels = np.full((40, 40, 3), 100.0)
    levels[8:16, 24:32:2], levels[8:16, 25:32:2] = 50, 150
    return now(coloured(sam, levels))


def test_stripes_are_all_within_their_patch(sam):
    fact = facts.variance_within_patches(half_patterned(sam))
    assert fact.value == pytest.approx(100, abs=0.01)
    flat = facts.variance_within_patches(now(coloured(sam, np.full((40, 40, 3), 100.0))))
    assert flat.value == 0
    assert "loses nothing" in flat.words


def test_the_striped_patch_is_50_grey_levels_from_its_mean_and_the_others_are_not(sam):
    found = facts.loss_of_one_colour(half_patterned(sam))
    expected = np.zeros((5, 5))
    expected[1, 3] = 50
    np.testing.assert_allclose(found.values, expected, atol=0.01)
    padded = facts.loss_of_one_colour(now(small_trace(sam)))  # 20 of 40 rows: 3 rows of patches
    assert np.isnan(padded.values[3:]).all()
    assert np.isfinite(padded.values[:3]).all()


def test_a_picture_that_repeats_each_half_patch_is_the_same_half_a_patch_on(sam):
    rng = np.random.default_rng(0)
    columns = rng.uniform(0, 255, (5, 1, 5, 1, 3)) + rng.uniform(-40, 40, (1, 4, 1, 4, 3))
    # Each patch of 8 is four copies of a pattern of 4, so moved by 4 a token is as it was, but for
    # what the next patch brings in; with one brightness for all it is exactly as it was.
    tile = columns[:1, :, :1].reshape(4, 4, 3)
    fact = facts.alike_half_a_patch_on(now(coloured(sam, np.tile(tile, (10, 10, 1)))))
    assert np.isnan(fact.value)  # nothing varies from place to place
    noise = facts.alike_half_a_patch_on(now(coloured(sam, rng.uniform(0, 255, (40, 40, 3)))))
    assert abs(noise.value) < 0.5
    smooth = np.linspace(0, 250, 40)[None, :, None] + np.zeros((40, 40, 3))
    sloped = facts.alike_half_a_patch_on(now(coloured(sam, smooth)))
    assert sloped.value == pytest.approx(1, abs=5e-3)  # a slope, in whole grey levels


def test_a_patch_covers_as_many_pixels_as_the_picture_was_scaled_by(sam):
    fact = facts.pixels_a_patch(now(small_trace(sam)))
    assert fact.value == 8  # 40 pixels wide in an input of 40
    assert "800 × 800" in fact.words  # of 4000 pixels: a hundred times as many


def test_what_comes_back_of_patches_is_a_share_of_their_variance(sam):
    fact = facts.kept_of_patches(now(small_trace(sam)))  # 24 kernels for 192 numbers of noise
    assert fact.value < 50
    assert "24 numbers" in fact.words
