"""Shares of cells that masks cover, and clicks into errors, worked out by hand."""

import torch

from sam_explore.toy.coverage import coverage


def test_pixels_that_lie_in_two_cells_count_in_each_with_their_part():
    # Three pixels over two cells of 1.5 pixels: the middle one is half in each.
    mask = torch.tensor([[True, True, False]])
    torch.testing.assert_close(coverage(mask, 1, 2), torch.tensor([[1.0, 1 / 3]]))


def test_both_sides_are_shared_out():
    mask = torch.zeros(3, 3, dtype=torch.bool)
    mask[1, 1] = True  # the middle pixel: a quarter of it in each of four cells of 2.25 pixels
    torch.testing.assert_close(coverage(mask, 2), torch.full((2, 2), 1 / 9))


def test_whole_cells_are_means_and_keep_their_leading_axes():
    masks = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    masks[0, 0, :1, :2] = True
    found = coverage(masks, 2)
    assert found.shape == (2, 1, 2, 2)
    assert found[0, 0].tolist() == [[0.5, 0.0], [0.0, 0.0]]
    assert found[1].sum() == 0


def test_a_grid_finer_than_the_mask_repeats_it():
    mask = torch.tensor([[True, False]])
    assert coverage(mask, 2, 4).tolist() == [[1.0, 1.0, 0.0, 0.0]] * 2


def test_the_area_is_kept_on_any_grid():
    masks = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0)) > 0.6
    for cells in (8, 12, 24, 31):
        torch.testing.assert_close(coverage(masks, cells).mean((1, 2)), masks.float().mean((1, 2)))
