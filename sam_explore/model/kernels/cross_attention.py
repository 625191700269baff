"""Cross-attention between few tokens and many image tokens, all heads in one product.

Work on each image token takes the time, so linear layers on the image tokens are applied to the few
tokens instead where possible: see `_ImageProjection`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..hooks import HookPoint
from ..modules import Component
from .products import linear
from .tensor_cache import cached_for


@dataclass(frozen=True)
class ImageTokens:
    """The image tokens as rows, and where to cache what is computed from them.

    Args:
        rows: a vector for each image token.
        origin: the tensor that results are cached for, since it lives as long as they are useful;
            None if they are needed only once.
        content: checksum of all weights that cached results depend on.
    """

    rows: Float[Tensor, "*batch_or_1 place channel"]
    origin: Tensor | None = None
    content: int = 0

    def through(self, layer: nn.Linear, what: str) -> Tensor:
        """The vectors through a linear layer, from the cache if possible."""

        def work() -> Tensor:
            return linear(self.rows, layer.weight, layer.bias)

        return self.cached(what, [layer.weight, layer.bias], work)

    def cached(self, what: str, weights: Sequence[Tensor], work: Callable[[], Tensor]) -> Tensor:
        """The result of some work on them and some weights, from the cache if possible."""
        if self.origin is None:
            return work()
        return cached_for(self.origin, what, weights, work, self.content)


def fast_cross_attention_transformer(
    transformer: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: ImageTokens,
    image_encoding: ImageTokens,
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
    """`CrossAttentionTransformer.forward`. The image's side of the first layer is cached."""
    token_encoding = tokens
    for layer in transformer.layers:
        tokens, image = fast_cross_attention_layer(
            layer, tokens, image, token_encoding, image_encoding
        )
    return final_attention(transformer, tokens, image, token_encoding, image_encoding)


def final_attention(
    transformer: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: ImageTokens,
    token_encoding: Float[Tensor, "batch token channel"],
    image_encoding: ImageTokens,
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
    """`CrossAttentionTransformer.read`."""
    final, placed = transformer.final_token_to_image, tokens + token_encoding
    tokens = transformer.final_norm(tokens + _token_to_image(final, placed, image, image_encoding))
    decoded = image.rows.expand(len(tokens), -1, -1)
    return transformer.hook_tokens(tokens), transformer.hook_image(decoded)


def weights_behind(transformer: Component) -> list[Tensor]:
    """All weights that the cached results for an image and its encoding depend on."""
    first = transformer.layers[0].token_to_image.v
    projections = [first, transformer.final_token_to_image.k]
    for layer in transformer.layers:
        projections += [layer.token_to_image.k, layer.image_to_token.q]
    return [weight for each in projections for weight in (each.weight, each.bias)]


def fast_cross_attention_layer(
    layer: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: ImageTokens,
    token_encoding: Float[Tensor, "batch token channel"],
    image_encoding: ImageTokens,
) -> tuple[Float[Tensor, "batch token channel"], ImageTokens]:
    """`CrossAttentionLayer.forward`."""
    placed = tokens if layer.is_first else tokens + token_encoding
    attended = _among_tokens(layer.self_attention, placed, tokens)
    tokens = layer.norm1(attended if layer.is_first else tokens + attended)

    read = _token_to_image(layer.token_to_image, tokens + token_encoding, image, image_encoding)
    tokens = layer.norm2(tokens + read)

    tokens = layer.norm3(tokens + layer.mlp(tokens))

    placed = tokens + token_encoding
    written = _image_to_token(layer.image_to_token, placed, tokens, image, image_encoding)
    # Without a hook, nothing else holds this tensor.
    free = not layer.image_to_token.hook_out.is_watched
    added = written.add_(image.rows) if free else written + image.rows
    rows = layer.hook_image(layer.norm4(added))
    return layer.hook_tokens(tokens), ImageTokens(rows)


def _among_tokens(
    attention: Component,
    tokens: Float[Tensor, "batch token channel"],
    values: Float[Tensor, "batch token channel"],
) -> Float[Tensor, "batch token channel"]:
    """`CrossAttention.forward` with few queries and few keys; the same with and without hooks."""
    heads = attention.heads
    q = attention.hook_q(_heads(attention.q(tokens), heads))
    k = attention.hook_k(_heads(attention.k(tokens), heads))
    v = attention.hook_v(_heads(attention.v(values), heads))
    scores = attention.hook_scores((q * q.shape[-1] ** -0.5) @ k.mT)
    out = attention.hook_out_per_head(attention.hook_pattern(scores.softmax(dim=-1)) @ v)
    return attention.hook_out(attention.out(out.transpose(1, 2).flatten(2)))


def _token_to_image(
    attention: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: ImageTokens,
    image_encoding: ImageTokens,
) -> Float[Tensor, "batch token channel"]:
    """`CrossAttention.forward` with few queries and many keys."""
    q = attention.hook_q(_heads(attention.q(tokens), attention.heads))
    lead = len(tokens), attention.heads
    k = _ImageProjection(attention.k, attention.hook_k, lead, image, image_encoding)
    v = _ImageProjection(attention.v, attention.hook_v, lead, image)

    scores = attention.hook_scores(k.scores(q * q.shape[-1] ** -0.5))
    pattern = attention.hook_pattern(scores.softmax(dim=-1))
    out = attention.hook_out_per_head(v.weighed(pattern))
    return attention.hook_out(attention.out(out.transpose(1, 2).flatten(2)))


def _image_to_token(
    attention: Component,
    tokens: Float[Tensor, "batch token channel"],
    values: Float[Tensor, "batch token channel"],
    image: ImageTokens,
    image_encoding: ImageTokens,
) -> Float[Tensor, "batch place channel"]:
    """`CrossAttention.forward` with many queries and few keys.

    Scores have the image tokens as their last axis in memory: a softmax over a last axis of seven
    would take longer than all the rest.
    """
    heads, out, lead = attention.heads, attention.out, (len(tokens), attention.heads)
    q = _ImageProjection(attention.q, attention.hook_q, lead, image, image_encoding)
    k = attention.hook_k(_heads(attention.k(tokens), heads))
    v = attention.hook_v(_heads(attention.v(values), heads))

    scores = q.scores(k * k.shape[-1] ** -0.5)
    scores = _turned(attention.hook_scores, scores)
    pattern = _turned(attention.hook_pattern, scores.softmax(dim=-2)).flatten(1, 2)
    changed = _changed(
        attention.hook_out_per_head, lambda: _for_each(torch.mm, pattern.mT, _on_diagonal(v)), heads
    )
    if changed is not None:
        return attention.hook_out(linear(changed, out.weight, out.bias))
    folded = torch.einsum("bhtc,dhc->bhtd", v, out.weight.unflatten(1, (heads, -1))).flatten(1, 2)
    # The bias as a further vector of weight one: adding it would be another pass over memory.
    batch, _, places = pattern.shape
    pattern = torch.cat([pattern, pattern.new_ones(batch, 1, places)], dim=1)
    folded = torch.cat([folded, out.bias.expand(batch, 1, -1)], dim=1)
    written = folded.new_empty(batch, places, folded.shape[-1])
    for place, weights, vectors in zip(written, pattern.mT, folded, strict=True):
        torch.mm(weights, vectors, out=place)
    return attention.hook_out(written)


class _ImageProjection:
    """The image tokens through a linear layer of an attention, in products with few tokens.

    A cached result is used as it is. Otherwise the layer's weights are applied to the other tokens,
    which are far fewer: (W x) t is x (W^T t). What a hook changes is used as changed.

    Args:
        layer: the layer.
        hook: the hook point of its result.
        lead: how many prompt sets there are, and how many heads.
        image: the image tokens.
        encoding: what is added to them before; None for nothing.
    """

    def __init__(
        self,
        layer: nn.Linear,
        hook: HookPoint,
        lead: tuple[int, int],
        image: ImageTokens,
        encoding: ImageTokens | None = None,
    ):
        batch, self._heads = lead
        self._layer, self._rows = layer, image.rows
        # The bias is added with the encoding.
        self._encoding = None if encoding is None else encoding.through(layer, hook.name)
        self._whole = None if image.origin is None else self._cached(image, hook.name)
        changed = _changed(hook, lambda: self._vectors().expand(batch, -1, -1), self._heads)
        self._whole = self._whole if changed is None else changed

    def scores(
        self, vectors: Float[Tensor, "batch head token channel"]
    ) -> Float[Tensor, "batch head token place"]:
        """Products of the tokens' vectors with all image tokens."""
        on_diagonal = _on_diagonal(vectors)
        if self._whole is not None:
            found = _for_each(linear, on_diagonal, self._whole)
        else:
            folded = torch.einsum("bhtc,hcd->bhtd", vectors, self._weight).flatten(1, 2)
            found = _for_each(linear, folded, self._rows)
            if self._encoding is not None:
                for one, vector in zip(found, on_diagonal, strict=True):
                    one.addmm_(vector, self._encoding.T)
        return found.unflatten(1, (self._heads, -1))

    def weighed(
        self, pattern: Float[Tensor, "batch head token place"]
    ) -> Float[Tensor, "batch head token channel"]:
        """The image tokens' vectors, weighted for each token."""
        rows = pattern.flatten(1, 2)
        if self._whole is not None:
            return _diagonal_of(_for_each(torch.mm, rows, self._whole), self._heads)
        read = _for_each(torch.mm, rows, self._rows).unflatten(1, (self._heads, -1))
        bias = self._layer.bias.view(self._heads, 1, -1)
        shares = pattern.sum(-1, keepdim=True)  # an edited pattern need not add up to 1
        return torch.einsum("bhtd,hcd->bhtc", read, self._weight) + shares * bias

    @property
    def _weight(self) -> Float[Tensor, "head channel_in_head channel"]:
        return self._layer.weight.unflatten(0, (self._heads, -1))

    def _vectors(self) -> Float[Tensor, "batch_or_1 place inner"]:
        return self._computed() if self._whole is None else self._whole

    def _cached(self, image: ImageTokens, what: str) -> Float[Tensor, "batch_or_1 place inner"]:
        if self._encoding is None:
            return image.through(self._layer, what)
        weights = [self._layer.weight, self._encoding]
        return image.cached(what, weights, self._computed)

    def _computed(self) -> Float[Tensor, "batch_or_1 place inner"]:
        if self._encoding is None:
            return linear(self._rows, self._layer.weight, self._layer.bias)
        return linear(self._rows, self._layer.weight).add_(self._encoding)


def _for_each(
    product: Callable[[Tensor, Tensor], Tensor],
    left: Float[Tensor, "batch rows inner"],
    right: Float[Tensor, "batch_or_1 some other"],
) -> Float[Tensor, "batch rows columns"]:
    """A product for each prompt set, computed the same way for one set and for many."""
    if len(left) == 1:
        return product(left[0], right[0])[None]
    return torch.stack([product(left[i], right[i % len(right)]) for i in range(len(left))])


def _heads(
    vectors: Float[Tensor, "batch token inner"], heads: int
) -> Float[Tensor, "batch head token channel"]:
    return vectors.unflatten(2, (heads, -1)).transpose(1, 2)


def _on_diagonal(
    vectors: Float[Tensor, "batch head token channel"],
) -> Float[Tensor, "batch head_token inner"]:
    """Vectors of one head as vectors of all channels, zero in the channels of other heads."""
    batch, heads, tokens, channels = vectors.shape
    blocks = vectors.new_zeros(batch, heads, tokens, heads, channels)
    blocks.diagonal(dim1=1, dim2=3).copy_(vectors.permute(0, 2, 3, 1))
    return blocks.view(batch, heads * tokens, heads * channels)


def _diagonal_of(
    vectors: Float[Tensor, "batch head_token inner"], heads: int
) -> Float[Tensor, "batch head token channel"]:
    """The inverse of `_on_diagonal`."""
    blocks = vectors.unflatten(1, (heads, -1)).unflatten(3, (heads, -1))
    return blocks.diagonal(dim1=1, dim2=3).permute(0, 3, 1, 2)


def _changed(
    hook: HookPoint, work: Callable[[], Float[Tensor, "batch place inner"]], heads: int
) -> Float[Tensor, "batch place inner"] | None:
    """The image's vectors as a hook changes them, which gets them by head.

    None without a hook, or if the hook leaves them as they are. So a hook that only reads changes
    nothing, not even the last digit.
    """
    if not hook.is_watched:
        return None
    by_head = _heads(work(), heads)
    version = by_head._version
    passed = hook(by_head)
    if by_head._version == version and torch.equal(passed, by_head):
        return None
    return passed.transpose(1, 2).flatten(2).contiguous()


def _turned(
    hook: HookPoint, scores: Float[Tensor, "batch head key query"]
) -> Float[Tensor, "batch head key query"]:
    """Scores or a pattern through a hook point whose axes have the queries before the keys."""
    return hook(scores.transpose(-1, -2)).transpose(-1, -2).contiguous()
