"""The mask decoder: image tokens and prompt tokens become four masks and their predicted IoU."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .config import SamConfig
from .cross_attention import CrossAttentionTransformer
from .decoder_tokens import IOU, DecoderTokens
from .hooks import HookPoint
from .kernels import fast_answer, fast_decode, fast_layer, fast_prepare, fast_read, use_fast
from .layers import ChannelNorm, TokenHead, gaussian


class MaskDecoder(nn.Module):
    """Mask hint encoder, cross-attention transformer, mask generator and IoU predictor.

    `forward` runs all of it. `prepare`, `layer`, `read` and `answer` are its steps one by one, for
    runs that start or stop in between: each takes the results of the earlier ones, and together
    they give exactly the numbers of `forward`.

    Source: the paper's section 3 and figure 14;
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/mask_decoder.py
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.iou_token = nn.Parameter(gaussian(1, config.token_dim))
        self.mask_tokens = nn.Parameter(gaussian(config.mask_tokens, config.token_dim))
        self.mask_hint_encoder = MaskHintEncoder(config)
        self.transformer = CrossAttentionTransformer(config)
        self.mask_generator = MaskGenerator(config)
        self.iou_predictor = IoUPredictor(config)
        self.hook_image_in = HookPoint(
            "batch channel row column", "image tokens with the mask hint's embedding added"
        )
        self.hook_tokens_in = HookPoint(
            "batch token channel", "IoU token, mask tokens and prompt tokens as they go in"
        )

    def forward(
        self,
        image_tokens: Float[Tensor, "batch_or_1 channel row column"],
        image_encoding: Float[Tensor, "channel row column"],
        prompt_tokens: Float[Tensor, "batch prompt channel"],
        mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
    ) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
        """Raw logits of all mask tokens (above 0: inside) and the IoU predicted for each.

        Args:
            image_tokens: the image encoder's output; one picture serves all prompts of the batch.
            image_encoding: the coordinate encoder's encodings of the token grid.
            prompt_tokens: the prompt encoder's output.
            mask_hints: logits of an earlier mask, 4 pixels a token along each side, or None.
        """
        given = (image_tokens, image_encoding, prompt_tokens, mask_hints)
        if use_fast(self, *(tensor for tensor in given if tensor is not None)):
            return fast_decode(self, *given)
        tokens, image = self.prepare(image_tokens, prompt_tokens, mask_hints)
        tokens, decoded = self.transformer(
            tokens, image.flatten(2).transpose(1, 2), image_encoding.flatten(1).T
        )
        return self.answer(tokens, decoded, image.shape[-2:])

    def prepare(
        self,
        image_tokens: Float[Tensor, "batch_or_1 channel row column"],
        prompt_tokens: Float[Tensor, "batch prompt channel"],
        mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "sets channel row column"]]:
        """The tokens and the image as they go into the transformer.

        Without mask hints, one image serves all prompt sets.
        """
        given = (image_tokens, prompt_tokens, mask_hints)
        if use_fast(self, *(tensor for tensor in given if tensor is not None)):
            return fast_prepare(self, *given)
        image = self.hook_image_in(image_tokens + self.mask_hint_encoder(mask_hints))
        own = torch.cat([self.iou_token, self.mask_tokens]).expand(len(prompt_tokens), -1, -1)
        return self.hook_tokens_in(torch.cat([own, prompt_tokens], dim=1)), image

    def layer(
        self,
        index: int,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "sets *places"],
        token_encoding: Float[Tensor, "batch token channel"],
        image_encoding: Float[Tensor, "channel row column"],
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
        """Tokens and image after a layer of the transformer.

        Args:
            index: which layer.
            tokens, image: the results of `prepare` for the first layer, else of the layer before.
            token_encoding: the tokens that `prepare` returns.
            image_encoding: the coordinate encoder's encodings of the token grid.
        """
        given = (tokens, image, token_encoding, image_encoding)
        if use_fast(self, *given):
            return fast_layer(self, index, *given)
        if index == 0:
            image = image.flatten(2).transpose(1, 2).expand(len(tokens), -1, -1)
        encoding = image_encoding.flatten(1).T
        return self.transformer.layers[index](tokens, image, token_encoding, encoding)

    def read(
        self,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "batch place channel"],
        token_encoding: Float[Tensor, "batch token channel"],
        image_encoding: Float[Tensor, "channel row column"],
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
        """Tokens and image after the tokens' last look at the image; arguments as for `layer`."""
        given = (tokens, image, token_encoding, image_encoding)
        if use_fast(self, *given):
            return fast_read(self, *given)
        return self.transformer.read(tokens, image, token_encoding, image_encoding.flatten(1).T)

    def answer(
        self,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "batch place channel"],
        grid: Sequence[int],
    ) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
        """Logits and predicted IoU from the decoded tokens and the decoded image.

        Args:
            tokens, image: the results of `read`.
            grid: rows and columns of the image tokens.
        """
        if use_fast(self, tokens, image):
            return fast_answer(self, tokens, image, grid)
        layout = DecoderTokens(len(self.mask_tokens))
        image = image.transpose(1, 2).unflatten(2, tuple(grid))
        logits = self.mask_generator(image, tokens[:, layout.of_masks])
        return logits, self.iou_predictor(tokens[:, IOU])


class MaskHintEncoder(nn.Module):
    """Turns a mask hint into a map that is added to the image tokens; without one, a vector.

    Source: the reference has it inside the prompt encoder, as `mask_downscaling`;
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L54
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        few, many = config.mask_hint_channels // 4, config.mask_hint_channels
        self.conv1 = nn.Conv2d(1, few, kernel_size=2, stride=2)
        self.norm1 = ChannelNorm(few)
        self.conv2 = nn.Conv2d(few, many, kernel_size=2, stride=2)
        self.norm2 = ChannelNorm(many)
        self.conv3 = nn.Conv2d(many, config.token_dim, kernel_size=1)
        self.no_mask = nn.Parameter(gaussian(1, config.token_dim))
        self.hook_half = HookPoint("batch channel row column", "mask hint at half its size")
        self.hook_quarter = HookPoint("batch channel row column", "mask hint at token size")
        self.hook_out = HookPoint(
            "batch_or_1 channel row_or_1 column_or_1",
            "what is added to the image tokens: the encoded hint, or the no-mask vector",
        )

    def forward(
        self, mask_hints: Float[Tensor, "batch 1 height width"] | None
    ) -> Float[Tensor, "batch_or_1 channel row_or_1 column_or_1"]:
        if mask_hints is None:
            return self.hook_out(self.no_mask[:, :, None, None])
        features = self.hook_half(F.gelu(self.norm1(self.conv1(mask_hints))))
        features = self.hook_quarter(F.gelu(self.norm2(self.conv2(features))))
        return self.hook_out(self.conv3(features))


class MaskGenerator(nn.Module):
    """Upscales the decoded image tokens four times and takes their product with each mask token."""

    def __init__(self, config: SamConfig):
        super().__init__()
        dim = config.token_dim
        self.upscale1 = nn.ConvTranspose2d(dim, dim // 4, kernel_size=2, stride=2)
        self.norm = ChannelNorm(dim // 4)
        self.upscale2 = nn.ConvTranspose2d(dim // 4, dim // 8, kernel_size=2, stride=2)
        self.token_heads = nn.ModuleList(
            TokenHead(dim, dim, dim // 8) for _ in range(config.mask_tokens)
        )
        self.hook_double = HookPoint("batch channel row column", "image features, 2 pixels a token")
        self.hook_features = HookPoint(
            "batch channel row column", "image features, 4 pixels a token, ready for the product"
        )
        self.hook_mask_tokens = HookPoint(
            "batch mask channel", "decoded mask tokens before their MLPs"
        )
        self.hook_mask_vectors = HookPoint("batch mask channel", "mask tokens after their MLPs")
        self.hook_logits = HookPoint("batch mask row column", "raw logits; above 0 is inside")

    def forward(
        self,
        image: Float[Tensor, "batch channel row column"],
        mask_tokens: Float[Tensor, "batch mask channel"],
    ) -> Float[Tensor, "batch mask height width"]:
        features = self.upscale(image)
        mask_tokens = self.hook_mask_tokens(mask_tokens)
        vectors = [head(mask_tokens[:, i]) for i, head in enumerate(self.token_heads)]
        vectors = self.hook_mask_vectors(torch.stack(vectors, dim=1))
        return self.hook_logits(torch.einsum("bmc,bchw->bmhw", vectors, features))

    def upscale(
        self, image: Float[Tensor, "batch channel row column"]
    ) -> Float[Tensor, "batch feature height width"]:
        """Four pixels a token along each side, an eighth of the channels."""
        features = self.hook_double(F.gelu(self.norm(self.upscale1(image))))
        return self.hook_features(F.gelu(self.upscale2(features)))


class IoUPredictor(nn.Module):
    """Guesses each mask's IoU with the unknown true mask, from the decoded IoU token.

    The guess is a regression without bounds: it can exceed 1.
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.head = TokenHead(config.token_dim, config.iou_hidden_dim, config.mask_tokens)
        self.hook_token = HookPoint("batch channel", "decoded IoU token")
        self.hook_iou = HookPoint("batch mask", "predicted IoU of each mask")

    def forward(self, token: Float[Tensor, "batch channel"]) -> Float[Tensor, "batch mask"]:
        return self.hook_iou(self.head(self.hook_token(token)))
