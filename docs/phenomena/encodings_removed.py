"""Each of the three encodings of places removed, and the tokens shuffled: what is lost.

python docs/phenomena/encodings_removed.py --help
"""

import argparse
from collections.abc import Iterator

import numpy as np
from common import Case, Row, cases, run
from jaxtyping import Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.probes.positions.shuffled_tokens import VARIANTS, shuffled, variant
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import (
    AblateBlock,
    AblateCoordinateEncoding,
    AblatePositionEncoding,
    AblateRelativePositions,
    Intervention,
)

# What a run is compared with, by its name.
WITHOUT: dict[str, tuple[Intervention, ...]] = {
    "without the added": (AblatePositionEncoding(),),
    "the added the same everywhere": (AblatePositionEncoding("mean"),),
    "without the relative": (AblateRelativePositions(),),
    "without both of these": (AblatePositionEncoding(), AblateRelativePositions()),
    "without Fourier of places": (AblateCoordinateEncoding("grid"),),
    "without Fourier of prompts": (AblateCoordinateEncoding("prompts"),),
}
PROMPTS = ("a click", "a box")


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU of a click and of a box with and without each; then with the tokens shuffled."""
    found = [_one(sam, case) for case in cases(sam.config.image_size, options.scenes)]
    ious = np.array([each[0] for each in found])  # scene, run, prompt
    rows = [
        Row(f"{prompt}: true IoU", ious[:, 0, at], name, ious[:, number, at])
        for at, prompt in enumerate(PROMPTS)
        for number, name in enumerate((*WITHOUT, "without any block"), start=1)
    ]
    changes, before, after = np.moveaxis(np.array([each[1] for each in found]), -1, 0)
    rows += [
        Row(f"a click, {name}: true IoU", before[:, at], "tokens shuffled", after[:, at])
        for at, name in enumerate(VARIANTS)
    ]
    *others, neither = VARIANTS
    return rows + [
        Row(f"{name}: change of shuffled tokens", changes[:, at], neither, changes[:, -1])
        for at, name in enumerate(others)
    ]


def _one(
    sam: Sam, case: Case
) -> tuple[Float[np.ndarray, "run prompt"], Float[np.ndarray, "variant 3"]]:
    """True IoU in each run; then for each variant, the change of the tokens and both true IoUs."""
    trace = Trace(sam, case.drawn.image, case.click)
    ious = np.array([[_quality(each, case.truth) for each in runs] for runs in _runs(trace, case)])
    found = [shuffled(variant(trace, *taken), case.seed) for taken in VARIANTS.values()]
    pairs = [(each.before, each.after) for each in found]
    after = [[_iou(one, case.truth) for one in pair] for pair in pairs]
    return ious, np.array([[each.change, *both] for each, both in zip(found, after, strict=True)])


def _runs(trace: Trace, case: Case) -> Iterator[tuple[Trace, Trace]]:
    """As it is, without each, and without any block: with the click, and with the box."""
    blocks = tuple(map(AblateBlock, range(trace.sam.config.encoder_depth)))
    box = Prompts(box=case.drawn.box(case.index))
    for changes in ((), *WITHOUT.values(), blocks):
        changed = trace.with_interventions(*changes)
        yield changed, changed.with_prompts(box)


def _quality(trace: Trace, truth: np.ndarray) -> float:
    return _iou(trace.prediction, truth)


def _iou(prediction, truth: np.ndarray) -> float:
    return mask_iou(prediction.masks()[prediction.chosen], truth)


def claims(rows: list[Row]) -> dict[str, int]:
    by_name = {(row.measured, row.against): row.sign for row in rows}
    found = {}
    for prompt in PROMPTS:
        for name in WITHOUT:
            found[f"{prompt} is answered worse {_in_words(name)}"] = by_name[
                f"{prompt}: true IoU", name
            ]
    found["a click is answered worse without any block"] = by_name[
        "a click: true IoU", "without any block"
    ]
    for name in VARIANTS:
        if name != "neither":
            found[f"shuffled tokens give a worse answer, {name}"] = by_name[
                f"a click, {name}: true IoU", "tokens shuffled"
            ]
    return found


def _in_words(name: str) -> str:
    return f"with {name}" if name.startswith("the ") else name


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
