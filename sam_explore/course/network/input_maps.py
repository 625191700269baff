"""What goes into a run as maps: the picture, the prompts on it, and the mask hint."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw

from sam_explore.geometry import FOREGROUND
from sam_explore.plots import style
from sam_explore.plots.raster import pale
from sam_explore.tracing import Trace
from sam_explore.tracing.data_flow import HINT_IN, PICTURE, PROMPTS_IN
from sam_explore.widgets.canvas.words import describe_prompts

from .tensor_maps import TensorMap

_SIDE = 96  # pixels of the longer side
_MARK = 5  # pixels from the middle of a point to its edge
_LINE = 3  # of the box


def _picture(trace: Trace) -> TensorMap:
    colours = np.asarray(_small(trace.input_colours))
    shape = tuple(trace.pixels.shape)
    return TensorMap(colours.mean(2), shape, "in its colours", is_map=True, colours=colours)


def _prompts(trace: Trace) -> TensorMap:
    """The picture, pale, with the points and the box."""
    prompts = trace.prompts
    height, width = trace.frame.image_size
    small = _small(pale(trace.small_grey)).convert("RGB")
    scale = np.array(small.size) / (width, height)
    draw = ImageDraw.Draw(small)
    if prompts.box is not None:
        corners = (prompts.box.reshape(2, 2) * scale).ravel().tolist()
        draw.rectangle(corners, outline=style.HALO, width=_LINE + 2)
        draw.rectangle(corners, outline=style.BOX, width=_LINE)
    for (x, y), label in zip(prompts.points * scale, prompts.labels, strict=True):
        colour = style.FOREGROUND if label == FOREGROUND else style.BACKGROUND
        place = (x - _MARK, y - _MARK, x + _MARK, y + _MARK)
        draw.ellipse(place, fill=colour, outline=style.SIGN, width=1)
    colours = np.asarray(small)
    return TensorMap(
        colours.mean(2), (), describe_prompts(prompts).lower(), is_map=True, colours=colours
    )


def _hint(trace: Trace) -> TensorMap:
    hint = np.asarray(trace.prompts.mask_hint, float)
    return TensorMap(hint, hint.shape, "as it is", is_map=True)


# What makes the map of an input, by its name; a mask hint is there in some runs only.
INPUT_MAPS: dict[str, Callable[[Trace], TensorMap]] = {
    PICTURE: _picture,
    PROMPTS_IN: _prompts,
    HINT_IN: _hint,
}


def _small(image: UInt8[np.ndarray, "height width *channels"]) -> Image.Image:
    small = Image.fromarray(image)
    small.thumbnail((_SIDE, _SIDE))
    return small
