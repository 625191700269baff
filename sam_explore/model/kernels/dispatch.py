"""Dispatch between the plain form of a component and its fast form."""

import os
from collections.abc import Iterator, Sequence
from functools import cache

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules import module as torch_modules

from ..hooks import HookPoint, first_with_hooks
from ..layers import Linear

# Environment variable: anything but 0 or nothing forces the plain form of every component.
SWITCH = "SAM_EXPLORE_PLAIN"
_PRECISIONS = (torch.float32, torch.bfloat16)
_LAYERS = (nn.Linear, nn.LayerNorm, nn.Conv2d, nn.ConvTranspose2d, nn.ModuleList)


def use_fast(component: nn.Module, *inputs: Tensor) -> bool:
    """Whether a component runs its fast form: on the CPU, in fp32, without gradients, unchanged.

    The weights of a `Linear` may also be in bf16.

    The fast forms are tested for these cases only. The plain form runs
    - if the variable SAM_EXPLORE_PLAIN is set, or PyTorch compiles, exports or autocasts;
    - if a gradient could be needed, backward or forward: the operators of the fast forms have none,
      and would silently give a wrong one;
    - for other devices and other precisions;
    - if a part of the component is not the library's own: a replaced layer (LoRA, quantisation), or
      one with hooks of its own. Hook points may have hooks: both forms pass them.
    """
    if os.environ.get(SWITCH, "0") not in ("", "0") or _is_transformed():
        return False
    with_gradients = torch.is_grad_enabled()
    return all(_is_suitable(tensor, with_gradients) for tensor in inputs) and all(
        _is_original(module, with_gradients) for module in _layers_of(component)
    )


def _is_transformed() -> bool:
    """Whether PyTorch traces, transforms or autocasts instead of just running the operators.

    Some of that is only visible through private names; if a version of PyTorch lacks them, the
    answer is True.
    """
    try:
        return bool(
            torch.compiler.is_compiling()
            or torch.jit.is_tracing()  # type: ignore[attr-defined]
            or torch.is_autocast_enabled("cpu")
            or forward_ad._current_level >= 0
            or torch._C._functorch.peek_interpreter_stack() is not None
            or torch_modules._has_any_global_hook()
        )
    except AttributeError:
        return True


def _is_suitable(
    tensor: Tensor,
    with_gradients: bool,
    precisions: Sequence[torch.dtype] = (torch.float32,),
) -> bool:
    return (
        tensor.dtype in precisions
        and tensor.device.type == "cpu"
        and not (with_gradients and tensor.requires_grad)
    )


def _layers_of(component: nn.Module) -> Iterator[nn.Module]:
    """All modules but hook points. `nn.Module.modules` also builds names, which is much slower."""
    modules = [component]
    for module in modules:  # the list grows during the loop
        if type(module) is not HookPoint:
            yield module
            modules.extend(child for child in module._modules.values() if child is not None)


def _is_original(module: nn.Module, with_gradients: bool) -> bool:
    """Whether it is of the library's own types, has no hooks, and has suitable weights."""
    precisions = _PRECISIONS if type(module) is Linear else _PRECISIONS[:1]
    return (
        _is_known(type(module))  # type: ignore[arg-type]  # a class is hashable
        and "forward" not in vars(module)
        and first_with_hooks((module,)) is None
        and all(
            weight is None or _is_suitable(weight, with_gradients, precisions)
            for weight in (*module._parameters.values(), *module._buffers.values())
        )
    )


@cache
def _is_known(kind: type) -> bool:
    return kind in _LAYERS or kind.__module__.startswith(f"{__package__.rsplit('.', 1)[0]}.")
