"""Do poor prompts draw the decoder's attention off the object?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import count, islice

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.scenes.composition import VARIED, compose
from sam_explore.tracing import SweepTable, Trace

from ..common.decoder_attention import (
    EVERY_PLACE,
    looks_at_image,
    mask_by_cell,
    on_grid,
    patterns,
    place_in_words,
    place_knob,
    share_by_token,
)
from ..common.probe import Probe, knob

_SIDE = 256  # pixels of a scene
_AREA = (0.02, 0.5)  # of the picture, that an object may cover
OFF = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way from the middle of the object to its edge
JITTER = (0.0, 0.1, 0.2, 0.3, 0.4)  # of the box's own sides, at most, for each corner


@dataclass(frozen=True)
class AttentionByPromptQuality(Probe):
    """How much of the attention to the image falls on the true object, for good and worse prompts.

    On drawn scenes with exact truth, of which one object is asked for. A click begins at the place
    deepest inside the object and moves straight towards its edge, in a direction drawn by chance. A
    box begins as the object's own, and its corners are moved by chance. The picture and the prompts
    of the run are not used, but its model, windows and changes are.

    The same scenes are asked with each prompt, so the change from the best prompt is taken scene by
    scene. Bands are 95 % intervals of the mean: percentiles of the bootstrap over scenes. With few
    scenes they are wide.

    Reads: mask_decoder.transformer.layers.N.token_to_image.hook_pattern and
        mask_decoder.transformer.final_token_to_image.hook_pattern in the mean of the heads, for the
        token of the model's choice of masks or for the first prompt token, and the prediction.
    Returns: a Panel of three Profiles over how poor the prompt is: the share of attention on the
        object, its change from that with the best prompt, and the true IoU of the model's choice.
    Unit: shares from 0 to 1; IoU with the truth in the frame of the logits, 0 to 1.
    Source: Stable-SAM (arXiv 2311.15776) says of SAM that poor prompts shift attention off the
        object; this is a test of it, on other pictures. The measure is our own.
    """

    title = "Do poor prompts draw attention off the object?"
    about_picture = False
    runs_encoder = True
    is_sweep = True

    prompt: str = knob("click", "prompt", choices=("click", "box"), matters=True)
    scenes: int = knob(6, "scenes", low=2, high=16, matters=True)
    place: int = place_knob(EVERY_PLACE, EVERY_PLACE)
    looking: str = knob("mask token", "who looks", choices=("mask token", "prompt token"))

    def read(self, trace: Trace) -> Panel:
        found = [self._measured(trace, one) for one in islice(_scenes(), self.scenes)]
        shares, ious, areas = (np.array(each) for each in zip(*found, strict=True))
        x = np.array(OFF if self.prompt == "click" else JITTER)
        even = Curve(np.full(len(x), areas.mean()), "if attention were spread evenly")
        words = _words(self, x, shares, ious, float(areas.mean()))
        where = "at all places" if self.place == EVERY_PLACE else ""
        where = where or place_in_words(self.place, trace.sam.config)
        moved = shares - shares[:, :1]
        zero = Curve(np.zeros(len(x)), "no change")
        charts = (
            ("Attention on the object", (_band(shares, f"{self.looking}, {where}"), even), "share"),
            ("Change from the best prompt", (_band(moved, "scene by scene"), zero), "share"),
            ("True IoU of the mask", (_band(ious, "the model's choice"),), "IoU"),
        )
        return Panel(
            tuple(
                Profile(x, curves, title, words, _X_NAMES[self.prompt], name)
                for title, curves, name in charts
            ),
            title=f"Attention and the quality of the {self.prompt}",
            words=words,
            across=3,
        )

    def _measured(self, trace: Trace, scene: "Target") -> tuple[list[float], list[float], float]:
        """The share of attention on the object and the true IoU for each prompt, and its area."""
        run = replace(trace, image=scene.image, prompts=Prompts())
        truth = mask_by_cell(scene.mask, run.frame)
        inside = share_by_token(truth, run.frame.grid)
        places = looks_at_image(trace.sam.config)
        wanted = places if self.place == EVERY_PLACE else places[self.place : self.place + 1]
        shares, ious = [], []
        for prompts in scene.prompts(self.prompt):
            asked = run.with_prompts(prompts)
            weights = np.mean([each.mean(axis=0) for each in patterns(asked, wanted)], axis=0)
            chosen, tokens = asked.prediction.chosen, asked.decoder_tokens
            is_mask = self.looking == "mask token"
            number = tokens.mask(chosen) if is_mask else tokens.prompt(0)
            shares.append(float((on_grid(weights[number], asked) * inside).sum()))
            ious.append(mask_iou(asked.prediction.logits[chosen] > 0, truth))
        return shares, ious, float(inside.mean())


_X_NAMES = {
    "click": "way from the middle of the object to its edge",
    "box": "jitter of the corners, as a share of the box's sides",
}


@dataclass(frozen=True, eq=False)
class Target:
    """A picture, and what is asked for in it.

    Args:
        image: the picture.
        mask: True on the object.
        middle: x and y of a pixel that lies deepest inside the object.
        seed: of what is drawn by chance.
    """

    image: UInt8[np.ndarray, "height width 3"]
    mask: Bool[np.ndarray, "height width"]
    middle: tuple[int, int]
    seed: int

    def prompts(self, kind: str) -> list[Prompts]:
        """The best prompt of a kind, and worse ones."""
        chance = np.random.default_rng(self.seed)
        if kind == "click":
            path = way_out(self.mask, self.middle, chance.uniform(0, 2 * np.pi))
            steps = [path[round(share * (len(path) - 1))] for share in OFF]
            return [Prompts(points=[tuple(map(float, step))]) for step in steps]
        rows, columns = np.nonzero(self.mask)
        corners = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
        sides = np.tile(corners[2:] - corners[:2], 2)
        moves = chance.uniform(-1, 1, 4) * sides
        height, width = self.mask.shape
        ends = np.array([width, height, width, height])
        return [Prompts(box=np.clip(corners + jitter * moves, 0, ends)) for jitter in JITTER]


def deepest(mask: Bool[np.ndarray, "height width"]) -> tuple[int, int]:
    """x and y of the pixel of a mask that is left longest when its border is taken off, again and
    again; of several, the first one row by row.
    """
    left = mask
    while True:
        framed = np.pad(left, 1)
        around = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
        if not (left & around).any():
            row, column = np.argwhere(left)[0]
            return int(column), int(row)
        left = left & around


def way_out(
    mask: Bool[np.ndarray, "height width"], start: tuple[int, int], angle: float
) -> list[tuple[int, int]]:
    """Pixels (x, y) from one inside a mask straight on, to the last one before it ends.

    Args:
        mask: the mask.
        start: x and y of the first pixel.
        angle: of the direction, in radians: 0 to the right, a quarter of a circle down.
    """
    path, (height, width) = [start], mask.shape
    for step in range(1, height + width):
        x, y = (
            round(begin + step * part)
            for begin, part in zip(start, (np.cos(angle), np.sin(angle)), strict=True)
        )
        if not (0 <= y < height and 0 <= x < width and mask[y, x]):
            break
        path.append((x, y))
    return path


def _scenes() -> Iterator[Target]:
    """Scenes with their largest whole object of a fair size; always the same ones."""
    found = map(_target, count())
    return (each for each in found if each is not None)


@lru_cache(maxsize=64)
def _target(seed: int) -> Target | None:
    """A drawn scene and its largest whole object of a fair size, if it has one.

    Its truth is not remembered as that of a picture that a reader opened.
    """
    drawn = compose(VARIED, seed, _SIDE)
    wholes = [index for index, region in enumerate(drawn.regions) if region.level == 0]
    masks = [drawn.mask(index) for index in wholes]
    fair = [mask for mask in masks if _AREA[0] <= mask.mean() <= _AREA[1]]
    if not fair:
        return None
    largest = max(fair, key=np.sum)
    return Target(drawn.image, largest, deepest(largest), seed)


def _band(values: Float[np.ndarray, "scene prompt"], name: str) -> Curve:
    """The mean over scenes with its interval."""
    table = SweepTable(tuple(map(str, range(values.shape[1]))), values.T)
    low, high = table.interval().T
    return Curve(table.mean, name, low, high)


def _words(
    probe: AttentionByPromptQuality,
    x: Float[np.ndarray, "prompt"],
    shares: Float[np.ndarray, "scene prompt"],
    ious: Float[np.ndarray, "scene prompt"],
    area: float,
) -> str:
    moved = SweepTable(("moved",), (shares[:, -1] - shares[:, 0])[None])
    low, high = map(float, moved.interval()[0])
    spans = "does not hold" if low > 0 or high < 0 else "holds"
    best, worst = shares.mean(axis=0)[[0, -1]]
    return (
        f"Over {len(shares)} scenes the {probe.looking} gives {text(float(best))} of its attention "
        f"to the object with the best {probe.prompt}, and {text(float(worst))} with the poorest "
        f"({text(float(x[-1]))}); evenly spread it would be {text(area)}. Scene by scene the "
        f"change is {text(float(worst - best))}, with a 95 % interval from {text(low)} to "
        f"{text(high)}, which {spans} 0. The true overlap of the model's choice goes from "
        f"{text(float(ious[:, 0].mean()))} to {text(float(ious[:, -1].mean()))}."
    )
