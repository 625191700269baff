"""Pictures that are not square: padded as in the original, stretched to a square, or neither.

python docs/phenomena/stretched.py --help
"""

import argparse
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from common import Case, Row, cases, run, sign
from jaxtyping import Float, UInt8
from PIL import Image

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, predict

RATIOS = {"4:3": 4 / 3, "2:1": 2.0}
LITTLE = 0.02  # IoU

Box = tuple[int, int, int, int]


def crop_box(object_box: tuple[float, float, float, float], side: int, ratio: float) -> Box | None:
    """x0, y0, x1, y1 of a crop around an object: wide for a wide one, else tall.

    It is as long as the square picture. None for an object that does not fit in.
    """
    x0, y0, x1, y1 = object_box
    short = round(side / ratio)
    wide = x1 - x0 >= y1 - y0
    low, high = (y0, y1) if wide else (x0, x1)
    if high - low > short:
        return None
    start = int(np.clip(round((low + high - short) / 2), 0, side - short))
    return (0, start, side, start + short) if wide else (start, 0, start + short, side)


def stretch(image: UInt8[np.ndarray, "height width 3"], side: int) -> np.ndarray:
    """A picture scaled to a square, whatever its shape."""
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))


def prompts_in(
    crop: Box, size: tuple[int, int], point: tuple[int, int], box: Sequence[float]
) -> list[Prompts]:
    """A click and a box of the scene in pixels of the crop, which was scaled to height and width.

    The middle of the clicked pixel stays where it is in the object.
    """
    x0, y0, x1, y1 = crop
    scale = np.array([size[1] / (x1 - x0), size[0] / (y1 - y0)])
    clicked = (np.array(point) + 0.5 - (x0, y0)) * scale - 0.5
    corners = (np.reshape(box, (2, 2)) - (x0, y0)) * scale
    return [Prompts(points=[clicked]), Prompts(box=corners.ravel())]


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU of a click and of a box on each kind of input, at both ratios."""
    side = sam.config.image_size

    def fits(case: Case) -> bool:
        return crop_box(case.drawn.box(case.index), side, max(RATIOS.values())) is not None

    found = np.array([_one(sam, case) for case in cases(side, options.scenes, fits)])
    rows = []
    for r, ratio in enumerate(RATIOS):
        for p, prompt in enumerate(("click", "box")):
            square, padded, stretched, own = found[:, 0, p], *found[:, 1 + 3 * r : 4 + 3 * r, p].T
            name = f"{ratio}, {prompt}: true IoU"
            rows += [
                Row(f"{name}, padded", padded, "the square scene", square),
                Row(f"{name}, stretched", stretched, "the square scene", square),
                Row(f"{name}, stretched", stretched, "padded", padded),
                Row(f"{name}, in its own shape", own, "padded", padded),
            ]
    return rows


def _one(sam: Sam, case: Case) -> list[tuple[float, float]]:
    """IoU of click and box: square, then padded, stretched and in its own shape for each ratio."""
    side = sam.config.image_size
    found = [_qualities(sam, case, (0, 0, side, side))]
    for ratio in RATIOS.values():
        crop = crop_box(case.drawn.box(case.index), side, ratio)
        found.append(_qualities(sam, case, crop))
        found.append(_qualities(sam, case, crop, to_square=True))
        found.append(_qualities(sam, case, crop, preprocessing="stretch", keep_aspect=True))
    return found


def _qualities(
    sam: Sam, case: Case, crop: Box, to_square: bool = False, **how: object
) -> tuple[float, float]:
    x0, y0, x1, y1 = crop
    image, truth = case.drawn.image[y0:y1, x0:x1], case.truth[y0:y1, x0:x1]
    given = stretch(image, sam.config.image_size) if to_square else image
    prompts = prompts_in(crop, given.shape[:2], case.point, case.drawn.box(case.index))
    click, box = predict(sam, encode(sam, np.ascontiguousarray(given), **how), prompts)
    answers = _logits_at(click, click.chosen, truth.shape), _logits_at(box, 0, truth.shape)
    by_click, by_box = (mask_iou(logits > 0, truth) for logits in answers)
    return by_click, by_box


def _logits_at(
    prediction: Prediction, mask: int, size: tuple[int, int]
) -> Float[np.ndarray, "height width"]:
    logits = torch.tensor(prediction.upscaled[mask])[None, None]
    return F.interpolate(logits, size, mode="bilinear", align_corners=False)[0, 0].numpy()


def claims(rows: list[Row]) -> dict[str, int]:
    """Of each ratio; a claim has to hold for a click and for a box."""
    found = {}
    for index, ratio in enumerate(RATIOS):
        (padded, _, against, own), (padded_box, _, against_box, own_box) = (
            rows[8 * index : 8 * index + 4],
            rows[8 * index + 4 : 8 * index + 8],
        )
        found[f"at {ratio} padding is worse than the square scene"] = min(
            -padded.sign, -padded_box.sign
        )
        found[f"at {ratio} stretching costs less than {LITTLE:g} IoU against padding"] = min(
            sign(each.values - each.null + LITTLE) for each in (against, against_box)
        )
        found[f"at {ratio} its own shape costs less than {LITTLE:g} IoU against padding"] = min(
            sign(each.values - each.null + LITTLE) for each in (own, own_box)
        )
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
