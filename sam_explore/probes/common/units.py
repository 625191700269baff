"""Units of the image encoder: channels, neurons and heads, with one value at each token."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import SamConfig
from sam_explore.model.addresses import IMAGE_TOKENS, in_block
from sam_explore.model.windows import join_windows
from sam_explore.tracing import Trace

from .probe import RunSizes, knob

CHANNEL, NEURON, HEAD, IMAGE_CHANNEL = "channel", "neuron", "head", "image channel"
MOST_TELLING = -1  # of a `unit_knob`
_PLACES = {CHANNEL: "hook_residual_post", NEURON: "mlp.hook_hidden",
           HEAD: "attention.hook_out_per_head"}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """All units of one kind at one depth.

    Args:
        kind: CHANNEL of the residual stream after a block, NEURON of a block's MLP after GELU, HEAD
            of a block, or IMAGE_CHANNEL, a channel of the image tokens.
        block: which one; for IMAGE_CHANNEL 0.
    """

    kind: str
    block: int = 0

    @property
    def hook(self) -> str:
        """The hook point that the units' values are made from."""
        return IMAGE_TOKENS if self.kind == IMAGE_CHANNEL else in_block(self.block, self.place)

    @property
    def place(self) -> str:
        """The hook point, counted from the block."""
        return _PLACES[self.kind]

    @property
    def name(self) -> str:
        """Such as "neurons of block 3"."""
        names = {
            CHANNEL: f"channels after block {self.block}",
            NEURON: f"neurons of block {self.block}",
            HEAD: f"heads of block {self.block}",
        }
        return names.get(self.kind, "channels of the image tokens")

    def count(self, config: SamConfig) -> int:
        """How many units there are."""
        counts = {
            CHANNEL: config.encoder_dim,
            NEURON: config.encoder_mlp_dim,
            HEAD: config.encoder_heads,
        }
        return counts.get(self.kind, config.token_dim)

    def unit(self, number: int) -> str:
        """Such as "neuron 17 of block 3"."""
        of = "of the image tokens" if self.kind == IMAGE_CHANNEL else f"of block {self.block}"
        name = CHANNEL if self.kind == IMAGE_CHANNEL else self.kind
        return f"{name} {number} {f'after block {self.block}' if self.kind == CHANNEL else of}"


def layers_of(config: SamConfig) -> tuple[Layer, ...]:
    """All layers in the order of the run."""
    blocks = range(config.encoder_depth)
    inside = (Layer(kind, block) for block in blocks for kind in (HEAD, NEURON, CHANNEL))
    return (*inside, Layer(IMAGE_CHANNEL))


def layer_knob(default: int) -> Any:
    """A field that is one of `layers_of` the model."""
    return knob(
        default,
        "layer",
        low=0,
        high=lambda run: len(layers_of(run.config)) - 1,
        names=_names,
        matters=True,
    )


def unit_knob() -> Any:
    """A field that is a unit of a layer. A number beyond the layer's last unit means the last."""
    return knob(
        MOST_TELLING,
        "unit of the layer",
        low=MOST_TELLING,
        high=lambda run: max(layer.count(run.config) for layer in layers_of(run.config)) - 1,
        names=((MOST_TELLING, "the one that tells most of a factor"),),
        matters=True,
    )


def _names(run: RunSizes) -> tuple[tuple[int, str], ...]:
    return tuple((number, layer.name) for number, layer in enumerate(layers_of(run.config)))


def values_of(trace: Trace, layer: Layer) -> Float[Tensor, "row column unit"]:
    """The value of each unit at each token that shows the picture, in fp32 on the CPU.

    Channels and neurons are their own numbers. A head's value is the L2 norm of its weighted
    values, before the output projection.
    """
    return _by_token(trace, layer, trace[layer.hook])


def all_values(trace: Trace) -> Iterator[tuple[Layer, Float[Tensor, "row column unit"]]]:
    """Each layer with the values of its units, as `values_of`; a block at a time."""
    layers = layers_of(trace.sam.config)
    for block in dict.fromkeys(each.block for each in layers[:-1]):
        here = [each for each in layers[:-1] if each.block == block]
        found = trace.read([each.hook for each in here])
        for layer in here:
            yield layer, _by_token(trace, layer, found[layer.hook])
    yield layers[-1], values_of(trace, layers[-1])


def _by_token(trace: Trace, layer: Layer, tensor: Tensor) -> Float[Tensor, "row column unit"]:
    rows, columns = trace.frame.tokens_shown
    if layer.kind == HEAD:
        by_grid = _norms_by_grid(trace, layer.block, tensor)
    else:
        by_grid = tensor[0].movedim(0, -1) if layer.kind == IMAGE_CHANNEL else tensor[0]
    return by_grid[:rows, :columns].to("cpu", torch.float32)


def _norms_by_grid(
    trace: Trace, block: int, out: Float[Tensor, "window head token channel"]
) -> Float[Tensor, "row column head"]:
    """The norm of each head's output, from windows to the grid, without their padding."""
    sides, grid = trace.attended(block), trace.frame.grid
    norms = out.norm(dim=-1).unflatten(-1, sides).movedim(1, -1)
    return norms[0] if sides == grid else join_windows(norms, *grid)[0]
