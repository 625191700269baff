"""How the mask decoder's numbers are computed, from image and prompt tokens to logits and IoU."""

from collections.abc import Callable
from typing import Any

import torch

from ..model.decoder_tokens import IOU
from .of_attention import head_channel, wire_attention
from .pointwise import Gelu, Relu
from .rules import ALL, At, Chosen, Rule, Source, always, same
from .sums import Copy, Total, WeightedSum
from .wiring import Wiring

TOKEN, IMAGE = "batch token channel", "batch place channel"
MAP = "batch channel row column"


def wire_mask_decoder(wiring: Wiring) -> None:
    """The rules of all its parts, in the order of the run."""
    decoder = wiring.trace.sam.mask_decoder
    _wire_hint(wiring, decoder.mask_hint_encoder)
    _wire_inputs(wiring, decoder)
    state = _Transformer(wiring)
    for layer in decoder.transformer.layers:
        state.wire_layer(layer)
    state.wire_last(decoder.transformer)
    _wire_masks(wiring, decoder)
    _wire_iou(wiring, decoder)


def _wire_inputs(wiring: Wiring, decoder: Any) -> None:
    trace = wiring.trace
    layout, path = trace.decoder_tokens, wiring.path(decoder)
    prompts = trace.sam.prompt_encoder.hook_tokens.name

    def choose(at: At) -> Source:
        if at[1] == IOU:
            return Source(f"{path}.iou_token", lambda at: (0, at[2]))
        if at[1] < layout.prompt(0):
            return Source(f"{path}.mask_tokens", lambda at: (at[1] - layout.mask(0), at[2]))
        return Source(prompts, lambda at: (0, at[1] - layout.prompt(0), at[2]))

    wiring.set(decoder.hook_tokens_in, Copy("A token as it goes in", choose))
    has_hint = trace.prompts.mask_hint is not None
    tokens = trace.sam.image_encoder.channel_projection.hook_out.name

    def hint(at: At) -> Any:
        return at if has_hint else (0, at[1], 0, 0)

    parts = [
        ("image token", Source(tokens, same)),
        ("hint", Source(decoder.mask_hint_encoder.hook_out.name, hint)),
    ]
    wiring.set(decoder.hook_image_in, Total("Image token and mask hint", parts))


def _wire_hint(wiring: Wiring, encoder: Any) -> None:
    hint = wiring.trace.prompts.mask_hint
    vector = Source(f"{wiring.path(encoder)}.no_mask", lambda at: (0, at[1]))
    no_hint = Copy("The vector that stands for no hint", always(vector))
    if hint is None:
        wiring.set(encoder.hook_out, no_hint)
        return
    wiring.give("prompts.mask_hint", torch.from_numpy(hint.copy()), "mask hint", "row column")

    def under(at: At) -> Any:
        """The four pixels that are made one."""
        return tuple(range(2 * each, 2 * each + 2) for each in at[2:])

    whole = Source("prompts.mask_hint", under)
    half = Source(encoder.hook_half.name, lambda at: (0, ALL, *under(at)))
    steps = (
        (encoder.conv1, encoder.norm1, encoder.hook_half, whole),
        (encoder.conv2, encoder.norm2, encoder.hook_quarter, half),
    )
    for conv, norm, hook, reads in steps:
        rule = wiring.linear(conv, reads, lambda at: at[1], (ALL, ALL, ALL), "2 x 2 convolution")
        _wire_normed_gelu(wiring, conv, norm, hook, rule)
    last = Source(encoder.hook_quarter.name, lambda at: (0, ALL, *at[2:]))
    rule = wiring.linear(encoder.conv3, last, lambda at: at[1], (ALL, 0, 0), "1 x 1 convolution")
    wiring.set(encoder.hook_out, rule)


def _wire_normed_gelu(wiring: Wiring, conv: Any, norm: Any, hook: Any, rule: Rule) -> None:
    """A convolution, a norm over channels, and GELU."""
    before = wiring.put(wiring.path(conv), rule, "after the convolution", MAP)
    normed = wiring.norm(norm, before, 1, tuple(MAP.split()))
    after = wiring.put(wiring.path(norm), normed, "after the norm over channels", MAP)
    wiring.set(hook, Gelu(after))


class _Transformer:
    """Wires the layers one after the other, and knows where tokens and image come from.

    Args:
        wiring: where the rules go.
    """

    def __init__(self, wiring: Wiring):
        self._wiring = wiring
        sam = wiring.trace.sam
        decoder, columns = sam.mask_decoder, wiring.trace.frame.grid[1]
        self._tokens = self._token_encoding = Source(decoder.hook_tokens_in.name, same)

        def by_row(at: At) -> Any:
            return (0, at[2], at[1] // columns, at[1] % columns)

        self._image = Source(decoder.hook_image_in.name, by_row)
        self._image_encoding = Source(
            sam.coordinate_encoder.hook_grid.name, lambda at: by_row(at)[1:]
        )

    def wire_layer(self, layer: Any) -> None:
        """The rules of a layer."""
        wiring, image = self._wiring, self._image
        tokens, encoding = self._tokens, self._token_encoding
        placed = () if layer.is_first else (("place", encoding),)
        query = (("x", tokens), *placed)
        self._wire_attention(layer.self_attention, query, query, tokens, TOKEN)
        first = Source(layer.self_attention.hook_out.name, same)
        parts = (("attention", first),) if layer.is_first else (("x", tokens), ("attention", first))
        tokens = self._normed(layer.norm1, parts, TOKEN)

        placed_image = (("x", image), ("place", self._image_encoding))
        query = (("x", tokens), ("place", encoding))
        self._wire_attention(layer.token_to_image, query, placed_image, image, TOKEN)
        read = Source(layer.token_to_image.hook_out.name, same)
        tokens = self._normed(layer.norm2, (("x", tokens), ("attention", read)), TOKEN)

        added = self._wire_mlp(layer.mlp, tokens)
        tokens = self._normed(layer.norm3, (("x", tokens), ("MLP", added)), TOKEN)
        wiring.set(layer.hook_tokens, wiring.rules[tokens.address])

        key = (("x", tokens), ("place", encoding))
        self._wire_attention(layer.image_to_token, placed_image, key, tokens, IMAGE)
        read = Source(layer.image_to_token.hook_out.name, same)
        decoded = self._normed(layer.norm4, (("x", image), ("attention", read)), IMAGE)
        wiring.set(layer.hook_image, wiring.rules[decoded.address])
        self._tokens = Source(layer.hook_tokens.name, same)
        self._image = Source(layer.hook_image.name, same)

    def wire_last(self, transformer: Any) -> None:
        """The rules of the tokens' last look at the image."""
        wiring, attention, image = self._wiring, transformer.final_token_to_image, self._image
        query = (("x", self._tokens), ("place", self._token_encoding))
        placed_image = (("x", image), ("place", self._image_encoding))
        self._wire_attention(attention, query, placed_image, image, TOKEN)
        parts = (("x", self._tokens), ("attention", Source(attention.hook_out.name, same)))
        tokens = self._normed(transformer.final_norm, parts, TOKEN)
        wiring.set(transformer.hook_tokens, wiring.rules[tokens.address])
        handed = Copy("Image tokens after the last layer", always(image))
        wiring.set(transformer.hook_image, handed)

    def _wire_attention(
        self,
        attention: Any,
        query: tuple[tuple[str, Source], ...],
        key: tuple[tuple[str, Source], ...],
        value: Source,
        axes: str,
    ) -> None:
        """The rules of an attention: what is added makes its queries and keys."""
        wiring = self._wiring
        wiring_of = ((attention.q, query, attention.hook_q), (attention.k, key, attention.hook_k))
        for layer, parts, hook in wiring_of:
            self._wire_head(attention, layer, self._sum(layer, parts), hook)
        self._wire_head(attention, attention.v, value, attention.hook_v)
        wire_attention(wiring, attention)
        mixed = Source(attention.hook_out_per_head.name, lambda at: (0, ALL, at[1], ALL))
        wiring.set(attention.hook_out, wiring.linear(attention.out, mixed, lambda at: at[2]))

    def _wire_head(self, attention: Any, layer: Any, reads: Source, hook: Any) -> None:
        where = reads.where
        inputs = Source(reads.address, lambda at: where((0, at[2], ALL)))
        row = head_channel(self._wiring, attention)
        self._wiring.set(hook, self._wiring.linear(layer, inputs, row))

    def _wire_mlp(self, mlp: Any, reads: Source) -> Source:
        wiring = self._wiring
        channels = Source(reads.address, lambda at: (0, at[1], ALL))
        expand = wiring.linear(mlp.expand, channels, lambda at: at[2])
        meaning = "hidden neuron before ReLU"
        inner = wiring.put(wiring.path(mlp.expand), expand, meaning, "batch token neuron")
        wiring.set(mlp.hook_hidden, Relu(inner))
        neurons = Source(mlp.hook_hidden.name, lambda at: (0, at[1], ALL))
        contract = wiring.linear(mlp.contract, neurons, lambda at: at[2])
        return wiring.put(wiring.path(mlp.contract), contract, "what the MLP adds", TOKEN)

    def _sum(self, layer: Any, parts: tuple[tuple[str, Source], ...]) -> Source:
        """What a layer reads: the sum of the parts."""
        if len(parts) == 1:
            return parts[0][1]
        rule = Total("Token with its place added", parts)
        address = f"{self._wiring.path(layer)}.input"
        return self._wiring.put(address, rule, "token with its place added", TOKEN)

    def _normed(self, norm: Any, parts: tuple[tuple[str, Source], ...], axes: str) -> Source:
        """A norm of the sum of the parts."""
        wiring, path = self._wiring, self._wiring.path(norm)
        reads = parts[0][1]
        if len(parts) > 1:
            rule = Total("Token, and what is added to it", parts)
            reads = wiring.put(f"{path}.input", rule, "token and what is added to it", axes)
        normed = wiring.norm(norm, reads, 2, tuple(axes.split()))
        return wiring.put(path, normed, "token after a layer norm", axes)


def _wire_head(wiring: Wiring, head: Any, source: Source) -> Any:
    """The rules of a head of three layers. Returns that of its result, for `Wiring.set`."""
    first, second, last = head.layers
    hidden = ((first, head.hook_hidden1), (second, head.hook_hidden2))
    for layer, hook in hidden:
        rule = wiring.linear(layer, source, lambda at: at[1])
        inner = wiring.put(wiring.path(layer), rule, "neuron before ReLU", "batch neuron")
        wiring.set(hook, Relu(inner))
        source = Source(hook.name, lambda at: (0, ALL))
    return lambda row: wiring.linear(last, source, row)


def _wire_masks(wiring: Wiring, decoder: Any) -> None:
    generator, layout = decoder.mask_generator, wiring.trace.decoder_tokens
    _wire_upscaling(wiring, generator, decoder.transformer.hook_image.name)
    tokens = Source(
        decoder.transformer.hook_tokens.name, lambda at: (0, layout.mask(0) + at[1], at[2])
    )
    picked = Copy("A mask token, decoded", always(tokens))
    wiring.set(generator.hook_mask_tokens, picked)

    def token_of(mask: int) -> Callable[[At], Any]:
        return lambda at: (0, mask, ALL)

    heads = []
    for number, head in enumerate(generator.token_heads):
        make = _wire_head(wiring, head, Source(generator.hook_mask_tokens.name, token_of(number)))
        heads.append(make(lambda at: at[2]))
    wiring.set(generator.hook_mask_vectors, Chosen(dict(enumerate(heads))))
    logit = WeightedSum(
        "Logit: product of a mask's vector with the features at a pixel",
        "Σ v · f",
        Source(generator.hook_mask_vectors.name, lambda at: (0, at[1], ALL)),
        Source(generator.hook_features.name, lambda at: (0, ALL, at[2], at[3])),
    )
    wiring.set(generator.hook_logits, logit)


def _wire_upscaling(wiring: Wiring, generator: Any, image: str) -> None:
    columns = wiring.trace.frame.grid[1]

    def upscaled(layer: Any, reads: Source) -> Rule:
        """A transposed convolution: each pixel makes four, each by weights of its own."""
        return wiring.foreign(layer) or WeightedSum(
            "Transposed convolution: a pixel makes four",
            "Σ w · x + b",
            wiring.weight(layer, lambda at: (ALL, at[1], at[2] % 2, at[3] % 2), "weight"),
            reads,
            wiring.weight(layer, lambda at: (at[1],), "bias"),
            length=layer.weight.shape[1],
        )

    places = Source(image, lambda at: (0, at[2] // 2 * columns + at[3] // 2, ALL))
    rule = upscaled(generator.upscale1, places)
    _wire_normed_gelu(wiring, generator.upscale1, generator.norm, generator.hook_double, rule)
    halves = Source(generator.hook_double.name, lambda at: (0, ALL, at[2] // 2, at[3] // 2))
    second = upscaled(generator.upscale2, halves)
    address, meaning = wiring.path(generator.upscale2), "after the transposed convolution"
    wiring.set(generator.hook_features, Gelu(wiring.put(address, second, meaning, MAP)))


def _wire_iou(wiring: Wiring, decoder: Any) -> None:
    predictor = decoder.iou_predictor
    token = Source(decoder.transformer.hook_tokens.name, lambda at: (0, IOU, at[1]))
    wiring.set(predictor.hook_token, Copy("The IoU token, decoded", always(token)))
    reads = Source(predictor.hook_token.name, lambda at: (0, ALL))
    make = _wire_head(wiring, predictor.head, reads)
    wiring.set(predictor.hook_iou, make(lambda at: at[1]))
