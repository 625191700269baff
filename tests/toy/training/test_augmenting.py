"""Changed scenes still agree with their labels."""

import torch

from sam_explore.toy.training.augmenting import NUMBERS, augment
from sam_explore.toy.training.scene_cache import Scenes

from .small_run import EIGHT_BY_EIGHT


def scenes(count: int = 24, size: int = 64) -> Scenes:
    """A bright square somewhere on a dark ground, number 3: a part of the whole 2."""
    pictures = torch.zeros(count, size, size, 3, dtype=torch.uint8)
    deepest = torch.zeros(count, size, size, dtype=torch.uint8)
    for i in range(count):
        x, y = 1 + i % 7 * 5, 1 + i % 5 * 7
        pictures[i, y : y + 24, x : x + 24] = 255
        deepest[i, y : y + 24, x : x + 24] = 3
    above = torch.zeros(count, 256, 3, dtype=torch.uint8)
    above[:, 2], above[:, 3] = torch.tensor([2, 0, 0]), torch.tensor([2, 3, 0])
    return Scenes(pictures, deepest, above)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_labels_move_with_what_they_label():
    shown = augment(scenes(), 48, EIGHT_BY_EIGHT, generator())
    assert shown.pixels.shape == (24, 3, 48, 48)
    assert shown.labels.shape == (24, 3, 48, 48)
    for pixels, (whole, part, sub_part) in zip(*shown, strict=True):
        there = whole > 0
        assert there.any()
        assert torch.equal(there, part > 0)
        assert not sub_part.any()
        assert set(part[there].tolist()) <= {3, 3 + NUMBERS // 2}  # its own, and a pasted one
        grey = pixels.mean(0)
        if (~there).any():
            contrast = (grey[there].mean() - grey[~there].mean()).abs()
            assert contrast > 0.9 * (grey.max() - grey.min()) - 1.0


def test_the_same_seed_shows_the_same_and_another_something_else():
    first, again, other = (
        augment(scenes(), 48, EIGHT_BY_EIGHT, generator(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(first.pixels, again.pixels)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.labels, other.labels)


def test_some_scenes_are_seen_through_a_window_which_enlarges_them():
    labels = augment(scenes(60), 48, EIGHT_BY_EIGHT, generator()).labels
    areas = (labels[:, 0] > 0).float().mean((1, 2))
    whole = 24**2 / 64**2
    assert (areas > 1.5 * whole).float().mean() > 0.1
    assert ((areas - whole).abs() < 0.1 * whole).float().mean() > 0.5
