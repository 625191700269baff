"""The true region that a prompt means, and the true IoU of masks with it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.geometry import FOREGROUND, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.prediction import Prediction
from sam_explore.scenes.ground_truth import LEVELS, Region, Scene, truth_of

NOT_UNDER_A_POINT = "No region of the truth lies under the first foreground point."


@dataclass(frozen=True)
class Truth:
    """What is truly in a picture, and the level at which masks are compared with it.

    Args:
        scene: the regions.
        level: 0 for the whole under the first foreground point, 1 for a part, 2 for a sub-part.
        picture: the picture that this is the truth of, where it has to be that one; None for any
            of this size.
    """

    scene: Scene
    level: int = 0
    picture: UInt8[np.ndarray, "h w 3"] | None = field(default=None, compare=False, repr=False)

    def is_of(self, picture: UInt8[np.ndarray, "h w 3"]) -> bool:
        """Whether it says anything of this picture."""
        if self.picture is None:
            return self.scene.labels.shape[1:] == picture.shape[:2]
        return self.picture is picture or np.array_equal(self.picture, picture)

    def of(self, picture: UInt8[np.ndarray, "h w 3"]) -> "Truth | None":
        """This truth where it is of this picture, else that of an example or scene, if it is one.

        None if nothing is known of the picture.
        """
        if self.is_of(picture):
            return self
        scene = truth_of(picture)
        return None if scene is None else Truth(scene, self.level, picture)


def as_truth(given: Any) -> Truth | None:
    """A truth, a scene, or the mask of what is meant (row, column), as a `Truth`.

    Raises:
        TypeError: something else.
        ValueError: an empty mask.
    """
    if given is None or isinstance(given, Truth):
        return given
    if isinstance(given, Scene):
        return Truth(given)
    if not (isinstance(given, np.ndarray) and given.dtype == bool and given.ndim == 2):
        raise TypeError(
            "truth must be a scene, a mask of booleans (row, column), such as session.shown_truth "
            f"or sx.scene(0).mask(0), or None, not {_kind_of(given)}."
        )
    return Truth(scene_of_mask(np.zeros((*given.shape, 3), np.uint8), given, "the truth given"))


def _kind_of(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype} with {given.ndim} axes"
    return f"a {type(given).__name__}"


def region_in_words(scene: Scene, index: int) -> str:
    """Such as "turtle/head (part)"; the name alone where there is one region only."""
    region = scene.regions[index]
    return region.name if len(scene.regions) == 1 else f"{region.name} ({LEVELS[region.level]})"


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
    truth = sampled(mask, prediction)
    return np.array([mask_iou(each, truth) for each in prediction.sampled > threshold])


def sampled(
    mask: Bool[np.ndarray, "h w"], prediction: Prediction
) -> Bool[np.ndarray, "row column"]:
    """A mask of the picture's size at the pixels of `Prediction.sampled`."""
    return mask[np.ix_(*prediction.sampled_places)]
