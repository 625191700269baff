"""Which tokens are far larger than the rest?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, length_of, there
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace, norm

from ..common.numbers import array, counted, place_of_greatest
from ..common.outliers import DEVIATIONS, outliers_of
from ..common.probe import Probe, block_knob, knob


@dataclass(frozen=True)
class NormOutliers(Probe):
    """Tokens after one block whose norm is many robust deviations above the median.

    The robust deviation is the median distance from the median, divided by 0.6745, so that for
    normally distributed norms it is their standard deviation. Unlike the standard deviation it
    hardly depends on the outliers themselves. If it is zero, every token above the median counts.

    Reads: image_encoder.vit.blocks.N.hook_residual_post, of which only the norms are kept.
    Returns: a Heatmap (row, column), sequential, with the outliers marked.
    Unit: L2 norms in that of the residual stream, which has no name; `deviations` has none.
    Source: "Vision Transformers Need Registers" (arXiv 2309.16588), which uses a fixed norm as the
        limit; the robust deviation is Hampel's (doi 10.1080/01621459.1974.10482962).
    """

    title = "Which tokens are unusually large after a block?"
    reads_prompts = False

    block: int = block_knob()
    deviations: float = knob(DEVIATIONS, "robust deviations above the median", low=0.0, high=100.0)

    def read(self, trace: Trace) -> Heatmap:
        name = in_block(self.block, "hook_residual_post")
        norms = array(trace.read(name, norm)[name][0])
        median = float(np.median(norms))
        limit, outliers = outliers_of(norms, self.deviations)
        return Heatmap(
            norms,
            title=f"Outliers among the tokens after block {self.block}",
            words=_words(norms, len(outliers), self.block, self.deviations, median, limit),
            scale=Scale("L2 norm"),
            frame="tokens",
            marks=outliers,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        token = there(in_block(self.block, "hook_residual_post"), (0, cell.row, cell.column, EACH))
        return length_of(trace, token, f"length of the token after block {self.block}")


def _words(
    norms: Float[np.ndarray, "row column"],
    count: int,
    block: int,
    deviations: float,
    median: float,
    limit: float,
) -> str:
    which = counted(count, "token") if count else "No token"
    words = (
        f"{which} of {norms.size} {'lie' if count > 1 else 'lies'} more than {text(deviations)} "
        f"robust deviations above the median norm after block {block}, {text(median)}; the limit "
        f"is {text(limit)}."
    )
    return words + f" The greatest, {text(norms.max())}, is at {place_of_greatest(norms)}."
