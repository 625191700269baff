"""How do the tokens grow from block to block?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, length_of, there
from sam_explore.readings import Cell, Curve, Profile
from sam_explore.tracing import Trace, norm

from ..common.depth import stream_names
from ..common.numbers import array
from ..common.probe import Probe, knob


@dataclass(frozen=True)
class NormsByDepth(Probe):
    """Median and range of the tokens' L2 norms, after the embedding and after each block.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding with its position
        encodings, and image_encoder.vit.blocks.*.hook_residual_post; only the norms are kept.
    Returns: a Profile over depth: the median with the band that holds 90 % of the tokens, from the
        5th to the 95th percentile, and the largest and the smallest norm.
    Unit: that of the residual stream, which has no name.
    Source: our own, after "Vision Transformers Need Registers" (arXiv 2309.16588).
    """

    title = "How does the size of the tokens change with depth?"
    reads_prompts = False

    logarithmic: bool = knob(False, "logarithmic steps", choices=(False, True))

    def read(self, trace: Trace) -> Profile:
        names = stream_names(trace.sam.config)
        norms = np.stack(
            [array(each).ravel() for each in trace.read(names.values(), norm).values()]
        )
        low, median, high = np.percentile(norms, (5, 50, 95), axis=1)
        least, greatest = norms.min(axis=1), norms.max(axis=1)
        depth = len(norms) - 1
        return Profile(
            np.arange(-1.0, depth),
            (
                Curve(median, "median, with 5 to 95 % of the tokens", low, high),
                Curve(greatest, "greatest"),
                Curve(least, "least"),
            ),
            title="Norms of the tokens over depth",
            words=(
                f"The median norm of a token goes from {text(median[0])} after the embedding to "
                f"{text(median[-1])} after block {depth - 1}. After that block the tokens lie "
                f"between {text(least[-1])} and {text(greatest[-1])}, 90 % of them between "
                f"{text(low[-1])} and {text(high[-1])}."
            ),
            x_name="after block",
            y_name="L2 norm of a token",
            log="y" if self.logarithmic else "",
            x_labels=tuple(names),
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.map == 0:  # a median of all tokens
            return None
        name = list(stream_names(trace.sam.config).values())[cell.column]
        norms = array(trace.read(name, norm)[name][0])
        number = int(norms.argmax() if cell.map == 1 else norms.argmin())
        row, column = divmod(number, norms.shape[1])
        which = "greatest" if cell.map == 1 else "least"
        token = there(name, (0, row, column, EACH))
        return length_of(trace, token, f"{which} length, of the token at ({row}, {column})")
