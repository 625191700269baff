"""Simulated prompts for a batch of scenes: a click and a box for each target."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..coverage import coverage
from .augmenting import NUMBERS

SMALLEST_SHARE = 0.001  # of the picture; smaller regions are not used as targets
FEWEST_CELLS = 3  # of the logits' grid: smaller targets can't be represented
_LEVEL_WEIGHTS = (0.36, 0.32, 0.32)
_SIZES_FROM = (0.01, 0.05)  # shares of the picture; the three size classes are equally likely
_JITTERED_SHARE = 0.7  # share of the boxes whose edges are moved


class Questions(NamedTuple):
    """The targets of a batch, scene by scene.

    levels: the level of each target: 0 whole, 1 part, 2 sub-part.
    covered: the share of each logit's cell that the whole, the part and the sub-part at the click
        cover. Where a level has no region there, or only one that is too small, the next coarser
        level is used.
    points_unit: the clicks, x, y in the unit square.
    boxes_unit: boxes around the targets, x0, y0, x1, y1 in the unit square, most of them jittered.
    """

    levels: Int[Tensor, "target"]
    covered: Float[Tensor, "target 3 row column"]
    points_unit: Float[Tensor, "target 2"]
    boxes_unit: Float[Tensor, "target 4"]

    @property
    def targets(self) -> Float[Tensor, "target row column"]:
        """The share of each cell that each target covers."""
        return self.covered[torch.arange(len(self.levels)), self.levels]

    def first(self, count: int, scenes: int) -> "Questions":
        """The first so many questions about each of the scenes."""
        each = len(self.levels) // scenes
        kept = torch.arange(len(self.levels)).view(scenes, each)[:, :count].flatten()
        return Questions(*(values[kept] for values in self))


def ask(
    labels: Int[Tensor, "scene 3 side side"], targets: int, cell: int, generator: torch.Generator
) -> Questions:
    """Sample questions about scenes: first a level, then a size, then a region.

    A click is uniform in the target's visible pixels.

    Args:
        labels: the regions; see `augmenting.Shown`.
        targets: questions about each scene.
        cell: pixels of the labels along the side of a cell of the logits' grid.
        generator: of all that is random.
    """
    side = labels.shape[-1]
    counts = _counts(labels)
    large = counts >= max(FEWEST_CELLS * cell**2, SMALLEST_SHARE * side**2)
    levels, numbers = _chosen(counts, large, side**2, targets, generator)
    own = _region(labels, levels, numbers)
    chances = torch.rand(own.shape, generator=generator, device=own.device) * own
    places = chances.flatten(2).argmax(dim=2)
    points = torch.stack([places % side, places // side], dim=2) + 0.5
    return Questions(
        levels.flatten(),
        _nested(labels, places, large, cell).flatten(0, 1),
        (points / side).flatten(0, 1),
        _jittered(_boxes(own.flatten(0, 1)), side, generator) / side,
    )


def _counts(labels: Int[Tensor, "scene 3 side side"]) -> Float[Tensor, "scene 3 number"]:
    """The number of pixels of each region; 0 for number 0, the background."""
    numbers = labels.flatten(2).long()
    counts = torch.zeros(*numbers.shape[:2], NUMBERS, device=labels.device)
    counts.scatter_add_(2, numbers, torch.ones(1, device=labels.device).expand(numbers.shape))
    counts[:, :, 0] = 0
    return counts


def _chosen(
    counts: Float[Tensor, "scene 3 number"],
    large: Bool[Tensor, "scene 3 number"],
    pixels: int,
    targets: int,
    generator: torch.Generator,
) -> tuple[Int[Tensor, "scene target"], Int[Tensor, "scene target"]]:
    """The level and the number of each target; any region if none is large enough."""
    bounds = torch.tensor(_SIZES_FROM, device=counts.device) * pixels
    sizes = torch.bucketize(counts, bounds, right=True)
    among = (sizes[..., None, :] == torch.arange(3, device=counts.device)[:, None]) & large[
        ..., None, :
    ]
    of_size = among.sum(dim=-1, keepdim=True)
    sizes_there = (of_size > 0).sum(dim=-2, keepdim=True)
    share = (among / (of_size * sizes_there).clamp(min=1)).sum(dim=-2)
    weights = share * torch.tensor(_LEVEL_WEIGHTS, device=counts.device)[:, None]
    weights = weights.flatten(1)
    none = weights.sum(dim=1, keepdim=True) == 0
    weights = torch.where(none, counts.flatten(1) + 1e-9, weights)
    picked = torch.multinomial(weights, targets, replacement=True, generator=generator)
    return picked // NUMBERS, picked % NUMBERS


def _region(
    labels: Int[Tensor, "scene 3 side side"],
    levels: Int[Tensor, "scene target"],
    numbers: Int[Tensor, "scene target"],
) -> Bool[Tensor, "scene target side side"]:
    scene = torch.arange(len(labels), device=labels.device)[:, None]
    # Of one type: a comparison of two types first copies the larger side.
    return labels[scene, levels] == numbers[..., None, None].to(labels.dtype)


def _nested(
    labels: Int[Tensor, "scene 3 side side"],
    places: Int[Tensor, "scene target"],
    large: Bool[Tensor, "scene 3 number"],
    cell: int,
) -> Float[Tensor, "scene target 3 row column"]:
    """The coverage of the whole, the part and the sub-part at each point; see
    `Questions.covered`."""
    here = labels.flatten(2).long().gather(2, places[:, None].expand(-1, 3, -1))
    present = large.gather(2, here)
    covered: list[Tensor] = []
    for level in range(3):
        numbers = here[:, level]
        region = _region(labels, torch.full_like(numbers, level), numbers)
        own = coverage(region, labels.shape[-1] // cell)
        # A whole that is too small is used all the same, since there is no coarser level.
        there = present[:, level, :, None, None]
        covered.append(torch.where(there, own, covered[-1]) if covered else own)
    return torch.stack(covered, dim=2)


def _boxes(masks: Bool[Tensor, "target side side"]) -> Float[Tensor, "target 4"]:
    """The box x0, y0, x1, y1 around each mask in pixels, far edges exclusive."""
    side = masks.shape[-1]
    columns, rows = masks.any(dim=1).float(), masks.any(dim=2).float()
    first = [line.argmax(dim=1) for line in (columns, rows)]
    last = [side - line.flip(1).argmax(dim=1) for line in (columns, rows)]
    return torch.stack([*first, *last], dim=1).float()


def _jittered(
    boxes: Float[Tensor, "target 4"], side: int, generator: torch.Generator
) -> Float[Tensor, "target 4"]:
    """Move the edges of most boxes by a tenth of the side (standard deviation), by 1/50 at most.

    The paper uses the same deviation, and at most 20 of 1024 pixels.
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    noise = torch.randn(boxes.shape, generator=generator, device=boxes.device)
    noise = (0.1 * noise * sides).clamp(-side / 50, side / 50)
    moved = torch.rand(len(boxes), 1, generator=generator, device=boxes.device) < _JITTERED_SHARE
    return (boxes + noise * moved).clamp(0, side)
