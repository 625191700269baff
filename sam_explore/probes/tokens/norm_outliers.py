"""Which tokens are far larger than the rest?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace, norm

from ..common.numbers import array, counted, place_of_greatest
from ..common.probe import Probe, block_knob, knob

# For a normal distribution, the median absolute deviation divided by the standard deviation.
_NORMAL = 0.6745


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
    deviations: float = knob(5.0, "robust deviations above the median", low=0.0, high=100.0)

    def read(self, trace: Trace) -> Heatmap:
        name = in_block(self.block, "hook_residual_post")
        norms = array(trace.read(name, norm)[name][0])
        median = float(np.median(norms))
        limit = median + self.deviations * robust_deviation(norms)
        outliers = np.argwhere(norms > limit)
        return Heatmap(
            norms,
            title=f"Outliers among the tokens after block {self.block}",
            words=_words(norms, len(outliers), self.block, self.deviations, median, limit),
            scale=Scale("L2 norm"),
            frame="tokens",
            marks=tuple((int(row), int(column)) for row, column in outliers),
        )


def robust_deviation(values: Float[np.ndarray, "*any"]) -> float:
    """The median distance from the median; for a normal distribution its standard deviation."""
    return float(np.median(np.abs(values - np.median(values)))) / _NORMAL


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
