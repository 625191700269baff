"""What a network of some sizes costs, by component: counted from shapes, without any weights."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from sam_explore.model import Sam, SamConfig
from sam_explore.model.addresses import LOGITS, MASK_FEATURES, in_block
from sam_explore.model.description import PROJECT, PROMPTS, ModelDescription

from .recording import record

BLOCK_PARTS = ("windowed attention", "global attention", "relative positions", "MLPs")
"""The parts of the vision transformer's blocks; their layer norms belong to what reads them."""
COMPONENTS = (
    "patch embedding",
    "position encoder",
    *BLOCK_PARTS,
    "channel projection",
    "prompt encoder",
    "mask decoder",
)
_WINDOWED, _GLOBAL, _RELATIVE, _MLPS = BLOCK_PARTS
ATTENTIONS = _WINDOWED, _GLOBAL
_SCORES = ".hook_scores"


@dataclass(frozen=True)
class Cost:
    """What one component costs in a run on one picture with one click.

    Args:
        parameters: numbers that are learned.
        multiply_adds: in matrix products and convolutions. Norms, activation functions, softmax and
            sums are not counted.
        largest: numbers in the largest tensor that it forms. Of attention these are the scores,
            which a fused kernel doesn't form; of relative positions it is the mask with one number
            for each pair of tokens, which a fused kernel needs.
    """

    parameters: int
    multiply_adds: int
    largest: int


@lru_cache(maxsize=16)
def component_costs(
    config: SamConfig, input_size: tuple[int, int] | None = None
) -> dict[str, Cost]:
    """The cost of each of `COMPONENTS`, padding of windows included.

        component_costs(sam.config)["global attention"].multiply_adds

    The network runs on tensors without content, so this needs neither weights nor memory. Products
    are counted as the plain code and the reference have them; fast forms leave some of them out.

    Args:
        config: the network's sizes.
        input_size: height and width in pixels of the model's input; those of the training if None.
    """
    with torch.device("meta"):
        sam = Sam(config).requires_grad_(False)
    description = sam.description
    parameters: Counter[str] = Counter()
    for name, each in sam.named_parameters():
        parameters[component_of(name, description)] += each.numel()
    products: Counter[str] = Counter()
    shapes = _run(sam, input_size or (config.image_size, config.image_size), products)
    _count_without_weights(shapes, products, description)
    largest: Counter[str] = Counter()
    for name, shape in shapes.items():
        component = component_of(name, description)
        largest[component] = max(largest[component], prod(shape))
        if name.endswith(_SCORES) and component in BLOCK_PARTS:
            largest[_RELATIVE] = max(largest[_RELATIVE], prod(shape))
    return {each: Cost(parameters[each], products[each], largest[each]) for each in COMPONENTS}


def component_of(name: str, description: ModelDescription) -> str:
    """Which of `COMPONENTS` a hook point, a weight or a module belongs to, by its dotted name."""
    step = description.step_of(f"{name}.")
    if step.number is not None and step in description.image_encoder:
        place = f"{name}.".removeprefix(f"{in_block(step.number)}.")
        if not place.startswith(("attention.", "norm1.", "hook_residual_pre.", "hook_norm1.")):
            return _MLPS
        if ".relative_" in f".{place}" or ".hook_relative_" in f".{place}":
            return _RELATIVE
        return _WINDOWED if description.config.windows[step.number] else _GLOBAL
    if step == PROJECT:
        return "channel projection"
    if step == PROMPTS:
        return "prompt encoder"
    if step in description.mask_decoder:
        return "mask decoder"
    return name.split(".")[1].replace("_", " ")


def _run(
    sam: Sam, input_size: tuple[int, int], products: Counter[str]
) -> dict[str, tuple[int, ...]]:
    """Shapes at all hook points; adds the products of the layers to `products`, by component."""
    with ExitStack() as attached:
        for name, module in sam.named_modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                add = partial(_add, products, component_of(name, sam.description))
                attached.callback(module.register_forward_hook(add).remove)
        shapes = attached.enter_context(record(sam, "**", lambda tensor, _: tuple(tensor.shape)))
        empty = partial(torch.empty, device="meta")
        tokens = sam.encode_image(empty(1, 3, *input_size))
        prompts = sam.encode_prompts(empty(1, 1, 2), empty(1, 1, dtype=torch.long))
        sam.decode(tokens, prompts)
    return dict(shapes)


def _add(
    products: Counter[str], component: str, layer: Any, inputs: tuple[Tensor], output: Tensor
) -> None:
    """A hook of a layer: each weight is used once for each place of the output, or of the input."""
    weight: Tensor = layer.weight
    backwards = isinstance(layer, nn.ConvTranspose2d)
    places = (inputs[0] if backwards else output).numel() // weight.shape[0]
    products[component] += places * weight.numel()


def _count_without_weights(
    shapes: dict[str, tuple[int, ...]], products: Counter[str], description: ModelDescription
) -> None:
    """Add what no layer does: scores, weighted values, relative terms, and masks."""
    for name, shape in shapes.items():
        here, _, hook = name.rpartition(".")
        component = component_of(name, description)
        if f".{hook}" == _SCORES:
            products[component] += 2 * prod(shape) * shapes[f"{here}.hook_q"][-1]
        elif component == _RELATIVE:
            products[component] += prod(shape) * shapes[f"{here}.hook_q"][-1]
    products[component_of(LOGITS, description)] += prod(shapes[LOGITS]) * shapes[MASK_FEATURES][1]
