"""How the model's input is computed from the picture."""

import torch

from .operation import Expression, Operand
from .pointwise import Scaled
from .rules import At, Source
from .wiring import Wiring

PIXELS, PICTURE, SCALED = "pixels", "image", "image.scaled"
_AXES = "row column colour"


def wire_picture(wiring: Wiring) -> None:
    """The rule of the input's pixels: a level, less a mean, in units of a deviation."""
    trace = wiring.trace
    frame, given, config = trace.frame, trace.engine.given, trace.sam.config
    height, width = frame.input_size
    is_scaled = frame.input_size != frame.image_size
    address = SCALED if is_scaled else PICTURE
    levels = torch.tensor(trace.image, device="cpu")
    if is_scaled:
        known = given.preprocessing.levels(given.pixels, config)
        levels = known[:, :height, :width].permute(1, 2, 0)
    what = "level of the picture, scaled to the input" if is_scaled else "level of the picture"
    wiring.give(address, levels, f"{what}, from 0 to 255", _AXES)
    # What levels 0 and 1 would be tells shift and scale of each colour, whatever the preset.
    ends = torch.tensor([0.0, 1.0], dtype=torch.float32, device="cpu").expand(3, 1, 2)
    shifts, tops = given.preprocessing.levels(ends, config)[:, 0].double().unbind(-1)

    def level(at: At) -> tuple[int, int, int] | None:
        colour, row, column = at
        return (row, column, colour) if row < height and column < width else None

    def write(operand: Operand | None, at: At) -> tuple[Expression, float]:
        if operand is None:
            return ("0",), 0.0
        shift = float(shifts[at[0]])
        scale = float(tops[at[0]]) - shift
        result = (operand.value - shift) / scale
        return ("(", operand, f" − {shift:g}) / {scale:g}"), result

    def note(at: At) -> str:
        return "" if level(at) else "This pixel is padding beyond the picture."

    rule = Scaled(
        "Pixel, normalised", "(level − mean) / deviation", write, Source(address, level), note=note
    )
    meaning, axes = "pixel of the input, normalised", "colour row column"
    wiring.put(PIXELS, rule, meaning, axes)
    wiring.give(PIXELS, trace.pixels, meaning, axes)  # which the rule is checked with
