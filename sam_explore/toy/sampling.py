"""What a simulated person asks: targets of a scene, clicks in them, boxes around them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.utils.data import IterableDataset

from sam_explore.model import SamConfig

from .composition import scene
from .scenes import Scene

# Seeds below this one are set aside for examples and exams; training draws from here upwards.
FIRST_TRAINING_SEED = 1_000_000
_SMALLEST_TARGET = 3  # pixels of the low-resolution mask: below, a target can't be expressed
_LEVEL_WEIGHTS = (0.4, 0.3, 0.3)
FINER = 2  # masks to learn have so many times the logits' resolution


class Batch(NamedTuple):
    """Scenes of one training step with the targets that are asked for in each.

    Args:
        pixels: normalised pictures.
        nested: for each target the whole, part and sub-part at the click, `FINER` than the logits;
            empty where the level has nothing there, or nothing large enough to ask for.
        asked: which of these levels is the target.
        points_unit: a click on each target, x, y in the unit square of the model's input.
        boxes_unit: a jittered box around each, x0, y0, x1, y1 in the unit square.
        labels: the scenes' label maps at the resolution of the logits.
    """

    pixels: Float[Tensor, "scene 3 side side"]
    nested: Bool[Tensor, "scene target 3 row column"]
    asked: Int[Tensor, "scene target"]
    points_unit: Float[Tensor, "scene target 2"]
    boxes_unit: Float[Tensor, "scene target 4"]
    labels: Int[Tensor, "scene 3 row column"]


class SceneStream(IterableDataset):
    """Training batches from `first_step` on, each a function of the run's seed and its step.

    `stride` leaves out the steps between, which are other processes'. The first ten million scenes
    of each seed are its own.
    """

    def __init__(
        self,
        config: SamConfig,
        scenes: int,
        targets: int,
        first_step: int,
        stride: int = 1,
        seed: int = 0,
    ):
        self.first_scene = FIRST_TRAINING_SEED * (1 + 10 * seed)
        self.config = config
        self.scenes = scenes
        self.targets = targets
        self.first_step = first_step
        self.stride = stride

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        offset, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        step = self.first_step + offset * self.stride
        while True:
            yield self.batch(step)
            step += stride * self.stride

    def batch(self, step: int) -> Batch:
        """The batch of one step, the same whenever it is asked for."""
        first = self.first_scene + step * self.scenes
        rows = [self._one(seed) for seed in range(first, first + self.scenes)]
        return Batch(*(torch.stack(column) for column in zip(*rows, strict=True)))

    def _one(self, seed: int) -> tuple[Tensor, ...]:
        side, cell = self.config.image_size, self.config.image_size // self.config.mask_size
        rng = np.random.default_rng((seed, 1))
        drawn = scene(seed, side)
        image, labels = drawn.image, drawn.labels
        if rng.random() < 0.5:
            image, labels = image[:, ::-1], labels[:, :, ::-1]
        chosen = _choose_targets(drawn, labels, self.targets, cell, rng)
        levels = [drawn.regions[index].level for index in chosen]
        masks = [labels[level] == index + 1 for index, level in zip(chosen, levels, strict=True)]
        points = np.stack([_random_pixel(mask, rng) for mask in masks])
        nested = np.stack(
            [regions_at(labels, point, _SMALLEST_TARGET * cell**2) for point in points]
        )
        boxes = np.stack([_jittered_box(mask, rng) for mask in masks])
        return (
            normalise(torch.tensor(_recolour(image, rng)), self.config),
            shrink(torch.tensor(nested).flatten(0, 1), cell // FINER).unflatten(0, (-1, 3)),
            torch.tensor(levels),
            torch.tensor((points + 0.5) / side, dtype=torch.float32),
            torch.tensor((boxes + 0.5) / side, dtype=torch.float32),
            torch.tensor(labels[:, cell // 2 :: cell, cell // 2 :: cell].astype(np.int64)),
        )


def normalise(image: Tensor, config: SamConfig) -> Float[Tensor, "3 side side"]:
    """A picture (side, side, 3) from 0 to 255 as the image encoder's input."""
    mean, std = torch.tensor(config.pixel_mean), torch.tensor(config.pixel_std)
    return ((image.float() - mean) / std).permute(2, 0, 1)


def _recolour(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other brightness, contrast, tint and grain, so that the drawing's palette isn't learned."""
    contrast, brightness = rng.uniform(0.75, 1.25), rng.uniform(-25, 25)
    tint = rng.uniform(0.85, 1.15, 3)
    grain = rng.normal(0, rng.uniform(0, 6), image.shape)
    return np.clip((image * tint - 128) * contrast + 128 + brightness + grain, 0, 255)


def _choose_targets(
    drawn: Scene, labels: np.ndarray, count: int, cell: int, rng: np.random.Generator
) -> list[int]:
    """`count` regions, wholes more often than parts; repeated where there are few."""
    by_level: dict[int, list[int]] = {}
    for index, region in enumerate(drawn.regions):
        if (labels[region.level] == index + 1).sum() >= _SMALLEST_TARGET * cell**2:
            by_level.setdefault(region.level, []).append(index)
    if not by_level:
        raise ValueError("Expected a scene with at least one region large enough to ask for.")
    weights = np.array([_LEVEL_WEIGHTS[level] for level in by_level])
    levels = rng.choice(list(by_level), size=count, p=weights / weights.sum())
    return [int(rng.choice(by_level[level])) for level in levels]


def regions_at(
    labels: Int[np.ndarray, "3 row column"], point: Float[np.ndarray, "2"], smallest: int
) -> Bool[np.ndarray, "3 row column"]:
    """Each level's region at the pixel x, y; empty where there is none of `smallest` pixels."""
    x, y = point.astype(int)
    here = labels[:, y, x][:, None, None]
    regions = (labels == here) & (here > 0)
    return regions & (regions.sum(axis=(1, 2), keepdims=True) >= smallest)


def _random_pixel(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """x, y of a pixel of the mask, all equally likely."""
    y, x = divmod(int(rng.choice(np.flatnonzero(mask))), mask.shape[1])
    return np.array([x, y], float)


def _jittered_box(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mask's box, each edge moved by a tenth of its side (standard deviation), 1/50 at most.

    The paper moves by as much, and by 20 of 1024 pixels at most.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)
    sides = np.tile(box[2:] - box[:2], 2)
    most = mask.shape[0] / 50
    noise = np.clip(rng.normal(0, 0.1, 4) * sides, -most, most)
    return np.clip(box + noise, 0, mask.shape[0])


def shrink(masks: Bool[Tensor, "mask row column"], cell: int) -> Bool[Tensor, "mask r c"]:
    """Masks with `cell` times fewer pixels a side: cells that are covered by half or more."""
    return F.avg_pool2d(masks[:, None].float(), cell)[:, 0] >= 0.5


def correction_clicks(
    masks: Bool[Tensor, "mask row column"],
    targets: Bool[Tensor, "mask row column"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "mask 2"], Int[Tensor, "mask"]]:
    """A click in each mask's error region, uniformly, and its label: 1 where target was missed.

    A mask without error is clicked anywhere inside its target (or anywhere, if that is empty).
    """
    side = masks.shape[-1]
    wrong = (masks ^ targets).flatten(1)
    wrong = torch.where(wrong.any(dim=1, keepdim=True), wrong, targets.flatten(1))
    chances = torch.rand(wrong.shape, generator=generator).to(wrong.device)
    places = (chances + wrong).argmax(dim=1)
    labels = targets.flatten(1).gather(1, places[:, None])[:, 0].long()
    points = torch.stack([places % side, places // side], dim=1)
    return (points + 0.5) / side, labels
