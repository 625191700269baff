"""How widely do the heads spread their attention in each block?"""

from dataclasses import dataclass

from sam_explore.readings import Panel
from sam_explore.tracing import Trace

from ..common.attention import over_depth, queries_knob
from ..common.probe import Probe


@dataclass(frozen=True)
class AttentionEntropy(Probe):
    """The entropy of a query's attention, averaged over the queries, over depth.

    It measures how widely the weight is spread: 0 bits if one key gets all, n bits if it is spread
    as widely as an equal weight on 2^n keys. Evenly spread attention has the largest entropy, the
    logarithm of the number of keys, so global blocks can have more than windowed ones. Padding
    tokens count as keys.

    Reads: image_encoder.vit.blocks.*.hook_residual_pre, from which the rows of
        image_encoder.vit.blocks.*.attention.hook_pattern are computed in chunks.
    Returns: a Panel of a Profile over the windowed blocks and one over the global ones (the mean
        over the heads, with a band from the smallest to the largest head, and evenly spread
        attention), and a Matrix (block, head).
    Unit: bits.
    Source: Shannon's entropy, as in "What Does BERT Look At?" (arXiv 1906.04341, section 3.3).
    """

    title = "How widely is attention spread, block by block?"
    reads_prompts = False
    is_sweep = True

    queries: str = queries_knob()

    def read(self, trace: Trace) -> Panel:
        return over_depth(
            trace,
            "entropy",
            self.queries,
            title="Entropy of attention",
            name="entropy in bits",
            unit="bits",
        )
