"""The data engine's three stages: clicks by hand, confident masks filled in, fully automatic.

python docs/phenomena/data_engine.py --help
"""

import argparse
from dataclasses import replace
from itertools import islice

import numpy as np
from common import FIRST_SEED, Row, run
from tqdm import tqdm

from sam_explore.automatic import default_filters
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, predict
from sam_explore.probes.common.annotating import (
    HALF,
    AnnotatedScene,
    SceneToAnnotate,
    StageFigures,
    annotate,
    scenes_to_annotate,
    stage_figures,
)

GOALS = (0.9, 0.75)
CLICKS, POINTS = 8, 8  # on a region, and along each side of the grid
CONFIDENT = 0.6  # predicted IoU


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Six rows for each goal; a case is a scene."""
    own = default_filters(sam.config)
    confident = replace(own, pred_iou_thresh=CONFIDENT)
    scenes = islice(scenes_to_annotate(FIRST_SEED), options.scenes)
    found = [_one(sam, scene) for scene in tqdm(scenes, total=options.scenes, disable=None)]
    rows = []
    for goal in GOALS:
        each = [stage_figures(scene, goal, confident, own) for scene in found]
        rows += rows_of(StageFigures(*(np.array(one) for one in zip(*each, strict=True))), goal)
    return rows


def rows_of(figures: StageFigures, goal: float) -> list[Row]:
    """What is measured for a goal, from the figures of all scenes."""
    at = f"IoU {goal:g}"
    filled, filled_right, made, _, full_right = figures.masks.T
    _, half_found, full_found = figures.regions.T
    by_hand, after = figures.clicks.T
    return [
        Row(f"{at}, by hand: regions done after {CLICKS} clicks", figures.done[:, -1],
            "after one click", figures.done[:, 1]),
        Row(f"{at}, by hand: true IoU of the mask in hand after {CLICKS} clicks",
            figures.iou[:, -1], "after one click", figures.iou[:, 0]),
        Row(f"{at}: clicks a region after filling in", after, "by hand", by_hand),
        Row(f"{at}: masks that are filled in right", filled_right,
            "filled in wrong", filled - filled_right),
        Row(f"{at}, automatic: regions found", full_found, f"found at IoU {HALF:g}", half_found),
        Row(f"{at}, automatic: masks that are right", full_right, "wrong", made - full_right),
    ]  # fmt: skip


def _one(sam: Sam, scene: SceneToAnnotate) -> AnnotatedScene:
    encoded = encode(sam, scene.image)

    def ask(prompts: list[Prompts]) -> list[Prediction]:
        return predict(sam, encoded, prompts)

    return annotate(ask, encoded.frame, scene, CLICKS, POINTS, "")


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for index, goal in enumerate(GOALS):
        done, iou, clicks, filled, _, right = rows[6 * index : 6 * index + 6]
        found |= {
            f"with a goal of {goal:g} more clicks by hand finish more regions": done.sign,
            f"with a goal of {goal:g} they bring masks nearer to the regions": iou.sign,
            f"with a goal of {goal:g} masks that are filled in save clicks": -clicks.sign,
            f"with a goal of {goal:g} more of them are right than wrong": filled.sign,
            f"with a goal of {goal:g} more automatic masks are right than wrong": right.sign,
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
