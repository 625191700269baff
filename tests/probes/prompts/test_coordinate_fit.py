"""What each input can fit and what it can't, worked out by hand."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.probes import CoordinateFit
from sam_explore.probes.common.coordinates import middles
from sam_explore.probes.prompts.coordinate_fit import fitted, hidden_layer, inputs, seen_cells

from ...small import answering, small_trace

EVERYTHING = np.ones(64, dtype=bool)
PLACES = middles((8, 8))


def fit(values: np.ndarray, target: np.ndarray) -> np.ndarray:
    with_one = np.concatenate([values.reshape(64, -1), np.ones((64, 1))], axis=1)
    return fitted(with_one, target.ravel(), EVERYTHING).reshape(8, 8)


def test_plain_coordinates_make_a_slope_and_nothing_else():
    x, y = np.moveaxis(2 * PLACES - 1, -1, 0)
    plain, _, _ = inputs(PLACES, np.ones((2, 4)))
    np.testing.assert_allclose(fit(plain, 3 * x - y + 2), 3 * x - y + 2, atol=1e-4)
    # A saddle is orthogonal to every slope on a symmetric grid: the best fit is its mean, 0.
    np.testing.assert_allclose(fit(plain, x * y), 0, atol=1e-6)


def test_axis_aligned_waves_make_a_sum_over_x_and_y_and_nothing_else():
    chance = np.random.default_rng(0)
    x, y = np.moveaxis(2 * PLACES - 1, -1, 0)
    _, aligned, random = inputs(PLACES, chance.normal(size=(2, 64)))
    np.testing.assert_allclose(fit(aligned, np.abs(x) + y**2), np.abs(x) + y**2, atol=1e-2)
    # Nothing that is a sum of a function of x and one of y comes nearer to the saddle than 0.
    np.testing.assert_allclose(fit(aligned, x * y), 0, atol=1e-6)
    np.testing.assert_allclose(fit(random, x * y), x * y, atol=1e-2)


def test_each_aligned_wave_keeps_one_of_its_two_numbers():
    # Two waves: 1 cycle a unit along x, then along y; what they had along the other is gone.
    _, aligned, _ = inputs(np.array([[[0.5625, 0.5]]]), np.array([[1.0, 9.0], [7.0, 1.0]]))
    # x is 1/8 in the encoder's units: an eighth of a cycle. y is 0.
    half = np.sqrt(0.5)
    np.testing.assert_allclose(aligned[0, 0], [half, 0, half, 1], atol=1e-12)


def test_with_a_hidden_layer_plain_coordinates_make_a_saddle():
    x, y = np.moveaxis(2 * PLACES - 1, -1, 0)
    plain, _, _ = inputs(PLACES, np.ones((2, 4)))
    hidden = hidden_layer(plain)
    assert hidden.min() == 0
    np.testing.assert_allclose(fit(hidden, x * y), x * y, atol=0.05)


def test_half_of_the_cells_are_seen_and_always_the_same():
    assert seen_cells(7).sum() == 4
    np.testing.assert_array_equal(seen_cells(400), seen_cells(400))


def test_random_waves_do_best_on_most_pictures_read_out_linearly_unless_they_are_too_fast():
    """64 waves, drawn here: no model's weights take part."""
    drawn = np.random.default_rng(0).normal(size=(2, 64))
    names = ("turtle", "car", "house", "flower", "fruit", "boat", "fish", "cat", "castle")
    names += ("balloons", "robots", "octopus")
    pictures = [sx.example(name)[4::8, 4::8].mean(axis=-1) / 255 for name in names]

    def held_out(picture: np.ndarray, spread: float) -> list[float]:
        is_seen, errors = seen_cells(picture.size), []
        for values in inputs(middles(picture.shape), spread * drawn):
            flat = values.reshape(picture.size, -1)
            given = np.concatenate([flat, np.ones((picture.size, 1))], axis=1)
            left = fitted(given, picture.ravel(), is_seen) - picture.ravel()
            errors.append(float(np.sqrt((left[~is_seen] ** 2).mean())))
        return errors

    best = {spread: [np.argmin(held_out(each, spread)) for each in pictures] for spread in (1, 4)}
    assert best[1].count(2) > len(names) / 2
    assert best[4].count(2) < len(names) / 2


def test_a_mask_that_is_a_slope_away_from_nothing():
    """The left half of the picture: only waves along x are needed, and y plays no part."""
    logits = np.full((4, 10, 20), -5.0)
    logits[:, :, :10] = 5
    trace = answering(small_trace(), logits, [0.1, 0.9, 0.2, 0.3])

    gallery, table = CoordinateFit(mask=1)(trace).readings

    target = gallery.maps[0].values
    assert target.shape == (10, 20)
    assert target[:, :10].all()
    assert not target[:, 10:].any()
    np.testing.assert_allclose(gallery.maps[1].values.std(axis=0), 0, atol=0.05)
    squares = (gallery.maps[3].values - target).ravel() ** 2
    seen = seen_cells(200)
    assert table.values[2] == pytest.approx(
        [np.sqrt(squares[seen].mean()), np.sqrt(squares[~seen].mean())]
    )


def test_the_picture_as_target_is_its_grey():
    trace = small_trace()
    gallery, _ = CoordinateFit(target="picture")(trace).readings
    # The picture has 20 x 40 pixels and 10 x 20 cells; a cell's middle lies on the pixel after.
    expected = trace.small_grey[1::2, 1::2] / 255
    np.testing.assert_allclose(gallery.maps[0].values, expected)


def test_few_waves_are_the_first_ones():
    trace = small_trace()
    words = CoordinateFit(waves=3)(trace).words
    assert "with 3 waves" in words
