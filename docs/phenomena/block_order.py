"""Block order: what a click's mask loses when a block is left out, swapped or run twice.

python docs/phenomena/block_order.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import Prediction
from sam_explore.probes.causes.block_order import CHANGES, orders
from sam_explore.tracing import Trace, answer_in_order

OUT, SWAPPED, TWICE = CHANGES
# A change that should cost less, and one that should cost more; of the blocks that have both.
COMPARED = ((SWAPPED, OUT), (TWICE, OUT), (SWAPPED, TWICE))


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU of a click's chosen mask as it is and in each other order; then means of orders."""
    drawn = cases(sam.config.image_size, options.scenes)
    own, changed = map(np.array, zip(*(_one(sam, case) for case in drawn), strict=True))
    rows = [
        Row("a click: true IoU", own, f"block {block} {change}", changed[:, number, block])
        for number, change in enumerate(CHANGES)
        for block in range(sam.config.encoder_depth)
        if np.isfinite(changed[0, number, block])
    ]
    means = {name: changed[:, number, :-1].mean(axis=1) for number, name in enumerate(CHANGES)}
    return rows + [
        Row(f"true IoU, a block {less}", means[less], f"a block {more}", means[more])
        for less, more in COMPARED
    ]


def _one(sam: Sam, case: Case) -> tuple[float, Float[np.ndarray, "change block"]]:
    """True IoU as it is, and for each change of each block; NaN where there is no such change."""
    trace, depth = Trace(sam, case.drawn.image, case.click), sam.config.encoder_depth
    ious = np.full((len(CHANGES), depth), np.nan)
    for block in range(depth):
        for change, order in orders(depth, block).items():
            ious[CHANGES.index(change), block] = _iou(answer_in_order(trace, order), case)
    return _iou(trace.prediction, case), ious


def _iou(prediction: Prediction, case: Case) -> float:
    return mask_iou(prediction.masks()[prediction.chosen], case.truth)


def claims(rows: list[Row]) -> dict[str, int]:
    """For each block and change, that it costs; then which change costs less."""
    found = {}
    for row in rows:
        if row.measured == "a click: true IoU":
            found[f"a click is answered worse with {row.against}"] = row.sign
        else:
            less = row.measured.removeprefix("true IoU, ")
            found[f"{less} costs less than {row.against}"] = row.sign
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
