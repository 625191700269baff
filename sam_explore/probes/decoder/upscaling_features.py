"""What do the features look like at each step of the upscaling?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import DECODED_IMAGE, MASK_FEATURES, UPSCALED_ONCE
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.attention import shared_knob
from ..common.logit_products import feature_channels
from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, knob

SIDE_BY_SIDE = -1
_SHOWN = 9
# Each step's hook point, and its cells along the side of a token.
_STEPS = {
    "decoded image": (DECODED_IMAGE, 1),
    "first step": (UPSCALED_ONCE, 2),
    "second step": (MASK_FEATURES, 4),
}


@dataclass(frozen=True)
class UpscalingFeatures(Probe):
    """The channels that vary most over the picture, before and after each upscaling step.

    The mask generator doubles the decoded image's rows and columns twice, each time by a transposed
    convolution that makes 2 x 2 cells of one, from its own channels alone: no cell sees its
    neighbours. The words say how much of the channels' variance lies within tokens: that detail is
    the upscaling's own.

    Reads: mask_decoder.transformer.hook_image, mask_decoder.mask_generator.hook_double or
        mask_decoder.mask_generator.hook_features.
    Returns: a Gallery of Heatmaps (row, column), or one of them, diverging around 0: image tokens
        before the upscaling, else cells of the raw logits' size, as far as the picture reaches. A
        cell of the first step covers 2 x 2 of those.
    Unit: none.
    Source: the paper's appendix A (arXiv 2304.02643).
    """

    title = "What do the features hold at each upscaling step?"

    step: str = knob("second step", "step", choices=tuple(_STEPS), matters=True)
    rank: int = knob(
        SIDE_BY_SIDE,
        "rank by variance",
        low=SIDE_BY_SIDE,
        high=lambda run: feature_channels(run.config) - 1,
        names=((SIDE_BY_SIDE, f"the first {_SHOWN} side by side"),),
        matters=True,
    )
    one_scale: bool = shared_knob("channels", lambda probe: probe.rank == SIDE_BY_SIDE)

    def read(self, trace: Trace) -> Heatmap | Gallery:
        maps, cells = features_at(trace, self.step)
        spreads = _spreads(trace, maps, cells)
        order = np.argsort(-spreads, kind="stable")
        words = (
            f"After the {self.step}" if cells > 1 else "Before the upscaling, in the decoded image"
        )
        words += (
            f" there are {len(maps)} channels. Channel {order[0]} varies most, with a standard "
            f"deviation of {text(float(spreads[order[0]]))}. Of the variance of all, "
            f"{percent(within_tokens(maps, cells))} lies within tokens."
        )
        visible = trace.prediction.visible.shape[1:]

        def draw(channel: int) -> Heatmap:
            values, frame = maps[channel], "tokens"
            if cells > 1:
                each = LOGITS_A_TOKEN // cells
                values, frame = values.repeat(each, axis=0).repeat(each, axis=1), "logits"
                values = values[: visible[0], : visible[1]]
            return Heatmap(values, f"Channel {channel}", words, Scale(centre=0.0), frame)

        if self.rank != SIDE_BY_SIDE:
            return draw(int(order[self.rank]))
        drawn = tuple(map(draw, map(int, order[:_SHOWN])))
        title = f"Channels that vary most: {self.step}"
        return Gallery(drawn, title, words, Scale(centre=0.0) if self.one_scale else None)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        maps, cells = features_at(trace, self.step)
        order = np.argsort(-_spreads(trace, maps, cells), kind="stable")
        channel = int(order[cell.map if self.rank == SIDE_BY_SIDE else self.rank])
        name, _ = _STEPS[self.step]
        if cells == 1:
            place = cell.row * trace.frame.grid[1] + cell.column
            return explain(trace, name, (0, place, channel))
        each = LOGITS_A_TOKEN // cells
        return explain(trace, name, (0, channel, cell.row // each, cell.column // each))


def _spreads(
    trace: Trace, maps: Float[np.ndarray, "channel row column"], cells: int
) -> Float[np.ndarray, "channel"]:
    """The standard deviation of each channel over the picture."""
    shown = np.ceil(np.array(trace.frame.cells_shown(cells)) - 1e-9).astype(int)
    return np.asarray(maps[:, : shown[0], : shown[1]].std(axis=(1, 2)))


def features_at(trace: Trace, step: str) -> tuple[Float[np.ndarray, "channel row column"], int]:
    """The features of a step, and its cells along the side of a token."""
    name, cells = _STEPS[step]
    values = array(trace[name][0])
    if cells == 1:
        values = values.T.reshape(-1, *trace.frame.grid)
    return values, cells


def within_tokens(maps: Float[np.ndarray, "channel row column"], cells: int) -> float:
    """The share of the channels' variance, summed over them, that lies within tokens."""
    _, rows, columns = maps.shape
    by_token = maps.reshape(len(maps), rows // cells, cells, columns // cells, cells)
    total = float(maps.var(axis=(1, 2)).sum())
    between = float(by_token.mean(axis=(2, 4)).var(axis=(1, 2)).sum())
    return 1 - between / total if total else 0.0
