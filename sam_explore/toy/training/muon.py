"""Muon: an optimiser that moves a matrix in all of its directions alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

# Coefficients of a step of `orthogonalised`: x is replaced by a x + b x³ + c x⁵.
_A, _B, _C = 3.4445, -4.775, 2.0315
_STEPS = 5


class Muon(torch.optim.Optimizer):
    """Moves each matrix by its averaged gradient with all singular values made about 1.

    AdamW follows the few directions in which the gradient is large. Here those in which it is small
    are learned as fast. Steps are 0.2 √(longer side) times as long, so that a number of the matrix
    changes by about 0.2 of the rate, as with AdamW, whose rate and weight decay serve for both.

    `torch.optim.Muon` does the same, but multiplies in bf16 on every processor, which takes nine
    times as long where that has to be imitated, and one matrix after the other.

    Args:
        matrices: the weights of layers.
        rate: the learning rate.
        decay: the weight decay.
        dtype: of the products, see `product_type`.
        momentum: what a step leaves of the averaged gradient.

    Source: K. Jordan and others, kellerjordan.github.io/posts/muon; the length of the steps is that
        of arXiv 2502.16982.
    """

    def __init__(
        self,
        matrices: Sequence[Tensor],
        rate: float,
        decay: float,
        dtype: torch.dtype,
        momentum: float = 0.95,
    ):
        self._dtype, self._momentum = dtype, momentum
        super().__init__(matrices, {"lr": rate, "weight_decay": decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one step along the gradients that are there."""
        for group in self.param_groups:
            rate, moved = group["lr"], [each for each in group["params"] if each.grad is not None]
            ahead = [self._averaged(each) for each in moved]
            for matrix, update in zip(moved, orthogonalised(ahead, self._dtype), strict=True):
                matrix.mul_(1 - rate * group["weight_decay"])
                matrix.sub_(update.to(matrix.dtype), alpha=0.2 * rate * sqrt(max(matrix.shape)))

    def _averaged(self, matrix: Tensor) -> Tensor:
        """The averaged gradient as it will be if the next one is the same (Nesterov)."""
        state, gradient = self.state[matrix], matrix.grad
        if not state:
            state["average"] = torch.zeros_like(matrix)
        state["average"].mul_(self._momentum).add_(gradient)
        return gradient + self._momentum * state["average"]


def orthogonalised(
    matrices: Sequence[Float[Tensor, "row column"]], dtype: torch.dtype
) -> list[Float[Tensor, "row column"]]:
    """Each matrix with its singular vectors, and singular values of about 0.7 to 1.2.

    Five steps of Newton and Schulz, in which matrices of one size are multiplied together. A matrix
    of zeros stays one.

    Args:
        matrices: of any sizes.
        dtype: of the products and the results.
    """
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, matrix in enumerate(matrices):
        alike[tuple(sorted(matrix.shape))].append(number)
    found: dict[int, Tensor] = {}
    for numbers in alike.values():
        wide = [_wide(matrices[number]) for number in numbers]
        x = torch.stack(wide).to(dtype)
        x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
        for _ in range(_STEPS):
            squares = x @ x.mT
            x = torch.baddbmm(
                x, torch.baddbmm(squares, squares, squares, beta=_B, alpha=_C), x, beta=_A
            )
        for number, each in zip(numbers, x, strict=True):
            found[number] = each if matrices[number].shape == each.shape else each.mT
    return [found[number] for number in range(len(matrices))]


def matrices_of(modules: Iterable[nn.Module]) -> list[Tensor]:
    """The weights of linear layers that are trained; Muon is not for embeddings and tables."""
    layers = (each for module in modules for each in module.modules())
    return [
        each.weight for each in layers if isinstance(each, nn.Linear) and each.weight.requires_grad
    ]


def _wide(matrix: Tensor) -> Tensor:
    rows, columns = matrix.shape
    return matrix if rows <= columns else matrix.mT
