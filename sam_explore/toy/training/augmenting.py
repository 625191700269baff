"""Augment cached scenes: crop, mirror, change colours, paste objects.

All of it is vectorised torch and runs on the device of the tensors.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from sam_explore.model import SamConfig

from .scene_cache import MOST_REGIONS, Scenes

_WHOLE_SHARE = 0.75  # of scenes that are not cropped
_PASTE_SHARE = 0.1  # of scenes onto which objects of another one are pasted
_SWAP_SHARE, _INVERT_SHARE, _BLUR_SHARE = 0.1, 0.01, 0.05
_SMALLEST_WINDOW = 0.4  # of the picture's side
_MOST_ENLARGED = 1.4  # the largest magnification, beyond that of the whole picture


class Shown(NamedTuple):
    """Augmented scenes: the model's input, and the regions.

    pixels: normalised pictures.
    labels: for each level and pixel the number of its region, which is unique within the scene; 0
        for none.
    """

    pixels: Float[Tensor, "scene 3 side side"]
    labels: Int[Tensor, "scene 3 side side"]


NUMBERS = 2 * (MOST_REGIONS + 1)  # labels are smaller: the scene's own, and those pasted onto it


def augment(scenes: Scenes, side: int, config: SamConfig, generator: torch.Generator) -> Shown:
    """Augment scenes at random, and scale them to `side` pixels."""
    pixels, deepest = _through_windows(scenes, side, generator)
    labels = _labels_of(deepest, scenes.above)
    pixels, labels = _pasted(pixels, labels, generator)
    return Shown(normalise(_recoloured(pixels, generator), config), labels)


def normalise(
    pixels: Float[Tensor, "scene 3 side side"], config: SamConfig
) -> Float[Tensor, "scene 3 side side"]:
    """Turn pictures from 0 to 255 into the image encoder's input."""
    mean, std = (
        torch.tensor(values, device=pixels.device)[:, None, None]
        for values in (config.pixel_mean, config.pixel_std)
    )
    return (pixels - mean) / std


def _through_windows(
    scenes: Scenes, side: int, generator: torch.Generator
) -> tuple[Float[Tensor, "scene 3 side side"], UInt8[Tensor, "scene side side"]]:
    """Crop a quarter of the scenes to a square window around an object, and mirror half of all.

    Pictures are scaled as in `sam_explore.encode`, labels by nearest neighbour.
    """
    count, size = scenes.deepest.shape[:2]
    smallest = max(_SMALLEST_WINDOW, min(1.0, side / size) / _MOST_ENLARGED)
    shares = _uniform(smallest, 1.0, generator, count)
    shares = torch.where(_chance(_WHOLE_SHARE, generator, count), 1.0, shares)
    windows = (shares * size).round().long().clamp(max=size).tolist()
    anchors, places = _somewhere(scenes.deepest > 0, generator), _uniform(0, 1, generator, count, 2)
    mirrored = _chance(0.5, generator, count).tolist()
    pixels, deepest = [], []
    for i, window in enumerate(windows):
        # The anchor may be anywhere in the window, as long as the window stays inside the picture.
        start = (anchors[i] - places[i] * window).round().clamp(0, size - window).long().tolist()
        x, y = slice(start[0], start[0] + window), slice(start[1], start[1] + window)
        seen = scenes.pictures[i, y, x].permute(2, 0, 1).float()
        seen = F.interpolate(
            seen[None], (side, side), mode="bilinear", antialias=True, align_corners=False
        )[0]
        nearest = ((torch.arange(side, device=seen.device) + 0.5) * window / side).long()
        there = scenes.deepest[i, y, x][nearest][:, nearest]
        pixels.append(seen.flip(2) if mirrored[i] else seen)
        deepest.append(there.flip(1) if mirrored[i] else there)
    return torch.stack(pixels), torch.stack(deepest)


def _somewhere(mask: Tensor, generator: torch.Generator) -> Float[Tensor, "scene 2"]:
    """The x and y of a random pixel of each mask."""
    chances = _uniform(0, 1, generator, *mask.shape) * mask
    at = chances.flatten(1).argmax(dim=1)
    side = mask.shape[-1]
    return torch.stack([at % side, at // side], dim=1).float()


def _labels_of(
    deepest: UInt8[Tensor, "scene side side"], above: UInt8[Tensor, "scene number level"]
) -> Int[Tensor, "scene level side side"]:
    scene = torch.arange(len(deepest), device=deepest.device)[:, None, None]
    return above[scene, deepest.long()].permute(0, 3, 1, 2).to(torch.int16)


def _pasted(
    pixels: Tensor, labels: Tensor, generator: torch.Generator
) -> tuple[Float[Tensor, "scene 3 side side"], Int[Tensor, "scene level side side"]]:
    """Paste half of the previous scene's objects, with their parts, in front of some scenes."""
    count, device = len(pixels), pixels.device
    taken = _chance(0.5, generator, count, MOST_REGIONS + 1)
    taken[:, 0] = False
    other_pixels, other = pixels.roll(1, 0), labels.roll(1, 0)
    scene = torch.arange(count, device=device)[:, None, None]
    on = taken[scene, other[:, 0].long()]
    on = (on & _chance(_PASTE_SHARE, generator, count, 1, 1))[:, None]
    other = torch.where(other > 0, other + MOST_REGIONS + 1, other)
    return torch.where(on, other_pixels, pixels), torch.where(on, other, labels)


def _recoloured(
    pixels: Float[Tensor, "scene 3 side side"], generator: torch.Generator
) -> Float[Tensor, "scene 3 side side"]:
    """Change brightness, contrast, tint and grain, so that the model doesn't learn the palette."""
    count, device = len(pixels), pixels.device

    def uniform(low: float, high: float, channels: int = 1) -> Tensor:
        return _uniform(low, high, generator, count, channels, 1, 1)

    swapped = _uniform(0, 1, generator, count, 3) * _chance(_SWAP_SHARE, generator, count, 1)
    order = (swapped + 1e-3 * torch.arange(3, device=device)).argsort(dim=1)
    pixels = pixels[torch.arange(count, device=device)[:, None], order]
    inverted = _chance(_INVERT_SHARE, generator, count, 1, 1, 1)
    pixels = torch.where(inverted, 255 - pixels, pixels)
    blurred = F.avg_pool2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    pixels = torch.where(_chance(_BLUR_SHARE, generator, count, 1, 1, 1), blurred, pixels)
    pixels = (pixels * uniform(0.85, 1.15, 3) - 128) * uniform(0.75, 1.25) + 128 + uniform(-25, 25)
    grain = torch.randn(pixels.shape, generator=generator, device=device)
    return (pixels + uniform(0, 6) * grain).clamp(0, 255)


def _uniform(low: float, high: float, generator: torch.Generator, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def _chance(share: float, generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device) < share
