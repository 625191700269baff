"""What becomes of the mask when a block is left out, swapped or run twice?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile
from sam_explore.tracing import Trace, announce, answer_in_order

from ..common.clicks import with_a_prompt
from ..common.logits import logit_scale, logits_in_words, overlap_in_logits
from ..common.probe import Probe, block_knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

CHANGES = ("left out", "swapped with the next", "run twice")


@dataclass(frozen=True)
class BlockOrder(ComparedWithTruth, Probe):
    """The mask that comes out when a block of the image encoder is left out, swapped or repeated.

    Each block adds something to the tokens that it gets. If each depended on those before it, any
    other order would ruin the answer; if blocks next to one another do much the same thing, little
    changes when they are swapped. A block that is run twice gets its own output, on which it was
    not trained.

    Windowed and global blocks keep their windows where they are moved, and their edits. The last
    block has no next one.

    Given a truth, the words hold the mask's true IoU in each order, next to the overlap.

    Reads: the predictions with the blocks in other orders.
    Returns: a Panel of a Profile over the blocks, the IoU with the mask in the model's own order;
        and a Gallery of Heatmaps (row, column) over the picture, raw logits of the orders in which
        the chosen block is changed.
    Unit: IoU from 0 to 1, in the frame of the logits, two empty masks 1; logits.
    Source: layers left out and in another order are "Residual Networks Behave Like Ensembles of
        Relatively Shallow Networks" (arXiv 1605.06431), for classifiers.
    """

    title = "What if a block is left out, swapped or run twice?"
    makes_a_click = True
    runs_encoder = True
    is_sweep = True

    block: int = block_knob(matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        mask = mask_shown(self.mask, trace.prediction)
        depth = trace.sam.config.encoder_depth
        overlaps = np.full((len(CHANGES), depth), np.nan)
        shown: dict[str, Prediction] = {}
        for block in range(depth):
            announce(f"Block {block} of {depth}")
            for change, order in orders(depth, block).items():
                answer = answer_in_order(trace, order)
                overlaps[CHANGES.index(change), block] = overlap_in_logits(
                    trace.prediction, answer, mask, self.threshold
                )
                if block == self.block:
                    shown[change] = answer
        words = f"{said}{self._words(trace, overlaps, shown, mask)}"
        chart = Profile(
            np.arange(float(depth)),
            tuple(Curve(each, name) for each, name in zip(overlaps, CHANGES, strict=True)),
            title="Overlap with the mask in the model's own order",
            words=words,
            x_name="block",
            y_name="IoU",
            x_marks=((float(self.block), "shown"),),
            y_reach=(0.0, 1.0),
        )
        gallery = self._maps({"as it is": trace.prediction} | shown, mask)
        return Panel((chart, gallery), f"Mask {mask} with blocks in other orders", words, across=1)

    def _maps(self, answers: dict[str, Prediction], mask: int) -> Gallery:
        scale = logit_scale(self.threshold)
        maps = tuple(
            Heatmap(
                answer.visible[mask],
                title=name if name == "as it is" else f"block {self.block} {name}",
                words=logits_in_words(f"mask {mask} {name}", answer.visible[mask], self.threshold),
                scale=scale,
                frame="logits",
            )
            for name, answer in answers.items()
        )
        return Gallery(maps, f"Logits of mask {mask}", maps[0].words, scale)

    def _words(
        self,
        trace: Trace,
        overlaps: Float[np.ndarray, "change block"],
        shown: dict[str, Prediction],
        mask: int,
    ) -> str:
        each = "; ".join(
            f"{change}, the least is {in_words(np.nanmin(row))} (block {np.nanargmin(row)}) and "
            f"the median {in_words(np.nanmedian(row))}"
            for change, row in zip(CHANGES, overlaps, strict=True)
            if np.isfinite(row).any()
        )
        own = ", ".join(
            f"{in_words(overlaps[CHANGES.index(change), self.block])} {change}" for change in shown
        )
        words = (
            f"The overlap of mask {mask} with that of the model's own order, over "
            f"{text(overlaps.shape[1])} blocks: {each}. For block {self.block} it is {own}."
        )
        target = self.target(trace)
        if target is None or target.mask is None:
            return words + self.why_no_truth(trace)
        answers = {"as it is": trace.prediction} | shown
        true = ", ".join(
            f"{in_words(target.ious(answer, self.threshold)[mask])} {name}"
            for name, answer in answers.items()
        )
        return f"{words} The true IoU with {target.name} is {true}."


def orders(depth: int, block: int) -> dict[str, tuple[int, ...]]:
    """The changed orders of the blocks, by the change of one of them.

    The last block has no next one.
    """
    before, after = tuple(range(block)), tuple(range(block + 1, depth))
    found = {CHANGES[0]: before + after}
    if after:
        found[CHANGES[1]] = (*before, after[0], block, *after[1:])
    return found | {CHANGES[2]: (*before, block, block, *after)}
