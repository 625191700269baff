"""The same run with another size and shape of the model's input, and what that costs."""

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8

from sam_explore.geometry import Frame
from sam_explore.model import SamConfig
from sam_explore.model.config import attended
from sam_explore.model.windows import padded_grid
from sam_explore.prediction import EncodedImage, encode
from sam_explore.preprocessing import Preprocessing, Side
from sam_explore.tracing import Trace
from sam_explore.tracing.foreign_hooks import refuse_foreign_hooks

from .cosines import cosines_of_pairs
from .numbers import array
from .probe import knob
from .windows import arithmetic

PADDED, STRETCHED, IN_PROPORTION = "padded", "stretched", "in proportion"
FITS = PADDED, STRETCHED, IN_PROPORTION
FLAT, NARROW = "stretched, half as high", "stretched, half as wide"
AS_IN_RUN = 0  # tokens along the longer side
_BYTES = 4  # of a number in single precision


def input_tokens_knob() -> Any:
    """A field that is the number of tokens along the longer side of another picture's input."""
    return knob(
        AS_IN_RUN,
        "tokens along the longer side",
        low=AS_IN_RUN,
        high=lambda run: run.config.grid,
        names=((AS_IN_RUN, "as many as in the run"),),
    )


def without_hint(trace: Trace) -> Trace:
    """The same run without its mask hint, which has the size of the run's own logits."""
    return trace.with_prompts(trace.prompts.with_mask_hint(None))


def with_input(trace: Trace, tokens: int, fit: str) -> Trace:
    """The run, which has no mask hint, with so many tokens along the input's longer side.

    Args:
        trace: the run.
        tokens: along the longer side.
        fit: one of `FITS`: padded to a square, stretched to it, or scaled in proportion to the
            nearest patch, with nothing padded; or `FLAT` or `NARROW`, stretched to half a square.
    """
    patch, keep_aspect = trace.sam.config.patch_size, fit == IN_PROPORTION
    medsam = trace.preprocessing == "medsam" and not keep_aspect
    how = "original" if fit == PADDED else "medsam" if medsam else "stretch"
    half, whole = patch * max(1, tokens // 2), patch * tokens
    side: Side = {FLAT: (half, whole), NARROW: (whole, half)}.get(fit, whole)
    frame = Preprocessing(how, side, keep_aspect).frame(trace.frame.image_size, trace.sam.config)
    if frame == trace.frame and (how == "medsam") == (trace.preprocessing == "medsam"):
        return trace  # whatever it is called, the input is the same
    return trace.with_preprocessing(how, side, keep_aspect)


def encoded_as_in(
    trace: Trace, image: UInt8[np.ndarray, "height width 3"], tokens: int
) -> EncodedImage:
    """Another picture, encoded by the run's model with its preprocessing.

    Args:
        trace: the run.
        image: the picture.
        tokens: along the input's longer side; `AS_IN_RUN` for as many as in the run.

    Raises RuntimeError if the model has foreign hooks.
    """
    refuse_foreign_hooks(trace.sam)
    how = Preprocessing(trace.preprocessing, trace.side, trace.keep_aspect)
    if tokens != AS_IN_RUN:
        how = replace(how, side=tokens * trace.sam.config.patch_size)
    return encode(
        trace.sam, image, preprocessing=how.name, side=how.side, keep_aspect=how.keep_aspect
    )


def smaller_input(trace: Trace) -> int:
    """Tokens along the longer side of an input that is encoded in a quarter of the time or less."""
    return max(1, trace.sam.config.grid // 2)


def size_in_words(tokens: int) -> str:
    """A sentence, after others, on an input of another size than the run's; "" for the same."""
    return "" if tokens == AS_IN_RUN else f" The input has {tokens} tokens along its longer side."


def likeness(one: Trace, other: Trace) -> Float[np.ndarray, "row column"]:
    """How alike image tokens are at the same places of the picture, in the first run's grid.

    The cosine of each token with the other run's tokens there, interpolated linearly; both less the
    mean token of what the picture covers. NaN for padding.
    """
    rows, columns = one.frame.tokens_shown
    tokens = array(one.encoded.tokens[0])[:, :rows, :columns]
    found = tokens_at(array(other.encoded.tokens[0]), other.frame, centres(one.frame))
    whole = np.full(one.frame.grid, np.nan)
    whole[:rows, :columns] = cosines_of_pairs(tokens, found)
    return whole


def centres(frame: Frame) -> Float[np.ndarray, "row column 2"]:
    """x and y in pixels of the picture of the middle of each token that shows some of it."""
    height, width = frame.token_size_px
    rows, columns = frame.tokens_shown
    y, x = np.meshgrid(
        (np.arange(rows) + 0.5) * height, (np.arange(columns) + 0.5) * width, indexing="ij"
    )
    return np.stack([x, y], axis=-1)


def tokens_at(
    tokens: Float[np.ndarray, "channel row column"],
    frame: Frame,
    points_px: Float[np.ndarray, "to_row to_column 2"],
) -> Float[np.ndarray, "channel to_row to_column"]:
    """Image tokens at points of the picture, interpolated linearly between the tokens' middles."""
    height, width = frame.token_size_px
    rows, columns = frame.grid
    # From −1 to 1 across the grid, as grid_sample has it.
    places = 2 * points_px / (width * columns, height * rows) - 1
    given, at = (torch.tensor(each, device="cpu")[None] for each in (tokens, places))
    return array(F.grid_sample(given, at, padding_mode="border", align_corners=False)[0])


def encoder_products(config: SamConfig, side: tuple[int, int]) -> int:
    """Multiply-adds of the image encoder for an input of this height and width, in its windows."""
    grid = _grid(config, side)
    ends = 3 * config.patch_size**2 * config.encoder_dim + config.encoder_dim * config.token_dim
    ends += 9 * config.token_dim**2
    return arithmetic(config, config.windows, grid) + prod(grid) * ends


def bytes_of_scores(config: SamConfig, side: tuple[int, int]) -> int:
    """Memory of the scores of the block that has most, if they are formed at once."""
    grid = _grid(config, side)
    pairs = (
        prod(padded_grid(window, grid)) * prod(attended(window, grid)) for window in config.windows
    )
    return _BYTES * config.encoder_heads * max(pairs)


def _grid(config: SamConfig, side: tuple[int, int]) -> tuple[int, int]:
    height, width = side
    return height // config.patch_size, width // config.patch_size
