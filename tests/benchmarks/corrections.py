"""What a second click brings, by whether logits go back with it and by which mask answers.

python tests/benchmarks/corrections.py --help
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

import sam_explore as sx
from sam_explore.corrections import NO_FEEDBACK, TOKEN_0
from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction
from sam_explore.scenes import EXAMPLES, example_scene
from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine

SMALLEST_SHARE = 0.01  # of the picture
SLACK = 0.01  # of IoU, within which a second click counts as no worse
FIRST, FIRST_ORACLE = "first click, as published", "first click, the best of the four in truth"
TRUTH = "the best of the four in truth"
SECOND = {
    NO_FEEDBACK: (
        "second click, clicks alone, token 0",
        "second click, clicks alone, best predicted of the four",
        f"second click, clicks alone, {TRUTH}",
    ),
    TOKEN_0: (
        "second click, logits fed back, token 0",
        "second click, logits fed back, best predicted of the four",
        f"second click, logits fed back, {TRUTH}",
    ),
}

Mask = Bool[np.ndarray, "height width"]


def targets(names: tuple[str, ...]) -> Iterator[tuple[str, int, Mask]]:
    """Name of the example, level and mask of each region of 1 % of the picture or more."""
    for name in names:
        scene = example_scene(name)
        for index, region in enumerate(scene.regions):
            if scene.mask(index).mean() >= SMALLEST_SHARE:
                yield name, region.level, scene.mask(index)


def middle(mask: Mask) -> tuple[int, int]:
    """x, y of the middle of the largest square of pixels inside a mask, the first of several."""
    sums = np.pad(mask.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def full(reach: int) -> np.ndarray:
        """Where a square that reaches so far to each side of its middle lies in the mask."""
        side = 2 * reach + 1
        inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]
        return inside + sums[:-side, :-side] == side * side

    low, high = 0, (min(mask.shape) + 1) // 2  # it fits with the one, and not with the other
    while high - low > 1:
        reach = (low + high) // 2
        low, high = (reach, high) if full(reach).any() else (low, reach)
    row, column = np.argwhere(full(low))[0]
    return int(column) + low, int(row) + low


def measure_one(sam: Sam, encoded: EncodedImage, truth: Mask) -> dict[str, float]:
    """True IoU after one click in the middle of a region, and after a second in the error."""
    first = sx.predict(sam, encoded, Prompts(points=[middle(truth)]))
    true = ious(first, truth)
    found = {FIRST: true[first.chosen], FIRST_ORACLE: true.max()}
    wrong = first.masks()[first.chosen] ^ truth
    x, y = middle(wrong if wrong.any() else truth)
    for rule, answers in SECOND.items():
        prompts = rule.prompts(first, first.chosen, (x, y), int(truth[y, x]))
        second = sx.predict(sam, encoded, prompts)
        true = ious(second, truth)
        best, last = int(second.iou.argmax()), int(true.argmax())
        for name, mask in zip(answers, (rule.answer(second), best, last), strict=True):
            found[name] = true[mask]
    return found


def ious(prediction: Prediction, truth: Mask) -> Float[np.ndarray, "mask"]:
    """True IoU of each mask."""
    return np.array([mask_iou(mask, truth) for mask in prediction.masks()])


def report(sam: Sam, names: tuple[str, ...]) -> list[str]:
    """The whole report as lines of markdown."""
    found, levels, encoded = [], [], {}
    for name, level, truth in targets(names):
        if name not in encoded:
            encoded = {name: sx.encode(sam, sx.example(name))}
        found.append(measure_one(sam, encoded[name], truth))
        levels.append(level)
    levels = np.array(levels)
    rows = [["true IoU", "mean", *LEVELS, "no worse than the first click"]]
    first = np.array([each[FIRST] for each in found])
    for name in found[0]:
        values = np.array([each[name] for each in found])
        by_level = [values[levels == level].mean() for level in range(len(LEVELS))]
        kept = f"{np.mean(values >= first - SLACK):.0%}" if name.startswith("second") else ""
        rows.append([name, values.mean(), *by_level, kept])
    counts = ", ".join(f"{(levels == i).sum()} {name}" for i, name in enumerate(LEVELS))
    return [
        f"{len(found)} targets of {len(names)} examples ({counts}): every region of "
        f"{SMALLEST_SHARE:.0%} of its picture or more. {machine(('torch',))}.",
        "",
        *markdown(rows),
    ]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", help="a file; the small model that ships if left out")
    parser.add_argument("--examples", nargs="+", default=EXAMPLES, choices=EXAMPLES)
    parser.add_argument("--threads", type=int, default=2, help="default 2")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    sam = sx.load(arguments.weights) if arguments.weights else sx.load()
    lines = report(sam, tuple(arguments.examples))
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "corrections", lines)


if __name__ == "__main__":
    main()
