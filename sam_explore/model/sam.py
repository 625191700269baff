"""Sam: the four components of the published figure, wired."""

from collections.abc import Sequence
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .config import SamConfig
from .coordinate_encoder import CoordinateEncoder
from .description import ModelDescription
from .hooks import HookPoint
from .image_encoder import ImageEncoder
from .layers import Linear
from .mask_decoder import MaskDecoder
from .modules import parts_of
from .prompt_encoder import PromptEncoder
from .weight_digests import hash_again


class Sam(nn.Module):
    """The Segment Anything Model, version 1.

    `sam_explore.load` fills it with weights; `sam_explore.encode` and `sam_explore.predict` work in
    a picture's own pixels. The methods here work in the model's own frame.

    Source: "Segment Anything" (arXiv 2304.02643); https://github.com/facebookresearch/segment-anything
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.config = config
        self.image_encoder = ImageEncoder(config)
        self.coordinate_encoder = CoordinateEncoder(config)
        self.prompt_encoder = PromptEncoder(config)
        self.mask_decoder = MaskDecoder(config)
        self._name_hook_points()

    def __repr__(self) -> str:
        config, millions = self.config, sum(each.numel() for each in self.parameters()) / 1e6
        return (
            f"Sam({config.name}: {config.encoder_depth} blocks of {config.encoder_dim} channels, "
            f"{config.image_size} x {config.image_size} pixels in patches of {config.patch_size}, "
            f"{millions:.3g} million parameters, {self.device}"
            f"{', products of the blocks in bf16' if self._is_mixed else ''})"
        )

    @property
    def hook_points(self) -> dict[str, HookPoint]:
        """All hook points by name, including those of replaced components."""
        if not self._parts.are_the_same:
            self._name_hook_points()
        return dict(self._hook_points)

    def refresh(self) -> tuple[str, ...]:
        """Hash every number of the weights again. Returns the names of weights that have changed.

            for weight, average in zip(sam.parameters(), averages):
                weight.data.copy_(average)
            sam.refresh()

        Changes that PyTorch tracks need no call. Most others are detected too: before a cached
        result is used, a sample of each weight is compared, which holds a number of every row and
        every column of a matrix, so that a neuron or a channel that is set to zero is detected.
        Only writing through `weight.data` or numpy to less than a whole row or column, such as to a
        single number, needs this call.
        Traces and encoded pictures of the earlier weights then raise an error when used.
        """
        return hash_again(self)

    @cached_property
    def description(self) -> ModelDescription:
        """The network's description of itself: its chain of steps, and its decoder's tokens."""
        return ModelDescription(self.config)

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.coordinate_encoder.frequencies.device

    def multiply_in(self, precision: torch.dtype) -> None:
        """Set the precision, fp32 or bf16, of the linear layers of the image encoder's blocks.

        All tensors between them stay fp32. Weights that were rounded to bf16 stay rounded.
        """
        for module in self.image_encoder.modules():
            if isinstance(module, Linear):
                module.to(precision)

    def _name_hook_points(self) -> None:
        """Find all hook points, and take a snapshot to detect later replacements."""
        self._parts = parts_of(self)
        named = self.named_modules()
        self._hook_points = {name: hook for name, hook in named if isinstance(hook, HookPoint)}
        for name, hook in self._hook_points.items():
            hook.name = name

    @property
    def _is_mixed(self) -> bool:
        first = self.image_encoder.vit.blocks[0].get_submodule("mlp.expand")
        return next(first.parameters()).dtype is torch.bfloat16

    def encode_image(
        self,
        image: Float[Tensor, "batch 3 height width"],
        windows: Sequence[int] | None = None,
        relative_positions: str = "interpolate",
    ) -> Float[Tensor, "batch channel row column"]:
        """Image tokens of a normalised picture of whole patches: the slow part, once a picture.

        See `ImageEncoder.forward` for the arguments.
        """
        return self.image_encoder(image, windows, relative_positions)

    def encode_prompts(
        self,
        points_unit: Float[Tensor, "batch point 2"],
        labels: Int[Tensor, "batch point"],
        boxes_unit: Float[Tensor, "batch 4"] | None = None,
        padding: bool | None = None,
    ) -> Float[Tensor, "batch prompt channel"]:
        """Prompt tokens of points and boxes in the unit square of the model's input.

        Args:
            points_unit: x, y of each point, possibly none.
            labels: 1 for foreground, 0 for background.
            boxes_unit: x0, y0, x1, y1 of one box for each prompt set, or None.
            padding: whether the padding point follows; None where there are points and no box.
        """
        coordinates = points_unit
        if boxes_unit is not None:
            corners = boxes_unit.reshape(-1, 2, 2)
            coordinates = torch.cat([points_unit, corners], dim=1)
        encodings = self.coordinate_encoder(coordinates)
        return self.prompt_encoder(encodings, labels, boxes_unit is not None, padding)

    def decode(
        self,
        image_tokens: Float[Tensor, "batch_or_1 channel row column"],
        prompt_tokens: Float[Tensor, "batch prompt channel"],
        mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
    ) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
        """Logits of the four masks, 4 pixels a token, and their predicted IoU: once a prompt."""
        image_encoding = self.coordinate_encoder.grid(*image_tokens.shape[-2:])
        return self.mask_decoder(image_tokens, image_encoding, prompt_tokens, mask_hints)
