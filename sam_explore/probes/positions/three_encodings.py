"""What does each of SAM's three position encodings do?"""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import GRID_ENCODING, POSITION_ENCODING, PREDICTED_IOU
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, attention_row
from sam_explore.tracing.interventions import (
    AblateCoordinateEncoding,
    AblatePositionEncoding,
    AblateRelativePositions,
    Intervention,
)

from ..common.attention import token_in_words, window_edges
from ..common.cosines import cosines_with
from ..common.logits import logit_scale, logits_in_words, mask_overlaps
from ..common.numbers import array
from ..common.origins import of_logit
from ..common.probe import (
    Probe,
    block_knob,
    mask_knob,
    mask_shown,
    threshold_knob,
    token_knob,
)
from ..common.truth import ComparedWithTruth, Target, in_words

# What is removed, by the words for what is left.
REMOVED: dict[str, tuple[Intervention, ...]] = {
    "with all three": (),
    "without added": (AblatePositionEncoding(),),
    "without relative": (AblateRelativePositions(),),
    "without both of these": (AblatePositionEncoding(), AblateRelativePositions()),
    "without Fourier of places": (AblateCoordinateEncoding("grid"),),
    "without Fourier of prompts": (AblateCoordinateEncoding("prompts"),),
    "without Fourier of either": (
        AblateCoordinateEncoding("grid"),
        AblateCoordinateEncoding("prompts"),
    ),
}

_LETTERS = 16  # of a title above a small map


@dataclass(frozen=True)
class ThreeEncodings(ComparedWithTruth, Probe):
    """The added, the relative and the Fourier encoding of places, and the mask without each.

    The image encoder adds a learned vector to each token, once. Each of its attentions adds to a
    score two terms, for the vertical and the horizontal distance. The mask decoder adds the sines
    and cosines of each place to its queries and keys, and prompts are encoded by the same formula.

    The maps about the picked place leave out what is common to all places: the mean encoding.

    Removed means zeros in their place, which the rest of the model has never seen: a small effect
    says that the model can do without, and a large one not what it does with it.

    Reads: image_encoder.position_encoder.hook_encoding, the relative terms of
        image_encoder.vit.blocks.N.attention.*, coordinate_encoder.hook_grid, and the prediction
        with and without each.
    Returns: a Panel of three Heatmaps by token (row, column) about the picked one: cosines with its
        added and its Fourier encoding, from -1 to 1, and what the relative terms add to its scores
        in the mean of all heads; a Gallery of the mask's raw logits without each; and a Matrix
        (removed, measure) of predicted IoU, true IoU given a truth, and the overlap with the mask
        as it was.
    Unit: cosines; scores; logits; IoU from 0 to 1, two empty masks 1.
    Source: added and Fourier, the paper's appendix A (arXiv 2304.02643); relative, MViTv2 (arXiv
        2112.01526); Fourier features, arXiv 2006.10739. The comparison is our own.
    """

    title = "What does each of the three position encodings do?"
    runs_encoder = True
    is_sweep = True

    token: tuple[int, int] = token_knob()
    block: int = block_knob(1, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        runs = {name: trace.with_interventions(*each) for name, each in REMOVED.items()}
        answers = {name: run.prediction for name, run in runs.items()}
        mask, target = mask_shown(self.mask, trace.prediction), self.target(trace)
        table = self._table(mask, answers, target)
        about = self._about_the_place(trace)
        words = _words(self, mask, table, about[1].values) + self.why_no_truth(trace)
        masks = Gallery(
            tuple(self._map(mask, name, answer) for name, answer in answers.items()),
            title=f"Mask {mask} without each",
            words=words,
            shared=logit_scale(self.threshold),
        )
        return Panel((*about, masks, table), "Three encodings of places", words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        mask, runs = mask_shown(self.mask, trace.prediction), tuple(REMOVED.values())
        if cell.part == 3:
            return of_logit(trace.with_interventions(*runs[cell.map]), mask, cell)
        if cell.part == 4 and cell.column == 0:
            run = trace.with_interventions(*runs[cell.row])
            return explain(run, PREDICTED_IOU, (0, mask))
        return None  # likenesses, means over heads, and overlaps of masks

    def _about_the_place(self, trace: Trace) -> tuple[Heatmap, Heatmap, Heatmap]:
        """What each encoding says of all places, seen from the picked one."""
        where = token_in_words(self.token)
        found = attention_row(trace, self.block, self.token)
        terms = array(found.row_terms)[:, :, None] + array(found.column_terms)[:, None, :]
        cosine = Scale("cosine", centre=0.0, low=-1.0, high=1.0)
        added, fourier = (
            Heatmap(
                cosines_with(vectors - vectors.mean(axis=(0, 1)), self.token),
                title=title,
                words=f"{title}: cosines with the encoding of {where}.",
                scale=cosine,
                frame="tokens",
                marks=(self.token,),
            )
            for title, vectors in (
                ("Added, once", array(trace[POSITION_ENCODING][0])),
                ("Fourier, in the decoder", np.moveaxis(array(trace[GRID_ENCODING]), 0, -1)),
            )
        )
        relative = Heatmap(
            terms.mean(axis=0),
            title=f"Relative, block {self.block}",
            words=f"What distances from {where} add to scores in block {self.block}.",
            scale=Scale("score", centre=0.0),
            frame="tokens",
            marks=(self.token,),
            grid_lines=window_edges(trace, self.block),
        )
        return added, relative, fourier

    def _table(self, mask: int, answers: dict[str, Prediction], target: Target | None) -> Matrix:
        """Predicted IoU, true IoU where it is known, and overlap, of one mask in each run."""
        plain = answers["with all three"]
        columns = {"predicted IoU": [each.iou[mask] for each in answers.values()]}
        if target is not None and target.mask is not None:
            columns["true IoU"] = [
                target.ious(each, self.threshold)[mask] for each in answers.values()
            ]
        columns["overlap with that of all"] = [
            mask_overlaps(plain, each, self.threshold)[mask] for each in answers.values()
        ]
        return Matrix(
            np.array(list(columns.values()), float).T,
            tuple(answers),
            tuple(columns),
            title=f"Mask {mask} without each",
            words=f"Mask {mask} without each encoding of places.",
            row_name="",
            column_name="",
            scale=Scale("IoU", low=0.0, high=1.0),
        )

    def _map(self, mask: int, name: str, answer: Prediction) -> Heatmap:
        logits = answer.visible[mask]
        return Heatmap(
            logits,
            title=fill(name, _LETTERS),
            words=logits_in_words(f"the mask {name}", logits, self.threshold),
            scale=logit_scale(self.threshold),
            frame="logits",
        )


def _words(
    probe: ThreeEncodings, mask: int, table: Matrix, terms: Float[np.ndarray, "row column"]
) -> str:
    overlaps = table.values[1:, -1]
    without = "; ".join(
        f"{name} {in_words(each)}" for name, each in zip(table.rows[1:], overlaps, strict=True)
    )
    words = (
        f"The overlap of mask {mask} with itself as it was is, {without}. Seen from "
        f"{token_in_words(probe.token)}, distances add from {text(float(np.nanmin(terms)))} to "
        f"{text(float(np.nanmax(terms)))} to the scores of block {probe.block}."
    )
    if table.values.shape[1] < 3:
        return words
    true = "; ".join(
        f"{name} {in_words(each)}"
        for name, each in zip(table.rows, table.values[:, 1], strict=True)
    )
    return f"{words} True IoU: {true}."
