"""Which positions have similar encodings to this one's?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, cosine_of, there
from sam_explore.readings import Cell, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.cosines import cosines_with
from ..common.numbers import array
from ..common.probe import Probe, knob, token_knob


@dataclass(frozen=True)
class PositionEncodingSimilarity(Probe):
    """The cosine between the position encoding of one token and those of all others.

    A large part of all encodings may be one and the same vector, which says nothing of the place
    and makes all of them alike. It can be subtracted first.

    Reads: image_encoder.position_encoder.hook_encoding.
    Returns: a Heatmap (row, column), diverging around 0, with the picked token marked. An encoding
        of zero has no direction, and gets NaN.
    Unit: cosine, from -1 (opposite) to 1 (the same direction).
    Source: ViT (arXiv 2010.11929, figure 7, centre).
    """

    title = "Which places have similar position encodings?"
    reads_prompts = False
    about_picture = False

    token: tuple[int, int] = token_knob()
    centred: bool = knob(
        False, "less what all places have in common", choices=(False, True), matters=True
    )

    def read(self, trace: Trace) -> Heatmap:
        encoding = array(trace[POSITION_ENCODING][0])
        if self.centred:
            encoding = encoding - encoding.mean(axis=(0, 1))
        cosines = cosines_with(encoding, self.token)
        row, column = self.token
        return Heatmap(
            cosines,
            title=f"Position encodings, likeness to token ({row}, {column})",
            words=_words(cosines, self.token, self.centred),
            scale=Scale("cosine", centre=0.0, low=-1.0, high=1.0),
            frame="tokens",
            marks=(self.token,),
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if self.centred:
            return None
        one, other = (
            there(POSITION_ENCODING, (0, *place, EACH))
            for place in ((cell.row, cell.column), self.token)
        )
        return cosine_of(trace, one, other, "cosine of two position encodings")


def _words(cosines: Float[np.ndarray, "row column"], token: tuple[int, int], centred: bool) -> str:
    row, column = token
    others = np.delete(cosines, row * cosines.shape[1] + column)
    others = others[np.isfinite(others)]
    if not others.size:
        return f"The position encoding at row {row}, column {column} is zero: it has no direction."
    less = "Less their mean, with" if centred else "With"
    return (
        f"{less} the position encoding at row {row}, column {column}, those of the other places "
        f"have cosines from {text(others.min())} to {text(others.max())}, {text(others.mean())} in "
        "the mean."
    )
