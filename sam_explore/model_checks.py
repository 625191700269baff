"""Checks that an argument is a model that can be run, for every call that takes one."""

import torch
from torch import nn

from .model import Sam
from .model.layers import Linear
from .model.modules import tensors_of


def check_model(sam: object, call: str) -> None:
    """Refuse anything but a model in a supported precision; the error shows `call` as an example.

    Raises:
        TypeError: something else, such as the name of a model or the picture in its place.
        ValueError: weights in half or double precision.
    """
    if not isinstance(sam, Sam):
        load = f" A name or a path becomes one by sx.load({sam!r})." if isinstance(sam, str) else ""
        raise TypeError(
            f"sam must be a model, as sx.load() gives it, but is a {type(sam).__name__}. The order "
            f"is {call}.{load}"
        )
    if all(weight.dtype is torch.float32 for weight in tensors_of(sam)):
        return  # nearly always, and quicker than by name
    for path, module in sam.named_modules():
        for name, weight in (*module._parameters.items(), *module._buffers.items()):
            if weight is not None and not _is_suitable(weight, module):
                raise ValueError(
                    f"sam must hold its weights in fp32, but {path}.{name} is {weight.dtype}: "
                    "sam.half(), sam.double() and sam.to(torch.bfloat16) also convert what needs "
                    "fp32. sam.float() brings it back, with weights as they were rounded; "
                    "sx.load(..., dtype=torch.bfloat16) converts the linear layers of the blocks, "
                    "which are most of the work."
                )


def _is_suitable(weight: torch.Tensor, module: nn.Module) -> bool:
    """Whether it is in fp32, belongs to a layer that multiplies in bf16, or is not a float."""
    own = isinstance(module, Linear) and weight.dtype is torch.bfloat16
    return own or weight.dtype is torch.float32 or not weight.is_floating_point()
