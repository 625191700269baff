"""What does one channel of the position encodings look like?"""

from dataclasses import dataclass

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array
from ..common.probe import Probe, knob


@dataclass(frozen=True)
class PositionEncodingChannel(Probe):
    """One channel of the position encodings, as a map over the token grid.

    They are the same for every picture: learned once, and added to the tokens before block 0.

    Reads: image_encoder.position_encoder.hook_encoding.
    Returns: a Heatmap (row, column), diverging around 0.
    Unit: that of the residual stream, which has no name.
    Source: the paper's appendix A (arXiv 2304.02643), after ViT (arXiv 2010.11929).
    """

    title = "What does one channel of the position encodings hold?"
    reads_prompts = False
    about_picture = False

    channel: int = knob(0, "channel", low=0, high=lambda run: run.config.encoder_dim - 1)

    def read(self, trace: Trace) -> Heatmap:
        encoding = trace[POSITION_ENCODING]
        values = array(encoding[0, :, :, self.channel])
        return Heatmap(
            values,
            title=f"Position encodings, channel {self.channel}",
            words=(
                f"Channel {self.channel} of the position encodings goes from {text(values.min())} "
                f"to {text(values.max())}; its mean is {text(values.mean())}."
            ),
            scale=Scale(centre=0.0),
            frame="tokens",
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        return explain(trace, POSITION_ENCODING, (0, cell.row, cell.column, self.channel))
