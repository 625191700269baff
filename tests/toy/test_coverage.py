"""Shares of cells that masks cover, and clicks into errors, worked out by hand."""

import torch

from sam_explore.toy.coverage import correction_clicks, coverage


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


def test_corrections_click_the_error_and_say_what_was_missed():
    target = torch.zeros(2, 4, 4, dtype=torch.bool)
    target[:, 1, 2] = True
    answer = torch.zeros_like(target)  # the first misses its pixel,
    answer[1, 1, 2] = answer[1, 3, 0] = True  # the second has one too many.
    points, labels = correction_clicks(answer, target, torch.Generator().manual_seed(0))
    torch.testing.assert_close(points, torch.tensor([[2.5 / 4, 1.5 / 4], [0.5 / 4, 3.5 / 4]]))
    assert labels.tolist() == [1, 0]


def test_a_right_answer_is_clicked_inside_its_target():
    target = torch.zeros(1, 4, 4, dtype=torch.bool)
    target[0, 1, 2] = True
    points, labels = correction_clicks(target, target, torch.Generator().manual_seed(0))
    assert points.tolist() == [[2.5 / 4, 1.5 / 4]]
    assert labels.tolist() == [1]
