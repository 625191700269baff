"""What mask would be decoded after each block of the image encoder?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import HookPoint
from sam_explore.model.addresses import in_block
from sam_explore.readings import Curve, Panel
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.clicks import moved_to, with_a_prompt
from ..common.depth import depth_in_words, stream_names
from ..common.lens import lens_panel, most_above, true_curve
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.truth import ComparedWithTruth, in_words

_NAMES = "this prompt", "control: prompt moved", "control: mean token"


@dataclass(frozen=True)
class EncoderLens(ComparedWithTruth, Probe):
    """A lens on the image encoder: the tokens of each depth go straight to the projection.

    That is the run in which all later blocks add nothing to the residual stream. Projection and
    decoder were trained on the tokens of the last block alone, so a bad mask does not say that a
    depth knows nothing of the object: only that it is not yet in the form they read.

    So two controls stand next to the lens. The same tokens with the prompt moved to the picked
    token, compared with this run's mask: what they have in common is no answer to the prompt. And
    the mean of the depth's tokens in the place of each: what that has in common with the mask came
    from the prompt alone, without the picture. Only what lies above both was read.

    Given a truth, the lens's true IoU is drawn and said too.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding, and
        image_encoder.vit.blocks.*.hook_residual_post, each in the place of the last block's; and
        the predictions.
    Returns: a Panel of a Gallery of Heatmaps (row, column) over the picture, raw logits by depth;
        and a Profile over depth of the IoU with the mask at the end: of the lens, of the lens with
        the prompt moved, and of the mean token; and of the lens's true IoU.
    Unit: logits; IoU from 0 to 1, in the frame of the logits, two empty masks 1.
    Source: the logit lens (nostalgebraist, 2020), for language models; that such lenses need
        controls is said in "Eliciting Latent Predictions with the Tuned Lens" (arXiv 2303.08112).
    """

    title = "What mask would be decoded after each block?"
    makes_a_click = True
    is_sweep = True

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        mask = mask_shown(self.mask, trace.prediction)
        end = trace.prediction.visible[mask] > self.threshold
        names = stream_names(trace.sam.config)
        logits: dict[str, np.ndarray] = {}
        whole, overlaps = [], []
        for label, tokens in zip(names, trace.read(names.values()).values(), strict=True):
            runs = self._runs(trace, tokens)
            whole.append(runs[0].prediction.logits[mask].astype(float))
            seen = [run.prediction.visible[mask] for run in runs]
            logits[depth_in_words(label)] = seen[0].astype(float)
            overlaps.append([mask_iou(each > self.threshold, end) for each in seen])
        found = np.array(overlaps)
        true, truth_said = true_curve(self, trace, whole, self.threshold)
        words = f"{said}{self._words(mask, list(logits), found)}{truth_said}"
        curves = (Curve(each, name) for each, name in zip(found.T, _NAMES, strict=True))
        return lens_panel(logits, mask, self.threshold, (*curves, *true), words)

    def _runs(self, trace: Trace, tokens: Float[Tensor, "1 row column channel"]) -> list[Trace]:
        """The lens, the same with the prompt moved, and with the mean token alone."""
        lens = straight_to_the_projection(trace, tokens)
        moved = lens.with_prompts(moved_to(trace.prompts, self.token, trace.frame))
        mean = tokens.mean(dim=(1, 2), keepdim=True).expand_as(tokens).contiguous()
        return [lens, moved, straight_to_the_projection(trace, mean)]

    def _words(self, mask: int, stages: list[str], overlaps: Float[np.ndarray, "depth 3"]) -> str:
        each = "; ".join(
            f"{stage}: {in_words(own)}" for stage, own in zip(stages, overlaps[:, 0], strict=True)
        )
        other, mean = overlaps[:-1, 1:].max(axis=0)
        return (
            f"The overlap of the lens' mask with mask {mask} at the end: {each}. Before the end, "
            f"the lens with the prompt at {token_in_words(self.token)} has at most "
            f"{in_words(other)}, and the mean token {in_words(mean)}. "
            f"{most_above(stages, overlaps)}"
        )


def straight_to_the_projection(
    trace: Trace, tokens: Float[Tensor, "1 row column channel"]
) -> Trace:
    """The run with these tokens in the place of those after the last block."""

    def put(tensor: Tensor, hook: HookPoint) -> Tensor:
        return tokens.to(tensor)

    last = trace.sam.config.encoder_depth - 1
    return trace.with_edit(in_block(last, "hook_residual_post"), put)
