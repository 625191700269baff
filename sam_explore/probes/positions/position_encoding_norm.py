"""How large is the position encoding of each place?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, length_of, there
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array, place_of_greatest
from ..common.probe import Probe


@dataclass(frozen=True)
class PositionEncodingNorm(Probe):
    """The L2 norm over the channels of the position encoding at each position.

    Reads: image_encoder.position_encoder.hook_encoding.
    Returns: a Heatmap (row, column), sequential.
    Unit: that of the residual stream, which has no name.
    Source: our own. Fixed sines and cosines have the same norm everywhere, the square root of half
        the number of channels; learned encodings don't have to.
    """

    title = "How large is the position encoding of each place?"
    reads_prompts = False
    about_picture = False

    def read(self, trace: Trace) -> Heatmap:
        encoding = trace[POSITION_ENCODING]
        norms = array(encoding[0].norm(dim=-1))
        return Heatmap(
            norms,
            title="L2 norms of the position encodings",
            words=(
                f"The norms of the position encodings go from {text(norms.min())} to "
                f"{text(norms.max())}, with a median of {text(float(np.median(norms)))}; the "
                f"greatest is at {place_of_greatest(norms)}."
            ),
            scale=Scale("L2 norm"),
            frame="tokens",
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        encoding = there(POSITION_ENCODING, (0, cell.row, cell.column, EACH))
        return length_of(trace, encoding, "length of the position encoding")
