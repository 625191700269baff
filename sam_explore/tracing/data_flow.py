"""Which tensor is computed from which others, as a run of the network itself shows."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from sam_explore.model import HookPoint, Sam, SamConfig
from sam_explore.model.config import LOGITS_A_TOKEN

# What goes into a run, by the name that `data_flow` gives it.
PICTURE, PROMPTS_IN, HINT_IN = "picture", "prompts", "mask hint"


@lru_cache(maxsize=8)
def data_flow(config: SamConfig, with_hint: bool = True) -> dict[str, tuple[str, ...]]:
    """For each hook point, in the order of a run, the tensors that it is computed from directly.

    These are other hook points, or the inputs "picture", "prompts" and "mask hint". There is no
    further hook point in between. Weights are left out, so a tensor of weights alone is computed
    from nothing.

    A network with the same parts, but as few numbers as possible, runs once, and PyTorch's own
    record of that run is read: no path is spelled out here. A hook point that the run does not
    reach is missing.

    Args:
        config: the sizes of the network.
        with_hint: whether the run has a mask hint.
    """
    nodes: dict[Any, str] = {}
    tiny = _tiny(config)
    # Making a network draws random numbers, which must not be missing in the reader's.
    with (
        torch.random.fork_rng(devices=()),
        torch.device("cpu"),
        torch.enable_grad(),
        torch.inference_mode(False),
        ExitStack() as attached,
    ):
        sam, inputs = Sam(tiny), _inputs(tiny)
        for hook in sam.hook_points.values():

            def mark(hook: HookPoint, _inputs: tuple, tensor: Tensor) -> Tensor:
                marked: Tensor = _Mark.apply(
                    tensor if tensor.requires_grad else tensor.requires_grad_()
                )
                nodes[marked.grad_fn] = hook.name
                return marked

            attached.callback(hook.register_forward_hook(mark).remove)
        tokens = sam.encode_image(inputs[PICTURE])
        prompts = sam.encode_prompts(inputs[PROMPTS_IN], torch.ones(1, 1, dtype=torch.long))
        sam.decode(tokens, prompts, inputs[HINT_IN] if with_hint else None)
    names = {id(tensor): name for name, tensor in inputs.items()}
    found = {name: set(_before(node, nodes, names)) for node, name in nodes.items()}
    place = {name: index for index, name in enumerate([*inputs, *found])}
    return {name: tuple(sorted(each, key=place.__getitem__)) for name, each in found.items()}


class _Mark(torch.autograd.Function):
    """Leaves a node of its own in PyTorch's record, and changes nothing."""

    @staticmethod
    def forward(_context: object, tensor: Tensor) -> Tensor:
        return tensor.view_as(tensor)


def _tiny(config: SamConfig) -> SamConfig:
    """A network of the same depth and with the same tokens; the rest is as small as can be.

    It runs in milliseconds. The meta device would need no memory for the true sizes, but PyTorch
    takes seconds to get ready for it.
    """
    small: dict[str, Any] = {"image_size": 2, "patch_size": 1, "window_size": 1}
    small |= {"encoder_dim": 1, "encoder_heads": 1, "encoder_mlp_dim": 1}
    small |= {"token_dim": 8, "decoder_heads": 1, "decoder_mlp_dim": 1}
    small |= {"attention_downsampling": 1, "mask_hint_channels": 4, "iou_hidden_dim": 1}
    return replace(config, **small)


def _inputs(config: SamConfig) -> dict[str, Tensor]:
    side = config.image_size
    hint = LOGITS_A_TOKEN * config.grid
    shapes = {PICTURE: (1, 3, side, side), PROMPTS_IN: (1, 1, 2), HINT_IN: (1, 1, hint, hint)}
    return {name: torch.zeros(shape, requires_grad=True) for name, shape in shapes.items()}


def _before(start: Any, nodes: dict[Any, str], inputs: dict[int, str]) -> Iterator[str]:
    """The nearest marks and inputs before a node of PyTorch's record."""
    waiting, seen = [node for node, _ in start.next_functions], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in nodes:
            yield nodes[node]
        elif hasattr(node, "variable"):  # a leaf: an input, or a weight
            if id(node.variable) in inputs:
                yield inputs[id(node.variable)]
        else:
            waiting += [each for each, _ in node.next_functions]
