"""What becomes of the position encodings on a grid of another size or shape?"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.origins import Operation, address_of, read_of, there
from sam_explore.readings import Cell, Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array
from ..common.probe import Probe, knob, token_knob

# Height over width of the grid.
ASPECTS = {"1:1": (1, 1), "4:3": (3, 4), "2:1": (1, 2), "3:4": (4, 3), "1:2": (2, 1)}


@dataclass(frozen=True)
class PositionEncodingGrid(Probe):
    """The learned table of position encodings, interpolated to a grid of another size or shape.

    The table has a vector for each place of the trained grid, and none between. For another grid
    each new place gets a weighted sum of up to 4 x 4 learned vectors near it, by bicubic
    interpolation of each channel; weights sum up to 1, and some are negative. The reference does
    not interpolate: it runs its trained grid and no other.

    This is about the table alone. For the masks on such grids, give a run another side. The tables
    of relative positions are interpolated linearly, see `RelativePositions`; the coordinate encoder
    is a formula, and needs no interpolation.

    Reads: the table behind image_encoder.position_encoder.hook_encoding, and no tensor of the run.
    Returns: a Panel of three Heatmaps (row, column): a channel as learned, and interpolated, on one
        scale that diverges around 0; the weights of the learned places for one new place, also
        diverging around 0; and a Profile along the row of that place, with the nearest learned
        values.
    Unit: that of the residual stream, which has no name; weights; places from 0 to 1 across the
        input.
    Source: ViTDet's way (arXiv 2203.16527),
        https://github.com/facebookresearch/detectron2/blob/main/detectron2/modeling/backbone/utils.py
    """

    title = "How are the position encodings stretched to another grid?"
    reads_prompts = False
    about_picture = False

    size: int = knob(150, "longer side in % of the trained", low=25, high=200, matters=True)
    aspect: str = knob("4:3", "shape, width to height", choices=tuple(ASPECTS), matters=True)
    channel: int = knob(0, "channel", low=0, high=lambda run: run.config.encoder_dim - 1)
    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Panel:
        learned = array(trace.sam.image_encoder.position_encoder.table[0, :, :, self.channel])
        grid = self.grid(len(learned))
        by_row, by_column = (
            weights_of(old, new) for old, new in zip(learned.shape, grid, strict=True)
        )
        stretched = by_row @ learned @ by_column.T
        row, column = (
            at * new // old for at, new, old in zip(self.token, grid, trace.frame.grid, strict=True)
        )
        weights = np.outer(by_row[row], by_column[column])
        words = _words(self.channel, learned, stretched, weights, (row, column))
        reach = float(max(np.abs(each).max() for each in (learned, stretched)))
        scale = Scale(centre=0.0, low=-reach, high=reach)
        shapes = tuple(f"{each.shape[0]} × {each.shape[1]}" for each in (learned, stretched))
        made_of = "What the marked place is made of"
        return Panel(
            (
                Heatmap(learned, f"Learned, {shapes[0]}", words, scale),
                Heatmap(
                    stretched, f"Interpolated, {shapes[1]}", words, scale, marks=((row, column),)
                ),
                Heatmap(weights, made_of, words, Scale("weight", centre=0.0)),
                _along_row(learned, stretched, row, words),
            ),
            title=f"Channel {self.channel} of the position encodings on {shapes[1]} tokens",
            words=words,
            across=2,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part:  # of a grid that this run does not have
            return None
        table = address_of(trace.sam, trace.sam.image_encoder.position_encoder.table)
        number = there(table, (0, cell.row, cell.column, self.channel))
        return read_of(trace, number, "learned position encoding")

    def grid(self, trained: int) -> tuple[int, int]:
        """Rows and columns of the chosen grid; `trained` is the trained one's side."""
        down, across = ASPECTS[self.aspect]
        longest = max(1, round(trained * self.size / 100))
        rows, columns = (
            max(1, round(longest * each / max(down, across))) for each in (down, across)
        )
        return rows, columns


def weights_of(old: int, new: int) -> Float[np.ndarray, "new old"]:
    """How much each learned place along one side counts for each new one, by the model's own rule.

    Bicubic interpolation along two sides is the product of those along each.
    """
    unit = torch.eye(old, dtype=torch.float32, device="cpu")
    found = F.interpolate(unit[None, :, :, None], (new, 1), mode="bicubic", align_corners=False)
    return array(found[0, :, :, 0].T)


def _along_row(
    learned: Float[np.ndarray, "row column"],
    stretched: Float[np.ndarray, "new_row new_column"],
    row: int,
    words: str,
) -> Profile:
    """The interpolated row, and at each of its places the learned value that lies nearest."""
    down, across = (
        (2 * np.arange(new) + 1) * old // (2 * new)
        for new, old in zip(stretched.shape, learned.shape, strict=True)
    )
    return Profile(
        (np.arange(stretched.shape[1]) + 0.5) / stretched.shape[1],
        (
            Curve(stretched[row], "interpolated"),
            Curve(learned[down[row], across], "the nearest learned one", style="points"),
        ),
        title=f"Along the marked row, {row} of {len(stretched)}",
        words=words,
        x_name="across the input, left to right",
        y_name="value",
    )


def _words(
    channel: int,
    learned: Float[np.ndarray, "row column"],
    stretched: Float[np.ndarray, "new_row new_column"],
    weights: Float[np.ndarray, "row column"],
    place: tuple[int, int],
) -> str:
    used = np.abs(weights) > 1e-6
    spreads = [text(float(each.std())) for each in (learned, stretched)]
    return (
        f"The table has {learned.size} learned vectors; a grid of {stretched.shape[0]} × "
        f"{stretched.shape[1]} needs {stretched.size}. The one for row {place[0]}, column "
        f"{place[1]} is made of {int(used.sum())} learned ones, with weights from "
        f"{text(float(weights[used].min()))} to {text(float(weights.max()))}. The values of "
        f"channel {channel} have a standard deviation of {spreads[0]} as learned, and of "
        f"{spreads[1]} on this grid."
    )
