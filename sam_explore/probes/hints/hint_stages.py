"""What becomes of a mask hint on its way to the image tokens?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, explain, length_of, ratio_of_lengths, read_of, there
from sam_explore.readings import Cell, Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.hints import over_the_picture
from ..common.logits import logits_in_words
from ..common.numbers import array, counted, place_of_greatest
from ..common.probe import Probe, knob

NORM = -1
_ENCODER = "mask_decoder.mask_hint_encoder"
_STAGES = (("hook_half", "half its size"), ("hook_quarter", "token size"))


@dataclass(frozen=True)
class HintStages(Probe):
    """A mask hint through the mask hint encoder: as given, at half its size, at a token a cell.

    Two convolutions of 2 x 2 with a stride of 2, each followed by a layer norm and GELU, then a
    1 x 1 convolution give one vector a token, which is added to the image tokens. Without a hint
    one learned vector, "no mask", is added to every token instead. How long these vectors are next
    to the image tokens tells how much a hint can say at most.

    Reads: mask_decoder.mask_hint_encoder.hook_half, .hook_quarter and .hook_out, and the image
        tokens.
    Returns: a Panel of Heatmaps (row, column): the hint over the picture; at half its size and at
        token size one channel, or the L2 norm over the channels; the L2 norm of what is added, and
        the same as a share of the image token's own norm. Without a hint the last two alone.
    Unit: logits for the hint; the others have no unit.
    Source: appendix A of arXiv 2304.02643 ("dense prompts"); comparing norms is our own.
    """

    title = "What becomes of a mask hint on its way to the image tokens?"

    channel: int = knob(
        NORM,
        "channel of the first two stages",
        low=NORM,
        high=lambda run: run.config.mask_hint_channels // 4 - 1,
        names=((NORM, "norm of all"),),
        matters=True,
    )

    def read(self, trace: Trace) -> Panel:
        added = array(trace[f"{_ENCODER}.hook_out"][0])
        tokens = np.linalg.norm(array(trace.encoded.tokens[0]), axis=0)
        norms = np.broadcast_to(np.linalg.norm(added, axis=0), tokens.shape)
        hint = trace.prompts.mask_hint
        first = () if hint is None else self._stages(trace, hint)
        last = _added(norms, tokens, hint is not None)
        words = " ".join((*(each.words for each in first), *(each.words for each in last)))
        of = "no mask hint" if hint is None else "the mask hint"
        return Panel((*first, *last), title=f"What {of} adds to the image tokens", words=words)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        place = cell.row, cell.column
        stages = () if trace.prompts.mask_hint is None else ("", *(each for each, _ in _STAGES))
        if cell.part < len(stages):
            hook = stages[cell.part]
            if not hook:
                return read_of(trace, there("prompts.mask_hint", place), "logit of the hint")
            if self.channel == NORM:
                vector = there(f"{_ENCODER}.{hook}", (0, EACH, *place))
                return length_of(trace, vector, "length of the features")
            return explain(trace, f"{_ENCODER}.{hook}", (0, self.channel, *place))
        added = there(f"{_ENCODER}.hook_out", (0, EACH, *(place if stages else (0, 0))))
        if cell.part == len(stages):
            return length_of(trace, added, "length of what is added")
        token = there(IMAGE_TOKENS, (0, EACH, *place))
        return ratio_of_lengths(trace, added, token, "share of the token's length")

    def _stages(self, trace: Trace, hint: Float[np.ndarray, "height width"]) -> tuple[Heatmap, ...]:
        shown = over_the_picture(hint.astype(float), trace.frame)
        given = Heatmap(
            shown,
            title="The hint",
            words=logits_in_words("the hint", shown, 0.0),
            scale=Scale("logit", centre=0.0),
            frame="logits",
        )
        return given, *(self._stage(trace, *stage) for stage in _STAGES)

    def _stage(self, trace: Trace, hook: str, size: str) -> Heatmap:
        features = array(trace[f"{_ENCODER}.{hook}"][0])
        frame = "tokens" if hook == "hook_quarter" else ""
        if self.channel == NORM:
            values, what, scale = np.linalg.norm(features, axis=0), "norm", Scale(low=0.0)
        else:
            values, what = features[self.channel], f"channel {self.channel}"
            scale = Scale(centre=0.0)
        words = (
            f"At {size}, with {counted(len(features), 'channel')}, its {what} goes from "
            f"{text(values.min())} to {text(values.max())}."
        )
        return Heatmap(values, f"At {size}: {what}", words, scale, frame)


def _added(
    norms: Float[np.ndarray, "row column"], tokens: Float[np.ndarray, "row column"], is_hint: bool
) -> tuple[Heatmap, Heatmap]:
    """The norm of what is added, and its share of the image tokens' norm."""
    if is_hint:
        words = (
            f"What is added to the image tokens has a norm of {text(norms.mean())} in the mean, "
            f"and most, {text(norms.max())}, in {place_of_greatest(norms)}."
        )
    else:
        words = (
            'Without a mask hint the learned vector "no mask" is added to every token; its norm '
            f"is {text(norms.mean())}."
        )
    shares = np.divide(norms, tokens, out=np.full(norms.shape, np.nan), where=tokens > 0)
    share_words = ""
    if np.isfinite(shares).any():
        share_words = (
            f"That is {text(np.nanmean(shares), 2)} times an image token's own norm in the mean."
        )
    return (
        Heatmap(norms, "Norm of what is added", words, Scale(low=0.0), "tokens"),
        Heatmap(
            shares,
            "Share of the image token's norm",
            share_words,
            Scale("image token norms", low=0.0),
            "tokens",
        ),
    )
