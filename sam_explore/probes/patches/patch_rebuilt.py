"""How much of a patch is left in its token?"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import PATCH_TOKENS
from sam_explore.number_text import text
from sam_explore.preprocessing import Preprocessing
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.scenes.composition import VARIED, compose
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.numbers import array
from ..common.patches import kernels_of, levels_of, patch_tile, patches_of
from ..common.probe import Probe, knob, token_knob

_ROUNDING = 1e-5  # of the largest singular value; below it single precision has nothing to say
_SCENES, _SIDE = 8, 256
WAYS = ("kernels alone", "typical patches")


@dataclass(frozen=True)
class PatchRebuilt(Probe):
    """Every patch rebuilt from its token by least squares, and what is lost.

    A token is a linear function of its patch. With as many independent kernels as a patch has
    numbers, nothing is lost but rounding; with fewer, the patch can only be guessed. With "kernels
    alone" it is the smallest patch, around the mean colour, that has this token. With "typical
    patches" it is the guess with the least squared error for patches like those of 8 drawn scenes,
    from their mean and covariance: what is lost then, no linear function of the token can get back.

    The mean colour alone, three numbers a patch, is what it is compared with. Errors count over the
    patches that show some of the picture.

    Reads: image_encoder.patch_embedding.hook_out, the kernels, and the model's input.
    Returns: a Panel of Heatmaps: the picked patch and the rebuilt one, in colours; the error of
        each patch (row, column), as the root of the mean square over its pixels and colours; and a
        Profile of the kernels' singular values.
    Unit: grey levels; singular values have no unit.
    Source: least squares; the best linear guess is that of Gauss and Markov with a prior, as in
        "Understanding deep image representations by inverting them" (arXiv 1412.0035) for deeper
        layers.
    """

    title = "How much of a patch is left in its token?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()
    way: str = knob(WAYS[0], "rebuilt from", choices=WAYS, matters=True)

    def read(self, trace: Trace) -> Panel:
        config = trace.sam.config
        tokens = array(trace[PATCH_TOKENS][0])
        kernels, bias = kernels_of(trace.sam)
        flat = kernels.reshape(len(kernels), -1)
        prior = None
        if self.way != WAYS[0]:
            prior = typical_patches(trace.engine.given.preprocessing, config)
        guess = rebuilt(tokens - bias, flat, prior)
        rows, columns = trace.frame.grid
        guessed = guess.reshape(rows, columns, *kernels.shape[1:])
        levels = patches_of(levels_of(trace, array(trace.pixels)), config.patch_size)
        as_levels = np.array([[levels_of(trace, each) for each in row] for row in guessed])
        error = as_levels - levels
        sizes = np.sqrt((error**2).mean(axis=(2, 3, 4)))
        values = np.linalg.svd(flat, compute_uv=False)
        words = _words(trace, self, sizes, levels, values, flat.shape)
        row, column = self.token
        return Panel(
            (
                patch_tile(levels[self.token], f"The patch at row {row}, column {column}", words),
                patch_tile(as_levels[self.token], f"Rebuilt from {len(kernels)} numbers", words),
                Heatmap(
                    sizes,
                    "Error of each patch",
                    words,
                    Scale("grey level", low=0.0),
                    "tokens",
                    marks=(self.token,),
                ),
                _spectrum(values, words),
            ),
            title=f"Patches rebuilt from their tokens: {self.way}",
            words=words,
            across=2,
        )


Prior = tuple[Float[np.ndarray, "number"], Float[np.ndarray, "number number"]]


def rebuilt(
    products: Float[np.ndarray, "*place kernel"],
    kernels: Float[np.ndarray, "kernel number"],
    prior: Prior | None = None,
) -> Float[np.ndarray, "*place number"]:
    """The patches that have these dot products with the kernels, by least squares.

    Args:
        products: dot products of a patch with all kernels.
        kernels: the kernels.
        prior: mean and covariance of patches; None for the smallest patch that fits best.
    """
    if prior is None:
        return products @ np.linalg.pinv(kernels, rcond=_ROUNDING).T
    mean, covariance = prior
    passed = kernels @ covariance
    gain = np.linalg.pinv(passed @ kernels.T, rcond=_ROUNDING**2, hermitian=True) @ passed
    return mean + (products - kernels @ mean) @ gain


@lru_cache(maxsize=4)
def typical_patches(how: Preprocessing, config: SamConfig) -> Prior:
    """Mean and covariance of the patches of drawn scenes, half a patch apart, as the model's input.

    Numbers of a patch are in the order of colour, row and column.
    """
    side, step = config.patch_size, max(1, config.patch_size // 2)
    found = []
    for seed in range(_SCENES):
        pixels, _ = how(compose(VARIED, seed, _SIDE).image, config)
        for top in range(0, side, step):
            for left in range(0, side, step):
                height, width = (
                    (length - start) // side * side
                    for length, start in zip(pixels.shape[1:], (top, left), strict=True)
                )
                part = array(pixels[:, top : top + height, left : left + width])
                found.append(patches_of(part, side).reshape(-1, 3 * side * side))
    patches = np.concatenate(found)
    mean = patches.mean(axis=0)
    return mean, (patches - mean).T @ (patches - mean) / len(patches)


def _spectrum(values: Float[np.ndarray, "direction"], words: str) -> Profile:
    return Profile(
        np.arange(1.0, len(values) + 1),
        (Curve(np.maximum(values, _ROUNDING**2 * values[0] or 1.0), "singular value"),),
        title="Singular values of the kernels",
        words=words,
        x_name="direction, the strongest first",
        y_name="singular value",
        log="y",
    )


def _words(
    trace: Trace,
    probe: PatchRebuilt,
    sizes: Float[np.ndarray, "row column"],
    levels: Float[np.ndarray, "row column colour y x"],
    values: Float[np.ndarray, "direction"],
    shape: tuple[int, ...],
) -> str:
    kernels, numbers = shape
    rank = int((values > _ROUNDING * values[0]).sum())
    rows, columns = trace.frame.tokens_shown
    seen, shown = levels[:rows, :columns], sizes[:rows, :columns]
    by_mean = np.sqrt(
        ((levels - levels.mean(axis=(3, 4), keepdims=True)) ** 2).mean(axis=(2, 3, 4))
    )
    total = ((seen - seen.mean(axis=(0, 1, 3, 4), keepdims=True)) ** 2).mean()
    row, column = probe.token
    words = (
        f"{kernels} kernels for {numbers} numbers a patch; they tell {rank} directions apart, the "
        f"weakest of them {text(float(values[0] / values[rank - 1]))} times as weak as the "
        f"strongest. Rebuilt from {probe.way}, the patch at row {row}, column {column} is off by "
        f"{text(float(sizes[probe.token]))} grey levels, where its mean colour would be off by "
        f"{text(float(by_mean[probe.token]))}."
    )
    if not total > 0:
        return words
    return (
        f"{words} Over the picture {percent(float((shown**2).mean() / total))} of the variance is "
        f"lost, with mean colours {percent(float((by_mean[:rows, :columns] ** 2).mean() / total))}."
    )
