"""How good a toy model is: one click or one box on objects of scenes that training never draws.

    python -m sam_explore.toy.exam [WEIGHTS]

For each of 200 scenes whose seeds were set aside, one object of at least 5 % of the picture is
asked for, with a click on one of its visible pixels, all as likely, and with its exact box.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.prediction import encode, predict

from .composition import scene
from .sampling import FIRST_TRAINING_SEED
from .scenes import Scene

SCENES = 200
SMALLEST_SHARE = 0.05  # of the picture
GOOD_IOU = 0.6


@dataclass(frozen=True, eq=False)
class Report:
    """IoU with the whole object, one number a scene.

    Args:
        best: one click, the best of tokens 1-3.
        chosen: one click, the one of tokens 1-3 whose predicted IoU is the best.
        box: the object's box, token 0.
        predicted: the predicted IoU of the chosen one.
    """

    best: Float[np.ndarray, "scene"]
    chosen: Float[np.ndarray, "scene"]
    box: Float[np.ndarray, "scene"]
    predicted: Float[np.ndarray, "scene"]

    def __str__(self) -> str:
        rows = [
            ("one click, best of tokens 1-3", self.best),
            ("one click, chosen by predicted IoU", self.chosen),
            ("box, token 0", self.box),
        ]
        lines = [f"{len(self.best)} scenes, one object of at least {SMALLEST_SHARE:.0%} in each"]
        lines += [
            f"{name:36} mean IoU {iou.mean():.3f}   over {GOOD_IOU}: {np.mean(iou > GOOD_IOU):.1%}"
            for name, iou in rows
        ]
        return "\n".join(lines)


def examine(sam: Sam, scenes: int = SCENES) -> Report:
    """Ask for one object in each of the first `scenes` scenes that have one large enough.

    Raises ValueError for so many scenes that their seeds would run into those of the training.
    """
    figures: list[tuple[float, float, float, float]] = []
    for seed in range(FIRST_TRAINING_SEED):
        if len(figures) == scenes:
            return Report(*np.array(figures).T)
        row = _examine_one(sam, seed)
        if row is not None:
            figures.append(row)
    raise ValueError(f"Seeds from {FIRST_TRAINING_SEED} on are for training; ask for fewer scenes.")


def _examine_one(sam: Sam, seed: int) -> tuple[float, float, float, float] | None:
    drawn = scene(seed, sam.config.image_size)
    rng = np.random.default_rng((seed, 2))
    index = _large_object(drawn, rng)
    if index is None:
        return None
    truth = drawn.mask(index)
    y, x = divmod(int(rng.choice(np.flatnonzero(truth))), truth.shape[1])
    asked = [Prompts(points=[(x, y)]), Prompts(box=drawn.box(index))]
    by_click, by_box = predict(sam, encode(sam, drawn.image), asked)
    ious = [iou(mask, truth) for mask in by_click.masks()]
    chosen = by_click.chosen
    return max(ious[1:]), ious[chosen], iou(by_box.masks()[0], truth), float(by_click.iou[chosen])


def _large_object(drawn: Scene, rng: np.random.Generator) -> int | None:
    large = [
        index
        for index, region in enumerate(drawn.regions)
        if region.level == 0 and drawn.mask(index).mean() >= SMALLEST_SHARE
    ]
    return int(rng.choice(large)) if large else None


def iou(mask: Bool[np.ndarray, "h w"], truth: Bool[np.ndarray, "h w"]) -> float:
    """Intersection over union; 0 where both are empty."""
    return float((mask & truth).sum() / max((mask | truth).sum(), 1))


def main(arguments: list[str] | None = None) -> None:
    """Print the report for a weights file, or for the shipped weights."""
    parser = argparse.ArgumentParser(prog="python -m sam_explore.toy.exam", description=__doc__)
    parser.add_argument("weights", nargs="?", help="default: the shipped weights")
    report = examine(load(parser.parse_args(arguments).weights))
    print(report)  # noqa: T201 (this is what the script is for)


if __name__ == "__main__":
    main()
