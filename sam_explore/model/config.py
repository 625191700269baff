"""Every size of a SAM v1 network, and the four configurations that have names."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

# How a table of relative positions is adapted to a window of another size.
RELATIVE_POSITIONS = ("interpolate", "crop")

# Logits along one side of a token, in the mask generator's output and in a mask hint.
LOGITS_A_TOKEN = 4

# An upper bound for each size, far above any release, since numbers from a file can't be trusted.
# Every release has 4 mask tokens; the views have room for up to 9.
_MOST = {
    "image_size": 16_384,
    "patch_size": 1_024,
    "encoder_dim": 16_384,
    "encoder_depth": 256,
    "encoder_heads": 1_024,
    "encoder_mlp_dim": 65_536,
    "window_size": 1_024,
    "token_dim": 8_192,
    "decoder_depth": 64,
    "decoder_heads": 256,
    "decoder_mlp_dim": 65_536,
    "attention_downsampling": 256,
    "mask_tokens": 9,
    "mask_hint_channels": 1_024,
    "iou_hidden_dim": 65_536,
}
# The fields that an encoded picture doesn't depend on.
_NOT_OF_IMAGE_ENCODER = {
    "name",
    "decoder_depth",
    "decoder_heads",
    "decoder_mlp_dim",
    "attention_downsampling",
    "mask_tokens",
    "mask_hint_channels",
    "iou_hidden_dim",
}


@dataclass(frozen=True)
class SamConfig:
    """The sizes of one SAM network; nothing else decides its shape.

    Lengths called `side` or `size` are in pixels of the model's input, `grid` and `window` are in
    tokens, and `dim` counts channels. The defaults are ViT-B's.

    Source: the paper's appendix A (arXiv 2304.02643) and the reference's builder,
        https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/build_sam.py
    """

    name: str = "vit_b"
    image_size: int = 1024
    patch_size: int = 16
    encoder_dim: int = 768
    encoder_depth: int = 12
    encoder_heads: int = 12
    encoder_mlp_dim: int = 3072
    global_blocks: tuple[int, ...] = (2, 5, 8, 11)
    window_size: int = 14
    token_dim: int = 256
    decoder_depth: int = 2
    decoder_heads: int = 8
    decoder_mlp_dim: int = 2048
    attention_downsampling: int = 2
    mask_tokens: int = 4
    mask_hint_channels: int = 16
    iou_hidden_dim: int = 256
    pixel_mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    pixel_std: tuple[float, float, float] = (58.395, 57.12, 57.375)

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must lie in 1..{most}, not {getattr(self, name)}.")
        _check_divides(self, "patch_size", "image_size")
        _check_divides(self, "encoder_heads", "encoder_dim")
        _check_divides(self, "attention_downsampling", "token_dim")
        _check_divides(self, "decoder_heads", "decoder_inner_dim")
        if self.token_dim % 8:
            raise ValueError(f"token_dim must be a multiple of 8, not {self.token_dim}.")
        outside = [block for block in self.global_blocks if not 0 <= block < self.encoder_depth]
        if outside:
            raise ValueError(
                f"global_blocks must lie in 0..{self.encoder_depth - 1}, but {outside} do not."
            )

    @property
    def of_image_encoder(self) -> dict[str, object]:
        """The fields that an encoded picture depends on, by name: none of the decoder's."""
        names = (each.name for each in fields(self))
        return {name: getattr(self, name) for name in names if name not in _NOT_OF_IMAGE_ENCODER}

    @property
    def grid(self) -> int:
        """Tokens along one side of the image: 64 for the released models."""
        return self.image_size // self.patch_size

    @property
    def mask_size(self) -> int:
        """Pixels along one side of the low-resolution logits and of a mask hint: 4 a token."""
        return LOGITS_A_TOKEN * self.grid

    @property
    def head_dim(self) -> int:
        """Channels of one attention head of the image encoder."""
        return self.encoder_dim // self.encoder_heads

    @property
    def decoder_inner_dim(self) -> int:
        """Channels inside the decoder's cross-attentions."""
        return self.token_dim // self.attention_downsampling

    @property
    def windows(self) -> tuple[int, ...]:
        """The window of each block in tokens; 0 stands for global attention."""
        return tuple(
            0 if block in self.global_blocks else self.window_size
            for block in range(self.encoder_depth)
        )

    @property
    def stages(self) -> tuple[range, ...]:
        """The blocks of each stage. A stage ends with a global block; the last one may lack it."""
        ends = [block + 1 for block in sorted(self.global_blocks)]
        if ends[-1:] != [self.encoder_depth]:
            ends.append(self.encoder_depth)
        return tuple(range(*stage) for stage in zip([0, *ends], ends, strict=False))

    def side(self, window: int) -> int:
        """Tokens along one side of what a block with this window attends to, as it was trained."""
        return window or self.grid

    def check_windows(
        self,
        windows: Sequence[int],
        relative_positions: str = "interpolate",
        grid: tuple[int, int] | None = None,
    ) -> None:
        """Refuse windows that the image encoder can't run.

        Args:
            windows: the window of each block in tokens, 0 for global.
            relative_positions: "interpolate" or "crop"; see `attention.relative_table`.
            grid: rows and columns of the tokens; the trained ones if None.

        Raises:
            ValueError: not one window for each block, or a table that would have to be cropped to
                more than it holds.
        """
        if len(windows) != self.encoder_depth or min(windows) < 0:
            raise ValueError(
                f"Expected one window of 0 tokens (global) or more for each of the "
                f"{self.encoder_depth} blocks, but got {list(windows)}."
            )
        if relative_positions not in RELATIVE_POSITIONS:
            raise ValueError(
                f"relative_positions must be one of {', '.join(RELATIVE_POSITIONS)}, not "
                f"{relative_positions!r}."
            )
        for block, (window, trained) in enumerate(zip(windows, self.windows, strict=True)):
            side = max(attended(window, grid or (self.grid, self.grid)))
            if relative_positions == "crop" and side > self.side(trained):
                raise ValueError(
                    f"Block {block} learned relative positions for {self.side(trained)} tokens a "
                    f"side, which can't be cropped to {side}. Take a smaller window, "
                    'or relative_positions="interpolate".'
                )


def attended(window: int, grid: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of what a block attends to: its window, or for 0 the whole grid."""
    return (window, window) if window else grid


def _check_divides(config: SamConfig, part: str, whole: str) -> None:
    if getattr(config, part) < 1 or getattr(config, whole) % getattr(config, part):
        raise ValueError(
            f"{whole} must be a multiple of {part}, but they are "
            f"{getattr(config, whole)} and {getattr(config, part)}."
        )


VIT_B = SamConfig()
VIT_L = SamConfig(
    name="vit_l",
    encoder_dim=1024,
    encoder_depth=24,
    encoder_heads=16,
    encoder_mlp_dim=4096,
    global_blocks=(5, 11, 17, 23),
)
VIT_H = SamConfig(
    name="vit_h",
    encoder_dim=1280,
    encoder_depth=32,
    encoder_heads=16,
    encoder_mlp_dim=5120,
    global_blocks=(7, 15, 23, 31),
)
# A window of 6 does not divide the grid of 20: the toy pads its windows as the released models do.
TOY = SamConfig(
    name="toy",
    image_size=320,
    patch_size=16,
    encoder_dim=192,
    encoder_depth=8,
    encoder_heads=6,
    encoder_mlp_dim=768,
    global_blocks=(1, 3, 5, 7),
    window_size=6,
    token_dim=128,
    decoder_mlp_dim=512,
    iou_hidden_dim=128,
)
