"""Where do windows leave their seams?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import EVERY, IMAGE_TOKENS, in_block
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array
from ..common.probe import Probe, block_knob, knob, mask_knob, mask_shown

PLACES = {
    "what attention adds": "attention.hook_out",
    "the residual stream": "hook_residual_post",
}


@dataclass(frozen=True)
class WindowSeams(Probe):
    """How much more tokens differ across the edge of two windows than inside of one.

    A jump is the norm of the difference of two tokens that touch. The seam of a block is the mean
    jump across its windows' edges by the mean jump elsewhere: 1 is no seam. Pictures have edges of
    their own, so next to it stands the same for edges half a window further on, where there are no
    windows. A global block has no windows; there the edges are those of the windowed blocks, and a
    seam is what others left. Only tokens that show some of the picture count.

    The image tokens and the logits of a mask are measured in the same way, at the same edges. Of
    logits only those at the edges of tokens count, since they jump more there than within a token.

    Reads: image_encoder.vit.blocks.N.attention.hook_out or .hook_residual_post, the image tokens
        and the prediction.
    Returns: a Panel of a Heatmap (row, column), the mean jump of each token to the right and
        downwards, with the windows' edges, and a Profile over the blocks, with a last place for the
        image tokens and one for the logits of a mask: the seam, and that half a window further on.
        Where no edge lies within the picture there is no Profile.
    Unit: jumps in that of the stream, which has no name; seams are ratios.
    Source: muggled_sam's description says that windows leave subtle artefacts; the measure is ours.
    """

    title = "Where do windows leave their seams?"

    block: int = block_knob()
    of: str = knob("what attention adds", "jumps of", choices=tuple(PLACES), matters=True)
    mask: int = mask_knob()

    def read(self, trace: Trace) -> Panel:
        place = PLACES[self.of]
        found = trace.read(in_block(EVERY, place))
        rows, columns = trace.frame.tokens_shown
        window = next((each for each in trace.windows if each), 0)
        mask = mask_shown(self.mask, trace.prediction)
        tokens = [array(each[0])[:rows, :columns] for each in found.values()]
        image = np.moveaxis(array(trace[IMAGE_TOKENS][0]), 0, -1)[:rows, :columns]
        logits = trace.prediction.visible[mask].astype(float)[..., None]
        at = [own or window for own in trace.windows]
        seams = [
            [seam(each, side, shift * (side // 2)) for each, side in zip(tokens, at, strict=True)]
            + [seam(image, window, shift * (window // 2))]
            + [seam(logits, window, shift * (window // 2), LOGITS_A_TOKEN)]
            for shift in (0, 1)
        ]
        own, further = (np.array(each) for each in seams)
        words = _words(self.of, own, further, mask, window)
        values = np.full(trace.frame.grid, np.nan)
        values[:rows, :columns] = mean_jumps(tokens[self.block])
        down, across = (
            tuple(range(at[self.block] - 1, length - 1, at[self.block])) if at[self.block] else ()
            for length in trace.frame.grid
        )
        title = f"Block {self.block}: jumps of {self.of}"
        scale, lines = Scale("jump", low=0.0), (down, across)
        jumps = Heatmap(values, title, words, scale, "tokens", grid_lines=lines)
        seamed = np.isfinite(own).any()
        charts = (_chart(own, further, trace, mask, words),) if seamed else ()
        return Panel((jumps, *charts), f"Seams of windows in {self.of}", words, across=2)


def jumps_of(
    tokens: Float[np.ndarray, "row column channel"],
) -> tuple[Float[np.ndarray, "row_less_1 column"], Float[np.ndarray, "row column_less_1"]]:
    """The norm of the difference of each token to the one below, and to the one on the right."""
    return (
        np.linalg.norm(np.diff(tokens, axis=0), axis=-1),
        np.linalg.norm(np.diff(tokens, axis=1), axis=-1),
    )


def seam(
    tokens: Float[np.ndarray, "row column channel"], window: int, shift: int = 0, cells: int = 1
) -> float:
    """The mean jump across edges by the mean jump elsewhere; NaN without edges or jumps.

    Args:
        tokens: the tokens, or logits with a single channel.
        window: tokens between two edges, 0 for none.
        shift: how many tokens the edges lie further down and to the right.
        cells: logits along a token; only jumps at the edges of tokens count.
    """
    if not window:
        return float("nan")
    down, across = jumps_of(tokens)
    down, across = down[cells - 1 :: cells], across[:, cells - 1 :: cells]
    is_edge = [
        np.arange(1 - shift, length + 1 - shift) % window == 0
        for length in (down.shape[0], across.shape[1])
    ]
    at = np.concatenate([down[is_edge[0]].ravel(), across[:, is_edge[1]].ravel()])
    rest = np.concatenate([down[~is_edge[0]].ravel(), across[:, ~is_edge[1]].ravel()])
    if not at.size or not rest.size or not rest.mean() > 0:
        return float("nan")
    return float(at.mean() / rest.mean())


def mean_jumps(
    tokens: Float[np.ndarray, "row column channel"],
) -> Float[np.ndarray, "row column"]:
    """The mean of each token's jumps to the right and downwards; the last one has none, and NaN."""
    rows, columns = tokens.shape[:2]
    both = np.full((2, rows, columns), np.nan)
    both[0, :-1], both[1, :, :-1] = jumps_of(tokens)
    counts = np.isfinite(both).sum(axis=0)
    sums = np.nansum(both, axis=0)
    return np.divide(sums, counts, out=np.full((rows, columns), np.nan), where=counts > 0)


def _chart(
    own: Float[np.ndarray, "place"],
    further: Float[np.ndarray, "place"],
    trace: Trace,
    mask: int,
    words: str,
) -> Profile:
    labels = [f"{block}" if window else f"{block} g" for block, window in enumerate(trace.windows)]
    return Profile(
        np.arange(float(len(own))),
        tuple(
            Curve(each, name, style="points")
            for name, each in (("at the edges of windows", own), ("half a window on", further))
            if np.isfinite(each).any()
        ),
        title="Jump at the edges by jump elsewhere",
        words=words,
        x_name=f"block (g: global), image tokens, logits of mask {mask}",
        y_name="seam",
        x_labels=(*labels, "image", "logits"),
        y_reach=(1.0, 1.0),
    )


def _words(
    of: str,
    own: Float[np.ndarray, "place"],
    further: Float[np.ndarray, "place"],
    mask: int,
    window: int,
) -> str:
    if not window or not np.isfinite(own).any():
        return "There are 0 edges of windows within the picture."
    blocks = own[:-2]
    words = f"Windows are {window} tokens wide."
    if np.isfinite(blocks).any():
        most = int(np.nanargmax(blocks))
        words += (
            f" In {of}, tokens differ most across edges in block {most}: "
            f"{text(float(blocks[most]))} times as much as elsewhere."
        )
        if np.isfinite(further[most]):
            words += f" Half a window further on it is {text(float(further[most]))} times."
    for name, value, other in zip(
        ("the image tokens", f"the logits of mask {mask}"), own[-2:], further[-2:], strict=True
    ):
        if np.isfinite(value):
            words += f" In {name} it is {text(float(value))} times"
            words += f", and {text(float(other))} further on." if np.isfinite(other) else "."
    return words
