"""The one rule that chooses between the plain form of a component and its fast form."""

import os
from collections.abc import Iterator, Sequence
from functools import cache

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules import module as torch_modules

from ..hooks import HookPoint, first_with_hooks
from ..layers import Linear

# Set to anything but 0 or nothing, it keeps every component in its plain form.
SWITCH = "SAM_EXPLORE_PLAIN"
_PRECISIONS = (torch.float32, torch.bfloat16)
_LAYERS = (nn.Linear, nn.LayerNorm, nn.Conv2d, nn.ConvTranspose2d, nn.ModuleList)


def use_fast(component: nn.Module, *inputs: Tensor) -> bool:
    """Whether a component runs its fast form: on the CPU, in fp32, without gradients, unchanged.

    In fp32 but for the weights of a `Linear`, which may be in bf16: that is made for it.

    The fast forms were made for that and are tested in that. So the plain form runs
    - where the variable SAM_EXPLORE_PLAIN is set, or PyTorch compiles, exports or autocasts;
    - where a gradient could be asked for, backwards or forwards: the operators of the fast forms
      have none, and would give a wrong one without a word;
    - for other devices and other precisions;
    - where something in the component is not as the library made it: a layer that was exchanged
      (LoRA, quantisation), or one with hooks of its own. Hook points may have hooks: both forms
      pass them.
    """
    if os.environ.get(SWITCH, "0") not in ("", "0") or _is_transformed():
        return False
    with_gradients = torch.is_grad_enabled()
    return all(_is_suitable(tensor, with_gradients) for tensor in inputs) and all(
        _is_as_made(module, with_gradients) for module in _layers_of(component)
    )


def _is_transformed() -> bool:
    """Whether PyTorch does something else than running operator after operator as it is told.

    Part of that only private names tell; where a version of PyTorch lacks them, it counts as true.
    """
    try:
        return bool(
            torch.compiler.is_compiling()
            or torch.jit.is_tracing()
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
    """All modules but hook points. Torch's own walk also names them, which takes much longer."""
    modules = [component]
    for module in modules:  # grows meanwhile
        if type(module) is not HookPoint:
            yield module
            modules.extend(module._modules.values())


def _is_as_made(module: nn.Module, with_gradients: bool) -> bool:
    """Whether it is of the library's own kinds, has no hooks, and its weights are suitable."""
    precisions = _PRECISIONS if type(module) is Linear else _PRECISIONS[:1]
    return (
        _is_known(type(module))
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
