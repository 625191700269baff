"""Writes what input sizes other than the trained one cost, in docs/pictures_and_sizes.md.

python docs/make_sides.py [--weights FILE] [--scenes N]
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).with_name("phenomena")))

from common import Case, cases, digest

from sam_explore.geometry import Prompts
from sam_explore.loading import load, shipped_weights
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import encode, predict
from sam_explore.toy.exam.tables import markdown, write_between_marks

PAGE = Path(__file__).with_name("pictures_and_sizes.md")
MARK = "sides"
DRAWN = 512  # side of the pictures in pixels
OF_THE_TRAINED = (0.5, 0.75, 1, 1.25, 1.5, 2)


def sides(sam: Sam) -> list[int]:
    """The trained side and others, in whole patches."""
    patch, trained = sam.config.patch_size, sam.config.image_size
    return [round(part * trained / patch) * patch for part in OF_THE_TRAINED]


def qualities(sam: Sam, case: Case, side: int) -> tuple[float, float]:
    """True IoU of token 0 for a box, and of the best of tokens 1 to 3 for a click."""
    encoded = encode(sam, case.drawn.image, preprocessing="stretch", side=side)
    box = Prompts(box=case.drawn.box(case.index))
    by_box, by_click = predict(sam, encoded, [box, case.click])
    best = max(mask_iou(mask, case.truth) for mask in by_click.masks()[1:])
    return mask_iou(by_box.masks()[0], case.truth), best


def lines(sam: Sam, scenes: int) -> list[str]:
    """The table, and the sentence above it."""
    found = np.array([
        [qualities(sam, case, side) for side in sides(sam)] for case in cases(DRAWN, scenes)
    ])  # fmt: skip
    by_box, by_click = found.mean(axis=0).T.tolist()
    return [
        f"The small model, trained at {sam.config.image_size}, on the first {scenes} scenes of "
        f"[phenomena](phenomena.md), drawn at {DRAWN} × {DRAWN} and stretched; mean IoU with the "
        "true mask of a whole object:",
        "",
        *markdown([
            ["side", *map(str, sides(sam))],
            ["a box, mask 0", *by_box],
            ["a click, best of masks 1 to 3", *by_click],
        ]),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped toy")
    parser.add_argument("--scenes", type=int, default=60, help="default: 60")
    parser.add_argument("--write", type=Path, default=PAGE, help="default: the page")
    options = parser.parse_args(arguments)
    name = options.weights.name if options.weights else "the shipped weights"
    measured = f"Measured with {name} (SHA-256 {digest(options.weights or shipped_weights())})."
    table = lines(load(options.weights), options.scenes)
    write_between_marks(options.write, MARK, [*table, "", measured])


if __name__ == "__main__":
    main()
