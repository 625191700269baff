"""The model as `segment_anything` shows it, around this package's `Sam`."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import Sam as Network
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.model.lock import lock_of
from sam_explore.prediction import upscale

_ELSEWHERE = {
    "prompt_encoder": "sam.network.encode_prompts(points_unit, labels, boxes_unit)",
    "mask_decoder": "sam.network.decode(image_tokens, prompt_tokens, mask_hints)",
    "state_dict": "sam.network.state_dict(), under this package's names",
    "load_state_dict": "sam_model_registry[...](checkpoint=state_dict)",
    "parameters": "sam.network.parameters()",
    "train": "sam.network.train()",
}


class Sam:
    """This package's model with the attributes of the original one.

    Args:
        network: the model, as `sam_explore.load` gives it; it stays reachable under this name.
    """

    mask_threshold = 0.0
    image_format = "RGB"

    def __init__(self, network: Network):
        if not isinstance(network, Network):
            raise TypeError(
                "Expected a model of sam_explore, as sx.load() gives it, but got a "
                f"{type(network).__name__}. Those of segment_anything are loaded by "
                'sam_model_registry["vit_b"](checkpoint=...) of sam_explore.compat.'
            )
        self.network = network

    def __getattr__(self, name: str) -> Any:
        if name in _ELSEWHERE:
            raise AttributeError(
                f"sam_explore.compat has no sam.{name}; this package's own way is "
                f"{_ELSEWHERE[name]}."
            )
        raise AttributeError(f"sam_explore.compat's model has no attribute {name!r}.")

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.network.device

    @property
    def image_encoder(self) -> SimpleNamespace:
        """`image_encoder.img_size`: the side of the model's input in pixels."""
        return SimpleNamespace(img_size=self.network.config.image_size)

    def to(self, device: str | torch.device) -> "Sam":
        """Move the weights to a device."""
        self.network.to(device)
        return self

    def cuda(self) -> "Sam":
        """Move the weights to the first GPU."""
        return self.to("cuda")

    def cpu(self) -> "Sam":
        """Move the weights to the CPU."""
        return self.to("cpu")

    def eval(self) -> "Sam":
        """Nothing changes: the model is ready to predict as it is."""
        return self

    def frame(self, original_size: Sequence[int], input_size: Sequence[int]) -> Frame:
        """How a picture lies in the model's input."""
        (height, width), (input_height, input_width) = original_size, input_size
        config = self.network.config
        return Frame(
            (height, width),
            (input_height, input_width),
            config.image_size,
            config.patch_size,
            LOGITS_A_TOKEN,
        )

    def preprocess(
        self, x: Float[Tensor, "*batch 3 height width"]
    ) -> Float[Tensor, "*batch 3 side side"]:
        """Normalise the levels 0 to 255 of a picture that is scaled already, and pad it."""
        config = self.network.config
        mean, std = (
            torch.tensor(each, device=x.device, dtype=torch.float32)[:, None, None]
            for each in (config.pixel_mean, config.pixel_std)
        )
        height, width = x.shape[-2:]
        side = config.image_size
        return F.pad((x - mean) / std, (0, side - width, 0, side - height))

    def postprocess_masks(
        self,
        masks: Float[Tensor, "batch mask row column"],
        input_size: Sequence[int],
        original_size: Sequence[int],
    ) -> Float[Tensor, "batch mask height width"]:
        """Low-resolution logits at the picture's size."""
        frame = self.frame(original_size, input_size)
        return torch.stack([upscale(each, frame) for each in masks])

    def embed(
        self, pixels: Float[Tensor, "batch 3 side side"]
    ) -> Float[Tensor, "batch channel row column"]:
        """The image tokens of normalised and padded pictures."""
        with lock_of(self.network), torch.inference_mode(False), torch.no_grad():
            return self.network.encode_image(pixels.to(self.device))

    def ask(
        self,
        features: Float[Tensor, "1 channel row column"],
        point_coords: Float[Tensor, "batch point 2"] | None,
        point_labels: Int[Tensor, "batch point"] | None,
        boxes: Float[Tensor, "batch 4"] | None = None,
        mask_input: Float[Tensor, "batch 1 cell_row cell_column"] | None = None,
        multimask_output: bool = True,
    ) -> tuple[Float[Tensor, "batch mask cell_row cell_column"], Float[Tensor, "batch mask"]]:
        """Low-resolution logits and predicted IoU, for prompts in pixels of the model's input.

        Labels are 1 (foreground), 0 (background) and -1 (a padding point).
        """
        with lock_of(self.network), torch.inference_mode(False), torch.no_grad():
            tokens = self._prompt_tokens(point_coords, point_labels, boxes, mask_input)
            hint = None if mask_input is None else mask_input.to(self.device).float()
            logits, iou = self.network.decode(features, tokens, hint)
        which = slice(1, None) if multimask_output else slice(0, 1)
        return logits[:, which], iou[:, which]

    def __call__(
        self, batched_input: list[dict[str, Any]], multimask_output: bool
    ) -> list[dict[str, Bool[Tensor, "..."] | Float[Tensor, "..."]]]:
        """Masks for several pictures, each with its prompts.

        Args:
            batched_input: for each picture a dict with "image" (3, height, width), scaled by
                `ResizeLongestSide` but not normalised; "original_size"; and any of "point_coords"
                (batch, point, 2), "point_labels", "boxes" (batch, 4) and "mask_inputs", in pixels
                of the scaled picture.
            multimask_output: three masks a prompt, or one.

        Returns:
            For each picture "masks" (batch, mask, height, width), "iou_predictions" and
            "low_res_logits".
        """
        found = []
        for each in batched_input:
            features = self.embed(self.preprocess(each["image"].to(self.device)[None].float()))
            logits, iou = self.ask(
                features,
                each.get("point_coords"),
                each.get("point_labels"),
                each.get("boxes"),
                each.get("mask_inputs"),
                multimask_output,
            )
            size = each["image"].shape[-2:], each["original_size"]
            masks = self.postprocess_masks(logits, *size) > self.mask_threshold
            found.append({"masks": masks, "iou_predictions": iou, "low_res_logits": logits})
        return found

    def _prompt_tokens(
        self,
        coords: Tensor | None,
        labels: Tensor | None,
        boxes: Tensor | None,
        mask_input: Tensor | None,
    ) -> Float[Tensor, "batch prompt channel"]:
        given = [each for each in (coords, boxes, mask_input) if each is not None]
        batch = len(given[0]) if given else 1
        if coords is None or labels is None:
            coords = torch.zeros(batch, 0, 2, device=self.device)
            labels = torch.zeros(batch, 0, dtype=torch.long, device=self.device)
        coords, labels = coords.to(self.device), labels.to(self.device)
        strange = ~torch.isin(labels, torch.tensor([-1, 0, 1], device=self.device))
        if strange.any():
            raise ValueError(
                "point_labels must be 1 (foreground), 0 (background) or -1 (a padding point), but "
                f"one is {labels[strange][0].item()}."
            )
        side = self.network.config.image_size
        units = ((coords + 0.5) / side).float()
        corners = None if boxes is None else ((boxes.to(self.device) + 0.5) / side).float()
        tokens = self.network.encode_prompts(units, labels.clamp(min=0).long(), corners)
        padding = F.pad(labels == -1, (0, tokens.shape[1] - labels.shape[1]))
        return torch.where(padding[..., None], self.network.prompt_encoder.not_a_point, tokens)
