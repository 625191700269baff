"""Checks tensors from a file: first their types and shapes, then their numbers."""

from collections.abc import Mapping

import torch
from torch import Tensor

from .printable_names import shown

# More than twice those of the largest release.
MOST_NUMBERS = 1_500_000_000


def judge(weights: Mapping[str, Tensor], source: str) -> None:
    """Refuse tensors that can't be weights, without reading any number.

    Raises:
        ValueError: one is sparse, complex, of integers, empty, or larger than its storage; or
            together they have more numbers than any SAM. The message names it.
    """
    for name, tensor in weights.items():
        if problem := _problem(tensor):
            raise ValueError(
                f"{source} has weights of SAM v1 whose shapes do not fit together: {shown(name)} "
                f"{problem}, where floating-point numbers are expected. Take an unchanged file, "
                "such as an official ViT-B, L or H."
            )
    numbers = sum(tensor.numel() for tensor in weights.values())
    if numbers > MOST_NUMBERS:
        raise ValueError(
            f"{source} claims {numbers / 1e9:.1f} billion weights, and the largest SAM v1, ViT-H, "
            f"has 0.64. More than {MOST_NUMBERS / 1e9:.1f} billion are not read."
        )


def _problem(tensor: Tensor) -> str:
    """What is wrong with a tensor; empty if nothing."""
    shape = tuple(tensor.shape)
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        return f"is sparse, nested or quantized ({tensor.layout}, {tensor.dtype})"
    if tensor.is_meta:
        return f"has the shape {shape} and no numbers, since it is on the meta device"
    if tensor.is_complex():
        return f"holds complex numbers ({tensor.dtype})"
    if not tensor.is_floating_point():
        return f"holds no decimals ({tensor.dtype})"
    if tensor.numel() == 0:
        return f"is empty, of shape {shape}"
    held = tensor.untyped_storage().nbytes()
    if tensor.numel() * tensor.element_size() > held:
        return f"has the shape {shape} and repeats the {held:,} bytes that it is made from"
    return ""


def as_float32(weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Copy tensors to fp32.

    Raises ValueError, with the tensor's name, if a number is not finite in fp32.
    """
    copies = {}
    for name, tensor in weights.items():
        copies[name] = tensor.detach().to(
            "cpu", torch.float32, copy=True, memory_format=torch.contiguous_format
        )
        if not torch.stack(copies[name].aminmax()).isfinite().all():  # aminmax propagates NaN
            raise ValueError(
                f"{source}: {shown(name)} holds numbers that are not finite in fp32 (NaN or "
                "infinity), and so would be every answer. The training may have diverged; take an "
                "earlier checkpoint."
            )
    return copies
