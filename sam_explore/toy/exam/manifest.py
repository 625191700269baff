"""A fixed list of scenes and their targets, such as `manifest.jsonl`.

A line is a scene. It was chosen once, by `choosing.py`. If the generator now draws something else,
the exam raises an error.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sam_explore.scenes.ground_truth import Scene

from .held_out import DRAWN_BY
from .worlds import EXAM

SIZE = 256  # side of the pictures in pixels
_COLOUR_SLACK = 1.0  # of 255
_AREA_SLACK = 0.01


@dataclass(frozen=True)
class Target:
    """One target region.

    region: its name in the scene.
    level: "whole", "part" or "sub-part".
    stratum: "small", "medium" or "large", by its share of the picture.
    area: its visible pixels.
    click: x, y of the clicked pixel.
    box: x0, y0, x1, y1 around the visible pixels, far edges exclusive.
    """

    region: str
    level: str
    stratum: str
    area: int
    click: tuple[int, int]
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class ExamScene:
    """A scene of the exam, drawn from its seed by the generator of its kind in `held_out.DRAWN_BY`.

    colour: the picture's mean red, green and blue, to detect a changed scene.
    """

    kind: str
    seed: int
    colour: tuple[float, float, float]
    targets: tuple[Target, ...]

    def draw(self) -> Scene:
        """The scene, as it was when the manifest was made.

        Raises ValueError if the generator now draws something else.
        """
        drawn = DRAWN_BY[self.kind](self.seed, SIZE)
        names = {region.name for region in drawn.regions}
        off = np.abs(mean_colour(drawn) - self.colour).max()
        wrong = [f"the mean colour is off by {off:.1f}"] if off > _COLOUR_SLACK else []
        for target in self.targets:
            area = drawn.mask(drawn.index(target.region)).sum() if target.region in names else 0
            if abs(area - target.area) > max(1, _AREA_SLACK * target.area):
                wrong.append(f"{target.region} has {area} pixels instead of {target.area}")
        if wrong:
            raise ValueError(
                f"The exam's scene {self.seed} ({self.kind}) is not what it was: {wrong[0]}. The "
                "scenes' code has changed. Undo that, or make a new exam with `python -m "
                "sam_explore.toy.exam --make`; its figures can't be compared with older ones."
            )
        return drawn


def mean_colour(drawn: Scene) -> np.ndarray:
    """Mean red, green and blue of a picture, 0 to 255."""
    return drawn.image.mean(axis=(0, 1))


def read_manifest(path: Path = EXAM.manifest) -> tuple[ExamScene, ...]:
    """All scenes of the exam, the kinds in turn, so that the first few are a fair sample."""
    return tuple(_scene(json.loads(line)) for line in path.read_text("utf-8").splitlines())


def write_manifest(scenes: Iterable[ExamScene], path: Path = EXAM.manifest) -> None:
    """One line per scene, without spaces."""
    lines = [json.dumps(asdict(scene), separators=(",", ":")) for scene in scenes]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _scene(row: dict) -> ExamScene:
    targets = (
        Target(**{**target, "click": tuple(target["click"]), "box": tuple(target["box"])})
        for target in row["targets"]
    )
    return ExamScene(row["kind"], row["seed"], tuple(row["colour"]), tuple(targets))
