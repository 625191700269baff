"""How is the picture cut into patches?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Panel
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.numbers import array
from ..common.patches import levels_of, of_levels, patch_at, patch_tile, patches_of
from ..common.probe import Probe, token_knob


@dataclass(frozen=True)
class PatchGrid(Probe):
    """The model's input, diced into the patches that become tokens.

    The input is the picture as it was scaled; where it was padded, it is 0, the mean colour of the
    training's pictures. Patches touch and don't overlap. Next to the diced input each patch is
    drawn in its mean colour, which is what a single number for each colour would keep of it; the
    share of the pixels' variance within patches is what would be lost then. It is measured over the
    patches that show some of the picture.

    Reads: the model's input.
    Returns: a Panel of Heatmaps in colours: the input (pixel row, pixel column), one mean colour a
        token (row, column), and the picked token's patch. Their values are brightness.
    Unit: grey levels from 0 to 255.
    Source: "An Image is Worth 16x16 Words" (arXiv 2010.11929, section 3.1).
    """

    title = "How is the picture cut into patches?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Panel:
        config, frame = trace.sam.config, trace.frame
        levels = levels_of(trace, array(trace.pixels))
        patches = patches_of(levels, config.patch_size)
        words = _words(trace, patches, self.token)
        rows, columns = frame.grid
        edges = tuple(
            tuple(range(config.patch_size - 1, config.patch_size * count - 1, config.patch_size))
            for count in (rows, columns)
        )
        row, column = self.token
        means = np.moveaxis(patches.mean(axis=(3, 4)), -1, 0)
        own = levels_of(trace, patch_at(trace, self.token))
        return Panel(
            (
                patch_tile(levels, "The model's input, diced", words, grid_lines=edges),
                patch_tile(means, "One colour a patch", words, frame="tokens", marks=(self.token,)),
                patch_tile(own, f"The patch at row {row}, column {column}", words),
            ),
            title="Patches of the model's input",
            words=words,
            across=3,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        side = trace.sam.config.patch_size
        if cell.part == 1:
            first, length = (side * cell.row, side * cell.column), side
        else:
            y, x = (side * each for each in self.token) if cell.part else (0, 0)
            first, length = (y + cell.row, x + cell.column), 1
        return of_levels(trace, *(range(start, start + length) for start in first))


def share_within(patches: Float[np.ndarray, "patch colour y x"]) -> float:
    """The share of the pixels' variance that lies within patches; NaN where all are equal.

    Each colour is counted around its own mean over all patches.
    """
    total = ((patches - patches.mean(axis=(0, 2, 3), keepdims=True)) ** 2).sum()
    within = ((patches - patches.mean(axis=(2, 3), keepdims=True)) ** 2).sum()
    return float(within / total) if total > 0 else float("nan")


def _words(
    trace: Trace, patches: Float[np.ndarray, "row column colour y x"], token: tuple[int, int]
) -> str:
    config, frame = trace.sam.config, trace.frame
    (height, width), (rows, columns), side = frame.side, frame.grid, config.patch_size
    shown_rows, shown_columns = frame.tokens_shown
    numbers = patches[0, 0].size
    padding = rows * columns - shown_rows * shown_columns
    words = (
        f"An input {width} pixels wide and {height} high is cut into {rows * columns} patches of "
        f"{side} × {side} pixels, in {rows} rows and {columns} columns. Each has "
        f"{numbers} numbers, three colours a pixel, and becomes a token of {config.encoder_dim}."
    )
    if padding:
        words += f" {padding} of them show nothing but padding."
    share = share_within(patches[:shown_rows, :shown_columns].reshape(-1, *patches.shape[2:]))
    if np.isfinite(share):
        words += f" {percent(share)} of the pixels' variance lies within patches."
    spread = patches[token].std(axis=(1, 2)).mean()
    return (
        f"{words} In the picked patch, at row {token[0]}, column {token[1]}, colours have a "
        f"standard deviation of {text(float(spread))} grey levels in the mean."
    )
