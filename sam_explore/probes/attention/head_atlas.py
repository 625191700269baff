"""Which heads of the image encoder do what?"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import (
    Trace,
    answers_without_heads,
    attention_row,
    attention_statistics,
    even_weight_on,
    weight_on,
)

from ..common.attention import head_table, mean_over_queries, token_in_words, window_edges
from ..common.decoder_attention import inside_by_token, mask_by_cell, share_by_token
from ..common.logits import overlap_in_logits
from ..common.numbers import array
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.target_knobs import capitalised
from ..common.truth import ComparedWithTruth, Target

DISTANCE, ENTROPY, PADDING = "mean distance", "entropy", "share on padding"
SAME_OBJECT, EFFECT, LOST = "share on the same object", "effect when removed", "true IoU lost"
UNITS = {
    DISTANCE: "tokens",
    ENTROPY: "bits",
    PADDING: "share",
    SAME_OBJECT: "even shares",
    EFFECT: "1 − IoU",
    LOST: "true IoU",
}
# After a number in a sentence.
_IN_WORDS = {
    DISTANCE: " tokens",
    ENTROPY: " bits",
    SAME_OBJECT: " times an even share",
    EFFECT: " of the mask",
}
MEASURES = (DISTANCE, ENTROPY, PADDING, SAME_OBJECT, EFFECT)
ORDERS = ("greatest first", "least first")

Table = Float[np.ndarray, "block head"]


class ObjectMeant(NamedTuple):
    """The object of the prompt, by token.

    Args:
        marked: the tokens of which at least half is inside it; of a smaller one, the token with
            most of it.
        name: in a sentence.
    """

    marked: Bool[np.ndarray, "row column"]
    name: str


@dataclass(frozen=True)
class HeadAtlas(ComparedWithTruth, Probe):
    """Every head of the image encoder by what it does in this picture, sorted, one in detail.

    Distance, entropy and the share on padding are means over the queries that show the picture. The
    share on the same object is the weight that queries on the object of the prompt give to that
    object, over what evenly spread attention would give: 1 says nothing of objects, and nearness
    alone makes it greater. The object is the true one where a truth is given, else the mask shown.
    The effect is how much of the mask changes when the head gives zero, everything else as it is:
    other heads can make up for it. Given a truth, the true IoU that is lost stands next to it.

    Each removal takes a run from the head's block on, 144 of them in ViT-B; they are kept, so that
    another order or rank takes no further run.

    Reads: image_encoder.vit.blocks.*.hook_residual_pre, from which the rows of
        image_encoder.vit.blocks.*.attention.hook_pattern are computed in chunks, and the prediction
        with all heads and without each one's part of
        image_encoder.vit.blocks.*.attention.hook_out_per_head.
    Returns: a Panel of a Profile of the chosen measure over the heads in their order; a Heatmap by
        token (row, column) of what the head of the chosen rank gives the picked query's weight to;
        and a Matrix (block, head) of each measure.
    Unit: tokens; bits; shares; even shares; 1 less the IoU with the mask of all heads, in the frame
        of the logits; true IoU.
    Source: distance, ViT (arXiv 2010.11929, figure 7); entropy, arXiv 1906.04341; removal, arXiv
        1905.10650; objects in attention, after arXiv 2510.24709. The atlas is our own.
    """

    title = "Which heads of the image encoder do what?"
    is_sweep = True

    by: str = knob(DISTANCE, "sorted by", choices=MEASURES, matters=True)
    rank: int = knob(
        0,
        "rank of the head shown",
        low=0,
        high=lambda run: run.config.encoder_depth * run.config.encoder_heads - 1,
        matters=True,
    )
    order: str = knob(ORDERS[0], "order", choices=ORDERS)
    removal: bool = knob(
        True, "remove each, too", choices=(True, False), when=lambda probe: probe.by != EFFECT
    )
    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def coarser(self, trace: Trace) -> tuple["HeadAtlas", ...]:
        if not self.removes:
            return ()
        quick = DISTANCE if self.by == EFFECT else self.by
        return (replace(self, by=quick, removal=False),)

    @property
    def removes(self) -> bool:
        """Whether each head is removed in turn."""
        return self.removal or self.by == EFFECT

    def read(self, trace: Trace) -> Panel:
        target = self.target(trace)
        meant = self._meant(trace, target)
        tables = attended(trace, meant.marked)
        if self.removes:
            tables |= self._effects(trace, target)
        values = tables[self.by].ravel()
        ranked = np.argsort(values if self.order == ORDERS[1] else -values, kind="stable")
        block, head = divmod(int(ranked[self.rank]), trace.sam.config.encoder_heads)
        words = self._words(tables, meant, (block, head)) + self.why_no_truth(trace)
        row = attention_row(trace, block, self.token)
        shown = Heatmap(
            array(row.weights[head]),
            title=f"Head {head} of block {block}, query {self.token}",
            words=words,
            scale=Scale("weight", low=0.0),
            frame="tokens",
            marks=(self.token,),
            grid_lines=window_edges(trace, block),
        )
        drawn = (
            head_table(trace.windows, table, _scale(name), capitalised(name), words)
            for name, table in tables.items()
        )
        chart = self._sorted(values[ranked], words)
        return Panel((chart, shown, *drawn), "Atlas of heads", words, across=2)

    def _meant(self, trace: Trace, target: Target | None) -> ObjectMeant:
        """The object of the prompt: the true one, or the mask shown."""
        if target is not None and target.mask is not None:
            cells = mask_by_cell(target.mask, trace.frame)
            return ObjectMeant(_marked(share_by_token(cells, trace.frame.grid)), target.name)
        mask = mask_shown(self.mask, trace.prediction)
        inside = inside_by_token(trace.prediction, mask, self.threshold)
        return ObjectMeant(_marked(inside), f"mask {mask}")

    def _effects(self, trace: Trace, target: Target | None) -> dict[str, Table]:
        """What becomes of the mask without each head."""
        plain = trace.prediction
        mask, depth = mask_shown(self.mask, plain), trace.sam.config.encoder_depth
        without = [answers_without_heads(trace, block) for block in range(depth)]

        def kept(answer: Prediction) -> float:
            return overlap_in_logits(plain, answer, mask, self.threshold)

        found = {EFFECT: np.array([[1 - kept(answer) for answer in each] for each in without])}
        if target is not None and target.mask is not None:
            true = [
                [target.ious(answer, self.threshold)[mask] for answer in each] for each in without
            ]
            lost = target.ious(plain, self.threshold)[mask] - np.array(true, float)
            found[LOST] = lost.round(3)  # so that the numbers fit into a table
        return found

    def _sorted(self, values: Float[np.ndarray, "rank"], words: str) -> Profile:
        return Profile(
            np.arange(float(len(values))),
            (Curve(values, self.by, style="points"),),
            title=f"All heads by {self.by}, {self.order}",
            words=words,
            x_name="rank",
            y_name=f"{self.by} ({UNITS[self.by]})",
            x_marks=((float(self.rank), "shown"),),
        )

    def _words(self, tables: dict[str, Table], meant: ObjectMeant, at: tuple[int, int]) -> str:
        block, head = at
        numbers = ", ".join(
            f"{name} {text(float(table[at]))}{_IN_WORDS.get(name, '')} "
            f"({text(float(np.median(table)))})"
            for name, table in tables.items()
        )
        size = tables[self.by].size
        return (
            f"By {self.by}, {self.order}, head {head} of block {block} has rank {self.rank} of "
            f"{size}, counted from 0. Its numbers, with those of the median head in brackets: "
            f"{numbers}. The object is {meant.name}, {int(meant.marked.sum())} tokens of it. The "
            f"map shows where {token_in_words(self.token)} looks in this head."
        )


def attended(trace: Trace, marked: Bool[np.ndarray, "row column"]) -> dict[str, Table]:
    """What the attention of each head is like, by measure."""
    found: dict[str, list[Float[np.ndarray, "head"]]] = {
        name: [] for name in (DISTANCE, ENTROPY, PADDING, SAME_OBJECT)
    }
    statistics = {DISTANCE: "distance", ENTROPY: "entropy", PADDING: "padding"}
    for block in range(trace.sam.config.encoder_depth):
        of_block = attention_statistics(trace, block)
        for name, statistic in statistics.items():
            found[name].append(mean_over_queries(of_block, statistic, "picture", trace))
        on_object = array(weight_on(trace, block, marked))[:, marked].mean(axis=1)
        even = array(even_weight_on(trace, block, marked))[marked].mean()
        found[SAME_OBJECT].append(on_object / even)
    return {name: np.array(each) for name, each in found.items()}


def _marked(inside: Float[np.ndarray, "row column"]) -> Bool[np.ndarray, "row column"]:
    """The tokens of which at least half is inside; else the one with the most."""
    return inside >= 0.5 if (inside >= 0.5).any() else inside == inside.max()


def _scale(name: str) -> Scale:
    return Scale(UNITS[name], centre=0.0) if name == LOST else Scale(UNITS[name], low=0.0)
