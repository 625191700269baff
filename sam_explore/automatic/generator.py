"""Masks of everything in a picture, as the reference's automatic mask generator makes them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import SupportsIndex

import numpy as np
from jaxtyping import Bool, Float, Int

from sam_explore.images import Picture, as_picture
from sam_explore.mask_formats import coco_rle, mask_from_run_lengths, outermost_pixels, run_lengths
from sam_explore.model import Sam
from sam_explore.model_checks import check_model
from sam_explore.read_only import ReadOnlyArrays

from .candidates import Candidates, propose
from .filters import Filters, Verdicts, default_filters, judge
from .grids import crops, point_grids
from .small_regions import remove_small_regions
from .suppression import suppress

OUTPUT_MODES = ("binary_mask", "uncompressed_rle", "coco_rle")


@dataclass(frozen=True)
class AutomaticMaskGenerator:
    """Clicks on a grid of points, and keeps the masks that pass the filters.

        masks = AutomaticMaskGenerator(points_per_side=16)(sam, "photo.jpg")
        masks.records()

    Names and defaults are the reference's, but for the small model that ships: its predicted IoUs
    rarely reach 0.88, so it has thresholds of its own, see `default_filters`.

    Args:
        points_per_side: points of the grid along each side of the picture.
        points_per_batch: how many are asked about at once: more take more memory.
        pred_iou_thresh, stability_score_thresh: see `Filters`; None for the model's own, which are
            0.88 and 0.95 for the released ones.
        box_nms_thresh, crop_nms_thresh: see `Filters`.
        stability_score_offset: by how much the threshold on logits moves up and down for it.
        crop_n_layers: further layers of crops, each encoded on its own: 4 in the first, 16 in the
            second. They find small objects.
        crop_overlap_ratio: see `grids.crops`.
        crop_n_points_downscale_factor: each layer's grid has so many times fewer points a side.
        point_grids: instead of regular grids, points x, y in the unit square for each layer.
        min_mask_region_area: holes and islands of fewer pixels are removed from kept masks.

    Raises:
        ValueError: a number out of its range.
    """

    points_per_side: int | None = 32
    points_per_batch: int = 64
    pred_iou_thresh: float | None = None
    stability_score_thresh: float | None = None
    stability_score_offset: float = 1.0
    box_nms_thresh: float = 0.7
    crop_n_layers: int = 0
    crop_nms_thresh: float = 0.7
    crop_overlap_ratio: float = 512 / 1500
    crop_n_points_downscale_factor: int = 1
    point_grids: Sequence | None = None
    min_mask_region_area: int = 0

    def __post_init__(self) -> None:
        if (self.points_per_side is None) == (self.point_grids is None):
            raise ValueError(
                "Either points_per_side or point_grids must be given, and the other be None: "
                "AutomaticMaskGenerator(points_per_side=None, point_grids=[points])."
            )
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ValueError(f"{name} must be {least} or more, but is {value!r}.")
        if len(self.grids) <= self.crop_n_layers:
            raise ValueError(
                f"point_grids must have a grid for each of {self.crop_n_layers + 1} layers (the "
                f"picture and crop_n_layers), but has {len(self.grids)}."
            )
        if not min(len(grid) for grid in self.grids):
            raise ValueError(
                f"There are no points left in layer {self.crop_n_layers}: points_per_side "
                f"{self.points_per_side} is divided by crop_n_points_downscale_factor "
                f"{self.crop_n_points_downscale_factor} for each layer. Give more points or fewer "
                "layers."
            )
        self._filters(Filters())

    @property
    def grids(self) -> list[Float[np.ndarray, "_ 2"]]:
        """The points of each layer of crops, in the unit square."""
        if self.point_grids is not None:
            return [np.asarray(grid, float).reshape(-1, 2) for grid in self.point_grids]
        per_side = self.points_per_side or 0
        return point_grids(per_side, self.crop_n_layers, self.crop_n_points_downscale_factor)

    def filters(self, sam: Sam) -> Filters:
        """The thresholds for a model."""
        return self._filters(default_filters(sam.config))

    def propose(
        self, sam: Sam, image: Picture, *, everything: bool = False, progress: bool = True
    ) -> Candidates:
        """The masks of all points, before the filters: the part that needs the model.

        Args:
            everything: measure masks of low predicted IoU too, which the filters drop anyway; for
                asking why a mask is missing.
            progress: show a bar.

        Raises:
            TypeError, ValueError: no model or no picture.
            Cancelled: by a callback of `tracing.between_steps`.
        """
        check_model(sam, _CALL)
        picture = as_picture(image)
        parts = crops(picture.shape[:2], self.crop_n_layers, self.crop_overlap_ratio)
        return propose(
            sam, picture, parts, self.grids,
            points_per_batch=self.points_per_batch,
            stability_offset=self.stability_score_offset,
            above=-np.inf if everything else self.filters(sam).pred_iou_thresh or -np.inf,
            progress=progress,
        )  # fmt: skip

    def __call__(self, sam: Sam, image: Picture, *, progress: bool = True) -> "AutomaticMasks":
        """Masks of everything in a picture. See `propose`."""
        check_model(sam, _CALL)
        return self.keep(judge(self.propose(sam, image, progress=progress), self.filters(sam)))

    def keep(self, verdicts: Verdicts) -> "AutomaticMasks":
        """The masks that passed the filters, with small regions removed if that is asked for."""
        of, kept = verdicts.candidates, verdicts.kept
        runs, boxes = [of.runs[index] for index in kept], of.boxes[kept]
        masks = AutomaticMasks(
            of.image_size, tuple(runs), boxes, of.predicted_iou[kept], of.stability[kept],
            of.points_px[kept], np.array([crop.box for crop in of.crops])[of.crop[kept]],
            verdicts.filters,
        )  # fmt: skip
        if not self.min_mask_region_area or not len(kept):
            return masks
        threshold = max(verdicts.filters.box_nms_thresh, verdicts.filters.crop_nms_thresh)
        return masks.without_small_regions(self.min_mask_region_area, threshold)

    def _filters(self, default: Filters) -> Filters:
        given = {each.name: getattr(self, each.name) for each in fields(Filters)}
        return replace(
            default, **{name: value for name, value in given.items() if value is not None}
        )


_CALL = "AutomaticMaskGenerator()(sam, image)"
_LEAST = {
    "points_per_side": 1,
    "points_per_batch": 1,
    "stability_score_offset": 0,
    "crop_n_layers": 0,
    "crop_overlap_ratio": 0,
    "crop_n_points_downscale_factor": 1,
    "min_mask_region_area": 0,
}


@dataclass(frozen=True, eq=False)
class AutomaticMasks(ReadOnlyArrays):
    """The masks that were kept, in the reference's order.

    Args:
        image_size: height and width of the picture.
        runs: each mask as run lengths, see `mask_formats.run_lengths`.
        boxes: x0, y0, x1, y1 of the first and the last pixels inside, both inclusive.
        predicted_iou, stability: their scores.
        points_px: the click that each came from, x and y.
        crop_boxes: x0, y0, x1, y1 of the crop that each came from.
        filters: the thresholds that they passed.
    """

    image_size: tuple[int, int]
    runs: tuple[Int[np.ndarray, "_"], ...]
    boxes: Int[np.ndarray, "n 4"]
    predicted_iou: Float[np.ndarray, "n"]
    stability: Float[np.ndarray, "n"]
    points_px: Float[np.ndarray, "n 2"]
    crop_boxes: Int[np.ndarray, "n 4"]
    filters: Filters

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        height, width = self.image_size
        return (
            f"AutomaticMasks({len(self)} of a picture {width} wide and {height} high, predicted "
            f"IoU above {self.filters.pred_iou_thresh:g}, stability at least "
            f"{self.filters.stability_score_thresh:g})"
        )

    def __getitem__(self, index: SupportsIndex) -> Bool[np.ndarray, "height width"]:
        """One mask at the picture's size."""
        return mask_from_run_lengths(self.runs[int(index)], self.image_size)

    @property
    def areas(self) -> Int[np.ndarray, "n"]:
        """Pixels in each mask."""
        return np.array([runs[1::2].sum() for runs in self.runs], int)

    def records(self, output_mode: str = "binary_mask") -> list[dict]:
        """One dict a mask, with the keys and numbers of the reference.

        "bbox" and "crop_box" are x, y, width and height; as in the reference, a box's width is its
        last column minus its first, one less than the mask is wide.

        Args:
            output_mode: of "segmentation": "binary_mask" is an array, "uncompressed_rle" are
                run lengths, "coco_rle" is what pycocotools reads, without need for it.

        Raises:
            ValueError: another output mode.
        """
        check_output_mode(output_mode)
        return [
            {
                "segmentation": self._segmentation(index, output_mode),
                "area": int(area),
                "bbox": _as_xywh(self.boxes[index]),
                "predicted_iou": float(self.predicted_iou[index]),
                "point_coords": [self.points_px[index].tolist()],
                "stability_score": float(self.stability[index]),
                "crop_box": _as_xywh(self.crop_boxes[index]),
            }
            for index, area in enumerate(self.areas)
        ]

    def label_map(self) -> Int[np.ndarray, "height width"]:
        """For each pixel the number of the smallest mask that covers it, from 1; 0 for none.

        Mask k of these masks has the number k + 1.
        """
        labels = np.zeros(self.image_size, np.int32)
        for index in np.argsort(-self.areas, kind="stable"):
            labels[self[index]] = index + 1
        return labels

    def without_small_regions(self, smallest: int, nms_thresh: float) -> "AutomaticMasks":
        """The same masks without holes and islands of fewer than `smallest` pixels.

        Masks that have become alike are suppressed again; those that did not change win.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/automatic_mask_generator.py#L323
        """
        found, unchanged = [], []
        for index in range(len(self)):
            filled, had_holes = remove_small_regions(self[index], smallest, holes=True)
            mask, had_islands = remove_small_regions(filled, smallest, holes=False)
            found.append(mask)
            unchanged.append(not (had_holes or had_islands))
        boxes = np.array([outermost_pixels(mask) for mask in found])
        kept, _, _ = suppress(boxes, np.array(unchanged, float), nms_thresh)
        columns = {
            name: getattr(self, name)[kept]
            for name in ("predicted_iou", "stability", "points_px", "crop_boxes")
        }
        runs = tuple(
            self.runs[index] if unchanged[index] else run_lengths(found[index]) for index in kept
        )
        return replace(self, runs=runs, boxes=boxes[kept], **columns)

    def _segmentation(self, index: int, output_mode: str) -> np.ndarray | dict:
        if output_mode == "binary_mask":
            return self[index]
        if output_mode == "coco_rle":
            return coco_rle(self[index])
        return {"size": list(self.image_size), "counts": self.runs[index].tolist()}


def check_output_mode(output_mode: str) -> None:
    """Raise ValueError for an unknown one."""
    if output_mode not in OUTPUT_MODES:
        raise ValueError(
            f"output_mode must be one of {', '.join(OUTPUT_MODES)}, not {output_mode!r}."
        )


def _as_xywh(box: Int[np.ndarray, "4"]) -> list[int]:
    x0, y0, x1, y1 = (int(each) for each in box)
    return [x0, y0, x1 - x0, y1 - y0]
