"""The mask generator with another upscaling: what the checkerboard comes from."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model.addresses import DECODED_IMAGE, MASK_VECTORS
from sam_explore.model.autocast import without_autocast
from sam_explore.model.config import LOGITS_A_TOKEN

from .trace import Trace


@torch.no_grad()
@without_autocast()
def nearest_logits(trace: Trace) -> Float[Tensor, "mask row column"]:
    """The raw logits if the image features were upscaled by nearest neighbours.

    Each of the two transposed convolutions makes 2 x 2 cells of one, by another matrix for each of
    the four. Here all four have the mean of these matrices, which is nearest-neighbour upscaling
    and one linear layer. All else is the run's own: the decoded image, layer norm, activations and
    the masks' vectors. All logits of a token are then the same.

    Edits inside the mask generator that act on its features are not respected.

    Source: "Deconvolution and Checkerboard Artifacts", https://distill.pub/2016/deconv-checkerboard
    """
    found = trace.read((DECODED_IMAGE, MASK_VECTORS))
    generator = trace.sam.mask_decoder.mask_generator
    features, norm = _through_mean(generator.upscale1, found[DECODED_IMAGE][0]), generator.norm
    features = F.gelu(
        F.layer_norm(features, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    )
    features = F.gelu(_through_mean(generator.upscale2, features))
    by_token = (features @ found[MASK_VECTORS][0].T).T.unflatten(1, trace.frame.grid)
    for axis in (1, 2):
        by_token = by_token.repeat_interleave(LOGITS_A_TOKEN, dim=axis)
    return by_token


def _through_mean(
    layer: nn.ConvTranspose2d, features: Float[Tensor, "place channel"]
) -> Float[Tensor, "place other_channel"]:
    found = features @ layer.weight.mean(dim=(2, 3))
    return found if layer.bias is None else found + layer.bias
