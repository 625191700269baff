"""Windows of another size move the logits, but hardly the masks.

python docs/phenomena/window_sizes.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run, sign, untrained
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.probes.common.windows import with_window
from sam_explore.tracing import Trace

# Tokens in the blocks that were trained with windows; 0 is global.
NAMES = {4: "a window of 4", 8: "a window of 8", 0: "global attention"}
WINDOWS = tuple(NAMES)
MOVED, HARDLY = 0.05, 0.05  # of the logits' spread; of the mask

Logits = Float[np.ndarray, "row column"]


def logit_change(before: Logits, after: Logits) -> float:
    """Root mean square of the change, in standard deviations of the logits over the picture."""
    return float(np.sqrt(((after - before) ** 2).mean()) / before.std())


def mask_change(before: Logits, after: Logits, threshold: float = 0.0) -> float:
    """The share of both masks together that is in one of them only: 1 - IoU."""
    return 1 - mask_iou(before > threshold, after > threshold)


def misplaced(before: Logits, after: Logits, rng: np.random.Generator) -> Logits:
    """The same changes, each in another cell."""
    return before + rng.permutation((after - before).ravel()).reshape(before.shape)


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Four rows a window: logits, masks against two nulls, and the true IoU."""
    found = [_one(sam, case) for case in cases(sam.config.image_size, options.scenes)]
    rows = []
    for index, window in enumerate(WINDOWS):
        logits, logits0, mask, mask0, elsewhere, after, before = np.array(found)[:, index].T
        name = NAMES[window]
        random, moved = "random weights", "the same changes in other cells"
        rows += [
            Row(f"{name}: change of the logits", logits, random, logits0),
            Row(f"{name}: change of the mask", mask, random, mask0),
            Row(f"{name}: change of the mask", mask, moved, elsewhere),
            Row(f"{name}: true IoU", after, "trained windows", before),
        ]
    return rows


def _one(sam: Sam, case: Case) -> list[tuple[float, ...]]:
    trace = Trace(sam, case.drawn.image, case.click)
    chosen, rng = trace.prediction.chosen, np.random.default_rng(case.seed)
    before, quality = trace.prediction.visible[chosen], _truth(trace, chosen, case)
    random = Trace(untrained(sam.config, case.seed), case.drawn.image, case.click)
    before0 = random.prediction.visible[chosen]
    # Random logits have no threshold of their own: cut them to a mask of the same area.
    threshold = float(np.quantile(before0, 1 - (before > 0).mean()))
    found = []
    for window in WINDOWS:
        blocks = [block for block, size in enumerate(sam.config.windows) if size]
        windows = with_window(sam.config.windows, blocks, window)
        other = trace.with_windows(windows)
        after = other.prediction.visible[chosen]
        after0 = random.with_windows(windows).prediction.visible[chosen]
        found.append(
            (
                logit_change(before, after),
                logit_change(before0, after0),
                mask_change(before, after),
                mask_change(before0, after0, threshold),
                mask_change(before, misplaced(before, after, rng)),
                _truth(other, chosen, case),
                quality,
            )
        )
    return found


def _truth(trace: Trace, mask: int, case: Case) -> float:
    return mask_iou(trace.prediction.masks()[mask], case.truth)


def claims(rows: list[Row]) -> dict[str, int]:
    """Window by window: do the logits move, and do the masks stay?"""
    found = {}
    for index, name in enumerate(NAMES.values()):
        logits, mask, _, _ = rows[4 * index : 4 * index + 4]
        found[f"{name} moves the logits"] = sign(logits.values - MOVED)
        found[f"{name} hardly changes the masks"] = min(sign(HARDLY - mask.values), -mask.sign)
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
