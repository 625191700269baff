"""Occlusion: the model's output without the content of some image tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model.description import EMBED, PROMPTS

from ..batches import most_at_once
from ..trace import Trace
from .scalars import Scalar, value_of

# Where content is removed: from the image tokens that the decoder reads, or from the picture.
PLACES = ("embedding", "pixels")


def value_without(
    trace: Trace, of: Scalar, removed: Bool[np.ndarray, "row column"], place: str = "embedding"
) -> float:
    """A number of the prediction when the content of these tokens is removed.

    Args:
        trace: the run; its edits and windows stay. The changed run is not cached.
        of: the number.
        removed: True for the tokens whose content is removed, over the token grid.
        place: "embedding" replaces them by the mean of the picture's image tokens, and only the
            decoder runs. "pixels" fills their patches of the picture with the model's mean colour,
            which is what padding holds, and the whole model runs.

    Raises:
        ValueError: an unknown place, or a number that this run doesn't have.
    """
    return values_without(trace, of, [removed], place)[0]


def values_without(
    trace: Trace,
    of: Scalar,
    removed: Sequence[Bool[np.ndarray, "row column"]],
    place: str = "embedding",
) -> list[float]:
    """`value_without` for several sets of tokens, each removed by itself.

    At the embedding of a run without edits of the mask decoder some at a time are decoded in one
    batch, which takes less time; the numbers are those of single runs up to single precision's
    rounding. Where there is nothing to remove, it is the run's own number.
    """
    of.check(trace.sam.config, trace.frame)
    content, blank = content_and_blank(trace, place)
    holds = holds_content(trace.frame, place)
    changes = [bool((each & holds).any()) for each in removed]
    changed = np.flatnonzero(changes).tolist()
    edits = trace.plan.edits_of(trace.plan.description.mask_decoder)
    at_once = 1 if edits or place == "pixels" else most_at_once(trace.frame)
    values = [np.nan if each else value_of(trace, of) for each in changes]
    for first in range(0, len(changed), at_once):
        numbers = changed[first : first + at_once]
        where = torch.from_numpy(np.stack([removed[number] for number in numbers]))
        if place == "pixels":
            for axis in (1, 2):
                where = where.repeat_interleave(trace.sam.config.patch_size, dim=axis)
        contents = torch.where(where[:, None].to(content.device), blank, content)
        for number, value in zip(numbers, _values_with(trace, of, contents, place), strict=True):
            values[number] = value
    return values


def content_and_blank(
    trace: Trace, place: str
) -> tuple[Float[Tensor, "channel height width"], Float[Tensor, "channel_or_1 1 1"]]:
    """The tensor at a place, and what replaces the removed content."""
    if place not in PLACES:
        raise ValueError(f"place must be one of {', '.join(PLACES)}, not {place!r}.")
    if place == "pixels":
        pixels = trace.engine.given.pixels.to(trace.sam.device)
        return pixels, pixels.new_zeros(1, 1, 1)
    tokens = trace.encoded.tokens[0]
    rows, columns = trace.frame.tokens_shown
    return tokens, tokens[:, :rows, :columns].mean(dim=(1, 2), keepdim=True)


def holds_content(frame: Frame, place: str) -> Bool[np.ndarray, "row column"]:
    """The tokens with content to remove: all except those of pure padding."""
    holds = np.full(frame.grid, place != "pixels")
    rows, columns = frame.tokens_shown
    holds[:rows, :columns] = True
    return holds


def pooled(
    tokens: Shaped[np.ndarray, "row column"], patch: int
) -> Shaped[np.ndarray, "down across"]:
    """Sums over square patches of tokens; those at the far edges can be smaller."""
    rows, columns = (np.arange(0, length, patch) for length in tokens.shape)
    return np.add.reduceat(np.add.reduceat(tokens, rows, axis=0), columns, axis=1)


def patches_of(grid: tuple[int, int], patch: int) -> tuple[int, int]:
    """How many patches a grid has down and across."""
    rows, columns = grid
    return -(-rows // patch), -(-columns // patch)


def spread(
    patches: Shaped[np.ndarray, "down across"], patch: int, grid: tuple[int, int]
) -> Shaped[np.ndarray, "row column"]:
    """Each patch's value at each of its tokens, on a token grid."""
    rows, columns = grid
    return patches.repeat(patch, axis=0).repeat(patch, axis=1)[:rows, :columns]


@dataclass(frozen=True, eq=False)
class RemovalCurves:
    """A number of the prediction while patches are removed, or inserted, one after the other.

    Args:
        share: the share of patches removed, or inserted, 0 to 1.
        deletion: the number with that share of the patches removed, in order.
        insertion: the number with only that share of the patches present, in order.
    """

    share: Float[np.ndarray, "step"]
    deletion: Float[np.ndarray, "step"]
    insertion: Float[np.ndarray, "step"]

    @property
    def deletion_area(self) -> float:
        """The mean height of the deletion curve: low if important patches are removed first."""
        return float(np.trapezoid(self.deletion, self.share))

    @property
    def insertion_area(self) -> float:
        """The mean height of the insertion curve: high if important patches are inserted first."""
        return float(np.trapezoid(self.insertion, self.share))

    @property
    def backwards(self) -> "RemovalCurves":
        """The curves of the reverse order: its deletion is this insertion reversed."""
        return RemovalCurves(1 - self.share[::-1], self.insertion[::-1], self.deletion[::-1])


def removal_curves(
    trace: Trace,
    of: Scalar,
    order: Sequence[int] | Int[np.ndarray, "patch"],
    place: str = "embedding",
    patch: int = 1,
    steps: int = 10,
) -> RemovalCurves:
    """Deletion and insertion curves of patches in an order; about 2 `steps` - 1 runs.

    Args:
        trace, of, place: as in `value_without`.
        order: the numbers of patches, counted row by row, in the order of removal or insertion.
            Patches that are not in it stay as they are.
        patch: tokens along the side of a patch.
        steps: how many parts the order is cut into; one more if that can't be symmetric.

    Source: deletion and insertion are RISE's (arXiv 1806.07421).
    """
    order = np.asarray(order)
    grid = trace.frame.grid
    patches = patches_of(grid, patch)

    def removal(gone: np.ndarray) -> np.ndarray:
        removed = np.isin(np.arange(patches[0] * patches[1]), gone).reshape(patches)
        return spread(removed, patch, grid)

    cuts = np.linspace(0, len(order), steps + 1).round().astype(int)
    cuts = np.union1d(cuts, len(order) - cuts)  # symmetric
    gone = [*(order[:cut] for cut in cuts), *(order[cut:] for cut in cuts[1:-1])]
    values = values_without(trace, of, [removal(each) for each in gone], place)
    deletion = values[: len(cuts)]
    # Each curve begins where the other ends.
    insertion = [deletion[-1], *values[len(cuts) :], deletion[0]]
    return RemovalCurves(cuts / len(order), np.array(deletion), np.array(insertion))


def _values_with(trace: Trace, of: Scalar, contents: Tensor, place: str) -> list[float]:
    """The numbers with these tensors at the place; of pictures there is one."""
    engine, plan = trace.engine, trace.plan
    prompts = engine.output(plan, PROMPTS)
    if place == "pixels":
        tokens = engine.run(plan, EMBED, pixels=contents[0])
        for step in plan.description.image_encoder[1:]:
            tokens = engine.run(plan, step, tokens)
    else:
        tokens = contents
    logits, iou = engine.decode(plan, tokens, prompts)
    return [float(of.read(*each, trace.frame)) for each in zip(logits, iou, strict=True)]
