"""What becomes of a picture on its way into the network: scaling, patches and tokens.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float

from sam_explore.model.addresses import PATCH_TOKENS
from sam_explore.number_text import text
from sam_explore.probes.common.logits import percent
from sam_explore.probes.common.numbers import array
from sam_explore.probes.common.patches import kernels_of, levels_of, patches_of
from sam_explore.probes.patches.patch_grid import share_within
from sam_explore.probes.patches.patch_rebuilt import rebuilt, typical_patches
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace

from .fact import Fact

_ROUNDING = 1e-4  # of a grey level
_LARGE_PX = 4000  # the longer side of a photo of 12 megapixels


def pixels_a_patch(now: Any) -> Fact:
    """How many pixels of the picture one patch covers along x.

    Returns a `Fact` with the number of pixels.
    """
    frame, config = now.trace.frame, now.trace.sam.config
    down, across = frame.token_size_px
    height, width = frame.image_size
    rows, columns = frame.grid
    large = _LARGE_PX / max(frame.side) * config.patch_size
    return Fact(
        across,
        f"The picture, {width} pixels wide and {height} high, became {rows * columns} patches. One "
        f"patch covers {text(across)} × {text(down)} of its pixels. Of a photo {_LARGE_PX} pixels "
        f"wide it would cover {text(large)} × {text(large)}: smaller things share one token.",
    )


def variance_within_patches(now: Any) -> Fact:
    """How much of the picture one mean colour for each patch leaves out.

    Returns a `Fact` with a percentage of the pixels' variance, over the patches of the picture.
    """
    patches = _patches_shown(now.trace)
    share = share_within(patches.reshape(-1, *patches.shape[2:]))
    off = patches - patches.mean(axis=(0, 1, 3, 4), keepdims=True)
    if np.abs(off).max() < _ROUNDING:
        return Fact(0.0, "All pixels of this picture are equal: one colour a patch loses nothing.")
    return Fact(
        100 * share,
        f"One mean colour for each patch leaves out {percent(share)} of the variance of this "
        f"picture's pixels, and keeps {percent(1 - share)}.",
    )


def loss_of_one_colour(now: Any) -> Heatmap:
    """How far the pixels of each patch are from its mean colour.

    Returns a `Heatmap` by token, in grey levels: the root of the mean square over pixels and
    colours. Padding has none.
    """
    run = now.trace
    patches = _patches_shown(run)
    off = patches - patches.mean(axis=(3, 4), keepdims=True)
    values = np.full(run.frame.grid, np.nan)
    values[: patches.shape[0], : patches.shape[1]] = np.sqrt((off**2).mean(axis=(2, 3, 4)))
    values[values < _ROUNDING] = 0.0
    low, high = np.nanmin(values), np.nanmax(values)
    middle = float(np.nanmedian(values))
    return Heatmap(
        values,
        "Lost with one colour a patch",
        f"The pixels of a patch are {text(float(low))} to {text(float(high))} grey levels from its "
        f"mean colour, {text(middle)} in the median patch. A bright patch loses nothing by being "
        "bright: what is lost is change, at edges and in patterns.",
        Scale("grey levels", low=0.0),
        "tokens",
    )


def alike_half_a_patch_on(now: Any) -> Fact:
    """How alike the tokens are when the picture has moved by half a patch, right and down.

    Returns a `Fact` with a correlation: that of each channel over places, in the mean of all
    channels, between a token and the one at the same row and column of the moved picture.
    """
    found = {step: _moved(now.trace, step) for step in _steps(now.trace)}
    one, half = (found[step] for step in _steps(now.trace))
    if np.isnan(half):
        return Fact(half, "All patches of this picture are alike: there is nothing to compare.")
    return Fact(
        half,
        f"After one pixel a token's channels still have a correlation of {text(one, 2)} with what "
        f"they were; after half a patch, {text(half, 2)}. After a whole patch they would be the "
        "same tokens again, one place further on.",
    )


def kept_of_patches(now: Any) -> Fact:
    """How much of all patches a linear function of their tokens gets back.

    Returns a `Fact` with a percentage of the pixels' variance, by the best linear guess for patches
    like those of drawn scenes.
    """
    run = now.trace
    kernels, bias = kernels_of(run.sam)
    flat = kernels.reshape(len(kernels), -1)
    tokens = array(run[PATCH_TOKENS][0]) - bias
    prior = typical_patches(run.engine.given.preprocessing, run.sam.config)
    kept, alone = (_kept(run, rebuilt(tokens, flat, each), kernels.shape) for each in (prior, None))
    numbers = flat.shape[1]
    return Fact(
        100 * kept,
        f"A token of {len(kernels)} numbers gives back {percent(kept)} of the variance of its "
        f"patch of {numbers}, if one knows what patches are usually like. From the kernels alone, "
        f"without that knowledge, it is {percent(max(0.0, alone))}.",
    )


def _patches_shown(run: Trace) -> Float[np.ndarray, "row column colour y x"]:
    """The patches that show some of the picture, in grey levels."""
    levels = levels_of(run, array(run.pixels))
    rows, columns = run.frame.tokens_shown
    return patches_of(levels, run.sam.config.patch_size)[:rows, :columns]


def _steps(run: Trace) -> tuple[int, int]:
    return 1, max(1, run.sam.config.patch_size // 2)


def _moved(run: Trace, step: int) -> float:
    """The mean correlation of the channels with themselves `step` pixels further right and down."""
    side = run.sam.config.patch_size
    rows, columns = (count - 1 for count in run.frame.tokens_shown)
    kernels, bias = kernels_of(run.sam)
    if min(rows, columns) < 1:
        return float("nan")
    part = run.pixels[:, step : step + rows * side, step : step + columns * side]
    pixels = torch.tensor(array(part)).float()[None]
    weight, added = torch.tensor(kernels).float(), torch.tensor(bias).float()
    moved = array(F.conv2d(pixels, weight, added, stride=side)[0])
    kept = np.moveaxis(array(run[PATCH_TOKENS][0])[:rows, :columns], -1, 0)
    pairs = [each.reshape(len(kernels), -1) for each in (kept, moved)]
    one, other = (each - each.mean(axis=1, keepdims=True) for each in pairs)
    sizes = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    varied = sizes > _ROUNDING
    if not varied.any():
        return float("nan")
    return float(((one * other).sum(axis=1)[varied] / sizes[varied]).mean())


def _kept(run: Trace, guess: Float[np.ndarray, "row column number"], shape: tuple) -> float:
    """The share of the variance of all patches shown that is in a guess of them."""
    patches = _patches_shown(run)
    rows, columns = patches.shape[:2]
    guessed = guess[:rows, :columns].reshape(rows, columns, *shape[1:])
    levels = np.array([[levels_of(run, each) for each in row] for row in guessed])
    total = ((patches - patches.mean(axis=(0, 1, 3, 4), keepdims=True)) ** 2).sum()
    return float(1 - ((levels - patches) ** 2).sum() / total) if total > 0 else 1.0
