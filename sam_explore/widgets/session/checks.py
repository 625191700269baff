"""Checks of each part of a session's state: each returns the value to store, or raises."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...corrections import BEST, Choice
from ...geometry import Prompts
from ...preprocessing import Preprocessing
from ...probes.common.probe import threshold_knob
from ...scenes.ground_truth import Scene
from ...tracing.interventions import Intervention
from ...tracing.recording import find_hooks
from ...truth import scene_of_mask
from .source import Source

THRESHOLD = threshold_knob().metadata["knob"]  # the bound for the session and for its views


def checked_preprocessing(source: Source, how: Any) -> Preprocessing:
    """A preprocessing that this model supports, given as such or by name."""
    how = how if isinstance(how, Preprocessing) else Preprocessing(how)
    how.check(source.sam.config)
    return how


def checked_prompts(source: Source, prompts: Prompts) -> Prompts:
    """Prompts inside the picture, with a hint of the logits' size."""
    source.frame.check(prompts)
    return prompts


def checked_chosen(source: Source, chosen: Any) -> Choice:
    """The number of one of the model's masks, "best", or None."""
    count = source.sam.config.mask_tokens
    is_mask = isinstance(chosen, int | np.integer) and not isinstance(chosen, bool)
    if is_mask and 0 <= chosen < count:
        return int(chosen)
    if chosen is None or (isinstance(chosen, str) and chosen == BEST):
        return chosen
    raise ValueError(
        f'chosen must be a mask from 0 to {count - 1}, "{BEST}" for the best predicted IoU of all, '
        f"or None for the model's own choice, not {chosen!r}."
    )


def checked_threshold(source: Source, threshold: float) -> float:
    """A logit within the threshold's bounds."""
    low, high = THRESHOLD.low, THRESHOLD.high
    if not low <= threshold <= high:  # NaN neither
        raise ValueError(
            f"threshold must be a finite logit from {low:g} to {high:g}, not {threshold}."
        )
    return threshold


def checked_truth(source: Source, truth: Any) -> Scene | None:
    """A scene of the picture's size, given as such, as a mask, or as the file of a mask."""
    if truth is None:
        return None
    if not isinstance(truth, Scene):
        mask = np.asarray(truth)
        if mask.dtype != bool or mask.ndim != 2:
            raise ValueError(
                "truth must be a scene, a mask of booleans (row, column), a file of one, or None, "
                f"not {type(truth).__name__}."
            )
        return scene_of_mask(source.image, mask, "the truth given")
    if truth.labels.shape[1:] != source.image.shape[:2]:
        raise ValueError("truth must be of a scene as large as the picture.")
    return truth


def checked_truth_level(source: Source, level: int | None) -> int | None:
    """0, 1 or 2 for whole, part and sub-part, or None."""
    if level not in (None, 0, 1, 2):
        raise ValueError(
            f"truth_level must be 0 for the whole, 1 for a part, 2 for a sub-part or None for "
            f"no truth, not {level!r}."
        )
    return level


def checked_token(source: Source, token: tuple) -> tuple[int, int]:
    """The row and the column of an image token."""
    rows, columns = source.grid
    if len(token) != 2 or not all(
        isinstance(place, int | np.integer) and 0 <= place < length
        for place, length in zip(token, (rows, columns), strict=True)
    ):
        raise ValueError(
            f"token must be a row from 0 to {rows - 1} and a column from 0 to {columns - 1}, "
            f"whole numbers, not {token}."
        )
    return int(token[0]), int(token[1])


def checked_map_opacity(source: Source, opacity: float) -> float:
    """A share from 0 to 1."""
    if not 0 <= opacity <= 1:  # NaN neither
        raise ValueError(f"map_opacity must be a number from 0 to 1, not {opacity}.")
    return opacity


def checked_windows(source: Source, windows: tuple | None) -> tuple[int, ...] | None:
    """A window for each block, or None."""
    if windows is not None:
        source.sam.config.check_windows(windows, grid=source.grid)
    return windows


def checked_edits(source: Source, edits: tuple) -> tuple:
    """Interventions, and pairs of a hook point's name and a function."""
    for edit in edits:
        if isinstance(edit, Intervention):
            source.plain.with_interventions(edit)  # refuses what can't be done
            continue
        if not (isinstance(edit, tuple) and len(edit) == 2 and callable(edit[1])):
            raise ValueError(
                "edits must be of sx.interventions, or pairs of a hook point's name and a "
                'function, such as ("image_encoder.position_encoder.hook_encoding", sx.zero), '
                f"not {edit!r}."
            )
        find_hooks(source.sam, edit[0])
    return edits


CHECKS: dict[str, Callable[[Source, Any], Any]] = {
    "preprocessing": checked_preprocessing,
    "prompts": checked_prompts,
    "chosen": checked_chosen,
    "threshold": checked_threshold,
    "token": checked_token,
    "map_opacity": checked_map_opacity,
    "truth": checked_truth,
    "truth_level": checked_truth_level,
    "windows": checked_windows,
    "edits": checked_edits,
}
