"""How does a patch become a token?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import PATCH_TOKENS
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, explain, mean_of, product_of, there
from sam_explore.readings import Cell, Curve, Gallery, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array
from ..common.patches import (
    STRONGEST,
    kernel_knob,
    kernel_tile,
    kernels_of,
    levels_of,
    of_levels,
    patch_at,
    patch_tile,
    weights_address,
)
from ..common.probe import Probe, token_knob

_MOST = 8  # kernels as tiles


@dataclass(frozen=True)
class PatchProduct(Probe):
    """A patch times a kernel, pixel by pixel: the sum, and a bias, is one channel of the token.

    Every kernel has as many numbers as a patch: one for each pixel and colour. All products of the
    patch's numbers with the kernel's are added up, which is a dot product. Each kernel makes one
    channel. The patch's numbers are normalised: grey level less the training's mean colour, in its
    standard deviations.

    Kernels are drawn as pictures, where mid grey is no weight. The tiles are those whose products
    with this patch are farthest from 0, without their bias.

    Reads: the model's input, the kernels, and image_encoder.patch_embedding.hook_out.
    Returns: a Panel of Heatmaps: the patch and the kernel in colours, the products (pixel row,
        pixel column), added over the colours and diverging around 0; a Gallery of kernels in
        colours; and a Profile of the token over its channels.
    Unit: grey levels for the patch's brightness; the rest has no unit.
    Source: "An Image is Worth 16x16 Words" (arXiv 2010.11929, equation 1).
    """

    title = "How does a patch become a token?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()
    kernel: int = kernel_knob("the strongest here")

    def read(self, trace: Trace) -> Panel:
        token = array(trace[PATCH_TOKENS][0])[self.token]
        patch = patch_at(trace, self.token)
        kernels, bias = kernels_of(trace.sam)
        products = (kernels * patch).sum(axis=1)
        sums = products.sum(axis=(1, 2))
        order = np.argsort(-np.abs(sums), kind="stable")
        kernel = int(order[0]) if self.kernel == STRONGEST else self.kernel
        words = _words(self.token, kernel, products[kernel], sums, bias, token)
        tiles = tuple(
            kernel_tile(kernels[each], f"{each}: {text(float(sums[each]))}", words)
            for each in map(int, order[:_MOST])
        )
        row, column = self.token
        return Panel(
            (
                patch_tile(levels_of(trace, patch), "The patch", words),
                kernel_tile(kernels[kernel], f"Kernel {kernel}", words),
                Heatmap(products[kernel], "Their products", words, Scale(centre=0.0)),
                Gallery(tiles, "Kernels with their dot products", words),
                _token_chart(token, kernel, words),
            ),
            title=f"The patch at row {row}, column {column}, and kernel {kernel}",
            words=words,
            across=3,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        y, x = (trace.sam.config.patch_size * place for place in self.token)
        row, column = y + cell.row, x + cell.column
        if cell.part == 0:
            return of_levels(trace, range(row, row + 1), range(column, column + 1))
        if cell.part == 4:
            return explain(trace, PATCH_TOKENS, (0, *self.token, cell.column))
        if cell.part == 3:  # kernels in the order of their products
            return None
        weight = there(weights_address(trace), (self._kernel(trace), EACH, cell.row, cell.column))
        if cell.part == 1:
            return mean_of(trace, weight, "weight of the kernel, mean of the three colours")
        pixel = there("pixels", (EACH, row, column))
        return product_of(trace, weight, pixel, "product of kernel and pixel, three colours")

    def _kernel(self, trace: Trace) -> int:
        """The number of the kernel that is shown."""
        if self.kernel != STRONGEST:
            return self.kernel
        kernels, _ = kernels_of(trace.sam)
        sums = (kernels * patch_at(trace, self.token)).sum(axis=(1, 2, 3))
        return int(np.argsort(-np.abs(sums), kind="stable")[0])


def _token_chart(token: Float[np.ndarray, "channel"], kernel: int, words: str) -> Profile:
    return Profile(
        np.arange(float(len(token))),
        (Curve(token, "the token", style="points"),),
        title="The token",
        words=words,
        x_name="channel",
        y_name="value",
        x_marks=((float(kernel), f"kernel {kernel}"),),
    )


def _words(
    at: tuple[int, int],
    kernel: int,
    products: Float[np.ndarray, "y x"],
    sums: Float[np.ndarray, "kernel"],
    bias: Float[np.ndarray, "kernel"],
    token: Float[np.ndarray, "channel"],
) -> str:
    above = float(products[products > 0].sum())
    made = float(sums[kernel] + bias[kernel])
    words = (
        f"Kernel {kernel} and the patch at row {at[0]}, column {at[1]}: the pixels' products add "
        f"up to {text(float(sums[kernel]))}, of which {text(above)} are above 0 and "
        f"{text(float(sums[kernel]) - above)} below. With a bias of {text(float(bias[kernel]))} "
        f"that is {text(made)}, channel {kernel} of the token."
    )
    if abs(made - token[kernel]) > 1e-3 * max(1.0, float(np.abs(token).max())):
        words += f" In this run it was changed to {text(float(token[kernel]))}."
    farthest = int(np.abs(sums).argmax())
    return (
        f"{words} Of all {len(sums)} kernels, {farthest} has the sum that is farthest from 0: "
        f"{text(float(sums[farthest]))}. The token has a norm of "
        f"{text(float(np.linalg.norm(token)))}."
    )
