"""What changes when tokens of another picture replace these?"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Heatmap, Panel, Scale
from sam_explore.tracing import Trace, mirror_of
from sam_explore.tracing.interventions import PatchTokens

from ..common.before_after import change_in_words, change_of_mask, masks_before_and_after
from ..common.numbers import array, counted
from ..common.origins import AFTER, BEFORE, CHANGED, of_before_and_after
from ..common.probe import (
    Probe,
    block_knob,
    knob,
    mask_knob,
    mask_shown,
    threshold_knob,
    token_knob,
)
from ..common.projections import share_of_the_way
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class PatchedTokens(ComparedWithTruth, Probe):
    """Activation patching: after one block, a region's tokens are those of another picture's run.

    The region is a square around the picked token. Earlier blocks are not affected by the patch.
    The later the block, the more the other tokens have already read from the original ones.

    The other run is a field but not a knob: `sx.explore(sx.probes.PatchedTokens, session,
    other=second.trace)`. Without one, it is the run of this picture's own mirror image, left to
    right.

    How far the mask follows is said in the words, if both pictures have one size: by how much its
    logits where the patch is go to those that the other run has for the same prompts.

    Given a truth, the words hold the mask's true IoU before and after, next to the predicted one.

    Reads: image_encoder.vit.blocks.N.hook_residual_post of both runs, and the prediction with and
        without the patch.
    Returns: a Panel of a Heatmap by token (row, column), the distance between the two runs after
        the block; and three of a mask's raw logits over the picture: their change, and the logits
        before and after, on one scale.
    Unit: the L2 norm of the tokens' difference over the norm of this run's token; logits.
    Source: "Locating and Editing Factual Associations in GPT" (arXiv 2202.05262), for texts.
    """

    title = "What if some tokens came from another picture?"
    runs_encoder = True

    token: tuple[int, int] = token_knob()
    reach: int = knob(
        1, "tokens around it", low=0, high=lambda run: run.config.grid - 1, matters=True
    )
    block: int = block_knob(matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()
    other: Trace | None = None

    def read(self, trace: Trace) -> Panel:
        other = mirror_of(trace) if self.other is None else self.other
        _check_other(trace, other)
        places = self.places(trace.frame.grid)
        patched = trace.with_interventions(PatchTokens(other, self.block, places))
        apart = _apart(trace, other, self.block)
        before, after = trace.prediction, patched.prediction
        mask = mask_shown(self.mask, before)
        mean_apart = float(np.mean([apart[place] for place in places]))
        who = f"{counted(len(places), 'token')} around row {self.token[0]}, column {self.token[1]}"
        words = (
            f"After block {self.block}, {who} come from the other run; in the mean they lie "
            f"{text(mean_apart)} norms from those that they replace. "
            f"{followed_in_words(mask, trace, patched, other, places)}"
            f"{change_in_words(mask, before, after, self.threshold)}"
            f"{self.change_of_ious_in_words(trace, (before, after), mask, self.threshold)}"
        )
        change = change_of_mask(mask, before, after, words)
        masks = masks_before_and_after(mask, before, after, self.threshold)
        title = f"Patched after block {self.block}: {who}"
        return Panel((_map(apart, self.block, places), change, *masks), title, words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == 0:  # distances between two runs
            return None
        other = mirror_of(trace) if self.other is None else self.other
        places = self.places(trace.frame.grid)
        after = trace.with_interventions(PatchTokens(other, self.block, places))
        part = (0, CHANGED, BEFORE, AFTER)[cell.part]
        mask = mask_shown(self.mask, trace.prediction)
        return of_before_and_after(trace, after, mask, replace(cell, part=part))

    def places(self, grid: tuple[int, int]) -> tuple[tuple[int, int], ...]:
        """Rows and columns of the replaced tokens, on a grid of this size."""
        rows, columns = (
            range(max(0, middle - self.reach), min(length, middle + self.reach + 1))
            for middle, length in zip(self.token, grid, strict=True)
        )
        return tuple((row, column) for row in rows for column in columns)


def followed_in_words(
    mask: int, trace: Trace, patched: Trace, other: Trace, places: tuple[tuple[int, int], ...]
) -> str:
    """How far the mask follows the other run where its tokens are.

    "" for one of another size, or with the same logits there.
    """
    if trace.image.shape != other.image.shape:
        return ""
    share = followed(mask, trace, patched, other, places)
    if np.isnan(share):
        return ""
    return (
        f"There the logits of mask {mask} go {text(share, 2)} of the way to those that the other "
        "run has for the same prompts. "
    )


def followed(
    mask: int, trace: Trace, patched: Trace, other: Trace, places: tuple[tuple[int, int], ...]
) -> float:
    """How far a mask's logits in these places go from a run's to another's; 0 not at all, 1 wholly.

    It is the projection of their change on the difference of the two runs, for the same prompts;
    NaN if these are the same.
    """
    tokens = np.zeros(trace.frame.grid, bool)
    tokens[tuple(np.transpose(places))] = True
    cells = tokens.repeat(LOGITS_A_TOKEN, 0).repeat(LOGITS_A_TOKEN, 1)
    runs = (trace, patched, other.with_prompts(trace.prompts))
    start, changed, end = (
        run.prediction.logits[mask][: cells.shape[0], : cells.shape[1]][cells].astype(float)
        for run in runs
    )
    return share_of_the_way(changed, start, end)


def _check_other(trace: Trace, other: Any) -> None:
    if not isinstance(other, Trace):
        raise TypeError(
            "other must be the run that tokens are taken from, such as a second session's trace, "
            f"not a {type(other).__name__}."
        )
    here, there = trace.sam.config, other.sam.config
    if here.encoder_dim != there.encoder_dim:
        raise ValueError(
            f"other must be a run of a model of this size, {here.name}, but is one of {there.name}."
        )
    if trace.frame.grid != other.frame.grid:
        sizes = " x ".join(map(str, trace.frame.side))
        raise ValueError(
            f"other must have a grid of {trace.frame.grid} tokens as this run, but has one of "
            f'{other.frame.grid}. Two pictures get the same grid by preprocessing="stretch" with '
            f"the same height and width, such as these {sizes} pixels."
        )


def _apart(trace: Trace, other: Trace, block: int) -> Float[np.ndarray, "row column"]:
    name = in_block(block, "hook_residual_post")
    here, there = array(trace[name][0]), array(other[name][0])
    return np.linalg.norm(there - here, axis=-1) / np.linalg.norm(here, axis=-1)


def _map(
    apart: Float[np.ndarray, "row column"], block: int, places: tuple[tuple[int, int], ...]
) -> Heatmap:
    return Heatmap(
        apart,
        title=f"How far the runs lie apart after block {block}",
        words=f"The runs lie {text(apart.min())} to {text(apart.max())} norms apart.",
        scale=Scale("norms", low=0.0),
        frame="tokens",
        marks=places,
    )
