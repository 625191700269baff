"""Windows leave seams: tokens differ more across the edge of two windows than inside of one.

python docs/phenomena/seams.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run, untrained

from sam_explore.model import Sam
from sam_explore.model.addresses import EVERY, IMAGE_TOKENS, in_block
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.probes.sizes.window_seams import seam
from sam_explore.tracing import Trace

PLACES = (
    "what windowed attention adds",
    "what global attention adds",
    "the stream after the last block",
    "the image tokens",
    "the logits of the chosen mask",
)


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Three rows a place: against half a window further on, and against random weights."""
    found = np.array([_one(sam, case) for case in cases(sam.config.image_size, options.scenes)])
    rows = []
    for index, place in enumerate(PLACES):
        own, further, random = found[:, index].T
        rows += [
            Row(f"{place}: jump at the edges by jump elsewhere", own, "half a window on", further),
            Row(f"{place}: jump at the edges by jump elsewhere", own, "random weights", random),
        ]
    return rows


def _one(sam: Sam, case: Case) -> list[tuple[float, float, float]]:
    trace = Trace(sam, case.drawn.image, case.click)
    random = Trace(untrained(sam.config, case.seed), case.drawn.image, case.click)
    chosen = trace.prediction.chosen
    own, further, by_chance = seams(trace, chosen), seams(trace, chosen, 0.5), seams(random, chosen)
    return list(zip(own, further, by_chance, strict=True))


def seams(trace: Trace, mask: int, part: float = 0.0) -> list[float]:
    """The seam at each of the places; with `part`, of edges so much of a window further on."""
    window = trace.sam.config.window_size
    shift = int(part * window)
    added = trace.read(in_block(EVERY, "attention.hook_out")).values()
    by_block = [seam(each[0].double().numpy(), window, shift) for each in added]
    windowed = [each for each, size in zip(by_block, trace.windows, strict=True) if size]
    everywhere = [each for each, size in zip(by_block, trace.windows, strict=True) if not size]
    last = in_block(trace.sam.config.encoder_depth - 1, "hook_residual_post")
    image = np.moveaxis(trace[IMAGE_TOKENS][0].double().numpy(), 0, -1)
    logits = trace.prediction.visible[mask].astype(float)[..., None]
    return [
        float(np.mean(windowed)),
        float(np.mean(everywhere)),
        seam(trace[last][0].double().numpy(), window, shift),
        seam(image, window, shift),
        seam(logits, window, shift, LOGITS_A_TOKEN),
    ]


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for index, place in enumerate(PLACES):
        against, random = rows[2 * index : 2 * index + 2]
        found[f"there are seams in {place}"] = against.sign
        found[f"seams in {place} are stronger than with random weights"] = random.sign
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
