"""Where does a kernel respond, and what does the stride leave out?"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float

from sam_explore.model.addresses import PATCH_TOKENS
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, address_of, explain, mean_of, product_of, there
from sam_explore.readings import Cell, Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array, place_of_greatest
from ..common.patches import STRONGEST, kernel_knob, kernel_tile, kernels_of, weights_address
from ..common.probe import Probe


@dataclass(frozen=True)
class KernelResponse(Probe):
    """One kernel's response at every place of the input, and at the places that the model keeps.

    A convolution moves its kernel from pixel to pixel. The patch embedding's moves a whole patch at
    a time, which is its stride, so that of patch × patch places it keeps one. Both maps are on one
    scale; in the dense one, a value is drawn at the middle of the pixels that it is about, and
    places so near to the input's edge that the kernel would not fit have none.

    A kernel with fine detail responds otherwise a pixel further on. The correlation of the kept
    responses with those half a patch to the right and below says how much a token depends on where
    the grid happens to lie.

    Reads: the model's input, the kernels, and image_encoder.patch_embedding.hook_out.
    Returns: a Panel of Heatmaps: the strided response, which is a channel of the tokens (row,
        column); the dense one (row, column) by pixels of the input, as far as the picture reaches;
        both diverging around 0, and with the kernel's bias; and the kernel in colours.
    Unit: that of the tokens, which has no name.
    Source: "A guide to convolution arithmetic" (arXiv 1603.07285) for strides; comparing is ours.
    """

    title = "Where does a kernel respond, and what does the stride skip?"
    reads_prompts = False

    kernel: int = kernel_knob("the one that varies most")

    def read(self, trace: Trace) -> Panel:
        tokens = array(trace[PATCH_TOKENS][0])
        kernel = self._kernel(trace)
        weight, bias = (each[kernel] for each in kernels_of(trace.sam))
        strided, dense = tokens[..., kernel], dense_response(array(trace.pixels), weight) + bias
        height, width = trace.frame.input_size
        words = _words(kernel, strided, dense, weight.shape[-1])
        drawn = centred(dense, trace.frame.side, weight.shape[-1])[:height, :width]
        finite = np.concatenate([strided.ravel(), drawn[np.isfinite(drawn)]])
        reach = float(np.abs(finite).max()) or 1.0
        scale = Scale("response", centre=0.0, low=-reach, high=reach)
        maps = (
            Heatmap(strided, "Once a patch: what the model keeps", words, scale, "tokens"),
            Heatmap(drawn, "At every pixel", words, scale, "picture"),
            kernel_tile(weight, f"Kernel {kernel}", words),
        )
        return Panel(maps, title=f"The response of kernel {kernel}", words=words, across=3)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        kernel = self._kernel(trace)
        if cell.part == 0:
            return explain(trace, PATCH_TOKENS, (0, cell.row, cell.column, kernel))
        name = weights_address(trace)
        if cell.part == 2:
            weight = there(name, (kernel, EACH, cell.row, cell.column))
            return mean_of(trace, weight, "weight of the kernel, mean of the three colours")
        side = trace.sam.config.patch_size
        around = (
            range(each - side // 2, each - side // 2 + side) for each in (cell.row, cell.column)
        )
        weights, pixels = there(name, (kernel, EACH, EACH, EACH)), there("pixels", (EACH, *around))
        bias = trace.sam.image_encoder.patch_embedding.projection.bias
        added = None if bias is None else there(address_of(trace.sam, bias), (kernel,))
        return product_of(trace, weights, pixels, "dot product with the kernel here", bias=added)

    def _kernel(self, trace: Trace) -> int:
        """The number of the kernel that is shown."""
        if self.kernel != STRONGEST:
            return self.kernel
        rows, columns = trace.frame.tokens_shown
        tokens = array(trace[PATCH_TOKENS][0])
        return int(tokens[:rows, :columns].std(axis=(0, 1)).argmax())


def dense_response(
    pixels: Float[np.ndarray, "colour height width"], weight: Float[np.ndarray, "colour y x"]
) -> Float[np.ndarray, "top left"]:
    """The dot product with the kernel for each place of its upper left corner, without bias."""
    given, kernel = (torch.tensor(each, device="cpu").float()[None] for each in (pixels, weight))
    return array(F.conv2d(given, kernel)[0, 0])


def centred(
    dense: Float[np.ndarray, "top left"], side: tuple[int, int], patch: int
) -> Float[np.ndarray, "height width"]:
    """Responses at the middle of their pixels, in the frame of the input; NaN at its edges."""
    whole = np.full(side, np.nan)
    start = patch // 2
    whole[start : start + dense.shape[0], start : start + dense.shape[1]] = dense
    return whole


def _words(
    kernel: int,
    strided: Float[np.ndarray, "row column"],
    dense: Float[np.ndarray, "top left"],
    patch: int,
) -> str:
    words = (
        f"Kernel {kernel} is asked at {strided.size} of {dense.size} places, one in a patch of "
        f"{patch} × {patch}. Its kept responses go from {text(float(strided.min()))} to "
        f"{text(float(strided.max()))}, with the greatest at {place_of_greatest(strided)}; at "
        f"every pixel they go from {text(float(dense.min()))} to {text(float(dense.max()))}."
    )
    kept, between = dense[::patch, ::patch], dense[patch // 2 :: patch, patch // 2 :: patch]
    rows, columns = between.shape
    pair = kept[:rows, :columns].ravel(), between.ravel()
    if len(pair[0]) < 3 or not (pair[0].std() > 0 and pair[1].std() > 0):
        return words
    return (
        f"{words} With the grid half a patch further right and down, responses have a correlation "
        f"of {text(float(np.corrcoef(*pair)[0, 1]), 2)} with the kept ones."
    )
