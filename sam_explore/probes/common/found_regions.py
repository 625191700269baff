"""Which of the regions that are truly in a picture the automatic masks find."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sam_explore.automatic import Verdicts
from sam_explore.scenes.ground_truth import Scene

FOUND = 0.5  # the least IoU of a mask with a region that it finds
LEAST_AREA = 0.01  # of the picture, that a region covers


@dataclass(frozen=True, eq=False)
class BestMasks:
    """Of each region the best IoU of a kept mask, that of any candidate, and which one it is."""

    kept: Float[np.ndarray, "region"]
    proposed: Float[np.ndarray, "region"]
    nearest: Int[np.ndarray, "region"]


def large_regions(scene: Scene) -> list[int]:
    """The numbers of the regions that cover 1 % of the picture or more."""
    return [index for index in range(len(scene.regions)) if scene.mask(index).mean() >= LEAST_AREA]


def best_masks(verdicts: Verdicts, scene: Scene, large: list[int]) -> BestMasks:
    """The best masks for each region; all in one product, since there are many of both."""
    candidates = verdicts.candidates
    regions = np.stack([scene.mask(index).ravel() for index in large]).astype(float)
    ious = np.zeros((len(large), len(candidates)))
    for index in range(len(candidates)):
        mask = candidates.mask(index).ravel().astype(float)
        both = regions @ mask
        ious[:, index] = both / (regions.sum(axis=1) + mask.sum() - both)
    kept = ious[:, verdicts.kept]
    return BestMasks(
        kept.max(axis=1) if kept.size else np.zeros(len(large)),
        ious.max(axis=1, initial=0.0),
        ious.argmax(axis=1) if ious.size else np.zeros(len(large), int),
    )
