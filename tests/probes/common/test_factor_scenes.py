"""Scenes with one factor changed, and noise of the same size, worked out by hand."""

from itertools import islice

import numpy as np

from sam_explore.probes.common.factor_scenes import (
    FACTORS,
    energy,
    factor_changes,
    factor_scenes,
    noise_like,
)
from sam_explore.scenes.arrangement import Arrangement, Placed
from sam_explore.scenes.shapes import rectangle
from sam_explore.scenes.sketch import Background, Sketch


def test_noise_changes_the_same_pixels_by_the_same_differences():
    """One pixel is 10 redder, another 20 greener: 10² + 20² = 500, wherever they go."""
    before = np.full((4, 4, 3), 100, np.uint8)
    after = before.copy()
    after[0, 0, 0] += 10
    after[3, 1, 1] += 20
    noise = noise_like(before, after, np.random.default_rng(0))
    assert energy(before, after) == energy(before, noise) == 500
    changed = (noise != before).any(axis=2)
    assert np.argwhere(changed).tolist() == [[0, 0], [3, 1]]
    differences = noise.astype(int)[changed] - 100
    assert sorted(np.abs(differences).max(axis=1).tolist()) == [10, 20]


def test_noise_stays_between_0_and_255():
    """White pixels that became black: only down is left, whatever sign is drawn."""
    before, after = np.full((8, 8, 3), 255, np.uint8), np.zeros((8, 8, 3), np.uint8)
    noise = noise_like(before, after, np.random.default_rng(0))
    assert (noise == 0).all()
    # From 100 up by 200 and down by 200 leave the range: up, 155 are left, and 200² becomes 155².
    before, after = np.full((1, 1, 3), 100, np.uint8), np.full((1, 1, 3), 255, np.uint8)
    assert energy(before, noise_like(before, after, np.random.default_rng(0))) == 3 * 155**2


def test_the_changes_of_a_scene_by_hand():
    """A tile of 16 x 32 pixels left of the middle of 64 x 64, its dot a part of 8 x 8."""
    ground, tile = Sketch(), Sketch("tile")
    ground.fill(None, rectangle(-0.1, -0.1, 1.1, 1.1), (0, 0, 1), "flat")
    tile.fill(0, rectangle(-0.5, -1, 0.5, 1), (1, 0, 0), "flat")
    tile.fill(tile.part("dot"), rectangle(-0.5, -1, 0, -0.5), (0, 1, 0), "flat")
    placed = Placed(tile, 0.25 * np.eye(2), (0.25, 0.5))
    background, grain = Background(ground, None, "none", (0, 0, 1)), np.zeros((64, 64), np.float32)
    arrangement = Arrangement(64, background, -0.5, (placed,), (), grain)
    place, part, texture, board, hues = factor_changes(arrangement, arrangement.drawn())
    assert place.moved_px == {"tile": (8, 0)}  # an eighth of 64, to the right
    assert part.moved_px == {"tile/dot": (0, -4)}
    assert texture.textures == {"tile": "stripes"}
    assert np.allclose(board.cover_px, (15.5, 31.5))  # the mean of columns 8 to 23, rows 16 to 47
    assert hues.hue == 1 / 3
    without = Arrangement(64, background, -0.5, (), (), grain)
    assert factor_changes(without, without.drawn()) is None


def test_the_scenes_are_the_same_each_time_and_each_factor_changes_something():
    first, second = (list(islice(factor_scenes(), 4)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one is other or (one.image == other.image).all()
        assert len(one.changed) == len(one.noise) == len(FACTORS)
        assert min(one.energies) > 0.85
        assert max(one.energies) <= 1
        for changed, noise in zip(one.changed, one.noise, strict=True):
            differs, noisy = ((each != one.image).any(axis=2) for each in (changed, noise))
            assert 0.005 < differs.mean() < 0.95
            assert not (noisy & ~differs).any()
