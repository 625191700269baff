"""What mask would be read after each layer of the decoder?"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.readings import Curve, Panel
from sam_explore.tracing import Trace, decoder_stages, early_logits, read_early

from ..common.attention import token_in_words
from ..common.clicks import moved_to, with_a_prompt
from ..common.hints import over_the_picture
from ..common.lens import lens_panel, most_above, true_curve
from ..common.numbers import array
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.truth import ComparedWithTruth, in_words

_RANDOM = 8  # vectors in the place of the mask's token
_OWN, _OTHER, _CHANCE = "this prompt", "another prompt", "a random token"


@dataclass(frozen=True)
class MaskLens(ComparedWithTruth, Probe):
    """A lens on the decoder: masks read from tokens and image as they are before its end.

    The mask generator takes them as if they were the last. It was never trained on those of
    earlier stages, so what it makes of them need not be what the decoder holds there: a mask that
    is not there to be read may still be on its way, and one that is may come from the image alone.

    So two controls stand next to the lens. The same stage of a run whose prompt was moved to the
    picked token, read and compared with this run's mask: what it has in common with it is no
    answer to the prompt. And random vectors of the mask token's length in its place: what they have
    in common with it is the mask generator's doing. Only what lies above both was read.

    Given a truth, the lens's true IoU is drawn and said too.

    Reads: the tokens and the image of mask_decoder at mask_decoder.hook_tokens_in,
        mask_decoder.transformer.layers.N.hook_tokens and mask_decoder.transformer.hook_tokens with
        their images, of the run and of one with the prompt moved.
    Returns: a Panel of a Gallery of Heatmaps (row, column) over the picture, raw logits by stage;
        and a Profile over the stages of the IoU with the mask at the end: of the lens, of the lens
        on the other run, and of random tokens, the mean of eight; and of the lens's true IoU.
    Unit: logits; IoU from 0 to 1, in the frame of the logits, two empty masks 1.
    Source: the logit lens (nostalgebraist, 2020), for language models; that such lenses need
        controls is said in "Eliciting Latent Predictions with the Tuned Lens" (arXiv 2303.08112).
    """

    title = "What mask would be read after each decoder layer?"
    makes_a_click = True

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        mask = mask_shown(self.mask, trace.prediction)
        other = trace.with_prompts(moved_to(trace.prompts, self.token, trace.frame))
        stages = tuple(decoder_stages(trace.sam.config.decoder_depth))
        whole = {stage: _lens(trace, stage, mask) for stage in stages}
        logits = {stage: over_the_picture(each, trace.frame) for stage, each in whole.items()}
        end = logits[stages[-1]] > self.threshold
        overlaps = np.array([self._overlaps(trace, other, each, mask, end) for each in stages])
        true, truth_said = true_curve(self, trace, whole.values(), self.threshold)
        words = f"{said}{self._words(mask, stages, overlaps)}{truth_said}"
        names = _OWN, _OTHER, _CHANCE
        curves = (Curve(each, name) for each, name in zip(overlaps.T, names, strict=True))
        return lens_panel(logits, mask, self.threshold, (*curves, *true), words)

    def _overlaps(
        self, trace: Trace, other: Trace, stage: str, mask: int, end: Bool[np.ndarray, "row column"]
    ) -> tuple[float, float, float]:
        """The IoU with the mask at the end: of the lens, of the other run's, of random tokens."""
        own, moved = (
            over_the_picture(_lens(run, stage, mask), run.frame) for run in (trace, other)
        )
        chance = [mask_iou(each > self.threshold, end) for each in _random_lens(trace, stage, mask)]
        ious = [mask_iou(each > self.threshold, end) for each in (own, moved)]
        return ious[0], ious[1], float(np.mean(chance))

    def _words(
        self, mask: int, stages: tuple[str, ...], overlaps: Float[np.ndarray, "stage 3"]
    ) -> str:
        each = "; ".join(
            f"{stage} {in_words(own)}, {in_words(other)} and {in_words(chance)}"
            for stage, (own, other, chance) in zip(stages, overlaps, strict=True)
        )
        return (
            f"The overlap with mask {mask} at the end, of the lens, of the same with the prompt at "
            f"{token_in_words(self.token)}, and of random tokens: {each}. "
            f"{most_above(stages, overlaps)}"
        )


def _lens(trace: Trace, stage: str, mask: int) -> Float[np.ndarray, "height width"]:
    """The mask's raw logits as read at a stage, padding included."""
    return array(early_logits(trace, *read_early(trace, stage))[0, mask])


def _random_lens(trace: Trace, stage: str, mask: int) -> list[Float[np.ndarray, "row column"]]:
    """The same with random vectors of the same length in the place of the mask's token."""
    tokens, image = read_early(trace, stage)
    place = trace.decoder_tokens.mask(mask)
    drawn = np.random.default_rng(0).standard_normal((_RANDOM, tokens.shape[2]))
    length = float(tokens[0, place].norm())
    drawn *= length / np.linalg.norm(drawn, axis=1, keepdims=True)
    random = tokens.expand(_RANDOM, -1, -1).clone()
    random[:, place] = torch.tensor(drawn, device="cpu").to(tokens)
    found = array(early_logits(trace, random, image)[:, mask])
    return [over_the_picture(each, trace.frame) for each in found]
