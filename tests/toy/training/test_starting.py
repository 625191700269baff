"""How the small model starts."""

import numpy as np
import pytest
import torch

from sam_explore.model import Sam
from sam_explore.toy.training.starting import (
    even_out_patches,
    grown,
    initialise,
    randomise_positions,
    sinusoidal_grid,
)

from .small_run import EIGHT_BY_EIGHT


def test_sinusoidal_start_by_hand():
    # Four channels have one frequency, 1: sine and cosine of the column, then of the row.
    table = sinusoidal_grid(grid=3, dim=4)[0]
    expected = [np.sin(2), np.cos(2), np.sin(1), np.cos(1)]
    assert np.allclose(table[1, 2], expected)


def test_random_positions_are_as_spread_out_and_have_no_neighbours():
    sines = initialise(Sam(EIGHT_BY_EIGHT)).image_encoder.position_encoder.table
    table = randomise_positions(Sam(EIGHT_BY_EIGHT)).image_encoder.position_encoder.table
    assert torch.cosine_similarity(sines[0, 3, 3], sines[0, 3, 4], dim=0) > 0.9
    likeness = torch.cosine_similarity(table[0, :, 1:], table[0, :, :-1], dim=-1)
    assert likeness.mean().abs() < 0.1
    assert table.square().mean().item() == pytest.approx(0.5, rel=0.1)


def test_an_evened_out_embedding_has_unit_outputs_and_sees_faint_edges():
    torch.manual_seed(0)
    # Patches differ much in brightness, and a little in how the halves differ.
    mean, edge = torch.randn(400, 1, 1, 1), 0.05 * torch.randn(400, 1, 1, 1)
    pixels = (mean + edge * torch.tensor([1.0] * 4 + [-1.0] * 4)).expand(-1, 3, 8, 8)
    pixels = pixels + 0.001 * torch.randn(pixels.shape)
    sam = initialise(Sam(EIGHT_BY_EIGHT))

    def share_of_edges() -> float:
        out = sam.image_encoder.patch_embedding(pixels)[:, 0, 0]
        by_edge = ((out - out.mean(0)) * edge.view(-1, 1) / edge.std()).mean(0)
        return (by_edge.square().sum() / out.var(0).sum()).item()

    before = share_of_edges()
    even_out_patches(sam, pixels)
    out = sam.image_encoder.patch_embedding(pixels)
    assert out.mean((0, 1, 2)).abs().max() < 0.02
    assert out.square().mean().item() == pytest.approx(1, rel=0.05)
    assert share_of_edges() > 3 * before


def test_a_grown_network_keeps_what_each_distance_is_worth_and_begins_near_where_it_was():
    torch.manual_seed(0)
    sam = initialise(Sam(EIGHT_BY_EIGHT))
    table = sam.image_encoder.position_encoder.table
    table.data[:] = torch.arange(float(table.shape[1]))[:, None, None]  # the row's number
    grid, patch = sam.config.grid, sam.config.patch_size
    other = grown(sam, (grid + 2) * patch)
    assert other.config.grid == grid + 2
    rows = other.image_encoder.position_encoder.table[0, :, 0, 0]
    assert rows[0].item() == pytest.approx(0, abs=0.2)
    assert rows[-1].item() == pytest.approx(grid - 1, abs=0.2)
    assert (rows.diff() > 0).all()
    learned, longer = (
        dict(each.named_parameters())["image_encoder.vit.blocks.1.attention.relative_rows"]
        for each in (sam, other)
    )
    assert len(longer) == len(learned) + 4
    torch.testing.assert_close(longer[2:-2], learned)
    torch.testing.assert_close(longer[:2], learned[:1].expand(2, -1))
    same = grown(sam, grid * patch)
    for name, weight in sam.state_dict().items():
        torch.testing.assert_close(same.state_dict()[name], weight)
    with pytest.raises(ValueError, match="can only grow"):
        grown(sam, (grid - 1) * patch)
