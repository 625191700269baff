"""How would the answer change if a click were elsewhere?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import FOREGROUND, Prompts
from sam_explore.number_text import text
from sam_explore.readings import Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import Scalar, gradient, value_of

from ..common.clicks import with_a_prompt
from ..common.probe import Probe, knob
from ..common.target_knobs import ChosenNumber, capitalised

_STEPS = 13  # positions along the way, with the click's own in the middle


@dataclass(frozen=True)
class ClickGradient(ChosenNumber, Probe):
    """The derivative of a number of the prediction by the position of each click and box corner.

    A second chart moves the click with the steepest gradient along that gradient, in both
    directions, and recomputes the number. It shows how far the linear approximation can be trusted.
    If there is neither a click nor a box, a foreground click in the middle of the picture is used.

    Reads: the prediction, the decoder's gradient, and the prediction at moved clicks.
    Returns: a Panel of a Matrix (click or corner, x and y), diverging around 0, and a Profile over
        the distance that the steepest click moves, with the number and its tangent; without a click
        only the Matrix. Where the click would leave the picture, there is a gap.
    Unit: that of the number, logits or predicted IoU, by pixel of the picture; x to the right, y
        down.
    Source: our own.
    """

    title = "Which way should the click go?"

    makes_a_click = True

    reach: float = knob(1.0, "reach of the move in tokens", low=0.1, high=16.0, matters=True)

    def read(self, trace: Trace) -> Panel:
        trace, words = with_a_prompt(trace)
        of, name = self.scalar(trace)
        rows, slopes = _slopes(trace, of)
        words += _words(name, of.unit, rows, slopes)
        unit = f"{of.unit} a pixel"
        readings: tuple[Matrix | Profile, ...] = (
            Matrix(
                slopes,
                rows=rows,
                columns=("x", "y"),
                title="Change by pixel moved",
                words=words,
                row_name="",
                column_name="x to the right, y down",
                scale=Scale(unit, centre=0.0),
            ),
        )
        if len(trace.prompts.points):
            readings += (_along(trace, of, name, slopes, self.reach),)
            words += f" {readings[1].words}"
        words += self.judged(trace)
        return Panel(readings, title=f"Moving the click: {name}", words=words, across=2)


def _slopes(trace: Trace, of: Scalar) -> tuple[tuple[str, ...], Float[np.ndarray, "place 2"]]:
    """A name and the gradient for each click and each corner of the box."""
    prompts = trace.prompts
    rows = tuple(
        f"{'+' if label == FOREGROUND else '−'} click {index}"
        for index, label in enumerate(prompts.labels, start=1)
    )
    slopes = np.zeros((0, 2))
    if rows:
        slopes = gradient(trace, of, "points").astype(float)
    if prompts.box is not None:
        rows += ("box, top left", "box, bottom right")
        slopes = np.concatenate([slopes, gradient(trace, of, "box").reshape(2, 2)])
    return rows, slopes


def _along(
    trace: Trace, of: Scalar, name: str, slopes: Float[np.ndarray, "place 2"], reach: float
) -> Profile:
    """The number while the steepest click moves along its gradient."""
    prompts = trace.prompts
    lengths = np.linalg.norm(slopes[: len(prompts.points)], axis=1)
    which, length = int(lengths.argmax()), float(lengths.max())
    direction = slopes[which] / length if length else np.zeros(2)
    ends = reach * min(trace.frame.token_size_px)
    distances = np.linspace(-ends, ends, _STEPS)
    distances[_STEPS // 2] = 0.0
    start = value_of(trace, of)
    values = np.full(_STEPS, np.nan)
    for place, distance in enumerate(distances):
        moved = prompts.points.copy()
        moved[which] += distance * direction
        if _is_inside(moved[which], trace.frame.image_size):
            values[place] = value_of(trace.with_prompts(_with_points(prompts, moved)), of)
    last = int(np.flatnonzero(np.isfinite(values))[-1])
    return Profile(
        distances,
        curves=(
            Curve(values, "computed again"),
            Curve(start + length * distances, "by the gradient"),
        ),
        title=f"Click {which + 1} moved along its gradient",
        words=(
            f"{text(distances[last])} pixels along its gradient, click {which + 1} changes the "
            f"number by {text(values[last] - start)}; the gradient says "
            f"{text(length * distances[last])}."
        ),
        x_name="pixels moved uphill",
        y_name=of.unit,
        x_marks=((0.0, "here"),),
    )


def _is_inside(point: Float[np.ndarray, "2"], image_size: tuple[int, int]) -> bool:
    height, width = image_size
    return bool((point >= 0).all() and (point <= (width, height)).all())


def _with_points(prompts: Prompts, points: Float[np.ndarray, "point 2"]) -> Prompts:
    return Prompts(points, prompts.labels, prompts.box, prompts.mask_hint)


def _words(name: str, unit: str, rows: tuple[str, ...], slopes: np.ndarray) -> str:
    each = "; ".join(
        f"{row.removeprefix('+ ').removeprefix('− ')}: {text(x)} and {text(y)}"
        for row, (x, y) in zip(rows, slopes, strict=True)
    )
    return (
        f"{capitalised(name)} changes, in {unit} for a pixel to the right and for one down, by "
        f"{each}."
    )
