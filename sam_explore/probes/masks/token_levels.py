"""Which mask token answers which level?"""

from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import prompt_tensors
from sam_explore.readings import Matrix, Panel, Profile, Scale
from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.tracing import Trace, announce, edit
from sam_explore.tracing.interventions import DropMaskToken

from ..common.asked_objects import AskedLevels, asked_levels
from ..common.decoder_attention import mask_by_cell
from ..common.input_sizes import (
    AS_IN_RUN,
    encoded_as_in,
    input_tokens_knob,
    size_in_words,
    smaller_input,
)
from ..common.intervals import band, interval_in_words
from ..common.numbers import array
from ..common.probe import Probe, knob

FIRST = 1  # token 0 is for several prompts, those from here on are the alternatives
WAYS = ("all four", "without token 0", "token 0 unseen")


class LevelAnswer(NamedTuple):
    """What a click on three levels is answered with.

    Args:
        ious: true IoU of each mask with each level.
        predicted: predicted IoU of each mask.
        ious_unseen, predicted_unseen: the same where no token sees token 0.
    """

    ious: Float[np.ndarray, "mask level"]
    predicted: Float[np.ndarray, "mask"]
    ious_unseen: Float[np.ndarray, "mask level"]
    predicted_unseen: Float[np.ndarray, "mask"]

    def chosen(self) -> list[float]:
        """For each of `WAYS` the true IoU of the mask with the best predicted one.

        It is that with the level that fits the mask best: any of them may be meant.
        """
        first = min(FIRST, len(self.predicted) - 1)
        ways = (
            (self.ious, self.predicted),
            (self.ious[first:], self.predicted[first:]),
            (self.ious_unseen[first:], self.predicted_unseen[first:]),
        )
        return [float(ious[predicted.argmax()].max()) for ious, predicted in ways]


@dataclass(frozen=True)
class TokenLevels(Probe):
    """True IoU of each mask with the whole, the part and the sub-part under a click, over scenes.

    On drawn scenes with exact truth, in each a click on a sub-part, which also lies on a part and
    on a whole. Of the run only the model and the preprocessing are used. If tokens have learned
    levels, each fits one level best; if not, all fit alike.

    The last chart asks what token 0 is good for with a single click: the mask with the best
    predicted IoU is taken among all four, among the others, and among the others where nothing
    attends to token 0. Its true IoU is with the level that fits it best.

    Bands are 95 % intervals of the mean: percentiles of the bootstrap over scenes. With few scenes
    they are wide.

    Reads: the prediction, as it is and without attention to token 0.
    Returns: a Panel of a Matrix (mask, level) of mean true IoU; a Profile over the masks, for each
        level the share of scenes in which that mask fits it best; and a Profile over ways to choose
        of the true IoU of the chosen mask.
    Unit: IoU in the frame of the logits, and shares, from 0 to 1.
    Source: the paper's section 3 and its figure 3 say that three masks suffice for whole, part and
        sub-part, not that each has its token (arXiv 2304.02643); the measure is our own.
    """

    title = "Which mask token answers which level?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    scenes: int = knob(6, "scenes", low=1, high=16, matters=True)
    tokens: int = input_tokens_knob()

    def coarser(self, trace: Trace) -> tuple["TokenLevels", ...]:
        """One scene with a smaller input."""
        first = replace(self, scenes=1, tokens=smaller_input(trace))
        return (first,) if self.scenes > 1 else ()

    def read(self, trace: Trace) -> Panel:
        found = []
        for number, asked in enumerate(islice(asked_levels(), self.scenes), start=1):
            announce(f"Scene {number} of {self.scenes}")
            found.append(answered(trace, asked, self.tokens))
        ious = np.array([each.ious for each in found])
        best = best_tokens(ious)
        chosen = np.array([each.chosen() for each in found])
        names = tuple(f"mask {mask}" for mask in range(ious.shape[1]))
        words = _words(ious.mean(axis=0), best, chosen) + size_in_words(self.tokens)
        table = Matrix(
            ious.mean(axis=0), names, LEVELS, "Mean true IoU", words, "", "level",
            Scale("IoU", low=0.0, high=1.0),
        )  # fmt: skip
        x = np.arange(float(len(names)))
        shares = Profile(
            x,
            tuple(band(best[:, :, level], name) for level, name in enumerate(LEVELS)),
            title="How often each fits a level best",
            words=words,
            x_name="mask",
            y_name="share of the scenes",
            y_reach=(0.0, 1.0),
        )
        ways = Profile(
            np.arange(float(len(WAYS))),
            (band(chosen, "mask with the best predicted IoU", "points"),),
            title="What token 0 is good for, with one click",
            words=words,
            x_name="",
            y_name="true IoU",
            x_labels=WAYS,
            y_reach=(0.0, 1.0),
        )
        title = f"Masks and levels over {self.scenes} scenes"
        return Panel((table, shares, ways), title=title, words=words, across=3)


def answered(trace: Trace, asked: AskedLevels, input_tokens: int = AS_IN_RUN) -> LevelAnswer:
    """The answer to a click, by the run's model, with and without attention to token 0.

    Args:
        trace: the run, of which only the model and the preprocessing are used.
        asked: the picture, the click and the true masks.
        input_tokens: tokens along the input's longer side.
    """
    sam, encoded = trace.sam, encoded_as_in(trace, asked.image, input_tokens)
    click = Prompts(points=[asked.click])
    points, labels, boxes, _ = prompt_tensors([click], encoded.frame, sam.device)
    truths = [mask_by_cell(mask, encoded.frame) for mask in asked.masks]
    unseen = dict(DropMaskToken(0).edits(trace.plan.run))
    found: list[Float[np.ndarray, "*any"]] = []
    for edits in ({}, unseen):
        with torch.inference_mode(False), torch.no_grad(), edit(sam, edits):
            tokens = sam.encode_prompts(points, labels, boxes, click.has_padding)
            logits, iou = sam.decode(encoded.tokens, tokens)
        masks = array(logits[0]) > 0
        found += [np.array([[mask_iou(mask, truth) for truth in truths] for mask in masks])]
        found += [array(iou[0])]
    return LevelAnswer(*found)


def best_tokens(
    ious: Float[np.ndarray, "scene mask level"],
) -> Float[np.ndarray, "scene mask level"]:
    """1 for the mask that fits a level best in a scene, else 0; the first one of equal ones."""
    return (ious.argmax(axis=1)[:, None] == np.arange(ious.shape[1])[:, None]).astype(float)


def _words(
    ious: Float[np.ndarray, "mask level"],
    best: Float[np.ndarray, "scene mask level"],
    chosen: Float[np.ndarray, "scene way"],
) -> str:
    fits = []
    for level, name in enumerate(LEVELS):
        mask = int(ious[:, level].argmax())
        share = interval_in_words(best[:, mask, level])
        fits.append(f"the {name} best by mask {mask}, {text(float(ious[mask, level]))}")
        fits[-1] += f", which is the best one in a share of {share}"
    lost = interval_in_words(chosen[:, 1] - chosen[:, 0])
    unseen = interval_in_words(chosen[:, 2] - chosen[:, 1])
    return (
        f"Over {len(best)} scenes, by mean true IoU, {'; '.join(fits)}. Choosing without token 0 "
        f"changes the true IoU of the chosen mask by {lost}; hiding it from the others changes "
        f"it by {unseen}."
    )
