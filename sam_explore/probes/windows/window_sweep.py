"""How do the masks depend on the window size?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace

from ..common.logits import mask_overlaps
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target, in_words
from ..common.windows import (
    ChosenBlocks,
    blocks_in_words,
    others_in_words,
    tables_knob,
    with_window,
)

GLOBAL = "global"


@dataclass(frozen=True)
class WindowSweep(ChosenBlocks, ComparedWithTruth, Probe):
    """The prediction over several window sizes, compared with the trained windows.

    The sizes are 2, 4, 8 and so on, the trained ones, and the whole grid, which is global attention
    and drawn at the grid's longer side. Cropping can't make a table longer, so with it sizes larger
    than a block's are left out. Each size runs the image encoder from the first changed block on:
    seconds for the toy, minutes for the released models.

    Blocks that are not chosen keep the trace's windows. If those are not the trained ones, the
    trained size in the chosen blocks doesn't give the trained masks.

    Reads: the prediction with the trained windows and one for each size; edits stay.
    Returns: a Panel of two Profiles over the window in tokens: the IoU of each mask with the same
        token's mask in the trained windows, and how much the chosen mask's raw logits change, as
        the mean of the absolute difference over the picture. Given a truth, a third one has the
        chosen mask's predicted and true IoU.
    Unit: IoU from 0 to 1; logits.
    Source: ViTDet (arXiv 2203.16527) for the windows; the comparison is our own.
    """

    title = "How does the answer change with the size of the windows?"

    relative_positions: str = tables_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    is_sweep = True

    def read(self, trace: Trace) -> Panel:
        config = trace.sam.config
        blocks = self.blocks(config)
        longest = max(trace.frame.grid)
        sizes = window_sizes(config, blocks, self.relative_positions, longest)
        before = trace.with_windows(None).prediction
        mask = mask_shown(self.mask, before)
        overlaps, changes, answers = [], [], []
        for size in sizes:
            # A window as large as the grid is global attention; as 0 it shares the trained run.
            window = 0 if size == longest else size
            windows = with_window(trace.windows, blocks, window)
            after = trace.with_windows(windows, self.relative_positions).prediction
            answers.append(after)
            overlaps.append(mask_overlaps(before, after, self.threshold))
            changes.append(float(np.abs(after.visible[mask] - before.visible[mask]).mean()))
        others = others_in_words(config, trace.windows, blocks, trace.frame.grid)
        trained = trained_sizes(config, blocks, longest)
        axis: dict[str, Any] = {
            "x": np.array(sizes, dtype=float),
            "x_name": "window in tokens",
            "x_labels": tuple(GLOBAL if size == longest else str(size) for size in sizes),
            "x_marks": tuple((size, "trained") for size in sorted(trained)),
        }
        words = _words(blocks, axis["x_labels"], mask, np.array(overlaps), changes) + others
        target = self.target(trace)
        words += _true_in_words(target, mask, axis["x_labels"], answers, before, self.threshold)
        charts = _charts(mask, np.array(overlaps), changes, words, axis)
        if target is not None and target.mask is not None:
            charts += (_ious(target, mask, answers, self.threshold, words, axis),)
        return Panel(charts, f"Window sizes in {blocks_in_words(blocks)}", words, across=1)


def window_sizes(
    config: SamConfig, blocks: Sequence[int], relative_positions: str, longest: int
) -> tuple[int, ...]:
    """Sizes to compare, ascending: powers of two, the trained sizes, and the grid's longer side."""
    powers = {2**power for power in range(1, 12) if 2**power < longest}
    sizes = sorted(powers | trained_sizes(config, blocks, longest) | {longest})
    if relative_positions == "crop" and blocks:
        learned = min(config.side(config.windows[block]) for block in blocks)
        sizes = [size for size in sizes if size <= learned]
    return tuple(sizes)


def trained_sizes(config: SamConfig, blocks: Sequence[int], longest: int) -> set[int]:
    """The windows that these blocks were trained with; global ones see all of the grid."""
    return {config.windows[block] or longest for block in blocks}


def _words(
    blocks: Sequence[int],
    labels: tuple[str, ...],
    mask: int,
    overlaps: Float[np.ndarray, "size mask"],
    changes: list[float],
) -> str:
    """What stands out: where the chosen mask changes most, and where least."""
    where = f"In other windows in {blocks_in_words(blocks)}"
    changed = [place for place, change in enumerate(changes) if change > 0]
    if not changed:
        return f"{where} mask {mask} doesn't change at all."

    def said(place: int) -> str:
        return f"{text(changes[place])} logits in the mean, overlap {overlaps[place, mask]:.2f}"

    most, least = (pick(changed, key=changes.__getitem__) for pick in (max, min))
    words = f"{where} mask {mask} changes most {_window(labels[most])} ({said(most)})"
    if least != most:
        words += f" and least {_window(labels[least])} ({said(least)})"
    return f"{words}."


def _window(label: str) -> str:
    return "with global attention" if label == GLOBAL else f"with windows of {label} tokens"


def _true_in_words(
    target: Target | None,
    mask: int,
    labels: tuple[str, ...],
    answers: list[Prediction],
    before: Prediction,
    threshold: float,
) -> str:
    """Where the chosen mask is best, as predicted and in truth; "" without a truth."""
    if target is None:
        return ""
    if target.mask is None:
        return f" {target.why_none}"
    predicted = np.array([each.iou[mask] for each in answers])
    true = np.array([target.ious(each, threshold)[mask] for each in answers])
    best, worst, hoped = labels[true.argmax()], labels[true.argmin()], labels[predicted.argmax()]
    return (
        f" Its true IoU with {target.name} is {in_words(target.ious(before, threshold)[mask])} in "
        f"the trained windows, greatest {_window(best)} ({in_words(true.max())}) and least "
        f"{_window(worst)} ({in_words(true.min())}). Its predicted IoU is greatest "
        f"{_window(hoped)} ({in_words(predicted.max())})."
    )


def _charts(
    mask: int, overlaps: np.ndarray, changes: list[float], words: str, axis: dict[str, Any]
) -> tuple[Profile, ...]:
    curves = tuple(Curve(each, f"mask {token}") for token, each in enumerate(overlaps.T))
    return (
        Profile(
            curves=curves,
            title="Overlap with the trained windows' masks",
            words=words,
            y_name="IoU",
            **axis,
        ),
        Profile(
            curves=(Curve(np.array(changes), f"mask {mask}"),),
            title=f"Change of mask {mask}'s logits",
            words=words,
            y_name="mean absolute change (logits)",
            **axis,
        ),
    )


def _ious(
    target: Target,
    mask: int,
    answers: list[Prediction],
    threshold: float,
    words: str,
    axis: dict[str, Any],
) -> Profile:
    """Predicted and true IoU of one mask over the sizes."""
    curves = {
        "predicted": [each.iou[mask] for each in answers],
        "true": [target.ious(each, threshold)[mask] for each in answers],
    }
    return Profile(
        curves=tuple(Curve(np.array(ious, float), name) for name, ious in curves.items()),
        title=f"Predicted and true IoU of mask {mask}",
        words=words,
        y_name="IoU",
        **axis,
    )
