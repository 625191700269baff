"""What does one channel of the coordinate encodings hold?"""

from dataclasses import dataclass

from sam_explore.model.addresses import GRID_ENCODING
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.coordinates import encoded, frequencies_of, middles
from ..common.probe import Probe, knob, token_knob


@dataclass(frozen=True)
class CoordinateChannel(Probe):
    """One channel of the coordinate encodings over the token grid, with its value where you picked.

    The first half of the channels are sines, the second half the cosines of the same waves.

    Reads: coordinate_encoder.frequencies, which coordinate_encoder.hook_grid is worked out from.
    Returns: a Heatmap (row, column), diverging around 0, with the picked token marked.
    Unit: a sine or a cosine, from -1 to 1.
    Source: arXiv 2006.10739, as the paper of SAM cites it.
    """

    title = "What does one channel of a place's encoding hold?"
    reads_prompts = False
    about_picture = False

    channel: int = knob(0, "channel", low=0, high=lambda run: run.config.token_dim - 1)
    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Heatmap:
        frequencies = frequencies_of(trace)
        half = frequencies.shape[1]
        kind, wave = ("sine", "cosine")[self.channel // half], self.channel % half
        values = encoded(middles(trace.frame.grid), frequencies)[..., self.channel]
        across, down = 2 * frequencies[:, wave]
        return Heatmap(
            values,
            title=f"Coordinate encoding, channel {self.channel}: {kind} of wave {wave}",
            words=(
                f"Channel {self.channel} is the {kind} of wave {wave}, which makes {text(across)} "
                f"cycles across the input and {text(down)} down. Over the grid, channel "
                f"{self.channel} goes from {text(values.min())} to {text(values.max())}; at "
                f"{token_in_words(self.token)} it is {text(values[self.token])}."
            ),
            scale=Scale(kind, centre=0.0, low=-1.0, high=1.0),
            frame="tokens",
            marks=(self.token,),
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        return explain(trace, GRID_ENCODING, (self.channel, cell.row, cell.column))
