"""An optimiser that moves a matrix in all of its directions alike."""

import pytest
import torch
from torch import nn

from sam_explore.toy.training.muon import Muon, matrices_of, orthogonalised


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def quintic(x: float) -> float:
    return 3.4445 * x - 4.775 * x**3 + 2.0315 * x**5


@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4)])
def test_singular_vectors_stay_and_singular_values_are_about_one(shape):
    u, _, v = torch.linalg.svd(random(*shape), full_matrices=False)
    values = torch.tensor([100.0, 50.0, 20.0, 10.0, 8.0, 5.0][: min(shape)])
    (found,) = orthogonalised([u @ values.diag() @ v], torch.float32)
    inner = u.T @ found @ v.T  # diagonal, if the singular vectors are the same
    assert inner.diagonal().min() > 0.6
    assert inner.diagonal().max() < 1.3
    assert (inner - inner.diagonal().diag()).abs().max() < 1e-4


def test_a_single_number_goes_through_the_polynomial_five_times():
    expected = 1.0
    for _ in range(5):
        expected = quintic(expected)
    (found,) = orthogonalised([torch.tensor([[-7.0]])], torch.float32)
    assert found.item() == pytest.approx(-expected, rel=1e-5)


def test_matrices_of_one_size_do_not_meet_and_zeros_stay():
    mixed = [random(3, 5), torch.zeros(5, 3), random(2, 2), random(5, 3, seed=1)]
    together = orthogonalised(mixed, torch.float32)
    for alone, each, matrix in zip(mixed, together, mixed, strict=True):
        assert each.shape == matrix.shape
        torch.testing.assert_close(each, orthogonalised([alone], torch.float32)[0])
    assert not together[1].any()


def test_a_step_is_a_fifth_of_the_rate_a_number_and_shrinks_the_weights():
    weight = nn.Parameter(torch.tensor([[3.0, 0.0], [0.0, -4.0]]))
    Muon([weight], 0.1, 0.05, torch.float32).step()  # without a gradient
    assert weight.tolist() == [[3.0, 0.0], [0.0, -4.0]]
    weight.grad = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    Muon([weight], 0.1, 0.05, torch.float32).step()
    moved = 0.5**0.5
    for _ in range(5):
        moved = quintic(moved)
    step = 0.1 * 0.2 * 2**0.5 * moved
    expected = torch.tensor([[3 * 0.995 - step, 0.0], [0.0, -4 * 0.995 - step]])
    torch.testing.assert_close(weight.detach(), expected, atol=1e-6, rtol=1e-5)


def test_steps_are_those_of_pytorchs_muon():
    shapes = (12, 12), (8, 24), (24, 8), (12, 12)
    ours = [nn.Parameter(random(*shape, seed=number)) for number, shape in enumerate(shapes)]
    theirs = [nn.Parameter(each.detach().clone()) for each in ours]
    both = (
        Muon(ours, 0.02, 0.05, torch.bfloat16),
        torch.optim.Muon(theirs, 0.02, 0.05, adjust_lr_fn="match_rms_adamw"),
    )
    for turn in range(4):
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            for each in pair:
                each.grad = random(*each.shape, seed=10 * turn + number + 5)
        for optimiser in both:
            optimiser.step()
    for one, other, start in zip(ours, theirs, shapes, strict=True):
        assert (one - other).abs().max() < 0.02 * 0.1, start  # of steps of about 0.02 in all


def test_it_is_for_the_weights_of_linear_layers_that_are_trained():
    layers = nn.ModuleList(
        [nn.Linear(2, 3), nn.Conv2d(1, 1, 2), nn.Embedding(4, 2), nn.Linear(3, 1)]
    )
    layers[3].requires_grad_(False)
    assert [each.shape for each in matrices_of([layers])] == [(3, 2)]
