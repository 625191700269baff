"""The prompt encoder and the mask decoder as one ONNX file, with the original's inputs.

Source of names and shapes:
https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/onnx.py
"""

import warnings
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model import Sam as Network
from sam_explore.model.lock import lock_of
from sam_explore.model_checks import check_model

INPUTS = (
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
)
OUTPUTS = ("masks", "iou_predictions", "low_res_masks")
_OPSET = 17


class OnnxDecoder(nn.Module):
    """From image tokens and prompts to masks, in operators that ONNX has.

    Args:
        sam: the model.
        return_single_mask: return the one mask that the original chooses: mask 0 for several
            prompts, else the best predicted of masks 1 to 3. Otherwise all four.
    """

    def __init__(self, sam: Network, return_single_mask: bool = False):
        super().__init__()
        self.sam, self.return_single_mask = sam, return_single_mask

    def forward(
        self,
        image_embeddings: Float[Tensor, "1 channel row column"],
        point_coords: Float[Tensor, "1 point 2"],
        point_labels: Float[Tensor, "1 point"],
        mask_input: Float[Tensor, "1 1 cell_row cell_column"],
        has_mask_input: Float[Tensor, "1"],
        orig_im_size: Float[Tensor, "2"],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits at the picture's size, predicted IoU, and low-resolution logits.

        Args:
            image_embeddings: what `encode(sam, image).tokens` holds.
            point_coords: x, y in pixels of the scaled picture. A box is its two corners.
            point_labels: 0 background, 1 foreground, 2 and 3 a box's top left and bottom right
                corner, -1 padding, which is needed where there is no box.
            mask_input: low-resolution logits; ignored unless `has_mask_input` is 1.
            orig_im_size: height and width of the picture.
        """
        sam, decoder = self.sam, self.sam.mask_decoder
        tokens = self._prompt_tokens(point_coords, point_labels)
        hint = decoder.mask_hint_encoder(mask_input)
        none = decoder.mask_hint_encoder(None)
        image = image_embeddings + has_mask_input * hint + (1 - has_mask_input) * none
        own = torch.cat([decoder.iou_token, decoder.mask_tokens])[None]
        grid = sam.config.grid
        decoded, places = decoder.transformer(
            torch.cat([own, tokens], dim=1),
            image.flatten(2).transpose(1, 2),
            sam.coordinate_encoder.grid(grid, grid).flatten(1).T,
        )
        logits, iou = decoder.answer(decoded, places, (grid, grid))
        if self.return_single_mask:
            logits, iou = self._chosen(logits, iou, point_coords)
        return self._at_full_size(logits, orig_im_size), iou, logits

    def _prompt_tokens(self, coords: Tensor, labels: Tensor) -> Float[Tensor, "1 point channel"]:
        side, encoder = self.sam.config.image_size, self.sam.prompt_encoder
        tokens = self.sam.coordinate_encoder((coords + 0.5) / side)
        kinds = [encoder.learned_vector(kind) for kind in encoder.KINDS]
        for label, vector in enumerate(kinds[:4]):
            tokens = tokens + vector * (labels == label)[..., None].to(tokens.dtype)
        padding = (labels == -1)[..., None].to(tokens.dtype)
        return tokens * (1 - padding) + kinds[4] * padding

    def _chosen(self, logits: Tensor, iou: Tensor, coords: Tensor) -> tuple[Tensor, Tensor]:
        """As in the original: three prompt tokens or more, padding included, take mask 0."""
        first = torch.zeros(iou.shape[1])
        first[0] = 1000.0
        best = (iou + (coords.shape[1] - 2.5) * first).argmax(dim=1)
        return logits[:, best], iou[:, best]

    def _at_full_size(
        self, logits: Tensor, orig_im_size: Tensor
    ) -> Float[Tensor, "1 mask height width"]:
        side = self.sam.config.image_size
        at_input = F.interpolate(logits, (side, side), mode="bilinear", align_corners=False)
        size = orig_im_size.to(torch.float32)
        shown = torch.floor(size * (side / size.max()) + 0.5).to(torch.int64)
        inside = at_input[..., : shown[0], : shown[1]]
        full: Any = tuple(orig_im_size.to(torch.int64))
        return F.interpolate(inside, full, mode="bilinear", align_corners=False)


def export_decoder(sam: Network, path: Path, return_single_mask: bool = False) -> None:
    """Write the decoder as an ONNX file.

    Args:
        sam: the model, of any size.
        path: where to write.
        return_single_mask: see `OnnxDecoder`.

    Raises:
        ImportError: the package `onnx` is missing: it comes with the extra "onnx".
        TypeError, ValueError: no model.
    """
    check_model(sam, "export_decoder(sam, path)")
    config = sam.config
    example = (
        torch.zeros(1, config.token_dim, config.grid, config.grid),
        torch.zeros(1, 5, 2),
        torch.zeros(1, 5),
        torch.zeros(1, 1, config.mask_size, config.mask_size),
        torch.ones(1),
        torch.tensor([30.0, 20.0]),
    )
    with lock_of(sam), torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
        # The exporter by tracing is deprecated; the other one can't scale to a size that is input.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            OnnxDecoder(sam, return_single_mask).eval(),
            example,
            path,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={"point_coords": {1: "points"}, "point_labels": {1: "points"}},
            opset_version=_OPSET,
            dynamo=False,
        )
