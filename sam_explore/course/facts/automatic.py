"""What becomes of the masks that a grid of clicks proposes, and of what is truly in the picture.

Each function is called with `session.now`, or the session itself, and reads its run. Regions that
cover less than 1 % of the picture are left out; a region is found by a mask whose IoU with it is
0.5 or more.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sam_explore.automatic import FATES, Verdicts, default_filters, judge
from sam_explore.automatic.of_trace import candidates_of
from sam_explore.number_text import text
from sam_explore.probes.automatic.missing_mask import MissingMask
from sam_explore.probes.common.numbers import counted
from sam_explore.scenes.ground_truth import Scene
from sam_explore.tracing import Trace

from .fact import Fact

NOTHING, DROPPED, ALIKE = "nothing missed", "dropped", "alike"
NEVER, GRID, CROPS = "never proposed", "grid", "crops"
FOUND = 0.5  # the least IoU with a region
_LEAST_AREA = 0.01  # of the picture
_NO_TRUTH = "Of this picture it is not known what is in it."


def dropped_most_by(now: Any) -> Fact:
    """Which filter drops most of the candidates, with the model's own thresholds.

    Returns a `Fact` with one of `FATES`: "predicted IoU", "stability" or "overlap"; "kept" if
    nothing is dropped.
    """
    counts = _verdicts(now.trace).counts
    total = sum(counts.values())
    dropped = {name: count for name, count in counts.items() if count and name != "kept"}
    most = max(dropped, key=lambda name: dropped[name], default="kept")
    listed = ", ".join(f"{name} drops {count}" for name, count in dropped.items())
    return Fact(
        most,
        f"Of {counted(total, 'candidate')}, {listed or 'no filter drops one'}; "
        f"{counts['kept']} are kept.",
    )


def found_of_the_picture(now: Any) -> Fact:
    """How many of the regions that are truly there a kept mask finds.

    Returns a `Fact` with a percentage of the regions; NaN where the truth is not known.
    """
    known = _regions(now)
    if known is None:
        return Fact(float("nan"), _NO_TRUTH)
    best = _best(_verdicts(now.trace), known)
    found = int((best.kept >= FOUND).sum())
    return Fact(
        100 * found / len(best.kept),
        f"Of {counted(len(best.kept), 'region')} of 1 % of the picture or more, kept masks find "
        f"{found}, with an IoU of {text(FOUND)} or more.",
    )


def missed_because(now: Any) -> Fact:
    """Why regions are missed: did no click propose them, or did a filter drop the candidate?

    Returns a `Fact` with "never proposed" or "dropped", whichever is more frequent; "alike" if both
    are; "nothing missed" if all are found or the truth is not known.
    """
    known = _regions(now)
    if known is None:
        return Fact(NOTHING, _NO_TRUTH)
    verdicts = _verdicts(now.trace)
    best = _best(verdicts, known)
    missed = best.kept < FOUND
    dropped = missed & (best.proposed >= FOUND)
    count, lost = int(missed.sum()), int(dropped.sum())
    if not count:
        return Fact(NOTHING, "Every region is found.")
    fates = [FATES[verdicts.fate[index]] for index in best.nearest[dropped]]
    by = ", ".join(f"{fates.count(name)} by {name}" for name in FATES if name in fates)
    kinds = {NEVER: count - lost, DROPPED: lost}
    return Fact(
        ALIKE if 2 * lost == count else max(kinds, key=lambda name: kinds[name]),
        f"{counted(count, 'region')} missed: {kinds[NEVER]} never proposed, which means that no "
        f"candidate has an IoU of {text(FOUND)} or more; {lost} where the best candidate was "
        f"dropped{f', {by}' if by else ''}.",
    )


def grid_or_crops(now: Any) -> Fact:
    """What finds more of the regions: a grid twice as fine, or crops.

    Twice as many points a side are four times the clicks. With a layer of crops the grid is asked
    about five times, in the picture and in four overlapping parts of it, each encoded by itself.

    Returns a `Fact` with "grid", "crops" or "alike"; "nothing missed" if the truth is not known.
    """
    known = _regions(now)
    if known is None:
        return Fact(NOTHING, _NO_TRUTH)
    side = MissingMask().points_per_side
    plain, finer, cropped = (
        int((_best(_verdicts(now.trace, *how), known).kept >= FOUND).sum())
        for how in ((side, 0), (2 * side, 0), (side, 1))
    )
    return Fact(
        ALIKE if finer == cropped else GRID if finer > cropped else CROPS,
        f"Of {counted(len(known[1]), 'region')}, {side} points a side find {plain}, {2 * side} "
        f"points a side {finer}, and {side} points a side with crops {cropped}.",
    )


@dataclass(frozen=True, eq=False)
class _Best:
    """Of each region the best IoU of a kept mask, that of any candidate, and which one it is."""

    kept: Float[np.ndarray, "region"]
    proposed: Float[np.ndarray, "region"]
    nearest: Int[np.ndarray, "region"]


def _verdicts(run: Trace, side: int = MissingMask().points_per_side, layers: int = 0) -> Verdicts:
    """What the model's own filters decide, of the same candidates as the exhibit's."""
    return judge(candidates_of(run, side, layers), default_filters(run.sam.config))


def _regions(now: Any) -> tuple[Scene, list[int]] | None:
    """The truth of the picture, and the numbers of the regions that are large enough."""
    scene: Scene | None = now.truth
    if scene is None:
        return None
    large = [
        index for index in range(len(scene.regions)) if scene.mask(index).mean() >= _LEAST_AREA
    ]
    return (scene, large) if large else None


def _best(verdicts: Verdicts, known: tuple[Scene, list[int]]) -> _Best:
    """The best masks for each region; all in one product, since there are many of both."""
    scene, large = known
    candidates = verdicts.candidates
    regions = np.stack([scene.mask(index).ravel() for index in large]).astype(float)
    ious = np.zeros((len(large), len(candidates)))
    for index in range(len(candidates)):
        mask = candidates.mask(index).ravel().astype(float)
        both = regions @ mask
        ious[:, index] = both / (regions.sum(axis=1) + mask.sum() - both)
    kept = ious[:, verdicts.kept]
    return _Best(
        kept.max(axis=1) if kept.size else np.zeros(len(large)),
        ious.max(axis=1, initial=0.0),
        ious.argmax(axis=1) if ious.size else np.zeros(len(large), int),
    )
