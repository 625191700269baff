"""Tokens that are their places, tokens that are anything, and mixtures by hand."""

import numpy as np
import pytest

from sam_explore.probes.common.place_readout import PlaceSums, chance_error, places_of

GRID = (4, 6)
ORDER = np.random.default_rng(3).permutation(24)


def learned_from(scenes):
    sums = PlaceSums()
    for each in scenes:
        sums.add(each)
    return sums.learned()


def chance(count, seed=0):
    return np.random.default_rng(seed).standard_normal((count, *GRID, 3))


def test_places_are_counted_from_the_middle():
    assert places_of((2, 3)).tolist() == [
        [-0.5, -1], [-0.5, 0], [-0.5, 1], [0.5, -1], [0.5, 0], [0.5, 1]
    ]  # fmt: skip
    # Four corners at the root of 5/4, two middles at a half.
    assert chance_error((2, 3)) == pytest.approx((4 * 1.25**0.5 + 2 * 0.5) / 6)


def test_tokens_that_are_their_places_are_read_off_and_all_due_to_place():
    tokens = np.concatenate([places_of(GRID), np.ones((24, 1))], axis=1).reshape(*GRID, 3)

    found = learned_from([tokens] * 2).measure(tokens, ORDER)

    assert found.share == pytest.approx(1)
    assert found.readout == pytest.approx(1, abs=1e-4)
    assert found.errors.max() < 0.01
    assert found.readout_shuffled < 0.5
    part = tokens[..., :2].reshape(24, 2)  # less its mean, which is 0
    expected = (part[ORDER] * part).sum() / (part**2).sum()
    assert found.share_shuffled == pytest.approx(expected)


def test_a_share_is_that_of_the_variance():
    """Each token is its place's part plus noise of 1.5 its size: 1 of 1 + 2.25."""
    noise, place = chance(400), chance(1, seed=9)[0]
    scenes = place - place.mean(axis=(0, 1)) + 1.5 * place.std() * noise
    learned = learned_from(scenes[:200])

    shares = [learned.measure(each, ORDER).share for each in scenes[200:]]

    assert np.mean(shares) == pytest.approx(1 / 3.25, abs=0.02)


def test_tokens_of_chance_have_no_part_due_to_place_however_few_they_are():
    """With two scenes to learn from, a mean of the same scenes would say a half."""
    found = []
    for seed in range(300):
        one, two, other = chance(3, seed)
        found.append(learned_from([one, two]).measure(other, ORDER).share)
    assert abs(np.mean(found)) < 0.01


def test_tokens_that_are_all_alike_hold_nothing():
    found = learned_from([np.ones((*GRID, 3))]).measure(np.ones((*GRID, 3)), ORDER)
    assert (found.share, found.readout) == (0, pytest.approx(0))
