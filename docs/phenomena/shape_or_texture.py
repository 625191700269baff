"""Shape or texture: which of them a mask follows where the two disagree, and at which depth.

python docs/phenomena/shape_or_texture.py --help
"""

import argparse
from dataclasses import dataclass

import numpy as np
from common import Case, Row, cases, run, untrained
from jaxtyping import Bool, Float, UInt8

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.probes.common.fact_tokens import stages_of
from sam_explore.scenes.sketch import PERIODS
from sam_explore.scenes.textures import bitmap
from sam_explore.tracing import Trace

KINDS_USED = ("stripes", "checks", "dots", "bricks", "scales")  # not those that are nearly flat
PERIOD = 0.06  # of the picture's side, about a token of the toy
LINE = 0.012  # of the picture's side
INK = (25, 20, 35)  # of 255
ALL_OF_IT = 0.75  # of a token's pixels, that count as within a region
AS_FAR = 0.5  # tokens

Mask = Bool[np.ndarray, "height width"]
Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True, eq=False)
class Conflict:
    """A picture in which an object has two textures, and one of them goes on around it.

    A line is drawn along the object's outline; no line parts its halves.

    Args:
        image: the picture.
        bare: the same without the line, so that nothing shows the outline of the clicked half.
        plain: the same with one texture all over the object, and nothing of it around.
        near: the half of the object that is clicked on.
        far: the other half, in another texture.
        around: what lies around the object in the texture of the clicked half; as large as the
            other half, as far as there is room for it.
        click: x and y.
    """

    image: Picture
    bare: Picture
    plain: Picture
    near: Mask
    far: Mask
    around: Mask
    click: tuple[int, int]

    @property
    def shape(self) -> Mask:
        """What a mask covers that follows the outline."""
        return self.near | self.far

    @property
    def texture(self) -> Mask:
        """What a mask covers that follows the texture."""
        return self.near | self.around


def conflict(case: Case) -> Conflict:
    """The object of a scene, repainted; the same every time."""
    chance = np.random.default_rng((case.seed, 3))
    truth, (x, y) = case.truth, case.point
    near, far = _halves(truth, (x, y), chance)
    around = _around(near, truth, int(far.sum()))
    kinds = chance.choice(KINDS_USED, 2, replace=False)
    looks = [_woven(str(kind), len(truth), _colours(chance), chance) for kind in kinds]
    bare, plain = case.drawn.image.copy(), case.drawn.image.copy()
    bare[near | around], bare[far] = looks[0][near | around], looks[1][far]
    plain[truth] = looks[0][truth]
    line = truth & ~_shrunk(truth, max(1, round(LINE * len(truth))))
    image = bare.copy()
    image[line] = plain[line] = INK
    return Conflict(image, bare, plain, near, far, around, (x, y))


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """What the masks cover, and what the tokens are like at each depth; a case is a scene."""
    names = tuple(stages_of(sam.config))
    masks, likeness, random = [], [], []
    for case in cases(sam.config.image_size, options.scenes, _fits(sam)):
        drawn = conflict(case)
        masks.append(_masks(sam, drawn))
        likeness.append(_likeness(sam, drawn))
        random.append(_likeness(untrained(sam.config, case.seed), drawn))
    chosen, best, (bare, plain) = np.moveaxis(np.array(masks), 0, -1)
    shape, texture = np.moveaxis(np.array(likeness), 0, -1)
    lead = np.array(likeness)[:, 0, -1] - np.array(likeness)[:, 1, -1]
    lead0 = np.array(random)[:, 0, -1] - np.array(random)[:, 1, -1]
    like = "likeness to the object's other texture"
    return [
        Row("chosen mask: IoU with the object", chosen[0], "with the texture", chosen[1]),
        Row("best of masks 1 to 3: IoU with the object", best[0], "with the texture", best[1]),
        Row("chosen mask: IoU with the object", chosen[0], "without its outline drawn", bare),
        Row("chosen mask: IoU with the object", chosen[0], "if it had one texture", plain),
        *(
            Row(f"{name}: {like}", one, "to the texture beyond the object", other)
            for name, one, other in zip(names, shape, texture, strict=True)
        ),
        Row("image tokens: object's lead over the texture", lead, "random weights", lead0),
    ]


def claims(rows: list[Row]) -> dict[str, int]:
    chosen, best, bare, plain, *depths, lead = rows
    found = {
        "the chosen mask follows the object more than the texture": chosen.sign,
        "the best of its masks follows the object more than the texture": best.sign,
        "a line along its outline brings the mask nearer to the object": bare.sign,
        "an object of two textures is found worse than one of a single texture": -plain.sign,
    }
    for row in (depths[0], depths[-1]):
        where = row.measured.split(":")[0]
        found[f"its tokens hold the object together more than the texture ({where})"] = row.sign
    return found | {"training made the object's lead greater": lead.sign}


def _masks(sam: Sam, drawn: Conflict) -> list[list[float]]:
    """IoU of the chosen mask and of the best with object and texture; and of the chosen one with
    the object where there is no line, and no conflict.
    """

    def asked(image: Picture) -> tuple[int, np.ndarray]:
        answer = Trace(sam, image, Prompts(points=[drawn.click])).prediction
        regions = drawn.shape, drawn.texture
        ious = [[mask_iou(mask, region) for region in regions] for mask in answer.masks()]
        return answer.chosen, np.array(ious)

    chosen, each = asked(drawn.image)
    others = [asked(image) for image in (drawn.bare, drawn.plain)]
    alone = [float(ious[number, 0]) for number, ious in others]
    return [each[chosen].tolist(), each[1:].max(axis=0).tolist(), alone]


def _likeness(sam: Sam, drawn: Conflict) -> list[list[float]]:
    """Of the clicked half's tokens, by depth: to the other half, and to the texture around."""
    trace = Trace(sam, drawn.image)
    hooks = stages_of(sam.config)
    found = trace.read(hooks.values())
    regions = [within(region, trace.frame.grid) for region in (drawn.near, drawn.far, drawn.around)]
    pairs = alike_pairs(*regions)
    shape, texture = [], []
    for name, hook in hooks.items():
        tokens = found[hook][0].double().cpu().numpy()
        tokens = np.moveaxis(tokens, 0, -1) if name == "image tokens" else tokens
        flat = tokens.reshape(-1, tokens.shape[-1])
        flat = flat - flat.mean(axis=0)
        unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
        one, other, third = (unit[each] for each in pairs)
        shape.append(float((one * other).sum(axis=1).mean()))
        texture.append(float((one * third).sum(axis=1).mean()))
    return [shape, texture]


def within(region: Mask, grid: tuple[int, int]) -> Bool[np.ndarray, "row column"]:
    """Which tokens lie almost wholly in a region."""
    rows, columns = (
        np.arange(length) * cells // length
        for length, cells in zip(region.shape, grid, strict=True)
    )
    token = (rows[:, None] * grid[1] + columns).ravel()
    inside = np.bincount(token, region.ravel(), grid[0] * grid[1])
    return (inside / np.bincount(token) >= ALL_OF_IT).reshape(grid)


def alike_pairs(
    near: Bool[np.ndarray, "row column"],
    far: Bool[np.ndarray, "row column"],
    around: Bool[np.ndarray, "row column"],
) -> tuple[list[int], list[int], list[int]]:
    """Triples of tokens, of which the second and the third are equally far from the first."""
    columns, found = near.shape[1], []
    for token in np.argwhere(near):
        one, other = (np.argwhere(each) for each in (far, around))
        away, off = (np.linalg.norm(each - token, axis=1) for each in (one, other))
        for place, distance in zip(one, away, strict=True):
            as_far = np.flatnonzero(np.abs(off - distance) <= AS_FAR)
            found += [(token, place, other[index]) for index in as_far]
    flat = np.array(found, int).reshape(-1, 3, 2) @ (columns, 1)
    return tuple(flat.T.tolist())


def _fits(sam: Sam):
    """Whether a scene has tokens in all three regions, at the same distances."""
    grid = (sam.config.grid, sam.config.grid)

    def fits(case: Case) -> bool:
        drawn = conflict(case)
        regions = [within(each, grid) for each in (drawn.near, drawn.far, drawn.around)]
        large = drawn.around.sum() > 0.8 * drawn.far.sum() > 0
        return bool(large) and len(alike_pairs(*regions)[0]) > 0

    return fits


def _halves(truth: Mask, point: tuple[int, int], chance: np.random.Generator) -> tuple[Mask, Mask]:
    """The object cut by a line, so that each side has half of it; that of the point first."""
    rows, columns = np.indices(truth.shape)
    angle = chance.uniform(0, np.pi)
    across = np.cos(angle) * columns + np.sin(angle) * rows
    upper = truth & (across > np.median(across[truth]))
    x, y = point
    return (upper, truth & ~upper) if upper[y, x] else (truth & ~upper, upper)


def _around(near: Mask, truth: Mask, pixels: int) -> Mask:
    """About so many pixels beyond the object that are nearest to a half of it."""
    grown, before = near, np.zeros_like(near)
    while (grown & ~truth).sum() < pixels and not (grown == before).all():
        before = grown
        grown = ~_shrunk(~grown, 1) & (near | ~truth)  # not through the other half
    return grown & ~truth


def _shrunk(region: Mask, pixels: int) -> Mask:
    """A region without what lies so near to its border; the picture's edge is none."""
    for _ in range(pixels):
        framed = np.pad(region, 1, constant_values=True)
        region = region & framed[:-2, 1:-1] & framed[2:, 1:-1]
        region = region & framed[1:-1, :-2] & framed[1:-1, 2:]
    return region


def _colours(chance: np.random.Generator) -> Float[np.ndarray, "2 3"]:
    """Two colours that differ in brightness."""
    dark = chance.uniform(20, 120, 3)
    return np.stack([dark, dark + chance.uniform(70, 130)])


def _woven(kind: str, side: int, colours: np.ndarray, chance: np.random.Generator) -> Picture:
    """A picture of one texture, turned and moved by chance."""
    pattern = np.asarray(bitmap(kind), float) / 255
    a_period = len(pattern) / PERIODS
    rows, columns = np.indices((side, side)) / (PERIOD * side)
    angle, shift = chance.choice([0.0, np.pi / 4, np.pi / 2]), chance.uniform(0, 1, 2)
    down = (np.cos(angle) * rows - np.sin(angle) * columns + shift[0]) * a_period
    right = (np.sin(angle) * rows + np.cos(angle) * columns + shift[1]) * a_period
    share = pattern[down.astype(int) % len(pattern), right.astype(int) % len(pattern)]
    return (colours[0] + share[..., None] * (colours[1] - colours[0])).round().astype(np.uint8)


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
