"""`SamPredictor`: a picture is set once, then prompts are asked about."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from sam_explore.geometry import Frame, Prompts
from sam_explore.images import Picture, as_picture
from sam_explore.model import Sam as Network
from sam_explore.prediction import encode, upscale
from sam_explore.tracing import Trace

from .modeling import Sam
from .utils.transforms import ResizeLongestSide


class SamPredictor:
    """The original's predictor.

    Args:
        sam_model: a model of `sam_model_registry`, or of `sam_explore.load`.
    """

    def __init__(self, sam_model: Sam | Network):
        self.model = sam_model if isinstance(sam_model, Sam) else Sam(sam_model)
        self.transform = ResizeLongestSide(self.model.image_encoder.img_size)
        self.reset_image()

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.model.device

    def reset_image(self) -> None:
        """Forget the picture."""
        self.is_image_set = False
        self.features: Tensor | None = None
        self._frame: Frame | None = None
        self._image: np.ndarray | None = None

    @property
    def original_size(self) -> tuple[int, int] | None:
        """Height and width of the picture, None before there is one."""
        return None if self._frame is None else self._frame.image_size

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Height and width that it is scaled to."""
        return None if self._frame is None else self._frame.input_size

    def set_image(self, image: Picture, image_format: str = "RGB") -> None:
        """Encode a picture: the slow part. It may have any form that `encode` takes.

        Raises:
            ValueError: an image format other than "RGB" and "BGR", or no picture.
        """
        if image_format not in ("RGB", "BGR"):
            raise ValueError(f'image_format must be "RGB" or "BGR", not {image_format!r}.')
        image = as_picture(image)  # before colours are turned: in other forms they lie elsewhere
        if image_format != self.model.image_format:
            image = image[..., ::-1]
        image = np.ascontiguousarray(image)
        encoded = encode(self.model.network, image)
        self.features, self._frame, self._image = encoded.tokens, encoded.frame, image
        self.is_image_set = True

    def set_torch_image(
        self,
        transformed_image: Shaped[Tensor, "1 3 height width"],
        original_image_size: tuple[int, ...],
    ) -> None:
        """Encode a picture that is scaled to the model's input already, with levels 0 to 255.

        Raises:
            ValueError: the longer side is not the model's input.
        """
        size = tuple(transformed_image.shape[2:])
        side = self.model.image_encoder.img_size
        if max(size) != side:
            raise ValueError(
                f"The longer side of transformed_image must be {side} pixels, but is {max(size)}. "
                "predictor.transform.apply_image_torch(image) scales it."
            )
        self.features = self.model.embed(self.model.preprocess(transformed_image.float()))
        self._frame, self._image = self.model.frame(original_image_size, size), None
        self.is_image_set = True

    def predict(
        self,
        point_coords: Shaped[np.ndarray, "point 2"] | None = None,
        point_labels: Shaped[np.ndarray, "point"] | None = None,
        box: Shaped[np.ndarray, "*one 4"] | None = None,
        mask_input: Float[np.ndarray, "1 row column"] | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[
        Bool[np.ndarray, "mask height width"] | Float[np.ndarray, "mask height width"],
        Float[np.ndarray, "mask"],
        Float[np.ndarray, "mask row column"],
    ]:
        """Masks, their predicted IoU and low-resolution logits, for one prompt set.

        Args:
            point_coords, box: in pixels of the picture.
            point_labels: 1 for the foreground, 0 for the background.
            mask_input: low-resolution logits of an earlier call.
            multimask_output: masks 1 to 3, or mask 0.
            return_logits: logits at the picture's size in place of masks.

        Raises:
            RuntimeError: no picture was set.
            ValueError: points without labels.
        """
        frame = self._checked_frame()
        coords = labels = boxes = hint = None
        if point_coords is not None:
            if point_labels is None:
                raise ValueError("point_coords need point_labels: 1 (foreground) or 0 for each.")
            scaled = self.transform.apply_coords(point_coords, frame.image_size)
            coords = torch.as_tensor(scaled, dtype=torch.float, device=self.device)[None]
            labels = torch.as_tensor(point_labels, dtype=torch.int, device=self.device)[None]
        if box is not None:
            scaled = self.transform.apply_boxes(box, frame.image_size)
            boxes = torch.as_tensor(scaled, dtype=torch.float, device=self.device)
        if mask_input is not None:
            hint = torch.as_tensor(mask_input, dtype=torch.float, device=self.device)[None]
        masks, iou, logits = self.predict_torch(
            coords, labels, boxes, hint, multimask_output, return_logits
        )
        return masks[0].cpu().numpy(), iou[0].cpu().numpy(), logits[0].cpu().numpy()

    def predict_torch(
        self,
        point_coords: Shaped[Tensor, "batch point 2"] | None,
        point_labels: Shaped[Tensor, "batch point"] | None,
        boxes: Shaped[Tensor, "*batch 4"] | None = None,
        mask_input: Float[Tensor, "batch 1 row column"] | None = None,
        multimask_output: bool = True,
        return_logits: bool = False,
    ) -> tuple[
        Bool[Tensor, "batch mask height width"] | Float[Tensor, "batch mask height width"],
        Float[Tensor, "batch mask"],
        Float[Tensor, "batch mask row column"],
    ]:
        """The same for a batch of prompt sets, in pixels of the scaled picture (`transform`).

        Raises:
            RuntimeError: no picture was set.
            ValueError: a label other than 1, 0 and -1.
        """
        frame = self._checked_frame()
        boxes = None if boxes is None else boxes.reshape(-1, 4)
        logits, iou = self.model.ask(
            self.get_image_embedding(),
            point_coords,
            point_labels,
            boxes,
            mask_input,
            multimask_output,
        )
        masks = torch.stack([upscale(each, frame) for each in logits])
        return masks if return_logits else masks > self.model.mask_threshold, iou, logits

    def get_image_embedding(self) -> Float[Tensor, "1 channel row column"]:
        """The image tokens.

        Raises:
            RuntimeError: no picture was set.
        """
        self._checked_frame()
        if self.features is None:
            raise RuntimeError("predictor.features was set to None. Call set_image(image) again.")
        return self.features

    def trace(
        self,
        point_coords: Shaped[np.ndarray, "point 2"] | None = None,
        point_labels: Shaped[np.ndarray, "point"] | None = None,
        box: Shaped[np.ndarray, "*one 4"] | None = None,
        mask_input: Float[np.ndarray, "1 row column"] | None = None,
    ) -> Trace:
        """The run behind `predict` with the same arguments, with every tensor in it.

        Raises:
            RuntimeError: no picture was set, or one by `set_torch_image`, whose pixels are gone.
        """
        self._checked_frame()
        if self._image is None:
            raise RuntimeError(
                "A trace needs the picture as set_image(image) takes it; set_torch_image has no "
                "pixels of the original size."
            )
        prompts = Prompts(point_coords, point_labels, box, mask_input)
        return Trace(self.model.network, self._image, prompts)

    def _checked_frame(self) -> Frame:
        if self._frame is None:
            raise RuntimeError("A picture must be set with set_image(image) before prompts.")
        return self._frame
