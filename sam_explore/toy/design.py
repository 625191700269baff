"""The sizes of the small model that training makes."""

from sam_explore.model import SamConfig

# Four equal stages whose last block is global. A window of 7 does not divide the grid of 24: the
# windows are padded, as those of the released models are.
DESIGN = SamConfig(
    name="toy",
    image_size=192,
    patch_size=8,
    encoder_dim=192,
    encoder_depth=8,
    encoder_heads=6,
    encoder_mlp_dim=768,
    global_blocks=(1, 3, 5, 7),
    window_size=7,
    token_dim=128,
    decoder_mlp_dim=512,
    iou_hidden_dim=128,
)
