"""Every mask that the model proposes for a grid of clicks, measured but not yet filtered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from tqdm.auto import tqdm

from sam_explore.geometry import Frame, Prompts
from sam_explore.mask_formats import mask_from_run_lengths, outermost_pixels, run_lengths
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, predict, stability_of, upscale
from sam_explore.read_only import ReadOnlyArrays
from sam_explore.tracing.step_callback import announce

from .grids import Crop


@dataclass(frozen=True, eq=False)
class Candidates(ReadOnlyArrays):
    """Masks proposed for single clicks, in the order in which they were asked for.

    Args:
        image_size: height and width of the picture.
        crops: the parts of the picture that were encoded, the whole picture first.
        crop: the crop of each candidate, as an index.
        points_px: the click, x and y in pixels of the picture.
        tokens: the mask token that answered, 1 to 3.
        predicted_iou: the model's guess of the IoU with the true mask.
        stability: IoU of the mask at a stricter and a looser threshold, 0 to 1; 0 if empty.
        boxes: x0, y0, x1, y1 of the first and the last pixels inside, both inclusive, as the
            reference has them; for an empty mask the crop's first pixel.
        areas: in pixels of the picture.
        runs: each mask as run lengths, see `mask_formats.run_lengths`.
        skipped: how many proposals were not measured, since their predicted IoU was too low.
    """

    image_size: tuple[int, int]
    crops: tuple[Crop, ...]
    crop: Int[np.ndarray, "n"]
    points_px: Float[np.ndarray, "n 2"]
    tokens: Int[np.ndarray, "n"]
    predicted_iou: Float[np.ndarray, "n"]
    stability: Float[np.ndarray, "n"]
    boxes: Int[np.ndarray, "n 4"]
    areas: Int[np.ndarray, "n"]
    runs: tuple[Int[np.ndarray, "_"], ...]
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        height, width = self.image_size
        skipped = f", {self.skipped} more of lower predicted IoU" if self.skipped else ""
        return f"Candidates({len(self)} masks of a picture {width} wide and {height} high{skipped})"

    def mask(self, index: int) -> Bool[np.ndarray, "height width"]:
        """One candidate's mask at the picture's size."""
        return mask_from_run_lengths(self.runs[index], self.image_size)

    def containing(self, point_px: Sequence[float]) -> Int[np.ndarray, "found"]:
        """The candidates whose mask contains the pixel at x, y, by falling predicted IoU.

        Raises:
            ValueError: a point outside the picture.
        """
        height, width = self.image_size
        x, y = (int(each) for each in point_px)
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(
                f"Point ({x}, {y}) lies outside the picture, which is {width} wide and {height} "
                "high. Points are x before y, in pixels of the picture."
            )
        place = x * height + y  # run lengths go column after column
        # Runs take turns, outside first: after an odd number of ends the pixel is inside.
        inside = [
            np.searchsorted(np.cumsum(runs), place, side="right") % 2 == 1 for runs in self.runs
        ]
        found = np.flatnonzero(inside)
        return found[np.argsort(-self.predicted_iou[found], kind="stable")]


def propose(
    sam: Sam,
    image: np.ndarray,
    crops: Sequence[Crop],
    grids: Sequence[Float[np.ndarray, "_ 2"]],
    *,
    points_per_batch: int,
    stability_offset: float,
    above: float,
    progress: bool,
) -> Candidates:
    """Ask for the masks of tokens 1 to 3 at every point of a grid, crop by crop.

    Only a batch of points has its logits in memory; what remains of a mask are its run lengths.

    Args:
        grids: points in the unit square, for each layer of crops.
        above: masks with this predicted IoU or less are counted, not measured.
        progress: show a bar.

    Raises:
        Cancelled: by a callback of `between_steps`, which is called for each batch.
    """
    table, done = CandidateTable(image.shape[:2], crops, stability_offset, above), 0
    total = sum(len(grids[crop.layer]) for crop in crops)
    with tqdm(total=total, disable=not progress, unit="point") as bar:
        for number, crop in enumerate(crops):
            part = crop.of(image)
            announce(f"Automatic masks: picture {number + 1} of {len(crops)}")
            encoded = encode(sam, np.ascontiguousarray(part))
            points = grids[crop.layer] * part.shape[1::-1]
            for start in range(0, len(points), points_per_batch):
                announce(f"Automatic masks: point {done + 1} of {total}")
                some = points[start : start + points_per_batch]
                asked = [Prompts(points=[point]) for point in some]
                for point, answer in zip(some, predict(sam, encoded, asked), strict=True):
                    table.add(number, point, answer)
                done += len(some)
                bar.update(len(some))
    return table.candidates()


class CandidateTable:
    """Measures masks one click after the other, and keeps their run lengths alone.

    Args:
        image_size: height and width of the picture.
        crops: the parts of the picture that are encoded.
        offset: by how much the threshold moves for the stability.
        above: masks with this predicted IoU or less are counted, not measured.
    """

    def __init__(
        self,
        image_size: tuple[int, int],
        crops: Sequence[Crop],
        offset: float,
        above: float = -np.inf,
    ):
        self._image_size, self._crops = image_size, tuple(crops)
        self._offset, self._above = offset, above
        self._rows: list[tuple] = []
        self._skipped = 0

    def add(self, number: int, point: Float[np.ndarray, "2"], answer: Prediction) -> None:
        """Measure the masks that a click got; `number` is the crop, where `point` is in pixels."""
        crop = self._crops[number]
        corner = np.array(crop.box[:2])
        tokens = [token for token in _offered(answer) if answer.iou[token] > self._above]
        self._skipped += len(_offered(answer)) - len(tokens)
        measured = _at_full_size(answer.logits[tokens], answer.frame, self._offset)
        for token, (mask, stability) in zip(tokens, measured, strict=True):
            box = outermost_pixels(mask) + np.tile(corner, 2)
            runs = run_lengths(_in_picture(mask, crop, self._image_size))
            self._rows.append((
                number, point + corner, token, answer.iou[token], stability, box, mask.sum(), runs
            ))  # fmt: skip

    def candidates(self) -> Candidates:
        """All that were measured."""
        crop, points, tokens, iou, stability, boxes, areas, runs = (
            zip(*self._rows, strict=True) if self._rows else [()] * 8
        )
        arrays = {
            "crop": np.array(crop, int),
            "points_px": np.array(points, float).reshape(-1, 2),
            "tokens": np.array(tokens, int),
            "predicted_iou": np.array(iou, np.float32),
            "stability": np.array(stability, np.float32),
            "boxes": np.array(boxes, int).reshape(-1, 4),
            "areas": np.array(areas, int),
        }
        for array in (*arrays.values(), *runs):
            array.setflags(write=False)
        return Candidates(
            self._image_size, self._crops, **arrays, runs=tuple(runs), skipped=self._skipped
        )


def _offered(answer: Prediction) -> range:
    """The masks that are proposed for one click: tokens 1 to 3, or the only one."""
    return range(1, len(answer.iou)) if len(answer.iou) > 1 else range(1)


def _at_full_size(
    logits: Float[np.ndarray, "mask row column"], frame: Frame, offset: float
) -> list[tuple[Bool[np.ndarray, "height width"], float]]:
    """Each mask at the picture's size, and its stability when the threshold moves by `offset`."""
    found = []
    for each in logits:
        full = upscale(torch.tensor(each[None], device="cpu"), frame).numpy()
        found.append((full[0] > 0, stability_of(full, offset=offset)[0]))
    return found


def _in_picture(
    mask: Bool[np.ndarray, "height width"], crop: Crop, image_size: tuple[int, int]
) -> Bool[np.ndarray, "all_rows all_columns"]:
    """A crop's mask at its place in the picture."""
    if mask.shape == image_size:
        return mask
    x0, y0, x1, y1 = crop.box
    whole = np.zeros(image_size, bool)
    whole[y0:y1, x0:x1] = mask
    return whole
