"""The magic wand of picture editors: what is connected to a click by its colours.

These know nothing of objects. They are what SAM is compared with where it is explained, and the
exam's baselines.
"""

import numpy as np
from jaxtyping import Bool, UInt8

Mask = Bool[np.ndarray, "h w"]
Picture = UInt8[np.ndarray, "h w 3"]


def flood_fill(image: Picture, click: tuple[int, int], tolerance: int) -> Mask:
    """The connected pixels around the click that differ from its colour by `tolerance` at most.

    click: x, y. Colours are compared by the channel that differs most, 0 to 255.
    """
    x, y = click
    like = np.abs(image.astype(np.int16) - image[y, x]).max(axis=2) <= tolerance
    return _reached(click, like[:, 1:] & like[:, :-1], like[1:] & like[:-1])


def grow_region(image: Picture, click: tuple[int, int], tolerance: int) -> Mask:
    """The pixels reached from the click over neighbours that differ by `tolerance` at most.

    click: x, y. Unlike flood fill it follows gradual changes of colour, such as light on a ball.
    """
    colours = image.astype(np.int16)
    across, down = (np.abs(np.diff(colours, axis=axis)).max(axis=2) for axis in (1, 0))
    return _reached(click, across <= tolerance, down <= tolerance)


def _reached(
    click: tuple[int, int], across: Bool[np.ndarray, "h steps"], down: Bool[np.ndarray, "_ w"]
) -> Mask:
    """Pixels connected to the click by open steps, found by whole runs of a row or column.

    across, down: whether the step to the next pixel of the row, of the column, is open.
    """
    runs = _runs(across), _runs(down.T).T
    mask = np.zeros(runs[0].shape, bool)
    mask[click[1], click[0]] = True
    while True:
        size = mask.sum()
        for run in runs:
            touched = np.zeros(run.max() + 1, bool)
            touched[run[mask]] = True
            mask = touched[run]
        if mask.sum() == size:
            return mask


def _runs(open_steps: Bool[np.ndarray, "h steps"]) -> np.ndarray:
    """For each pixel the number of its run: pixels of a row without a closed step between them."""
    starts = np.pad(~open_steps, ((0, 0), (1, 0)), constant_values=True)
    return np.cumsum(starts).reshape(starts.shape)
