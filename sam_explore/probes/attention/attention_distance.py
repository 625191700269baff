"""How far do the heads look in each block?"""

from dataclasses import dataclass

from sam_explore.readings import Panel
from sam_explore.tracing import Trace

from ..common.attention import over_depth, queries_knob
from ..common.probe import Probe, knob

_STATISTICS = {"tokens": "distance", "pixels of the picture": "distance_px"}


@dataclass(frozen=True)
class AttentionDistance(Probe):
    """The mean distance between a query and the keys that it attends to, over depth.

    Each key counts by its weight; padding doesn't count. Windows bound how far a head can look, so
    windowed and global blocks can only be compared with what each would have if attention were
    spread evenly over all its keys.

    Reads: image_encoder.vit.blocks.*.hook_residual_pre, from which the rows of
        image_encoder.vit.blocks.*.attention.hook_pattern are computed in chunks.
    Returns: a Panel of a Profile over the windowed blocks and one over the global ones (the mean
        over the heads, with a band from the smallest to the largest head, and evenly spread
        attention), and a Matrix (block, head).
    Unit: tokens, from centre to centre, or pixels of the picture.
    Source: ViT (arXiv 2010.11929, figure 7, right).
    """

    title = "How far does attention reach, block by block?"
    reads_prompts = False
    is_sweep = True

    unit: str = knob("tokens", "unit", choices=tuple(_STATISTICS))
    queries: str = queries_knob()

    def read(self, trace: Trace) -> Panel:
        return over_depth(
            trace,
            _STATISTICS[self.unit],
            self.queries,
            title="Mean attention distance",
            name=f"distance in {self.unit}",
            unit=self.unit,
        )
