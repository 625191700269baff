"""Which patterns and colours do the kernels look for?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import PATCH_TOKENS
from sam_explore.number_text import text
from sam_explore.readings import Curve, Gallery, Panel, Profile
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.patches import kernel_tile, kernels_of
from ..common.probe import Probe, knob
from ..common.waves import strongest_waves

_MOST = 12  # tiles
_ROUNDING = 1e-12  # of a pattern's power, which is 1
_FINER = 2  # times as many frequencies as a patch has by itself
_BINS = 12  # of orientation, 15 degrees each


class KernelFeatures(NamedTuple):
    """What is said of each kernel.

    Args:
        frequency: of the strongest wave in its pattern, in cycles a patch; NaN for a flat one.
        orientation: of that wave in degrees: 0 changes along x, 90 along y.
        colour: the share of its power in differences between the colours; 0 is a grey kernel.
        flat: the share of its power in its mean colour, which answers to the patch's mean.
        size: its L2 norm.
    """

    frequency: Float[np.ndarray, "kernel"]
    orientation: Float[np.ndarray, "kernel"]
    colour: Float[np.ndarray, "kernel"]
    flat: Float[np.ndarray, "kernel"]
    size: Float[np.ndarray, "kernel"]


@dataclass(frozen=True)
class KernelAtlas(Probe):
    """All kernels of the patch embedding, by frequency, orientation and colour.

    A kernel is nearly a pattern over the pixels times a colour: the first singular vectors of its
    table of pixels and colours. The strongest wave in the pattern, less its mean, has a frequency
    and an orientation. Frequencies are half a cycle apart: around the pattern 0 is put, up to twice
    its side. Next to the counts stand those of the same kernels with their pixels
    shuffled, which keeps every weight and no pattern.

    The tiles are drawn in the chosen order from the chosen place on; mid grey is no weight.

    Reads: the kernels of the patch embedding, whose channels are those of
        image_encoder.patch_embedding.hook_out. Not the picture.
    Returns: a Panel of a Gallery of kernels in colours, and of three Profiles of counts: by
        frequency, by orientation, and by the share of power in colours.
    Unit: cycles a patch; degrees; shares from 0 to 1.
    Source: "ImageNet classification with deep convolutional neural networks" (Krizhevsky et al.,
        2012, figure 3) for looking at kernels; the measures are our own.
    """

    title = "Which patterns and colours do the kernels look for?"
    reads_prompts = False
    about_picture = False

    order: str = knob(
        "frequency", "ordered by", choices=("frequency", "orientation", "colour", "size")
    )
    first: int = knob(0, "first kernel shown", low=0, high=lambda run: run.config.encoder_dim - 1)

    def read(self, trace: Trace) -> Panel:
        trace.read(PATCH_TOKENS, lambda tensor, hook: None)  # the weights are this run's
        kernels, _ = kernels_of(trace.sam)
        found, shuffled = kernel_features(kernels), kernel_features(pixels_shuffled(kernels))
        by = getattr(found, self.order)
        order = np.argsort(np.where(np.isnan(by), -np.inf, by), kind="stable")
        words = _words(found, shuffled, kernels.shape[-1])
        tiles = tuple(
            kernel_tile(kernels[each], f"{each}: {_value(by[each])}", words)
            for each in map(int, order[self.first : self.first + _MOST])
        )
        gallery = Gallery(tiles, f"Kernels by {self.order}, from place {self.first} on", words)
        charts = _charts(found, shuffled, kernels.shape[-1], words)
        title = f"{len(kernels)} kernels of the patch embedding"
        return Panel((gallery, *charts), title=title, words=words, across=2)


def kernel_features(kernels: Float[np.ndarray, "kernel colour y x"]) -> KernelFeatures:
    """Frequency, orientation, shares of colour and of the mean, and size of each kernel."""
    count, colours, height, width = kernels.shape
    flat_pixels = kernels.reshape(count, colours, height * width)
    power = (flat_pixels**2).sum(axis=(1, 2))
    known = np.where(power > 0, power, np.nan)
    grey = colours * (flat_pixels.mean(axis=1) ** 2).sum(axis=1)
    flat = height * width * (flat_pixels.mean(axis=2) ** 2).sum(axis=1)
    _, _, patterns = np.linalg.svd(flat_pixels, full_matrices=False)
    table = patterns[:, 0].reshape(count, height, width).transpose(1, 2, 0)
    varied = table - table.mean(axis=(0, 1))
    around = ((0, (_FINER - 1) * height), (0, (_FINER - 1) * width), (0, 0))
    # What rounding leaves of a flat pattern is no wave, nor is the pattern of a kernel that is 0.
    is_flat = ((varied**2).sum(axis=(0, 1)) < _ROUNDING) | (power == 0)
    frequency, orientation = (
        np.where(is_flat, np.nan, each) for each in strongest_waves(np.pad(varied, around))[:2]
    )
    # Rounding may leave a share a little below 0.
    colour = np.maximum(1 - grey / known, 0)
    return KernelFeatures(frequency / _FINER, orientation, colour, flat / known, np.sqrt(power))


def pixels_shuffled(
    kernels: Float[np.ndarray, "kernel colour y x"],
) -> Float[np.ndarray, "kernel colour y x"]:
    """The same kernels with their pixels in a random order, another for each of them."""
    chance = np.random.default_rng(0)
    flat = kernels.reshape(*kernels.shape[:2], -1)
    orders = [chance.permutation(flat.shape[-1]) for _ in kernels]
    shuffled = [kernel[:, order] for kernel, order in zip(flat, orders, strict=True)]
    return np.array(shuffled).reshape(kernels.shape)


def _charts(
    found: KernelFeatures, shuffled: KernelFeatures, patch: int, words: str
) -> tuple[Profile, ...]:
    bins = {
        "frequency": (np.arange(0.0, 0.75 * patch + 0.5, 0.5), "cycles a patch"),
        "orientation": (np.linspace(-90, 90, _BINS + 1), "degrees: 0 changes along x, ±90 along y"),
        "colour": (np.linspace(0, 1, 11), "share of power in colours"),
    }
    charts = []
    for name, (edges, x_name) in bins.items():
        counts = [
            np.histogram(getattr(each, name)[np.isfinite(getattr(each, name))], edges)[0]
            for each in (found, shuffled)
        ]
        curves = tuple(
            Curve(each.astype(float), label, style="steps")
            for each, label in zip(counts, ("kernels", "pixels shuffled"), strict=True)
        )
        # Shuffling pixels leaves the colours as they are.
        shown = curves[:1] if name == "colour" else curves
        middles = (edges[:-1] + edges[1:]) / 2
        title = f"By {name}"
        charts.append(Profile(middles, shown, title, words, x_name, "kernels"))
    return tuple(charts)


def _value(value: float) -> str:
    return "flat" if np.isnan(value) else text(value)


def _mean(values: Float[np.ndarray, "kernel"]) -> str:
    finite = values[np.isfinite(values)]
    return text(float(finite.mean())) if finite.size else "nothing"


def _along(found: KernelFeatures) -> str:
    """The share of the kernels with a wave whose wave runs nearly along an axis."""
    angles = found.orientation[np.isfinite(found.orientation)]
    return percent(float((np.abs(np.abs(angles) - 45) > 22.5).mean())) if angles.size else "none"


def _words(found: KernelFeatures, shuffled: KernelFeatures, patch: int) -> str:
    coloured = int((found.colour > 0.5).sum())
    flat = int((found.flat > 0.5).sum())
    total = len(found.size)
    return (
        f"The strongest waves of {total} kernels have {_mean(found.frequency)} cycles a patch of "
        f"{patch} pixels in the mean; with shuffled pixels, {_mean(shuffled.frequency)}. Within "
        f"22.5 degrees of an axis lie {_along(found)} of them, and {_along(shuffled)} with "
        f"shuffled pixels. Of all kernels, {coloured} have more than half of their power in "
        f"differences between colours, and {flat} in their mean colour."
    )
