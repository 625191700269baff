"""How large are the tokens after each block?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.model.addresses import EVERY, in_block
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, length_of, there
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace, norm

from ..common.numbers import array, place_of_greatest
from ..common.probe import Probe, knob


@dataclass(frozen=True)
class BlockNorms(Probe):
    """The L2 norm over the channels of each token after each block, as a gallery of maps.

    On one scale, blocks can be compared; on its own scale, each shows its pattern.

    Reads: image_encoder.vit.blocks.*.hook_residual_post, of which only the norms are kept.
    Returns: a Gallery of a Heatmap (row, column) for each block, sequential.
    Unit: that of the residual stream, which has no name.
    Source: "Vision Transformers Need Registers" (arXiv 2309.16588), for other networks.
    """

    title = "How large are the tokens after each block?"
    reads_prompts = False

    shared: bool = knob(True, "one scale for all blocks", choices=(True, False))

    def read(self, trace: Trace) -> Gallery:
        found = trace.read(in_block(EVERY, "hook_residual_post"), norm)
        norms = [array(each[0]) for each in found.values()]
        unit = Scale("L2 norm")
        maps = tuple(
            Heatmap(
                values,
                title=f"block {block}{'' if trace.windows[block] else ', global'}",
                words=f"After block {block}: from {text(values.min())} to {text(values.max())}.",
                scale=unit,
                frame="tokens",
            )
            for block, values in enumerate(norms)
        )
        medians = [float(np.median(values)) for values in norms]
        top = int(np.argmax([values.max() for values in norms]))
        return Gallery(
            maps,
            title="L2 norms of the tokens after each block",
            words=(
                f"A token's norm is {text(medians[0])} in the median after block 0 and "
                f"{text(medians[-1])} after block {len(norms) - 1}. The greatest of all, "
                f"{text(norms[top].max())}, comes after block {top} at "
                f"{place_of_greatest(norms[top])}."
            ),
            shared=unit if self.shared else None,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        token = there(in_block(cell.map, "hook_residual_post"), (0, cell.row, cell.column, EACH))
        return length_of(trace, token, f"length of the token after block {cell.map}")
