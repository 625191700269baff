"""Mask algebra: a logit as a sum over attentions, heads and what these read.

A logit is the product of a mask's vector with the image features at its place. Neither is linear in
what the decoder's attentions write. But with attention weights, the scales of layer norms and the
gates of activations held as they are in this run, each of the two factors is, while the other one
is held as well: then every write has a share, and all shares and biases sum up to the logit. This
says nothing of what removing a write does: weights, scales and gates would then be others.

Source: direct logit attribution, "A Mathematical Framework for Transformer Circuits",
https://transformer-circuits.pub/2021/framework, for language models; here for SAM's decoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model.addresses import (
    DECODER_TOKENS_IN,
    FINAL_ATTENTION,
    IMAGE_IN,
    LOGITS,
    MASK_FEATURES,
    MASK_HINT,
    MASK_VECTORS,
    in_decoder_attention,
)
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.model.modules import Component

from .trace import Trace

_READ = ("hook_pattern", "hook_v", "hook_out_per_head")
# What is read of an attention: for one query, its weights and its heads' output; and all values.
_Read = dict[str, tuple[Tensor, Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class LogitShares:
    """The shares of one logit, or of a weighted mean of a token's logits, by one of its factors.

    Args:
        logit: what the run has.
        attentions: those that write, in their order, as interventions name them.
        by_head: each head's share.
        by_key: for each attention, the share of what each head reads at each key: decoder tokens,
            or image tokens row by row. Over the keys they sum up to `by_head`.
        own: shares of what is there before any attention, by name.
        biases: the share of all biases of a kind, by name.
    """

    logit: float
    attentions: tuple[str, ...]
    by_head: Float[Tensor, "attention head"]
    by_key: tuple[Float[Tensor, "head _"], ...]
    own: dict[str, float]
    biases: dict[str, float]

    @property
    def total(self) -> float:
        """The sum of all shares and biases. It is the logit, unless an edit changes what lies
        between two of the places that are read."""
        return float(self.by_head.sum()) + sum(self.own.values()) + sum(self.biases.values())


@torch.inference_mode(False)
def vector_shares(
    trace: Trace, mask: int, token: tuple[int, int], weights: Float[Tensor, "row column"]
) -> LogitShares:
    """Shares by the mask's vector, with the image features held: what the mask's token has read.

    The token's stream begins with the first attention among the tokens, which writes over it; so
    nothing is its own.

    Args:
        trace: the run.
        mask: which mask.
        token: row and column of the image token whose logits are meant.
        weights: how much each of its 4 x 4 logits counts.
    """
    config = trace.sam.config
    decoder: Component = trace.sam.mask_decoder
    layers = range(config.decoder_depth)
    names = [
        f"layers.{layer}.{kind}"
        for layer in layers
        for kind in ("self_attention", "token_to_image")
    ]
    number = trace.decoder_tokens.mask(mask)
    read = _read(trace, (*names, FINAL_ATTENTION), number)
    here = _at_place(trace[MASK_FEATURES][0], token, weights)
    logit = float(_at_place(trace[LOGITS][0, mask], token, weights))
    with torch.enable_grad():
        held = _Held(read)
        transformer = decoder.transformer
        stream = here.new_zeros(config.token_dim)
        for index, layer in enumerate(transformer.layers):
            among, to_image = names[2 * index : 2 * index + 2]
            stream = 0 * stream if layer.is_first else stream
            stream = held.norm(layer.norm1, stream + held.write(among, layer.self_attention))
            stream = held.norm(layer.norm2, stream + held.write(to_image, layer.token_to_image))
            stream = held.norm(layer.norm3, stream + held.mlp(layer.mlp, stream))
        last = held.write(FINAL_ATTENTION, transformer.final_token_to_image)
        stream = held.norm(transformer.final_norm, stream + last)
        vector = held.vector(decoder.mask_generator.token_heads[mask], stream)
        return held.shares(logit, vector @ here, {})


@torch.inference_mode(False)
def feature_shares(
    trace: Trace, mask: int, token: tuple[int, int], weights: Float[Tensor, "row column"]
) -> LogitShares:
    """Shares by the image features at a place, with the mask's vector held; see `vector_shares`.

    What is written to an image token is what it read of the decoder's tokens. Its own are the image
    encoder's output there, and the mask hint or the no-mask vector.
    """
    config = trace.sam.config
    decoder: Component = trace.sam.mask_decoder
    names = [f"layers.{layer}.image_to_token" for layer in range(config.decoder_depth)]
    row, column = token
    read = _read(trace, names, row * trace.frame.grid[1] + column)
    vector = trace[MASK_VECTORS][0, mask].double()
    logit = float(_at_place(trace[LOGITS][0, mask], token, weights))
    hint = trace[MASK_HINT][0]
    hint = hint[:, 0, 0] if hint.shape[1:] == (1, 1) else hint[:, row, column]
    image = trace[IMAGE_IN][0, :, row, column]
    with torch.enable_grad():
        held = _Held(read)
        named = "no-mask vector" if trace.prompts.mask_hint is None else "mask hint"
        own = {"image token": held.leaf(image - hint), named: held.leaf(hint)}
        stream = own["image token"] + own[named]
        for name, layer in zip(names, decoder.transformer.layers, strict=True):
            stream = held.norm(layer.norm4, stream + held.write(name, layer.image_to_token))
        logits = held.upscaled(decoder.mask_generator, stream) @ vector
        return held.shares(logit, (logits * weights.to(logits)).sum(), own)


@dataclass(frozen=True, eq=False)
class LogitOrigins:
    """The shares of one logit by what the mask decoder was given; see `origin_shares`.

    Args:
        logit: what the run has.
        tokens: each decoder token's share.
        image: each image token's, with the mask hint or the no-mask vector added.
        biases: the share of all biases of a kind, by name.
    """

    logit: float
    tokens: Float[Tensor, "token"]
    image: Float[Tensor, "row column"]
    biases: dict[str, float]

    @property
    def total(self) -> float:
        """The sum of all shares and biases; see `LogitShares.total`."""
        return float(self.tokens.sum() + self.image.sum()) + sum(self.biases.values())


@torch.inference_mode(False)
def origin_shares(
    trace: Trace,
    mask: int,
    token: tuple[int, int],
    weights: Float[Tensor, "row column"],
    of_vector: bool = True,
) -> LogitOrigins:
    """Shares of what the decoder was given, traced through all of its layers.

    With all attention weights held, tokens and image tokens are linear in what they began as, so a
    share is that times its gradient. What the position encodings do lies in the weights, which are
    held.

    Args:
        trace, mask, token, weights: as for `vector_shares`.
        of_vector: by the mask's vector, with the image features held; else the other way round.
    """
    grid, number = trace.frame.grid, trace.decoder_tokens.mask(mask)
    decoder: Component = trace.sam.mask_decoder
    logit = float(_at_place(trace[LOGITS][0, mask], token, weights))
    with torch.enable_grad():
        held = _Held({})
        tokens = held.leaf(trace[DECODER_TOKENS_IN][0])
        image = held.leaf(trace[IMAGE_IN][0].flatten(1).T)
        read, seen = _through_layers(held, trace, tokens, image)
        if of_vector:
            vector = held.vector(decoder.mask_generator.token_heads[mask], read[number])
            result = vector @ _at_place(trace[MASK_FEATURES][0], token, weights)
        else:
            features = held.upscaled(decoder.mask_generator, seen[token[0] * grid[1] + token[1]])
            logits = features @ trace[MASK_VECTORS][0, mask].double()
            result = (logits * weights.to(logits)).sum()
        (by_token, by_place), biases = held.shares_of(result, [tokens, image])
    return LogitOrigins(logit, by_token.sum(dim=1), by_place.sum(dim=1).view(grid), biases)


def _through_layers(
    held: "_Held",
    trace: Trace,
    tokens: Float[Tensor, "token channel"],
    image: Float[Tensor, "place channel"],
) -> tuple[Float[Tensor, "token channel"], Float[Tensor, "place channel"]]:
    """Tokens and image tokens as the mask decoder's transformer leaves them."""
    transformer: Component = trace.sam.mask_decoder.transformer
    for index, layer in enumerate(transformer.layers):

        def mixed(kind: str, values: Tensor, layer: Component = layer, at: int = index) -> Tensor:
            name = in_decoder_attention(f"layers.{at}.{kind}", "hook_pattern")
            return held.mixed(layer.get_submodule(kind), trace[name][0].double(), values)

        attended = mixed("self_attention", tokens)
        tokens = held.norm(layer.norm1, attended if layer.is_first else tokens + attended)
        tokens = held.norm(layer.norm2, tokens + mixed("token_to_image", image))
        tokens = held.norm(layer.norm3, tokens + held.mlp(layer.mlp, tokens))
        image = held.norm(layer.norm4, image + mixed("image_to_token", tokens))
    name = in_decoder_attention(FINAL_ATTENTION, "hook_pattern")
    last = held.mixed(transformer.final_token_to_image, trace[name][0].double(), image)
    return held.norm(transformer.final_norm, tokens + last), image


class _Held:
    """A linear form of part of the decoder: what it holds is computed, but has no gradient.

    Every bias and every write is a leaf, whose share is its product with its gradient.
    """

    def __init__(self, read: _Read):
        self._read = read
        self._writes: dict[str, tuple[Tensor, Tensor]] = {}  # with the output projection
        self._biases: list[tuple[str, Tensor]] = []

    def leaf(self, tensor: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """The same numbers, as something that has a share."""
        return tensor.detach().double().clone().requires_grad_()

    def bias(self, kind: str, tensor: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """A bias, as a leaf."""
        leaf = self.leaf(tensor)
        self._biases.append((kind, leaf))
        return leaf

    def linear(
        self, kind: str, layer: nn.Linear, vectors: Float[Tensor, "*any channel"]
    ) -> Float[Tensor, "*any out"]:
        """A linear layer."""
        return vectors @ layer.weight.double().T + self.bias(kind, layer.bias)

    def mlp(
        self, mlp: Component, tokens: Float[Tensor, "*any channel"]
    ) -> Float[Tensor, "*any channel"]:
        """A layer's MLP."""
        hidden = self.relu(self.linear("MLPs", mlp.expand, tokens))
        return self.linear("MLPs", mlp.contract, hidden)

    def vector(self, head: Component, token: Float[Tensor, "channel"]) -> Float[Tensor, "feature"]:
        """A mask's vector, of its token."""
        *hidden_layers, out = head.layers
        for each in hidden_layers:
            token = self.relu(self.linear("the mask token's MLP", each, token))
        return self.linear("the mask token's MLP", out, token)

    def mixed(
        self,
        attention: Component,
        pattern: Float[Tensor, "head query key"],
        values: Float[Tensor, "key channel"],
    ) -> Float[Tensor, "query channel"]:
        """What an attention with held weights adds to its queries."""
        heads = self.linear("attentions", attention.v, values).unflatten(1, (len(pattern), -1))
        out = torch.einsum("hqk,khc->qhc", pattern, heads).flatten(1)
        return self.linear("attentions", attention.out, out)

    def norm(self, norm: nn.LayerNorm, vectors: Float[Tensor, "*any channel"]) -> Tensor:
        """A layer norm over the last axis, whose scale is held."""
        centred = vectors - vectors.mean(dim=-1, keepdim=True)
        size = (centred.detach().square().mean(dim=-1, keepdim=True) + norm.eps).sqrt()
        return centred / size * norm.weight.double() + self.bias("layer norms", norm.bias)

    def relu(self, vector: Tensor) -> Tensor:
        """ReLU, whose gates are held: 1 where it lets through, else 0."""
        return vector * (vector.detach() > 0)

    def gelu(self, vectors: Tensor) -> Tensor:
        """GELU, whose gates are held: the normal distribution at what comes in."""
        gates = 0.5 * (1 + torch.erf(vectors.detach() / sqrt(2)))
        return vectors * gates

    def write(self, name: str, attention: Component) -> Float[Tensor, "channel"]:
        """What an attention adds to its query: each head's write, and the output's bias."""
        _, _, out = self._read[name]
        weight = attention.out.weight.double().unflatten(1, out.shape)  # channel, head, in head
        writes = self.leaf(torch.einsum("dhc,hc->hd", weight, out))
        self._writes[name] = writes, weight
        return writes.sum(dim=0) + self.bias("attentions", attention.out.bias)

    def upscaled(
        self, generator: Component, token: Float[Tensor, "channel"]
    ) -> Float[Tensor, "row column feature"]:
        """The 4 x 4 features of an image token."""
        first = torch.einsum("d,dcij->ijc", token, generator.upscale1.weight.double())
        first = first + self.bias("upscaling", generator.upscale1.bias)
        first = self.gelu(self.norm(generator.norm, first))
        second = torch.einsum("ijd,dckl->ikjlc", first, generator.upscale2.weight.double())
        second = self.gelu(second + self.bias("upscaling", generator.upscale2.bias))
        return second.flatten(2, 3).flatten(0, 1)

    def shares(self, logit: float, result: Tensor, own: dict[str, Tensor]) -> LogitShares:
        """The shares of all leaves in a result that is linear in them."""
        names = tuple(self._writes)
        writes = [self._writes[name][0] for name in names]
        gradients = torch.autograd.grad(result, writes, retain_graph=True)
        by_key = tuple(map(self._by_key, names, gradients))
        found, biases = self.shares_of(result, [*own.values(), *writes])
        return LogitShares(
            logit,
            names,
            torch.stack([each.sum(dim=1) for each in found[len(own) :]]),
            by_key,
            {name: float(share.sum()) for name, share in zip(own, found, strict=False)},
            biases,
        )

    def shares_of(
        self, result: Tensor, leaves: Sequence[Tensor]
    ) -> tuple[list[Tensor], dict[str, float]]:
        """Each leaf's share number by number, and the biases' by kind."""
        every = [*leaves, *(bias for _, bias in self._biases)]
        gradients = torch.autograd.grad(result, every, allow_unused=True, materialize_grads=True)
        found = [(leaf * each).detach() for leaf, each in zip(every, gradients, strict=True)]
        biases: dict[str, float] = {}
        for (kind, _), share in zip(self._biases, found[len(leaves) :], strict=True):
            biases[kind] = biases.get(kind, 0.0) + float(share.sum())
        return found[: len(leaves)], biases

    def _by_key(
        self, name: str, gradient: Float[Tensor, "head channel"]
    ) -> Float[Tensor, "head key"]:
        pattern, values, _ = self._read[name]
        in_head = torch.einsum("dhc,hd->hc", self._writes[name][1], gradient)
        return (pattern * torch.einsum("hkc,hc->hk", values, in_head)).detach()


def _read(trace: Trace, attentions: Sequence[str], query: int) -> _Read:
    names = [in_decoder_attention(each, hook) for each in attentions for hook in _READ]
    found = trace.read(names)
    read: _Read = {}
    for each in attentions:
        pattern, values, out = (found[in_decoder_attention(each, hook)][0] for hook in _READ)
        read[each] = pattern[:, query].double(), values.double(), out[:, query].double()
    return read


def _at_place(
    maps: Float[Tensor, "*any height width"],
    token: tuple[int, int],
    weights: Float[Tensor, "row column"],
) -> Float[Tensor, "*any"]:
    row, column = (LOGITS_A_TOKEN * each for each in token)
    here = maps[..., row : row + LOGITS_A_TOKEN, column : column + LOGITS_A_TOKEN].double()
    return (here * weights.to(here)).sum(dim=(-2, -1))
