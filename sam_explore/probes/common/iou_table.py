"""A table of all masks before and after a change: their overlap, and predicted and true IoU."""

import numpy as np
from jaxtyping import Float

from sam_explore.prediction import Prediction
from sam_explore.readings import Matrix, Scale

from .numbers import counted
from .truth import Target, in_words

Runs = tuple[Prediction, Prediction]
Ious = tuple[Float[np.ndarray, "mask"], ...]  # before and after


def true_ious_of(target: Target | None, runs: Runs, threshold: float) -> Ious | None:
    """The true IoU of all masks before and after; None without a truth."""
    return None if target is None else tuple(target.ious(each, threshold) for each in runs)


def iou_table(
    runs: Runs, overlaps: tuple[float, ...], true: Ious | None, compared_with: str
) -> Matrix:
    """Overlap of each mask before and after, and its IoU in both runs.

    Args:
        runs: the predictions before and after.
        overlaps: the IoU of each mask with its counterpart.
        true: true IoU before and after, if it is known.
        compared_with: what the masks before are of, such as "in the trained windows".
    """
    before, after = runs
    names = ["overlap", "predicted\nbefore", "predicted\nnow"]
    columns = [np.array(overlaps), before.iou, after.iou]
    if true is not None:
        names = ["overlap", "predicted\nbefore", "true\nbefore", "predicted\nnow", "true\nnow"]
        columns = [np.array(overlaps), before.iou, true[0], after.iou, true[1]]
    return Matrix(
        np.stack(columns, axis=1),
        rows=tuple(f"mask {mask}" for mask in range(len(overlaps))),
        columns=tuple(names),
        title=f"IoU of {counted(len(overlaps), 'mask')}",
        words=(
            f"Overlap is the IoU of each mask with the same token's mask {compared_with}: "
            f"{', '.join(in_words(each) for each in overlaps)}."
        ),
        row_name="mask",
        column_name="IoU",
        scale=Scale("IoU", low=0.0, high=1.0),
    )


def true_in_words(mask: int, target: Target | None, true: Ious | None) -> str:
    """How one mask's true IoU goes from before to after, as a sentence after others; else ""."""
    if target is None or true is None:
        return ""
    if target.mask is None:
        return f" {target.why_none}"
    before, after = (in_words(each[mask]) for each in true)
    return f" Mask {mask}'s true IoU with {target.name} goes from {before} to {after}."
