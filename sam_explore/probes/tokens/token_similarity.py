"""Which tokens are like those of the mask, or like the picked one?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace, mirror_of

from ..common.attention import token_in_words
from ..common.decoder_attention import inside_by_token, mask_by_cell, share_by_token
from ..common.depth import EMBEDDING, depth_in_words
from ..common.likeness import (
    Prototypes,
    check_comparable,
    distances,
    likeness,
    prototypes_of,
    stream_tokens,
)
from ..common.numbers import counted
from ..common.pairs import order_of_pairs
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.truth import ComparedWithTruth, in_words

BEFORE = -1  # of the knob for a block: the embedding
MASK, TOKEN = "the mask's mean token", "the picked token"


@dataclass(frozen=True)
class TokenSimilarity(ComparedWithTruth, Probe):
    """The cosine of every token with the mean token of the mask, or with the picked token.

    The mean over the picture is taken away first, since all tokens have it in common and it would
    make them all alike. A token counts in the mask's mean by how much of it lies inside; an empty
    mask has none, and the picked token takes its place.

    With several prototypes, the mask's tokens are put into so many groups by k-means, and a token
    is as much alike as to the mean of the group that it is most like: a mask of a head and a shell
    has a mean that is like neither. With the mirror image, prototypes are also taken from a run on
    the mirrored picture, in the same tokens of it: things that face the other way.

    Given another run, mask and token are those of that run, and the map is of this one's picture:
    is the thing there, too? Each picture's own mean is taken away.

    Given a truth, it is said how well likeness tells the tokens of the region from the others, by
    pairs of one of each, and how well nearness alone would: near tokens are alike in any picture.

    Reads: image_encoder.vit.blocks.N.hook_residual_post, or
        image_encoder.vit.blocks.0.hook_residual_pre for the embedding; and the prediction.
    Returns: a Heatmap (row, column), diverging around 0; NaN for padding.
    Unit: cosine, from −1 to 1.
    Source: our own; such maps of DINO's features are shown in "Deep ViT Features as Dense Visual
        Descriptors" (arXiv 2112.05814).
    """

    title = "Which tokens are like those of the mask?"

    block: int = knob(
        1,
        "after block",
        low=BEFORE,
        high=lambda run: run.config.encoder_depth - 1,
        names=((BEFORE, EMBEDDING),),
        matters=True,
    )
    of: str = knob(MASK, "alike to", choices=(MASK, TOKEN), matters=True)
    prototypes: int = knob(1, "prototypes", low=1, high=6, when=lambda probe: probe.of == MASK)
    mirrored: bool = knob(False, "and in the mirror image", choices=(False, True))
    token: tuple[int, int] = token_knob(when=lambda probe: probe.of == TOKEN)
    mask: int = mask_knob()
    threshold: float = threshold_knob()
    other: Trace | None = None

    def read(self, trace: Trace) -> Heatmap:
        label = EMBEDDING if self.block == BEFORE else str(self.block)
        source = trace if self.other is None else self.other
        check_comparable(trace, source)
        rows, columns = trace.frame.tokens_shown
        weights, said, marks = self._weights(source)
        found = self._prototypes(source, label, weights)
        alike = likeness(stream_tokens(trace, label), found)
        values = np.full(trace.frame.grid, np.nan)
        values[:rows, :columns] = alike
        if self.other is not None:
            said, marks = f"{said} of the other run", ()
        if self.mirrored:
            said += ", or with the same in its mirror image"
        words = _words(depth_in_words(label), said, alike) + self._told_apart(trace, alike, weights)
        of = self.of
        if of == MASK:  # a title over a map has room for few words
            of = "the mask" if self.prototypes == 1 else "parts of the mask"
        return Heatmap(
            values,
            title=f"Alike to {of}, {depth_in_words(label)}",
            words=words,
            scale=Scale("cosine", centre=0.0, low=-1.0, high=1.0),
            frame="tokens",
            marks=marks,
        )

    def _prototypes(
        self, source: Trace, label: str, weights: Float[np.ndarray, "row column"]
    ) -> Prototypes:
        """The means of tokens of the run that they are taken from, and of its mirror image."""
        rows, columns = source.frame.tokens_shown
        ours = weights[:rows, :columns]
        found = prototypes_of(stream_tokens(source, label), ours, self.prototypes)
        if not self.mirrored:
            return found
        tokens = stream_tokens(mirror_of(source), label)
        return np.concatenate([found, prototypes_of(tokens, ours[:, ::-1], self.prototypes)])

    def _weights(
        self, trace: Trace
    ) -> tuple[Float[np.ndarray, "row column"], str, tuple[tuple[int, int], ...]]:
        """How much each token counts, in words too, and what is marked."""
        one = np.zeros(trace.frame.grid)
        rows, columns = trace.frame.tokens_shown
        token = min(self.token[0], rows - 1), min(self.token[1], columns - 1)
        one[token] = 1.0
        picked = f"the token at {token_in_words(token)}"
        if self.of == TOKEN:
            return one, picked, (token,)
        mask = mask_shown(self.mask, trace.prediction)
        inside = inside_by_token(trace.prediction, mask, self.threshold)
        if not inside.any():
            return one, f"{picked}, since mask {mask} is empty", (token,)
        count = counted(int((inside > 0).sum()), "token")
        if self.prototypes == 1:
            return inside, f"the mean token of mask {mask}, of {count}", ()
        groups = min(self.prototypes, int((inside > 0).sum()))
        return inside, f"the nearest of {counted(groups, 'group')} of mask {mask}'s {count}", ()

    def _told_apart(
        self,
        trace: Trace,
        alike: Float[np.ndarray, "row_shown column_shown"],
        weights: Float[np.ndarray, "row column"],
    ) -> str:
        """How well the region's tokens are told from the others, as a sentence after others."""
        target = self.target(trace)
        if target is None or target.mask is None:
            return self.why_no_truth(trace)
        rows, columns = alike.shape
        cells = mask_by_cell(target.mask, trace.frame)
        inside = share_by_token(cells, trace.frame.grid)[:rows, :columns] >= 0.5
        by_likeness = order_of_pairs(alike, inside)
        if np.isnan(by_likeness):
            return f" No token lies mostly inside {target.name}, or all do."
        words = (
            f" Of the pairs of a token inside {target.name} and one outside, the one inside is "
            f"more alike in a share of {in_words(by_likeness)}"
        )
        if self.other is not None:
            return f"{words}; 0.50 is chance."
        by_nearness = order_of_pairs(-distances(weights)[:rows, :columns], inside)
        return f"{words}, and nearer in one of {in_words(by_nearness)}; 0.50 is chance."


def _words(depth: str, of: str, alike: Float[np.ndarray, "row column"]) -> str:
    return (
        f"The tokens {depth} have cosines from {text(alike.min())} to {text(alike.max())} with "
        f"{of}; {text(100 * float((alike > 0).mean()), 2)} % of them are above 0."
    )
