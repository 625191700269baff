"""Do poor prompts draw the decoder's attention off the object?"""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model.addresses import in_decoder_attention
from sam_explore.number_text import text
from sam_explore.prediction import EncodedImage, prediction_from, prompt_tensors
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import SweepTable, Trace, announce, record

from ..common.asked_objects import JITTER, OFF, AskedObject, asked_objects
from ..common.decoder_attention import (
    EVERY_PLACE,
    looks_at_image,
    mask_by_cell,
    place_in_words,
    place_knob,
    share_by_token,
)
from ..common.input_sizes import AS_IN_RUN, encoded_as_in
from ..common.intervals import band
from ..common.numbers import array
from ..common.probe import Probe, knob


@dataclass(frozen=True)
class AttentionByPromptQuality(Probe):
    """How much of the attention to the image falls on the true object, for good and worse prompts.

    On drawn scenes with exact truth, of which one object is asked for. A click begins at the place
    deepest inside the object and moves straight towards its edge, in a direction drawn by chance. A
    box begins as the object's own, and its corners are moved by chance. Of the run only the model
    and the preprocessing are used: neither its picture and prompts nor its windows and changes.

    The same scenes are asked with each prompt, so the change from the best prompt is taken scene by
    scene. Bands are 95 % intervals of the mean: percentiles of the bootstrap over scenes. With few
    scenes they are wide.

    Reads: mask_decoder.transformer.layers.N.token_to_image.hook_pattern and
        mask_decoder.transformer.final_token_to_image.hook_pattern in the mean of the heads, for the
        token of the model's choice of masks or for the first prompt token, and the prediction.
    Returns: a Panel of three Profiles over how poor the prompt is: the share of attention on the
        object, its change from that with the best prompt, and the true IoU of the model's choice.
    Unit: shares from 0 to 1; IoU with the truth in the frame of the logits, 0 to 1.
    Source: Stable-SAM (arXiv 2311.15776) says of SAM that poor prompts shift attention off the
        object; this is a test of it, on other pictures. The measure is our own.
    """

    title = "Do poor prompts draw attention off the object?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    prompt: str = knob("click", "prompt", choices=("click", "box"), matters=True)
    scenes: int = knob(6, "scenes", low=2, high=16, matters=True)
    place: int = place_knob(EVERY_PLACE, EVERY_PLACE)
    looking: str = knob("mask token", "who looks", choices=("mask token", "prompt token"))

    def read(self, trace: Trace) -> Panel:
        found = []
        for number, asked in enumerate(islice(asked_objects(), self.scenes), start=1):
            announce(f"Scene {number} of {self.scenes}")
            found.append(self.measured(trace, asked))
        shares, ious, areas = (np.array(each) for each in zip(*found, strict=True))
        x = np.array(OFF if self.prompt == "click" else JITTER)
        even = Curve(np.full(len(x), areas.mean()), "if attention were spread evenly")
        words = _words(self, x, shares, ious, float(areas.mean()))
        where = "at all places" if self.place == EVERY_PLACE else ""
        where = where or place_in_words(self.place, trace.sam.config)
        moved = shares - shares[:, :1]
        zero = Curve(np.zeros(len(x)), "no change")
        charts = (
            ("Attention on the object", (band(shares, f"{self.looking}, {where}"), even), "share"),
            ("Change from the best prompt", (band(moved, "scene by scene"), zero), "share"),
            ("True IoU of the mask", (band(ious, "the model's choice"),), "IoU"),
        )
        return Panel(
            tuple(
                Profile(x, curves, title, words, _X_NAMES[self.prompt], name)
                for title, curves, name in charts
            ),
            title=f"Attention and the quality of the {self.prompt}",
            words=words,
            across=3,
        )

    def measured(self, trace: Trace, asked: AskedObject) -> tuple[list[float], list[float], float]:
        """The share of attention on the object and the true IoU for each prompt, and its area."""
        sam, prompts = trace.sam, asked.prompts(self.prompt)
        encoded = encoded_as_in(trace, asked.image, AS_IN_RUN)
        places = looks_at_image(sam.config)
        wanted = places if self.place == EVERY_PLACE else places[self.place : self.place + 1]
        logits, iou, weights = _decoded(trace, encoded, prompts, wanted)
        truth = mask_by_cell(asked.mask, encoded.frame)
        inside = share_by_token(truth, encoded.frame.grid)
        tokens = sam.description.decoder_tokens(prompts[0])
        shares, ious = [], []
        for each, guesses, looks, one in zip(logits, iou, weights, prompts, strict=True):
            chosen = prediction_from(each, guesses, one, encoded.frame).chosen
            is_mask = self.looking == "mask token"
            number = tokens.mask(chosen) if is_mask else tokens.prompt(0)
            shares.append(float((looks[number].reshape(inside.shape) * inside).sum()))
            ious.append(mask_iou(array(each[chosen]) > 0, truth))
        return shares, ious, float(inside.mean())


def _decoded(
    trace: Trace, encoded: EncodedImage, prompts: list[Prompts], places: tuple[str, ...]
) -> tuple[Tensor, Tensor, Float[np.ndarray, "prompt token place"]]:
    """Logits and predicted IoU of some prompts of one kind, all at once, and attention.

    That is the mean over the heads and the places.
    """
    sam = trace.sam
    points, labels, boxes, _ = prompt_tensors(prompts, encoded.frame, sam.device)
    names = [in_decoder_attention(place, "hook_pattern") for place in places]
    with torch.inference_mode(False), torch.no_grad(), record(sam, names) as found:
        tokens = sam.encode_prompts(points, labels, boxes, prompts[0].has_padding)
        logits, iou = sam.decode(encoded.tokens, tokens)
    return logits, iou, np.mean([array(found[name]).mean(axis=1) for name in names], axis=0)


_X_NAMES = {
    "click": "way from the middle of the object to its edge",
    "box": "jitter of the corners, as a share of the box's sides",
}


def _words(
    probe: AttentionByPromptQuality,
    x: Float[np.ndarray, "prompt"],
    shares: Float[np.ndarray, "scene prompt"],
    ious: Float[np.ndarray, "scene prompt"],
    area: float,
) -> str:
    moved = SweepTable(("moved",), (shares[:, -1] - shares[:, 0])[None])
    low, high = map(float, moved.interval()[0])
    spans = "does not hold" if low > 0 or high < 0 else "holds"
    best, worst = shares.mean(axis=0)[[0, -1]]
    return (
        f"Over {len(shares)} scenes the {probe.looking} gives {text(float(best))} of its attention "
        f"to the object with the best {probe.prompt}, and {text(float(worst))} with the poorest "
        f"({text(float(x[-1]))}); evenly spread it would be {text(area)}. Scene by scene the "
        f"change is {text(float(worst - best))}, with a 95 % interval from {text(low)} to "
        f"{text(high)}, which {spans} 0. The true overlap of the model's choice goes from "
        f"{text(float(ious[:, 0].mean()))} to {text(float(ious[:, -1].mean()))}."
    )
