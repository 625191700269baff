"""The channel projection's 3 x 3 convolution mixes neighbours, after the channels are final.

python docs/phenomena/channel_projection.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run, untrained

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.model.addresses import in_projection
from sam_explore.probes.projection.neighbour_mixing import (
    AROUND,
    CENTRE,
    SUMMED,
    shares_of_nine,
    with_mixing,
)
from sam_explore.probes.projection.projection_stages import (
    STAGES,
    likeness_of_neighbours,
    stages_of,
)
from sam_explore.tracing import Trace

LEFT = (SUMMED, CENTRE, AROUND)
BEFORE, AFTER = list(STAGES)[2:4]  # the 3 x 3 convolution


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU with the mixing and without; the neighbours' share; how alike neighbours are."""
    found = np.array([_one(sam, case) for case in cases(sam.config.image_size, options.scenes)]).T
    own, *without = found[: 1 + len(LEFT)]
    share, share0, before, after = found[1 + len(LEFT) :]
    return [
        *(
            Row("true IoU of a click", own, f"with {left}", each)
            for left, each in zip(LEFT, without, strict=True)
        ),
        Row("share of the eight neighbours in the variance", share, "random weights", share0),
        Row("cosine of tokens side by side, after the 3 x 3", after, "before it", before),
    ]


def _one(sam: Sam, case: Case) -> list[float]:
    trace = Trace(sam, case.drawn.image, case.click)
    runs = trace, *(with_mixing(trace, left) for left in LEFT)
    found = [mask_iou(each.prediction.masks()[each.prediction.chosen], case.truth) for each in runs]
    random = Trace(untrained(sam.config, case.seed), case.drawn.image, case.click)
    stages = stages_of(trace)
    alike = [likeness_of_neighbours(stages[name]) for name in (BEFORE, AFTER)]
    return [*found, _neighbours_share(trace), _neighbours_share(random), *alike]


def _neighbours_share(trace: Trace) -> float:
    weight = trace.sam.image_encoder.channel_projection.conv2.weight
    features = trace[in_projection("hook_norm1")]
    return float(1 - shares_of_nine(features, weight, trace.frame.tokens_shown)[1, 1])


def claims(rows: list[Row]) -> dict[str, int]:
    summed, middle, around, share, alike = (row.sign for row in rows)
    return {
        "masks are better with the mixing than with all nine weights on the token": summed,
        "masks are better with it than with the middle weights alone": middle,
        "masks are better with it than with the eight around alone": around,
        "the neighbours have more of the variance than with random weights": share,
        "the convolution makes neighbours more alike": alike,
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
