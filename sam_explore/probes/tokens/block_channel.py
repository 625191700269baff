"""What does one channel look like after a block?"""

from dataclasses import dataclass

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace, channel

from ..common.numbers import array
from ..common.probe import Probe, block_knob, knob


@dataclass(frozen=True)
class BlockChannel(Probe):
    """One channel of the residual stream after one block, as a map over the token grid.

    Reads: image_encoder.vit.blocks.N.hook_residual_post, of which one channel is stored.
    Returns: a Heatmap (row, column), diverging around 0.
    Unit: that of the residual stream, which has no name.
    Source: our own.
    """

    title = "What does one channel hold after a block?"
    reads_prompts = False

    block: int = block_knob()
    channel: int = knob(0, "channel", low=0, high=lambda run: run.config.encoder_dim - 1)

    def read(self, trace: Trace) -> Heatmap:
        name = in_block(self.block, "hook_residual_post")
        values = array(trace.read(name, channel(self.channel))[name][0])
        return Heatmap(
            values,
            title=f"After block {self.block}, channel {self.channel}",
            words=(
                f"Channel {self.channel} after block {self.block} goes from {text(values.min())} "
                f"to {text(values.max())}; its mean is {text(values.mean())}."
            ),
            scale=Scale(centre=0.0),
            frame="tokens",
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        name = in_block(self.block, "hook_residual_post")
        return explain(trace, name, (0, cell.row, cell.column, self.channel))
