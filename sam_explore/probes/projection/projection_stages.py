"""What does the channel projection make of the tokens?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block, in_projection
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, explain, length_of, there
from sam_explore.readings import Cell, Curve, Gallery, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, knob

NORM = -1
STAGES = {
    "after the blocks": "",
    "1 x 1": "hook_conv1",
    "norm 1": "hook_norm1",
    "3 x 3": "hook_conv2",
    "norm 2": "hook_out",
}
_ROUNDING = 1e-6  # of the largest singular value


@dataclass(frozen=True)
class ProjectionStages(Probe):
    """The tokens before, between and after the two convolutions of the channel projection.

    A 1 x 1 convolution brings each token to the decoder's number of channels, whatever the width of
    the transformer. A layer norm follows, a 3 x 3 convolution that reads each token with its eight
    neighbours, and another norm. Nothing between them bends: there is no activation function, and a
    norm only moves and scales a token as a whole.

    Three numbers tell what each of them does. How much alike are tokens that lie side by side: the
    cosine between them, each less the mean token. How many channels' worth of directions do tokens
    spread over: the participation ratio, which is 1 if they all lie on one line and the number of
    channels if they spread evenly. And of the variance after the blocks, the share that no channel
    of the 1 x 1 convolution reads. They count the tokens that show some of the picture.

    Reads: image_encoder.vit.blocks.N.hook_residual_post of the last block, and
        image_encoder.channel_projection.hook_conv1, .hook_norm1, .hook_conv2 and .hook_out.
    Returns: a Panel of a Gallery of five Heatmaps (row, column), the L2 norm of a token or one
        channel; and two Profiles over the stages: cosine of neighbours and participation ratio.
    Unit: that of the stream, which has no name; cosines from −1 to 1; a number of directions.
    Source: ViTDet (arXiv 2203.16527) has the two convolutions; the measures are our own.
    """

    title = "What does the channel projection make of the tokens?"
    reads_prompts = False

    channel: int = knob(
        NORM,
        "channel after the 1 x 1 convolution",
        low=NORM,
        high=lambda run: run.config.token_dim - 1,
        names=((NORM, "norm of all"),),
        matters=True,
    )

    def read(self, trace: Trace) -> Panel:
        found = stages_of(trace)
        rows, columns = trace.frame.tokens_shown
        shown = [each[:rows, :columns] for each in found.values()]
        alike = np.array([likeness_of_neighbours(each) for each in shown])
        spread = np.array([participation(each) for each in shown])
        weight = array(trace.sam.image_encoder.channel_projection.conv1.weight)[..., 0, 0]
        lost = share_unread(shown[0], weight)
        words = _words([each.shape[-1] for each in shown], alike, spread, lost)
        maps = tuple(
            self._map(name, tokens, words, is_first=index == 0)
            for index, (name, tokens) in enumerate(found.items())
        )
        what = "norms" if self.channel == NORM else f"channel {self.channel}"
        gallery = Gallery(maps, f"The tokens' {what}", words)
        charts = (
            _chart(alike, "Side by side, how much alike?", "cosine", words),
            _chart(spread, "Over how many directions?", "participation ratio", words),
        )
        return Panel((gallery, *charts), "The channel projection, step by step", words, across=1)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part:  # of all tokens together
            return None
        place = tuple(STAGES.values())[cell.map]
        if not place:
            name = in_block(trace.sam.config.encoder_depth - 1, "hook_residual_post")
            token = there(name, (0, cell.row, cell.column, EACH))
        else:
            token = there(in_projection(place), (0, EACH, cell.row, cell.column))
        if self.channel == NORM or not place:
            return length_of(trace, token, "length of the token")
        return explain(trace, in_projection(place), (0, self.channel, cell.row, cell.column))

    def _map(
        self, name: str, tokens: Float[np.ndarray, "row column channel"], words: str, is_first: bool
    ) -> Heatmap:
        title = name[0].upper() + name[1:]
        if self.channel == NORM or is_first:
            norms = np.linalg.norm(tokens, axis=-1)
            title = title if self.channel == NORM else f"{title}: norm"
            return Heatmap(norms, title, words, Scale(low=0.0), "tokens")
        return Heatmap(tokens[..., self.channel], title, words, Scale(centre=0.0), "tokens")


def stages_of(trace: Trace) -> dict[str, Float[np.ndarray, "row column channel"]]:
    """The tokens at each stage of the channel projection, by its name in `STAGES`."""
    last = in_block(trace.sam.config.encoder_depth - 1, "hook_residual_post")
    places = {name: in_projection(place) for name, place in STAGES.items() if place}
    found = trace.read([last, *places.values()])
    inside = {name: np.moveaxis(array(found[place][0]), 0, -1) for name, place in places.items()}
    return {next(iter(STAGES)): array(found[last][0])} | inside


def likeness_of_neighbours(tokens: Float[np.ndarray, "row column channel"]) -> float:
    """The mean cosine of two tokens that touch, each less the mean token; NaN without a pair."""
    centred = tokens - tokens.mean(axis=(0, 1))
    norms = np.linalg.norm(centred, axis=-1, keepdims=True)
    unit = np.divide(centred, norms, out=np.zeros_like(centred), where=norms > 0)
    cosines = [
        (unit[:-1] * unit[1:]).sum(axis=-1).ravel(),
        (unit[:, :-1] * unit[:, 1:]).sum(axis=-1).ravel(),
    ]
    together = np.concatenate(cosines)
    return float(together.mean()) if together.size else float("nan")


def participation(tokens: Float[np.ndarray, "row column channel"]) -> float:
    """The squared sum of the variances along all principal directions, by the sum of their squares.

    NaN where all tokens are the same.
    """
    flat = tokens.reshape(-1, tokens.shape[-1])
    values = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    return float(values.sum() ** 2 / (values**2).sum()) if values.any() else float("nan")


def share_unread(
    tokens: Float[np.ndarray, "row column channel"],
    weight: Float[np.ndarray, "channel_out channel"],
) -> float:
    """The share of the tokens' variance that a linear layer gives 0 for; NaN without variance."""
    flat = tokens.reshape(-1, tokens.shape[-1])
    centred = flat - flat.mean(axis=0)
    total = (centred**2).sum()
    _, values, directions = np.linalg.svd(weight, full_matrices=False)
    read = centred @ directions[values > _ROUNDING * values[0]].T
    if total == 0:
        return float("nan")
    unread = float(1 - (read**2).sum() / total)
    return unread if unread > _ROUNDING else 0.0


def _chart(values: Float[np.ndarray, "stage"], title: str, y_name: str, words: str) -> Profile:
    return Profile(
        np.arange(float(len(values))),
        (Curve(values, y_name, style="points"),),
        title=title,
        words=words,
        x_name="stage",
        y_name=y_name,
        x_labels=tuple(STAGES),
    )


def _words(
    channels: list[int],
    alike: Float[np.ndarray, "stage"],
    spread: Float[np.ndarray, "stage"],
    lost: float,
) -> str:
    words = f"{channels[0]} channels become {channels[1]}."
    if np.isfinite(lost):
        words += f" The 1 x 1 convolution reads nothing of {percent(lost)} of the tokens' variance."
    if np.isfinite(alike).all():
        each = ", ".join(text(float(value), 2) for value in alike)
        words += f" The cosine of neighbours is {each} at the five stages."
    if np.isfinite(spread).all():
        each = ", ".join(text(float(value)) for value in spread)
        words += f" Tokens spread over {each} directions."
    return words
