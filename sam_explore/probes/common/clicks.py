"""Places of clicks in pixels of the picture."""

from dataclasses import replace

import numpy as np

from sam_explore.geometry import Frame, Prompts
from sam_explore.tracing import Trace


def middle_of(token: tuple[int, int], frame: Frame) -> tuple[float, float]:
    """x and y of the middle of an image token; of one beyond the picture, the nearest in it."""
    row, column = token
    down, across = frame.token_size_px
    height, width = frame.image_size
    return min((column + 0.5) * across, width), min((row + 0.5) * down, height)


def with_a_prompt(trace: Trace) -> tuple[Trace, str]:
    """The run, with a click in the middle of the picture if it has neither click nor box, and a
    sentence about that before others; else "".
    """
    prompts = trace.prompts
    if len(prompts.points) or prompts.box is not None:
        return trace, ""
    height, width = trace.frame.image_size
    trace = trace.with_prompts(prompts.with_point((width / 2, height / 2)))
    return trace, "There is no click; one in the middle of the picture is taken. "


def clicked_tokens(trace: Trace) -> tuple[tuple[int, int], ...]:
    """Row and column of the image token under each click, in their order and each once."""
    tokens = (trace.frame.token_at(point) for point in trace.prompts.points)
    return tuple(dict.fromkeys(tokens))


def moved_to(prompts: Prompts, token: tuple[int, int], frame: Frame) -> Prompts:
    """The prompts with the first point in the middle of a token, or without points the box."""
    place = np.array(middle_of(token, frame))
    if len(prompts.points):
        return replace(prompts, points=np.concatenate([place[None], prompts.points[1:]]))
    if prompts.box is None:
        return prompts
    corners = prompts.box.reshape(2, 2)
    return prompts.with_box((corners + place - corners.mean(axis=0)).ravel())
