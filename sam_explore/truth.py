"""The true region that a prompt means, and the true IoU of masks with it."""

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from sam_explore.geometry import FOREGROUND, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.prediction import Prediction
from sam_explore.scenes.ground_truth import Region, Scene


def mask_in(picture: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    """The mask in a black and white picture: light pixels are inside."""
    return picture.max(axis=2) > 127


def scene_of_mask(image: np.ndarray, mask: Bool[np.ndarray, "h w"], name: str) -> Scene:
    """A scene with one true region, such as one that a user paints.

    Raises:
        ValueError: a mask of another size than the picture, or an empty one.
    """
    if mask.shape != image.shape[:2]:
        (rows, columns), (height, width) = mask.shape, image.shape[:2]
        raise ValueError(
            f"A truth must have the picture's size, {width} wide and {height} high, but is "
            f"{columns} wide and {rows} high."
        )
    if not mask.any():
        raise ValueError("A truth must have at least one pixel inside, and this one has none.")
    labels = np.zeros((3, *mask.shape), np.int16)
    labels[0] = mask
    labels.setflags(write=False)
    return Scene(image, labels, (Region(name, 0, None),))


def region_meant(truth: Scene, prompts: Prompts, level: int) -> int | None:
    """The region under a prompt: under its first foreground point, or the middle of its box.

    If there is none of this level, the next coarser one. A truth with only one region always means
    that one.

    Returns:
        Its index; None if there is no region, or there are no prompts.
    """
    if len(truth.regions) == 1:
        return 0
    foreground = prompts.points[prompts.labels == FOREGROUND]
    if len(foreground):
        x, y = foreground[0]
    elif prompts.box is not None:
        x, y = prompts.box.reshape(2, 2).mean(axis=0)
    else:
        return None
    height, width = truth.labels.shape[1:]
    here = truth.at(min(max(x, 0), width - 1), min(max(y, 0), height - 1))
    found = [index for index in here if truth.regions[index].level <= level]
    return found[-1] if found else None


def true_ious(
    prediction: Prediction, mask: Bool[np.ndarray, "h w"], threshold: float = 0.0
) -> Float[np.ndarray, "mask"]:
    """IoU of each of the four masks with the true one, at the pixels of `Prediction.sampled`."""
    truth = mask[np.ix_(*map(_places, mask.shape, prediction.sampled.shape[1:]))]
    return np.array([mask_iou(each, truth) for each in prediction.sampled > threshold])


def _places(length: int, count: int) -> Int[np.ndarray, "count"]:
    """The pixels of `Prediction.sampled` along one axis."""
    return ((np.arange(count) + 0.5) * (length / count)).astype(int)
