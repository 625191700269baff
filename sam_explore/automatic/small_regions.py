"""Connected regions of a mask, and the removal of small ones."""

import numpy as np
from jaxtyping import Bool, Int


def connected_regions(
    mask: Bool[np.ndarray, "row column"],
) -> tuple[Int[np.ndarray, "row column"], Int[np.ndarray, "region"]]:
    """Number the regions of a mask; pixels that touch at a side or a corner belong together.

    Returns:
        For each pixel the number of its region, from 1 in reading order of the regions' first
        pixels, 0 outside the mask; and the regions' areas in pixels.
    """
    padded = np.pad(mask, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)  # runs of a row; where one ends is excluded
    ends = np.nonzero(steps == -1)[1]
    region = _joined(len(rows), *_touching(rows, starts, ends, mask.shape[1]))
    _, region = np.unique(region, return_inverse=True)
    labels = np.zeros(mask.shape, int)
    labels[mask] = np.repeat(region + 1, ends - starts)
    return labels, np.bincount(region, weights=ends - starts).astype(int)


def remove_small_regions(
    mask: Bool[np.ndarray, "row column"], smallest: float, holes: bool
) -> tuple[Bool[np.ndarray, "row column"], bool]:
    """Fill holes, or drop islands, of fewer than `smallest` pixels.

    Where all islands are small, the largest remains. The picture's surroundings count as a hole
    too, as in the reference: a mask that covers nearly everything is filled to its edge.

    Returns:
        The mask, and whether it changed.

    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L267
    """
    labels, areas = connected_regions(~mask if holes else mask)
    small = areas < smallest
    if not small.any():
        return mask, False
    if holes:
        return mask | np.isin(labels, np.flatnonzero(small) + 1), True
    if small.all():
        small[areas.argmax()] = False
    return np.isin(labels, np.flatnonzero(~small) + 1), True


def _touching(
    rows: Int[np.ndarray, "run"],
    starts: Int[np.ndarray, "run"],
    ends: Int[np.ndarray, "run"],
    width: int,
) -> tuple[Int[np.ndarray, "pair"], Int[np.ndarray, "pair"]]:
    """Pairs of runs in neighbouring rows that touch, at corners too."""
    below = (rows + 1) * (width + 2)  # runs of all rows on one line, with room between two rows
    line = rows * (width + 2)
    first = np.searchsorted(line + ends, below + starts)
    last = np.searchsorted(line + starts, below + ends, side="right")
    counts = (last - first).clip(0)
    upper = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return upper, np.repeat(first, counts) + offsets


def _joined(
    count: int, one: Int[np.ndarray, "pair"], other: Int[np.ndarray, "pair"]
) -> Int[np.ndarray, "run"]:
    """For each run the first run that it is connected with, over any number of pairs."""
    first = np.arange(count)
    while True:
        before = first.copy()
        least = np.minimum(first[one], first[other])
        np.minimum.at(first, first[one], least)
        np.minimum.at(first, first[other], least)
        first = first[first]
        if (first == before).all():
            return first
