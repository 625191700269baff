"""Dispatch between the plain form of a component and its fast form."""

import os
from functools import cache
from itertools import repeat
from operator import attrgetter, contains
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules import module as torch_modules

from ..hooks import HookPoint, first_with_hooks
from ..layers import Linear
from ..modules import Parts, modules_of

# Environment variable: anything but 0 or nothing forces the plain form of every component.
SWITCH = "SAM_EXPLORE_PLAIN"
_PRECISIONS = (torch.float32, torch.bfloat16)
_LAYERS = (nn.Linear, nn.LayerNorm, nn.Conv2d, nn.ConvTranspose2d, nn.ModuleList)
_DTYPE, _IS_CPU, _REQUIRES_GRAD = map(attrgetter, ("dtype", "is_cpu", "requires_grad"))


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
    if not all(_is_suitable(tensor, with_gradients) for tensor in inputs):
        return False
    layers = _known.get(component)
    if layers is None or not layers.are_those_of(component):
        layers = _known[component] = _Layers(component)
    return layers.are_original(component, with_gradients)


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


def _is_suitable(tensor: Tensor, with_gradients: bool) -> bool:
    return (
        tensor.dtype is torch.float32
        and tensor.device.type == "cpu"
        and not (with_gradients and tensor.requires_grad)
    )


class _Layers:
    """The modules inside a component but hook points, as they were found.

    They are asked at each call, so all that can change is read through functions that loop in C. No
    reference is kept to the component itself, which could then never be freed.
    """

    def __init__(self, component: nn.Module):
        modules = [each for each in modules_of(component) if type(each) is not HookPoint]
        self._type, self._inner = type(component), modules[1:]
        self._types = list(map(type, self._inner))
        self._fields = list(map(vars, modules))
        self._parts = Parts([table for each in modules for table in _tables(each)])
        weights = [
            (weight, type(module) is Linear)
            for module in modules
            for table in _tables(module)[1:]
            for weight in table.values()
            if weight is not None
        ]
        self._weights = [weight for weight, _ in weights]
        self._dtypes = list(map(_DTYPE, self._weights))
        self._are_known = all(map(_is_known, (self._type, *self._types))) and all(
            weight.dtype in (_PRECISIONS if is_linear else _PRECISIONS[:1])
            for weight, is_linear in weights
        )

    def are_those_of(self, component: nn.Module) -> bool:
        """Whether no module, type, weight or type of weight was replaced since."""
        return (
            type(component) is self._type
            and list(map(type, self._inner)) == self._types
            and self._parts.are_the_same
            and list(map(_DTYPE, self._weights)) == self._dtypes
        )

    def are_original(self, component: nn.Module, with_gradients: bool) -> bool:
        """Whether all are the library's own, without hooks, and have suitable weights."""
        return (
            self._are_known
            and not any(map(contains, self._fields, repeat("forward")))
            and first_with_hooks((component, *self._inner)) is None
            and all(map(_IS_CPU, self._weights))
            and not (with_gradients and any(map(_REQUIRES_GRAD, self._weights)))
        )


_known: WeakKeyDictionary[nn.Module, _Layers] = WeakKeyDictionary()


def _tables(module: nn.Module) -> tuple[dict, dict, dict]:
    return module._modules, module._parameters, module._buffers


@cache
def _is_known(kind: type) -> bool:
    return kind in _LAYERS or kind.__module__.startswith(f"{__package__.rsplit('.', 1)[0]}.")
