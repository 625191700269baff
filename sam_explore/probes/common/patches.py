"""Patches of the model's input, the kernels that they meet, and both as small pictures."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sam_explore.model import Sam
from sam_explore.origins import ALL, PICTURE, SCALED, Operation, address_of, mean_of, there
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace

from .numbers import array
from .probe import knob

STRONGEST = -1  # of a `kernel_knob`


def kernel_knob(name: str) -> Any:
    """A field that is a kernel of the patch embedding, which is a channel of its tokens.

    Args:
        name: what −1 stands for.
    """
    return knob(
        STRONGEST,
        "kernel",
        low=STRONGEST,
        high=lambda run: run.config.encoder_dim - 1,
        names=((STRONGEST, name),),
        matters=True,
    )


def kernels_of(
    sam: Sam,
) -> tuple[Float[np.ndarray, "kernel colour y x"], Float[np.ndarray, "kernel"]]:
    """The kernels of the patch embedding, and what each adds to its products."""
    layer = sam.image_encoder.patch_embedding.projection
    weight = array(layer.weight)
    bias = np.zeros(len(weight)) if layer.bias is None else array(layer.bias)
    return weight, bias


def patches_of(
    pixels: Float[np.ndarray, "colour height width"], side: int
) -> Float[np.ndarray, "row column colour y x"]:
    """A picture of whole patches, diced."""
    colours, height, width = pixels.shape
    diced = pixels.reshape(colours, height // side, side, width // side, side)
    return diced.transpose(1, 3, 0, 2, 4)


def patch_at(trace: Trace, token: tuple[int, int]) -> Float[np.ndarray, "colour y x"]:
    """The patch that becomes a token, normalised as the model gets it."""
    side = trace.sam.config.patch_size
    y, x = (side * place for place in token)
    return array(trace.pixels[:, y : y + side, x : x + side])


def levels_of(
    trace: Trace, patch: Float[np.ndarray, "colour y x"]
) -> Float[np.ndarray, "colour y x"]:
    """What is normalised as the run's input, in grey levels."""
    how = trace.engine.given.preprocessing
    return array(how.levels(torch.tensor(patch, device="cpu"), trace.sam.config))


def patch_tile(
    levels: Float[np.ndarray, "colour y x"], title: str, words: str, **more: Any
) -> Heatmap:
    """Pixels in their colours; the values are their brightness, the mean of the three."""
    colours = np.moveaxis(levels.round().clip(0, 255).astype(np.uint8), 0, -1)
    return Heatmap(levels.mean(axis=0), title, words, Scale("grey level"), colours=colours, **more)


def kernel_tile(kernel: Float[np.ndarray, "colour y x"], title: str, words: str) -> Heatmap:
    """A kernel as a picture: mid grey is no weight; the values are the mean of the three colours.

    Its weight that is farthest from 0 is full or no light of its colour.
    """
    reach = float(np.abs(kernel).max()) or 1.0
    shades = np.moveaxis((127.5 * (1 + kernel / reach)).round().astype(np.uint8), 0, -1)
    return Heatmap(kernel.mean(axis=0), title, words, Scale("weight", centre=0.0), colours=shades)


def weights_address(trace: Trace) -> str:
    """The address of the kernels of the patch embedding."""
    return address_of(trace.sam, trace.sam.image_encoder.patch_embedding.projection.weight)


def of_levels(trace: Trace, rows: range, columns: range) -> Operation | None:
    """The mean grey level of some pixels of the input; None where it is padding in part."""
    height, width = trace.frame.input_size
    if rows.stop > height or columns.stop > width:
        return None
    is_scaled = trace.frame.input_size != trace.frame.image_size
    levels = there(SCALED if is_scaled else PICTURE, (rows, columns, ALL))
    return mean_of(trace, levels, "mean of the three colours")
