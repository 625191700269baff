"""Chooses the small model's thresholds for automatic masks, and writes docs/automatic_masks.md.

python docs/make_thresholds.py [--scenes N]

On scenes that training may draw, so that none of an exam decides; another set of them then says how
good the choice is.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).with_name("phenomena")))

from common import digest

from sam_explore.automatic import AutomaticMaskGenerator, Candidates, Filters, filters, judge
from sam_explore.loading import load, shipped_weights
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.scenes import Scene, scene
from sam_explore.toy.exam.tables import markdown, write_between_marks

PAGE = Path(__file__).with_name("automatic_masks.md")
MARK = "thresholds"
FIRST_SEED = 1_000_000  # from here on seeds are training's
POINTS = 16  # a side: on scenes of 256 x 256 pixels objects are no smaller
LEAST = 0.01  # of the picture: smaller regions are not looked for
FOUND = 0.5  # IoU from which a region counts as found, and a mask as one of something
PREDICTED = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
STABLE = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def overlaps(drawn: Scene, candidates: Candidates) -> np.ndarray:
    """IoU of each candidate (row) with each region that is large enough (column)."""
    areas = [drawn.mask(index).mean() for index in range(len(drawn.regions))]
    truths = [drawn.mask(index) for index in np.flatnonzero(np.array(areas) >= LEAST)]
    masks = (candidates.mask(index) for index in range(len(candidates)))
    return np.array([[mask_iou(mask, truth) for truth in truths] for mask in masks])


def counts(ious: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Masks kept, those that are of something, regions, and regions found."""
    good = ious[kept] >= FOUND
    return np.array([len(kept), good.any(axis=1).sum(), ious.shape[1], good.any(axis=0).sum()])


def figures(totals: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall, and their harmonic mean."""
    kept, good, regions, found = totals
    precision, recall = good / max(kept, 1), found / max(regions, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def asked(sam: Sam, seeds: Iterable[int]) -> Iterator[tuple[Candidates, np.ndarray]]:
    """Each scene's candidates, with their overlaps."""
    generator = AutomaticMaskGenerator(points_per_side=POINTS)
    for seed in seeds:
        drawn = scene(seed)
        candidates = generator.propose(sam, drawn.image, everything=True, progress=False)
        yield candidates, overlaps(drawn, candidates)


def measured(cases: Iterable[tuple[Candidates, np.ndarray]]) -> dict[Filters, np.ndarray]:
    """The counts under each pair of thresholds, summed over scenes."""
    pairs = [Filters(*pair) for pair in (*product(PREDICTED, STABLE), (0.88, 0.95))]
    totals = {pair: np.zeros(4) for pair in pairs}
    for candidates, ious in cases:
        for pair in pairs:
            totals[pair] += counts(ious, judge(candidates, pair).kept)
    return totals


def lines(chosen: Filters, tried: dict, held_out: dict, scenes: int) -> list[str]:
    """The choice and its figures, in markdown."""
    rows = [["predicted IoU above", "stability from", "masks a scene", "precision", "recall", "F1"]]
    for pair in (chosen, Filters()):
        numbers = [f"{each:.2f}" for each in figures(held_out[pair])]
        masks = f"{held_out[pair][0] / scenes:.1f}"
        rows.append(
            [f"{pair.pred_iou_thresh:g}", f"{pair.stability_score_thresh:g}", masks, *numbers]
        )
    return [
        f"Chosen by the best F1 ({figures(tried[chosen])[2]:.2f}) among {len(tried) - 1} pairs on "
        f"{scenes} scenes of training's seeds; on {scenes} others:",
        "",
        *markdown(rows),
        "",
        f"By the shipped weights (SHA-256 {digest(shipped_weights())}), {POINTS} points a side.",
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=40, metavar="N")
    count = parser.parse_args(arguments).scenes
    sam, first = load(), FIRST_SEED
    tried = measured(asked(sam, range(first, first + count)))
    held_out = measured(asked(sam, range(first + count, first + 2 * count)))
    chosen = max((pair for pair in tried if pair != Filters()), key=lambda p: figures(tried[p])[2])
    values = {name: getattr(chosen, name) for name in ("pred_iou_thresh", "stability_score_thresh")}
    Path(filters.__file__).with_name("toy_thresholds.json").write_text(
        json.dumps(values) + "\n", encoding="utf-8"
    )
    found = lines(chosen, tried, held_out, count)
    write_between_marks(PAGE, MARK, found)
    print("\n".join(found))


if __name__ == "__main__":
    main()
