"""How much attention falls on the padding of the windows?"""

from dataclasses import dataclass

from sam_explore.readings import Panel
from sam_explore.tracing import Trace

from ..common.attention import over_depth, queries_knob
from ..common.probe import Probe


@dataclass(frozen=True)
class AttentionPadding(Probe):
    """The share of the weight on the padding of windows beyond the grid, over depth.

    Windows that don't fit the grid are padded with zeros after the layer norm. The keys and values
    of padding are the bias of the layer that computes them, and they are not masked, so queries in
    the window attend to them. Queries of windows without padding count as 0. Evenly spread
    attention gives padding its share of the keys.

    Reads: image_encoder.vit.blocks.*.hook_residual_pre, from which the rows of
        image_encoder.vit.blocks.*.attention.hook_pattern are computed in chunks.
    Returns: a Panel of a Profile over the windowed blocks and one over the global ones (the mean
        over the heads, with a band from the smallest to the largest head, and evenly spread
        attention), and a Matrix (block, head).
    Unit: shares of the weight, from 0 to 1.
    Source: our own; the padding is that of
        https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/image_encoder.py#L243
    """

    title = "How much attention goes to padding?"
    reads_prompts = False
    is_sweep = True

    queries: str = queries_knob()

    def read(self, trace: Trace) -> Panel:
        return over_depth(
            trace,
            "padding",
            self.queries,
            title="Attention on padding",
            name="share of the weight on padding",
            unit="share",
        )
