"""What the small model learned when, from the checkpoints of its training.

Each fact is called with `session.now`, or the session itself, and reads nothing of it: it is about
the training, whatever the picture.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.model.autocast import without_autocast
from sam_explore.number_text import text
from sam_explore.prediction import encode, predict
from sam_explore.probes.common.asked_objects import asked_levels
from sam_explore.probes.common.clicks import with_a_prompt
from sam_explore.probes.common.logits import percent
from sam_explore.probes.common.numbers import counted
from sam_explore.probes.hints.training_step import TrainingStep
from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.tracing import Trace

from ..checkpoints.kept import Checkpoint, checkpoints
from .fact import Fact

FIRST_SEED, SCENES = 700, 12  # scenes that the facts ask about
DRAWS = 500  # of the scenes, for intervals
SAME_TIME = 1.1  # two numbers of scenes closer than this factor are one time
POSITIONS, HEADS = "position encodings", "heads"


@dataclass(frozen=True, eq=False)
class Learned:
    """What checkpoints can do.

    Args:
        scenes: seen until each checkpoint.
        levels: true IoU of the best of the three masks with the whole, the part and the sub-part
            under a click.
        chance: the same of masks that answer another scene's click, in the mean over the others.
        positions: correlation of the position encodings with the last checkpoint's, each channel
            less its mean over places.
        heads: correlation of the heads' attention weights with the last checkpoint's, in the mean
            over blocks and heads.
    """

    scenes: Float[np.ndarray, "checkpoint"]
    levels: Float[np.ndarray, "checkpoint scene level"]
    chance: Float[np.ndarray, "checkpoint scene level"]
    positions: Float[np.ndarray, "checkpoint"]
    heads: Float[np.ndarray, "checkpoint"]

    @property
    def above_chance(self) -> Float[np.ndarray, "checkpoint scene level"]:
        """The true IoU of the levels, less what other scenes' masks have."""
        return self.levels - self.chance

    def by_name(self) -> dict[str, Float[np.ndarray, "checkpoint"]]:
        """All as one number a checkpoint; the levels in the mean over scenes."""
        means = self.levels.mean(axis=1)
        levels = {f"{name}s": means[:, level] for level, name in enumerate(LEVELS)}
        return {**levels, POSITIONS: self.positions, HEADS: self.heads}


def learned(scenes: int = SCENES, folder: Path | str | None = None) -> Learned:
    """What the checkpoints of the training from nothing can do; the weights that ship are not one.

    Args:
        scenes: drawn scenes with a click that lies on a whole, a part and a sub-part.
        folder: where the checkpoints lie, as in `sx.course.TrainingTime`.

    Raises:
        FileNotFoundError: there are no checkpoints.
    """
    return _learned(scenes, checkpoints(folder)[:-1])


@lru_cache(maxsize=4)
@without_autocast()
def _learned(scenes: int, found: tuple[Checkpoint, ...]) -> Learned:
    sams = [each.load() for each in found]
    tables, patterns = zip(*(_inside(sam) for sam in sams), strict=True)
    levels, chance = zip(*(_levels(sam, scenes) for sam in sams), strict=True)
    return Learned(
        np.array([float(each.scenes or 0) for each in found]),
        np.array(levels),
        np.array(chance),
        np.array([_cosine(table.ravel(), tables[-1].ravel()) for table in tables]),
        np.array([_correlation(each, patterns[-1]) for each in patterns]),
    )


def half_at(
    scenes: Float[np.ndarray, "checkpoint"], values: Float[np.ndarray, "checkpoint"]
) -> float:
    """The number of scenes after which half of the last value is reached.

    Between two checkpoints on a straight line over the logarithm of the scenes; the first
    checkpoint's number if it has half already.
    """
    half = values[-1] / 2
    after = int(np.argmax(values >= half))
    if after == 0:
        return float(scenes[0])
    share = (half - values[after - 1]) / (values[after] - values[after - 1])
    low, high = np.log(scenes[after - 1]), np.log(scenes[after])
    return float(np.exp(low + share * (high - low)))


def first_level(now: Any = None) -> Fact:
    """Which level has half of its final IoU first, counted from what chance gives.

    Returns a `Fact` with "wholes", "parts", "sub-parts", or "together" if the first two come
    within a tenth of the same number of scenes.
    """
    return level_learned_first(learned())


def level_learned_first(found: Learned) -> Fact:
    """The same, of other scenes or checkpoints."""
    names = [f"{name}s" for name in LEVELS]
    at = dict(zip(names, _halves(found.scenes, found.above_chance.mean(axis=1)), strict=True))
    first, second = sorted(at, key=lambda name: at[name])[:2]
    value = "together" if at[second] < SAME_TIME * at[first] else first
    ends, by_chance = (each[-1].mean(axis=0) for each in (found.levels, found.chance))
    pairs = ", ".join(
        f"{name} {text(end, decimals=2)} (chance {text(low, decimals=2)})"
        for name, end, low in zip(names, ends, by_chance, strict=True)
    )
    halves = ", ".join(f"{name} after {_rounded(at[name])}" for name in names)
    with_chance = ", ".join(map(_rounded, _halves(found.scenes, found.levels.mean(axis=1))))
    return Fact(
        value,
        f"In the mean of {counted(found.levels.shape[1], 'scene')} the best of the three masks "
        f"ends with a true IoU of: {pairs}. Chance is the IoU of masks that answer other scenes' "
        f"clicks. Half of what lies above chance is reached by: {halves} scenes, between "
        f"checkpoints on a straight line. Half of the IoU with chance in it: {with_chance}. "
        f"{_surety(found, first, second)}",
    )


def _halves(
    scenes: Float[np.ndarray, "checkpoint"], means: Float[np.ndarray, "checkpoint level"]
) -> list[float]:
    return [half_at(scenes, each) for each in means.T]


def _surety(found: Learned, first: str, second: str) -> str:
    """In how many of many draws of the scenes, with replacement, the order of two is the same."""
    names, count = [f"{name}s" for name in LEVELS], found.levels.shape[1]
    pair = [names.index(first), names.index(second)]
    draws = np.random.default_rng(0).integers(count, size=(DRAWS, count))
    times = np.array(
        [
            [
                half_at(found.scenes, found.above_chance[:, draw, level].mean(axis=1))
                for level in pair
            ]
            for draw in draws
        ]
    )
    share = float((times[:, 0] < times[:, 1]).mean())
    low, high = np.percentile(times[:, 1] / times[:, 0], (2.5, 97.5))
    return (
        f"If the scenes are drawn again and again with replacement, {first} come before {second} "
        f"in {percent(share)} of the draws; {second} take {text(float(low), 2)} to "
        f"{text(float(high), 2)} times as many scenes (95 %)."
    )


def positions_or_heads(now: Any = None) -> Fact:
    """Which is settled first, position encodings or the heads' attention.

    Returns a `Fact` with "positions", "heads", or "together".
    """
    return settled_first(learned())


def settled_first(found: Learned) -> Fact:
    """The same, of other checkpoints."""
    waves, heads = (half_at(found.scenes, each) for each in (found.positions, found.heads))
    near = max(waves, heads) < SAME_TIME * min(waves, heads)
    value = "together" if near else "positions" if waves < heads else "heads"
    return Fact(
        value,
        f"After {_rounded(found.scenes[0])} scenes the position encodings have a "
        f"correlation of {text(found.positions[0], decimals=2)} with those at the end, and the "
        f"heads' attention weights one of {text(found.heads[0], decimals=2)}, in the mean over "
        "heads.",
    )


def trained_mask(now: Any) -> Fact:
    """Which mask a training step would train on the present prompt.

    Returns a `Fact` with the number of the mask.
    """
    run, said = with_a_prompt(now.trace)
    step = TrainingStep(corrections=0, truth=now.shown_truth)
    (first,) = step.rounds(run)
    losses = ", ".join(text(loss, decimals=2) for loss in first.losses)
    why = "it has the least loss of the three" if first.learns else "more than one prompt is given"
    return Fact(
        first.learns,
        f"{said}A training step on this prompt would train mask {first.learns}, since {why}. The "
        f"losses of masks 0 to {len(first.losses) - 1} are {losses}.",
    )


def _rounded(scenes: float) -> str:
    return f"{float(f'{scenes:.2g}'):,.0f}"


def _levels(
    sam: Sam, scenes: int
) -> tuple[Float[np.ndarray, "scene level"], Float[np.ndarray, "scene level"]]:
    """The true IoU of the best of masks 1 to 3 with each level under a click, and by chance.

    By chance is the mean of the same over the masks of the other scenes; 0 without another.
    """
    asked = list(islice(asked_levels(FIRST_SEED), scenes))
    masks = [
        predict(sam, encode(sam, each.image), Prompts(points=[each.click])).masks()[1:]
        for each in asked
    ]
    best = np.array(
        [
            [
                [max(mask_iou(mask, true) for mask in of_one) for true in each.masks]
                for each in asked
            ]
            for of_one in masks
        ]
    )  # answer, scene, level
    own = np.eye(len(asked), dtype=bool)
    others = np.where(own[:, :, None], 0.0, best).sum(axis=0) / max(len(asked) - 1, 1)
    return best[own], others


def _inside(sam: Sam) -> tuple[np.ndarray, list[np.ndarray]]:
    """The position encodings less their mean, and each block's attention weights in one scene."""
    table = sam.image_encoder.position_encoder.table[0].detach()
    table = table - table.mean(dim=(0, 1))
    trace = Trace(sam, next(asked_levels(FIRST_SEED)).image)
    with torch.no_grad():
        weights = trace.read("image_encoder.vit.blocks.*.attention.hook_pattern")
    return table.numpy(), [each.float().numpy() for each in weights.values()]


def _correlation(patterns: list[np.ndarray], others: list[np.ndarray]) -> float:
    """The mean over blocks and heads of the correlation of two networks' weights."""
    found = [
        _cosine((one - one.mean()).ravel(), (other - other.mean()).ravel())
        for pair in zip(patterns, others, strict=True)
        for one, other in zip(*(_by_head(each) for each in pair), strict=True)
    ]
    return float(np.mean(found))


def _by_head(weights: np.ndarray) -> np.ndarray:
    """Attention weights (window, head, query, key) by head."""
    return weights.swapaxes(0, 1)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))
