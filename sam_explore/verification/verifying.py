"""From a file to its report."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, UInt8

from sam_explore.loading import check_device, official_names, read_weights, sam_from

from .decoder_claims import CLAIMS as DECODER_CLAIMS
from .decoder_claims import gradient_by_the_click
from .encoder_claims import CLAIMS as ENCODER_CLAIMS
from .encoder_claims import a_row_by_itself
from .parts import every_part
from .peers import compare
from .report import RELEASED, File, Report
from .rows import Row, Subject, measured, unjudged

# What holds by the computation alone, whatever the weights are.
CHECKS = (a_row_by_itself, gradient_by_the_click)


def verify(
    path: Path,
    image: UInt8[np.ndarray, "height width 3"],
    truth: Bool[np.ndarray, "height width"],
    *,
    device: str | torch.device = "cpu",
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Load a file, run a picture through every part, compare, and measure what is claimed of SAM.

    The claims are about the released models. In a network of other sizes, such as the small model
    that ships, the same figures are measured, and nothing is said of whether a claim holds.

    Takes some minutes for the released models: a dozen runs of the image encoder, half of which
    start from a block in the middle.

    Args:
        path: the weights.
        image: the picture, RGB from 0 to 255.
        truth: the pixels of the prompted object.
        device: where to run our model and the others.
        say: called with a sentence before each step.

    Raises:
        OSError, ValueError: the file can't be loaded, or there is no such device, as in `load`.
    """
    check_device(device)
    say(f"Reading {path.name}")
    file = File.of(path)
    begun = time.perf_counter()
    weights = read_weights(path)
    sam = sam_from(weights, path.name, device=device)
    seconds = time.perf_counter() - begun
    subject = Subject(sam, image, truth)
    say("Every part on the picture")
    parts = measured(every_part, subject)
    official = official_names(weights, path.name)
    peers = measured(_named("comparison", partial(compare, official=official, say=say)), subject)
    checks = _all_of(CHECKS, subject, say)
    claims: Sequence[Callable] = [*ENCODER_CLAIMS, *DECODER_CLAIMS]
    if sam.config not in RELEASED:
        claims = [unjudged(claim) for claim in claims]
    found = _all_of(claims, subject, say)
    return Report(file, sam.config, str(sam.device), seconds, parts, peers, checks, found)


def _all_of(measures: Sequence[Callable], subject: Subject, say: Callable) -> list[Row]:
    rows = []
    for measure in measures:
        say(f"Measuring {measure.__name__.replace('_', ' ')}")
        rows += measured(measure, subject)
    return rows


def _named(name: str, measure: partial) -> partial:
    measure.__name__ = name  # type: ignore[attr-defined]
    return measure
