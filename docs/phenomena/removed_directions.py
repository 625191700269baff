"""Removed directions: whether a click's mask needs what read-outs read off the tokens.

python docs/phenomena/removed_directions.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.model.addresses import in_block
from sam_explore.probes.causes.removed_directions import removable, runs_without
from sam_explore.tracing import Trace

ASKED = ("same object", "kind", "boundary", "foreground")
DIRECTIONS, LEARNED_FROM = 8, 16  # the probe's own: directions, and scenes
AS_MUCH, OTHERS = "as much off, random directions", "without random directions"


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU of a click's chosen mask with each question's directions removed in two blocks."""
    drawn = list(cases(sam.config.image_size, options.scenes))
    depth = sam.config.encoder_depth
    return [
        row
        for block in (depth // 2 - 1, depth - 1)
        for fact in ASKED
        for row in _rows(sam, drawn, fact, block)
    ]


def _rows(sam: Sam, drawn: list[Case], fact: str, block: int) -> list[Row]:
    ious = np.array([_one(sam, case, fact, block) for case in drawn])
    own, without, as_much, others = ious.T
    name = f"{fact}, block {block}"
    return [
        Row(f"{name}: true IoU as it is", own, "without what is read", without),
        Row(f"{name}: true IoU, {AS_MUCH}", as_much, "without what is read", without),
        Row(f"{name}: true IoU, {OTHERS}", others, "without what is read", without),
    ]


def _one(sam: Sam, case: Case, fact: str, block: int) -> Float[np.ndarray, "4"]:
    """As it is, without what is read, and in both controls."""
    trace = Trace(sam, case.drawn.image, case.click)
    at = in_block(block, "hook_residual_post")
    found = removable(trace, fact, LEARNED_FROM, at, DIRECTIONS)
    answers = [each.prediction for each in runs_without(trace, at, found)]
    return np.array([mask_iou(each.masks()[each.chosen], case.truth) for each in answers])


def claims(rows: list[Row]) -> dict[str, int]:
    """A mask needs what is read if it loses more than in both controls."""
    signs = {row.measured: row.sign for row in rows}
    found = {}
    for row in rows:
        name, _, what = row.measured.partition(": true IoU ")
        if what == "as it is":
            controls = [signs[f"{name}: true IoU, {each}"] for each in (AS_MUCH, OTHERS)]
            fact, _, block = name.partition(", ")
            needs = min(controls) if min(controls) * max(controls) > 0 else 0
            found[f"a click needs what tells “{fact}” after {block}"] = needs if row.sign > 0 else 0
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments, scenes=40)


if __name__ == "__main__":
    main()
