"""Converts brush strokes to a mask hint: logits in the model's own low-resolution frame."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float

from ...geometry import Frame, Prompts
from ...prediction import upscale

# Logits of painted and of other cells, of about the size of the model's own logits.
INSIDE, OUTSIDE = 8.0, -8.0


def painted(
    prompts: Prompts,
    way_px: Float[np.ndarray, "point 2"] | Sequence,
    radius_px: float,
    *,
    erase: bool,
    frame: Frame,
    size: tuple[int, int],
) -> Prompts:
    """The same prompts, with the cells under the brush added to the mask hint or removed from it.

    Args:
        prompts: the prompts; their mask hint, if any, is painted on.
        way_px: the path of the brush, x, y in pixels of the picture.
        radius_px: of the brush.
        erase: whether it erases.
        frame: how the picture lies in the model's input.
        size: rows and columns of a mask hint.
    """
    hint = prompts.mask_hint
    if hint is None:
        if erase:
            return prompts
        hint = np.full(size, OUTSIDE, np.float32)
    covered = under_brush(np.asarray(way_px, float), radius_px, frame, size)
    return prompts.with_mask_hint(np.where(covered, OUTSIDE if erase else INSIDE, hint))


def painted_mask(
    hint: Float[np.ndarray, "row column"], frame: Frame
) -> Bool[np.ndarray, "height width"]:
    """The painted mask, at the picture's size."""
    return upscale(torch.tensor(hint)[None], frame)[0].numpy() > 0


def under_brush(
    way_px: Float[np.ndarray, "point 2"], radius_px: float, frame: Frame, size: tuple[int, int]
) -> Bool[np.ndarray, "row column"]:
    """The cells of a mask hint that a brush covers: by their centres, and at least one."""
    rows, columns = size
    middles = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1) + 0.5
    places = px_from_cells(middles, frame, size)
    starts, ends = (way_px[:-1], way_px[1:]) if len(way_px) > 1 else (way_px, way_px)
    nearest = np.full(size, np.inf)
    for start, end in zip(starts, ends, strict=True):
        nearest = np.minimum(nearest, _distances(places, start, end))
    return nearest <= max(radius_px, float(nearest.min()))


def px_from_cells(
    cells: Float[np.ndarray, "*any 2"], frame: Frame, size: tuple[int, int]
) -> Float[np.ndarray, "*any 2"]:
    """Cells of a low-resolution mask as pixels of the picture.

    Args:
        cells: x, y in cells from the corner, so that 0.5 is the centre of the first.
        frame: how the picture lies in the model's input.
        size: rows and columns of the mask.

    Returns:
        x, y in pixels from the corner of the picture.
    """
    unit = cells / size[::-1]
    # Clicks are measured from the centre of a pixel, areas from its corner.
    return frame.px_from_unit(unit) - frame.px_from_unit(np.zeros(2))


def _distances(
    places: Float[np.ndarray, "*any 2"], start: Float[np.ndarray, "2"], end: Float[np.ndarray, "2"]
) -> Float[np.ndarray, "*any"]:
    """The distances of positions from the line between two points."""
    way = end - start
    along = np.clip((places - start) @ way / max(float(way @ way), 1e-12), 0, 1)
    return np.linalg.norm(places - start - along[..., None] * way, axis=-1)
