"""Packs weights into small files: matrices as whole numbers with a scale a row, then compressed."""

import lzma
from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor

_MANY = 2000  # numbers from which on a tensor is rounded
_EXACT = "frequencies"  # a little in these moves all coordinates
_STEP, _LARGEST = ".step", ".largest"


def pack(weights: Mapping[str, Tensor], largest: int = 47) -> bytes:
    """Compress weights, to about 0.8 bytes a number.

    Each row of a matrix (its first axis) becomes whole numbers, the largest of which is `largest`,
    and a step; small tensors stay as they are, in fp16.

    Args:
        weights: by name.
        largest: from 1 to 127. With 47 a row's largest weight is 47 steps.
    """
    packed = {_LARGEST: torch.tensor(largest, dtype=torch.uint8)}
    for name, tensor in weights.items():
        if tensor.ndim < 2 or tensor.numel() <= _MANY or _EXACT in name:
            packed[name] = tensor.half().contiguous()
            continue
        rows = tensor.float().flatten(1)
        step = (rows.abs().amax(dim=1) / largest).half()
        steps = step.float().clamp(min=torch.finfo(torch.float16).tiny)[:, None]
        whole = (rows / steps).round().clamp(-largest, largest) + largest
        packed[name] = whole.to(torch.uint8).reshape(tensor.shape)
        packed[name + _STEP] = step
    return lzma.compress(safetensors.torch.save(packed))


def unpack(packed: bytes) -> dict[str, Tensor]:
    """The weights as float32, but for what `pack` rounded.

    Raises:
        ValueError: bytes that `pack` did not write.
    """
    try:
        tensors = safetensors.torch.load(lzma.decompress(packed))
    except (lzma.LZMAError, safetensors.SafetensorError) as error:
        raise ValueError(
            f"expected weights as pack writes them, but they can't be read: {error}"
        ) from None
    if _LARGEST not in tensors:
        raise ValueError("expected weights as pack writes them, but got others.")
    largest = int(tensors.pop(_LARGEST))
    return {
        name: _restored(tensor, tensors.get(name + _STEP), largest)
        for name, tensor in tensors.items()
        if not name.endswith(_STEP)
    }


def _restored(tensor: Tensor, step: Tensor | None, largest: int) -> Tensor:
    if step is None:
        return tensor.float()
    return (tensor.float() - largest) * step.float().reshape(-1, *[1] * (tensor.ndim - 1))
