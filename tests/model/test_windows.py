"""Windows, cut and joined by hand; which of them a network can run, and tables for others."""

from dataclasses import replace

import pytest
import torch

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig
from sam_explore.model.attention import Attention, relative_vectors
from sam_explore.model.windows import join_windows, padded_grid, split_windows


def test_windows_are_cut_row_by_row_and_filled_up_with_zeros():
    tokens = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])[None, :, :, None]

    windows = split_windows(tokens, 2)

    assert windows.shape == (4, 2, 2, 1)
    assert windows[..., 0].tolist() == [
        [[1, 2], [4, 5]],
        [[3, 0], [6, 0]],
        [[7, 8], [0, 0]],
        [[9, 0], [0, 0]],
    ]


def test_a_second_picture_has_its_windows_after_the_first():
    tokens = torch.stack([torch.zeros(4, 4, 1), torch.ones(4, 4, 1)])

    windows = split_windows(tokens, 2)

    assert windows.mean(dim=(1, 2, 3)).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("window", [1, 2, 3, 4, 5, 7, 9])
def test_joining_undoes_splitting_for_any_window(window: int):
    tokens = torch.randn(2, 5, 7, 3)

    assert torch.equal(join_windows(split_windows(tokens, window), 5, 7), tokens)


def test_a_grid_is_padded_to_whole_windows():
    assert padded_grid(7, (24, 24)) == (28, 28)
    assert padded_grid(7, (14, 15)) == (14, 21)
    assert padded_grid(0, (3, 5)) == (3, 5)  # a global block has no windows


@pytest.mark.parametrize(
    ("global_blocks", "stages"),
    [
        ((1, 3), ([0, 1], [2, 3], [4])),
        ((4, 1), ([0, 1], [2, 3, 4])),
        ((0,), ([0], [1, 2, 3, 4])),
        ((), ([0, 1, 2, 3, 4],)),
    ],
)
def test_a_stage_ends_with_a_global_block_and_the_last_may_lack_it(global_blocks, stages):
    config = replace(TOY, encoder_depth=5, global_blocks=global_blocks)

    assert [list(stage) for stage in config.stages] == list(stages)


@pytest.mark.parametrize("config", [VIT_B, VIT_L, VIT_H, TOY], ids=lambda config: config.name)
def test_named_sizes_have_four_stages(config: SamConfig):
    assert [stage[-1] for stage in config.stages] == list(config.global_blocks)


def test_a_cropped_table_keeps_each_distance_its_vector():
    table = torch.tensor([[-20.0], [-10.0], [0.0], [10.0], [20.0]])  # distances -2 to 2

    assert relative_vectors(table, 2, "crop")[..., 0].tolist() == [[0, -10], [10, 0]]
    assert relative_vectors(table, 1, "crop")[..., 0].tolist() == [[0]]


def test_an_interpolated_table_gives_a_distance_the_vector_of_another():
    table = torch.tensor([[-20.0], [-10.0], [0.0], [10.0], [20.0]])

    # Three values from five: at -5/3, 0 and 5/3 of the learned distances.
    expected = torch.tensor([[0, -50 / 3], [50 / 3, 0]])
    torch.testing.assert_close(relative_vectors(table, 2)[..., 0], expected)


@pytest.mark.parametrize("relative_positions", ["interpolate", "crop"])
def test_a_table_of_the_right_length_stays_as_it_is(relative_positions):
    table = torch.tensor([[-1.0], [0.0], [1.0]])

    vectors = relative_vectors(table, 2, relative_positions)

    assert vectors[..., 0].tolist() == [[0, -1], [1, 0]]


def test_a_table_cannot_be_cropped_to_more_than_it_holds():
    with pytest.raises(ValueError, match="3 distances can't be cropped to the 5 of 3 tokens"):
        relative_vectors(torch.zeros(3, 1), 3, "crop")


@pytest.mark.parametrize("block", [0, 1], ids=["trained with windows", "trained globally"])
def test_a_cropped_block_is_a_block_that_learned_the_middle_of_its_tables(sam, config, block):
    attention = sam.image_encoder.vit.blocks[block].attention
    surplus = (3 if block == 0 else 5) - 2
    weights = attention.state_dict()
    for name in ("relative_rows", "relative_columns"):
        weights[name] = weights[name][surplus:-surplus]
    smaller = Attention(config, window=2)
    smaller.load_state_dict(weights)
    tokens = torch.randn(1, 5, 5, 24)

    cropped = attention(tokens, 2, "crop")

    torch.testing.assert_close(cropped, smaller(tokens, 2))
    assert not torch.allclose(cropped, attention(tokens, 2), atol=1e-3)


def test_the_encoder_passes_the_choice_on_to_every_block(sam):
    image = torch.randn(1, 3, 40, 40)

    interpolated = sam.encode_image(image, (2, 3))
    cropped = sam.encode_image(image, (2, 3), relative_positions="crop")
    last_only = sam.encode_image(image, (3, 3), relative_positions="crop")

    assert (interpolated - cropped).abs().max() > 1e-3
    assert (sam.encode_image(image, (3, 3)) - last_only).abs().max() > 1e-3


def test_nothing_is_cropped_in_the_trained_windows(sam):
    image = torch.randn(1, 3, 40, 40)

    assert torch.equal(sam.encode_image(image, None, "crop"), sam.encode_image(image))


def test_what_cannot_be_run_is_refused_in_words(sam):
    image = torch.randn(1, 3, 40, 40)

    with pytest.raises(ValueError, match=r"Block 0 learned .* for 3 tokens .* cropped to 4"):
        sam.encode_image(image, (4, 0), "crop")
    with pytest.raises(ValueError, match=r"Block 0 learned .* for 3 tokens .* cropped to 5"):
        sam.encode_image(image, (0, 0), "crop")
    with pytest.raises(ValueError, match="one of interpolate, crop, not 'stretch'"):
        sam.encode_image(image, (3, 0), "stretch")
