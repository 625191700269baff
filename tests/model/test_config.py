"""SamConfig: derived sizes, and errors that say which size is wrong."""

from dataclasses import FrozenInstanceError, replace

import pytest

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig


def test_vit_b_has_64_tokens_a_side_and_masks_of_256():
    assert (VIT_B.grid, VIT_B.mask_size, VIT_B.head_dim) == (64, 256, 64)
    assert VIT_B.decoder_inner_dim == 128


@pytest.mark.parametrize("config", [VIT_B, VIT_L, VIT_H, TOY], ids=lambda config: config.name)
def test_named_sizes_end_each_of_four_stages_with_a_global_block(config: SamConfig):
    stage = config.encoder_depth // 4

    assert config.windows == ((config.window_size,) * (stage - 1) + (0,)) * 4


def test_the_toy_pads_its_windows_as_the_released_ones_do():
    assert TOY.grid % TOY.window_size != 0
    assert VIT_B.grid % VIT_B.window_size != 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"image_size": 1000}, "image_size must be a multiple of patch_size.* 1000 and 16"),
        ({"encoder_heads": 7}, "encoder_dim must be a multiple of encoder_heads.* 768 and 7"),
        ({"encoder_heads": 0}, r"encoder_heads must lie in 1\.\.1024, not 0"),
        ({"mask_tokens": 10**9}, r"mask_tokens must lie in 1\.\.9, not 1000000000"),
        ({"encoder_depth": 10**9}, r"encoder_depth must lie in 1\.\.256"),
        ({"attention_downsampling": 3}, "token_dim must be a multiple of attention_downsampling"),
        ({"decoder_heads": 24}, "decoder_inner_dim must be a multiple of decoder_heads"),
        ({"token_dim": 36, "decoder_heads": 2}, "token_dim must be a multiple of 8, not 36"),
        ({"global_blocks": (2, 12)}, r"global_blocks must lie in 0\.\.11, but \[12\]"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_in_words(wrong: dict, words: str):
    with pytest.raises(ValueError, match=words):
        replace(VIT_B, **wrong)


def test_a_configuration_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        VIT_B.image_size = 512
