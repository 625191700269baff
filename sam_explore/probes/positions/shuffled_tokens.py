"""Does the transformer make use of the grid?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import AblateRelativePositions, ShuffleTokens

from ..common.logits import logit_scale, logits_in_words, mask_overlaps
from ..common.numbers import array
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target, in_words

# What is taken away of the use of the grid: relative positions, windows.
VARIANTS = {
    "as trained": (False, False),
    "no relative positions": (True, False),
    "all blocks global": (False, True),
    "neither": (True, True),
}
_EXACT = 1e-4  # of a norm: what is below comes from another order of summing


class Shuffled(NamedTuple):
    """A transformer's answers with its tokens in order and shuffled.

    Args:
        change: of its tokens, as a share of their L2 norm.
        before, after: the predictions.
    """

    change: float
    before: Prediction
    after: Prediction


@dataclass(frozen=True)
class ShuffledTokens(ComparedWithTruth, Probe):
    """The image tokens are shuffled before the first block and put back after the last one.

    Each token keeps its vector and the position encoding in it, so all that is lost is where it
    lies on the grid. If the transformer made no use of that, nothing would change. SAM's does so in
    two ways: windows say which tokens see one another, and relative positions say how far apart
    they are. Each is taken away in turn; with neither, what is left is attention among a set.

    Without windows and relative positions the masks are not those that the model was trained for,
    so the true IoU of both orders is shown.

    Reads: image_encoder.vit.blocks.*.hook_residual_post of the last block, and the prediction, with
        and without windows and relative positions, in order and shuffled.
    Returns: a Panel of a Gallery of one mask's raw logits, in order and shuffled, as trained and
        with neither; and a Matrix (what is taken away, measure) of the change of the tokens, the
        overlap of the mask with that in order, and given a truth its true IoU in both orders.
    Unit: a share of the tokens' L2 norm; logits; IoU from 0 to 1, two empty masks 1.
    Source: self-attention doesn't know the order of its inputs, "Attention Is All You Need" (arXiv
        1706.03762, section 3.5); the test is our own.
    """

    title = "Does the transformer make use of the grid?"
    runs_encoder = True
    is_sweep = True

    seed: int = knob(0, "seed of the order", low=0, high=99, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        found = {
            name: shuffled(variant(trace, *taken), self.seed) for name, taken in VARIANTS.items()
        }
        mask, target = mask_shown(self.mask, trace.prediction), self.target(trace)
        columns = self._columns(found, mask, target)
        words = _words(mask, columns) + self.why_no_truth(trace)
        answers = {
            "in order": found["as trained"].before,
            "shuffled": found["as trained"].after,
            "neither, in order": found["neither"].before,
            "neither, shuffled": found["neither"].after,
        }
        masks = Gallery(
            tuple(self._map(mask, name, answer) for name, answer in answers.items()),
            title=f"Mask {mask}",
            words=words,
            shared=logit_scale(self.threshold),
        )
        table = Matrix(
            np.array(list(columns.values())).T,
            tuple(VARIANTS),
            tuple(columns),
            title="Tokens in order against shuffled",
            words=words,
            row_name="",
            column_name="",
            scale=Scale("share", low=0.0, high=1.0),
        )
        return Panel((masks, table), "Tokens in another order", words, across=2)

    def _columns(
        self, found: dict[str, Shuffled], mask: int, target: Target | None
    ) -> dict[str, list[float]]:
        """What is measured, by its name; one number for each variant."""
        columns = {
            "change of\nthe tokens": [each.change for each in found.values()],
            f"overlap of\nmask {mask}": [
                mask_overlaps(each.before, each.after, self.threshold)[mask]
                for each in found.values()
            ],
        }
        if target is not None and target.mask is not None:
            for order, name in (("before", "in order"), ("after", "shuffled")):
                columns[f"true IoU,\n{name}"] = [
                    float(target.ious(getattr(each, order), self.threshold)[mask])
                    for each in found.values()
                ]
        return columns

    def _map(self, mask: int, name: str, answer: Prediction) -> Heatmap:
        logits = answer.visible[mask]
        return Heatmap(
            logits,
            title=name,
            words=logits_in_words(f"mask {mask} ({name})", logits, self.threshold),
            scale=logit_scale(self.threshold),
            frame="logits",
        )


def variant(trace: Trace, no_relative: bool, all_global: bool) -> Trace:
    """The run without relative positions, or with global attention in all blocks, or both."""
    if no_relative:
        trace = trace.with_interventions(AblateRelativePositions())
    if all_global:
        trace = trace.with_windows((0,) * trace.sam.config.encoder_depth)
    return trace


def shuffled(trace: Trace, seed: int) -> Shuffled:
    """What changes in a run when its tokens are shuffled while the transformer runs."""
    other = trace.with_interventions(ShuffleTokens(seed))
    last = in_block(trace.sam.config.encoder_depth - 1, "hook_residual_post")
    before, after = (array(run[last][0]) for run in (trace, other))
    change = np.linalg.norm(after - before) / np.linalg.norm(before)
    return Shuffled(float(change), trace.prediction, other.prediction)


def _words(mask: int, columns: dict[str, list[float]]) -> str:
    changes, overlaps, *true = columns.values()
    by = [f"{text(100 * each, 2)} %" for each in changes]
    then = ""
    if changes[3] < _EXACT:
        by[3], then = f"less than {text(100 * _EXACT)} %", ": then the grid makes no difference"
    words = (
        f"With the tokens shuffled, they change by {by[0]} of their norm, and the overlap of mask "
        f"{mask} with that in order is {in_words(overlaps[0])}. Without relative positions the "
        f"tokens change by {by[1]}; with all blocks global, by {by[2]}; with neither, by "
        f"{by[3]}{then}."
    )
    if not true:
        return words
    in_order, after = true
    return (
        f"{words} True IoU goes from {in_words(in_order[0])} to {in_words(after[0])} as trained, "
        f"and from {in_words(in_order[3])} to {in_words(after[3])} with neither."
    )
