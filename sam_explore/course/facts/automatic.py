"""What becomes of the masks that a grid of clicks proposes, and of what is truly in the picture.

Each function is called with `session.now`, or the session itself, and reads its run. Regions that
cover less than 1 % of the picture are left out; a region is found by a mask whose IoU with it is
0.5 or more.
"""

from typing import Any

from sam_explore.automatic import FATES, Verdicts, default_filters, judge
from sam_explore.automatic.of_trace import candidates_of
from sam_explore.number_text import text
from sam_explore.probes.automatic.missing_mask import MissingMask
from sam_explore.probes.common.found_regions import FOUND, BestMasks, best_masks, large_regions
from sam_explore.probes.common.numbers import counted
from sam_explore.scenes.ground_truth import Scene
from sam_explore.tracing import Trace
from sam_explore.truth import region_in_words

from .fact import Fact

NOTHING, DROPPED, ALIKE = "nothing missed", "dropped", "alike"
NEVER, GRID, CROPS = "never proposed", "grid", "crops"
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
    best = best_masks(_verdicts(now.trace), *known)
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
    best = best_masks(verdicts, *known)
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
        f"dropped{f', {by}' if by else ''}. By name: {_named(verdicts, known, best)}.",
    )


def _named(verdicts: Verdicts, known: tuple[Scene, list[int]], best: BestMasks) -> str:
    """The regions that are missed by name, each with what became of the candidate nearest to it."""
    scene, large = known
    return "; ".join(
        f"{region_in_words(scene, region)}, "
        + (
            verdicts.reason(int(best.nearest[place]))
            if best.proposed[place] >= FOUND
            else f"never proposed, at best with an IoU of {text(float(best.proposed[place]), 2)}"
        )
        for place, region in enumerate(large)
        if best.kept[place] < FOUND
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
        int((best_masks(_verdicts(now.trace, *how), *known).kept >= FOUND).sum())
        for how in ((side, 0), (2 * side, 0), (side, 1))
    )
    return Fact(
        ALIKE if finer == cropped else GRID if finer > cropped else CROPS,
        f"Of {counted(len(known[1]), 'region')}, {side} points a side find {plain}, {2 * side} "
        f"points a side {finer}, and {side} points a side with crops {cropped}.",
    )


def _verdicts(run: Trace, side: int = MissingMask().points_per_side, layers: int = 0) -> Verdicts:
    """What the model's own filters decide, of the same candidates as the exhibit's."""
    return judge(candidates_of(run, side, layers), default_filters(run.sam.config))


def _regions(now: Any) -> tuple[Scene, list[int]] | None:
    """The truth of the picture, and the numbers of the regions that are large enough."""
    scene: Scene | None = now.truth
    if scene is None:
        return None
    large = large_regions(scene)
    return (scene, large) if large else None
