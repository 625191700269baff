"""How the exam was made: its seeds, the target regions of a scene, and their clicks."""

from collections.abc import Iterator
from itertools import count, cycle

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.scenes.ground_truth import LEVELS, Scene

from .held_out import DRAWN_BY
from .manifest import SIZE, ExamScene, Target, mean_colour
from .measures import stratum
from .worlds import World


def choose_scenes(world: World, first_seed: int) -> Iterator[ExamScene]:
    """Endless scenes from a seed on, the kinds in turn."""
    fewest = len(LEVELS) if world.complete else 1
    seeds = count(first_seed)
    for kind in cycle(world.kinds):
        chosen = (_choose(kind, seed, world.smallest_share) for seed in seeds)
        yield next(scene for scene in chosen if len(scene.targets) >= fewest)


def _choose(kind: str, seed: int, smallest: float) -> ExamScene:
    drawn = DRAWN_BY[kind](seed, SIZE)
    rng = np.random.default_rng((seed, 2))
    chosen = [_choose_region(drawn, level, smallest, rng) for level in range(len(LEVELS))]
    targets = [_ask(drawn, index, rng) for index in chosen if index is not None]
    red, green, blue = (round(float(channel), 1) for channel in mean_colour(drawn))
    return ExamScene(kind, seed, (red, green, blue), tuple(targets))


def _choose_region(
    drawn: Scene, level: int, smallest: float, rng: np.random.Generator
) -> int | None:
    """A random region of a level: first a stratum, then a region of it."""
    by_stratum = _by_stratum(drawn, level, smallest)
    if not by_stratum:
        return None
    candidates = by_stratum[rng.choice(sorted(by_stratum))]
    return int(rng.choice(candidates, p=_shares(drawn, candidates)))


def chances(drawn: Scene, level: int, smallest: float) -> dict[int, float]:
    """How likely `choose_scenes` chooses each region of a level, by its index.

    Args:
        drawn: the scene.
        level: 0 whole, 1 part, 2 sub-part.
        smallest: the least share of the picture that a region covers.
    """
    by_stratum = _by_stratum(drawn, level, smallest)
    return {
        index: float(share) / len(by_stratum)
        for candidates in by_stratum.values()
        for index, share in zip(candidates, _shares(drawn, candidates), strict=True)
    }


def _by_stratum(drawn: Scene, level: int, smallest: float) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, region in enumerate(drawn.regions):
        share = drawn.mask(index).mean()
        if region.level == level and share >= smallest:
            found.setdefault(stratum(share), []).append(index)
    return found


def _shares(drawn: Scene, candidates: list[int]) -> Float[np.ndarray, "candidate"]:
    """Regions that fill less of their box are more likely, so that filling the box is a poor
    baseline."""
    weights = np.array([(1 - _share_of_box(drawn, index)) ** 4 for index in candidates])
    return weights / weights.sum()


def _share_of_box(drawn: Scene, index: int) -> float:
    x0, y0, x1, y1 = drawn.box(index)
    return min(0.99, drawn.mask(index).sum() / ((x1 - x0) * (y1 - y0)))


def _ask(drawn: Scene, index: int, rng: np.random.Generator) -> Target:
    mask, region = drawn.mask(index), drawn.regions[index]
    x0, y0, x1, y1 = map(int, drawn.box(index))
    y, x = divmod(int(rng.choice(np.flatnonzero(interior(mask)))), mask.shape[1])
    return Target(
        region=region.name,
        level=LEVELS[region.level],
        stratum=stratum(mask.mean()),
        area=int(mask.sum()),
        click=(x, y),
        box=(x0, y0, x1, y1),
    )


def interior(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """The mask without the pixels at its edge, where colours mix; all of it if none are left."""
    padded = np.pad(mask, 1)
    inside = mask & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return inside if inside.any() else mask
