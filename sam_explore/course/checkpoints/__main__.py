"""Pack weights that were kept along a training, and measure how well their masks agree.

    python -m sam_explore.course.checkpoints runs/toy/kept/000003056.safetensors ...

The files' names are numbers of scenes seen. For each it writes docs/training/N.safetensors.xz, as
coarse as a mean IoU of 0.98 with the original's masks allows, over clicks and boxes in drawn
scenes.
"""

import argparse
from itertools import islice
from pathlib import Path
from statistics import fmean

import numpy as np
from jaxtyping import Bool

from sam_explore.geometry import Prompts
from sam_explore.loading import load
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import encode, predict
from sam_explore.probes.common.asked_objects import asked_levels

from .kept import FOLDER, named
from .packing import pack, unpack

FIRST_SEED = 500
_ENOUGH = 0.98  # of agreement
_LARGEST = (31, 39, 47, 55, 63, 79, 95, 127)  # whole numbers, tried until the masks agree


def main(arguments: list[str] | None = None) -> None:
    """Pack from the command line; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m sam_explore.course.checkpoints",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", type=Path, nargs="+", help="files of weights")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default docs/training")
    parser.add_argument("--scenes", type=int, default=20, help="for the agreement (default 20)")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for path in options.weights:
        seen = int(path.stem)
        target = options.folder / named(seen)
        original = load(path)
        masks = _masks(original, options.scenes)
        for largest in _LARGEST:
            target.write_bytes(pack(original.state_dict(), largest))
            agrees = agreement(masks, _masks(load(unpack(target.read_bytes())), options.scenes))
            if agrees >= _ENOUGH:
                break
        size = target.stat().st_size / 1e6
        print(f"{target}: {largest}, {size:.2f} MB, masks agree by {agrees:.4f}")  # noqa: T201


def agreement(
    masks: Bool[np.ndarray, "mask row column"], others: Bool[np.ndarray, "mask row column"]
) -> float:
    """The mean IoU of pairs of masks; two empty ones agree."""
    return fmean(
        mask_iou(one, other) if one.any() or other.any() else 1.0
        for one, other in zip(masks, others, strict=True)
    )


def _masks(sam: Sam, scenes: int) -> Bool[np.ndarray, "mask row column"]:
    """All four masks for a click and a box in each of some drawn scenes."""
    found = []
    for asked in islice(asked_levels(FIRST_SEED), scenes):
        rows, columns = np.nonzero(asked.masks[0])
        box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        prompts = [Prompts(points=[asked.click]), Prompts(box=box)]
        found += [each.logits > 0 for each in predict(sam, encode(sam, asked.image), prompts)]
    return np.concatenate(found)


if __name__ == "__main__":
    main()
