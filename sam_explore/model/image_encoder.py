"""The image encoder: a picture becomes a grid of image tokens."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .attention import Attention
from .config import SamConfig
from .hooks import HookPoint
from .kernels import fast_mlp, use_fast
from .layers import ChannelNorm, Linear


class ImageEncoder(nn.Module):
    """Patch embedding, position encoder, vision transformer and channel projection, in this order.

    Source: the paper's section 3 and appendix A;
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/image_encoder.py#L17
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.patch_size = config.patch_size
        self.patch_embedding = PatchEmbedding(config)
        self.position_encoder = PositionEncoder(config)
        self.vit = VisionTransformer(config)
        self.channel_projection = ChannelProjection(config)

    def forward(
        self,
        image: Float[Tensor, "batch 3 height width"],
        windows: Sequence[int] | None = None,
        relative_positions: str = "interpolate",
    ) -> Float[Tensor, "batch channel row column"]:
        """Image tokens of a picture that is already scaled, normalised and padded.

        Args:
            image: normalised pixels (about -2 to 3). Height and width are whole patches; where they
                are not those of the training, position encodings are interpolated.
            windows: the window of each block in tokens, 0 for global; the trained ones if None.
            relative_positions: what happens to the tables of a block that attends to another number
                of tokens than in training: "interpolate", as the reference, or "crop". See
                `attention.relative_table`.

        Raises:
            ValueError: a picture that ends within a patch, or windows that the blocks can't run.
        """
        height, width = image.shape[-2:]
        if height % self.patch_size or width % self.patch_size or not height * width:
            raise ValueError(
                f"The image encoder expected height and width in multiples of {self.patch_size} "
                f"pixels, but got {height} x {width}; sam_explore.encode() scales and pads."
            )
        tokens = self.patch_embedding(image)
        tokens = self.position_encoder(tokens)
        tokens = self.vit(tokens, windows, relative_positions)
        return self.channel_projection(tokens)


class PatchEmbedding(nn.Module):
    """Each patch becomes one token, by a weighted sum for every channel."""

    def __init__(self, config: SamConfig):
        super().__init__()
        self.projection = nn.Conv2d(
            3, config.encoder_dim, kernel_size=config.patch_size, stride=config.patch_size
        )
        self.hook_out = HookPoint("batch row column channel", "one token a patch, without position")

    def forward(
        self, image: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch row column channel"]:
        # Channels last in memory, since every layer norm of the stream would otherwise copy it.
        return self.hook_out(self.projection(image).permute(0, 2, 3, 1).contiguous())


class PositionEncoder(nn.Module):
    """Adds a learned vector to each token: one for every position of the grid.

    For a grid of another size than the trained one the table is interpolated, a channel at a time.
    The reference can't do that. ViTDet, which its encoder is modelled on, does it this way:
    https://github.com/facebookresearch/detectron2/blob/main/detectron2/modeling/backbone/utils.py
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.table = nn.Parameter(torch.zeros(1, config.grid, config.grid, config.encoder_dim))
        self.hook_encoding = HookPoint("1 row column channel", "the learned position encodings")

    def forward(
        self, tokens: Float[Tensor, "batch row column channel"]
    ) -> Float[Tensor, "batch row column channel"]:
        return tokens + self.hook_encoding(self._table_for(*tokens.shape[1:3]))

    def _table_for(self, rows: int, columns: int) -> Float[Tensor, "1 row column channel"]:
        if self.table.shape[1:3] == (rows, columns):
            return self.table
        by_channel = self.table.permute(0, 3, 1, 2)
        table = F.interpolate(by_channel, (rows, columns), mode="bicubic", align_corners=False)
        return table.permute(0, 2, 3, 1)


class VisionTransformer(nn.Module):
    """The transformer's blocks. Each stage ends with the block whose attention is global."""

    def __init__(self, config: SamConfig):
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleList(TransformerBlock(config, window) for window in config.windows)

    def forward(
        self,
        tokens: Float[Tensor, "batch row column channel"],
        windows: Sequence[int] | None = None,
        relative_positions: str = "interpolate",
    ) -> Float[Tensor, "batch row column channel"]:
        windows = self.config.windows if windows is None else windows
        _, rows, columns, _ = tokens.shape
        self.config.check_windows(windows, relative_positions, (rows, columns))
        for block, window in zip(self.blocks, windows, strict=True):
            tokens = block(tokens, window, relative_positions)
        return tokens


class TransformerBlock(nn.Module):
    """Attention, then an MLP, each reading a normalised stream and adding to the stream itself."""

    def __init__(self, config: SamConfig, window: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(config.encoder_dim, eps=1e-6)
        self.attention = Attention(config, window)
        self.norm2 = nn.LayerNorm(config.encoder_dim, eps=1e-6)
        self.mlp = Mlp(config)
        axes = "batch row column channel"
        self.hook_residual_pre = HookPoint(axes, "residual stream before the block")
        self.hook_norm1 = HookPoint(axes, "what attention reads: the stream after layer norm")
        self.hook_residual_mid = HookPoint(axes, "residual stream between attention and MLP")
        self.hook_norm2 = HookPoint(axes, "what the MLP reads: the stream after layer norm")
        self.hook_residual_post = HookPoint(axes, "residual stream after the block")

    def forward(
        self,
        tokens: Float[Tensor, "batch row column channel"],
        window: int,
        relative_positions: str = "interpolate",
    ) -> Float[Tensor, "batch row column channel"]:
        tokens = self.hook_residual_pre(tokens)
        # Windows are padded with zeros after this norm, not before, so padding stays exactly zero.
        normed = self.hook_norm1(self.norm1(tokens))
        attended = self.attention(normed, window, relative_positions)
        tokens = self.hook_residual_mid(tokens + attended)
        normed = self.hook_norm2(self.norm2(tokens))
        return self.hook_residual_post(tokens + self.mlp(normed))


class Mlp(nn.Module):
    """Two linear layers with GELU between them, for each token separately."""

    def __init__(self, config: SamConfig):
        super().__init__()
        self.expand = Linear(config.encoder_dim, config.encoder_mlp_dim)
        self.contract = Linear(config.encoder_mlp_dim, config.encoder_dim)
        self.hook_hidden = HookPoint("batch row column neuron", "hidden layer after GELU")
        self.hook_out = HookPoint(
            "batch row column channel", "what the MLP adds to the residual stream"
        )

    def forward(
        self, tokens: Float[Tensor, "batch row column channel"]
    ) -> Float[Tensor, "batch row column channel"]:
        if use_fast(self, tokens):
            return fast_mlp(self, tokens)
        hidden = self.hook_hidden(F.gelu(self.expand(tokens)))
        return self.hook_out(self.contract(hidden))


class ChannelProjection(nn.Module):
    """Brings the transformer's channels to the decoder's number, then mixes neighbours."""

    def __init__(self, config: SamConfig):
        super().__init__()
        self.conv1 = nn.Conv2d(config.encoder_dim, config.token_dim, kernel_size=1, bias=False)
        self.norm1 = ChannelNorm(config.token_dim)
        self.conv2 = nn.Conv2d(
            config.token_dim, config.token_dim, kernel_size=3, padding=1, bias=False
        )
        self.norm2 = ChannelNorm(config.token_dim)
        axes = "batch channel row column"
        self.hook_conv1 = HookPoint(axes, "after the 1 x 1 convolution")
        self.hook_norm1 = HookPoint(axes, "after the first norm")
        self.hook_conv2 = HookPoint(axes, "after the 3 x 3 convolution")
        self.hook_out = HookPoint(axes, "the image tokens that the mask decoder reads")

    def forward(
        self, tokens: Float[Tensor, "batch row column channel_in"]
    ) -> Float[Tensor, "batch channel row column"]:
        features = self.hook_conv1(self.conv1(tokens.permute(0, 3, 1, 2)))
        features = self.hook_norm1(self.norm1(features))
        features = self.hook_conv2(self.conv2(features))
        return self.hook_out(self.norm2(features))
