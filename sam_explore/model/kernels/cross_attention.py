"""Cross-attention between few tokens and many places of the image, all heads in one product."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..hooks import HookPoint
from .keeping import beside
from .products import linear


@dataclass(frozen=True)
class Places:
    """Vectors of the image's places, and where to keep what is worked out from them.

    Args:
        rows: a vector for each place.
        origin: the tensor that results are kept beside, since it lives as long as they are of use;
            None where they are of use only once.
    """

    rows: Float[Tensor, "*batch_or_1 place channel"]
    origin: Tensor | None = None

    def through(self, layer: nn.Linear, what: str, bias: bool = True) -> Tensor:
        """The vectors through a linear layer, from the last time if they were kept."""

        def work() -> Tensor:
            return linear(self.rows, layer.weight, layer.bias if bias else None)

        weights = [layer.weight, layer.bias]
        return work() if self.origin is None else beside(self.origin, what, weights, work)


def fast_cross_attention_transformer(
    transformer: nn.Module,
    tokens: Float[Tensor, "batch token channel"],
    image: Places,
    image_encoding: Places,
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
    """`CrossAttentionTransformer.forward`. The image's side of the first layer is kept."""
    token_encoding = tokens
    for layer in transformer.layers:
        tokens, image = _layer(layer, tokens, image, token_encoding, image_encoding)
    final, placed = transformer.final_token_to_image, tokens + token_encoding
    tokens = transformer.final_norm(tokens + _token_to_image(final, placed, image, image_encoding))
    decoded = image.rows.expand(len(tokens), -1, -1)
    return transformer.hook_tokens(tokens), transformer.hook_image(decoded)


def _layer(
    layer: nn.Module,
    tokens: Float[Tensor, "batch token channel"],
    image: Places,
    token_encoding: Float[Tensor, "batch token channel"],
    image_encoding: Places,
) -> tuple[Float[Tensor, "batch token channel"], Places]:
    """`CrossAttentionLayer.forward`."""
    placed = tokens if layer.is_first else tokens + token_encoding
    attended = _among_tokens(layer.self_attention, placed, tokens)
    tokens = layer.norm1(attended if layer.is_first else tokens + attended)

    read = _token_to_image(layer.token_to_image, tokens + token_encoding, image, image_encoding)
    tokens = layer.norm2(tokens + read)

    tokens = layer.norm3(tokens + layer.mlp(tokens))

    placed = tokens + token_encoding
    written = _image_to_token(layer.image_to_token, placed, tokens, image, image_encoding)
    rows = layer.hook_image(layer.norm4(image.rows + written))
    return layer.hook_tokens(tokens), Places(rows)


def _among_tokens(
    attention: nn.Module,
    tokens: Float[Tensor, "batch token channel"],
    values: Float[Tensor, "batch token channel"],
) -> Float[Tensor, "batch token channel"]:
    """`CrossAttention.forward` with few queries and few keys, looked at or not the same."""
    heads = attention.heads
    q = attention.hook_q(_heads(attention.q(tokens), heads))
    k = attention.hook_k(_heads(attention.k(tokens), heads))
    v = attention.hook_v(_heads(attention.v(values), heads))
    scores = attention.hook_scores((q * q.shape[-1] ** -0.5) @ k.mT)
    out = attention.hook_out_per_head(attention.hook_pattern(scores.softmax(dim=-1)) @ v)
    return attention.hook_out(attention.out(out.transpose(1, 2).flatten(2)))


def _token_to_image(
    attention: nn.Module,
    tokens: Float[Tensor, "batch token channel"],
    image: Places,
    image_encoding: Places,
) -> Float[Tensor, "batch token channel"]:
    """`CrossAttention.forward` with few queries and many keys."""
    batch, heads = len(tokens), attention.heads
    q = attention.hook_q(_heads(attention.q(tokens), heads))
    k = _placed(attention.k, image, image_encoding, attention.hook_k.name)
    k = _seen(attention.hook_k, k, heads, batch)
    v = image.through(attention.v, attention.hook_v.name)
    v = _seen(attention.hook_v, v, heads, batch)

    scaled = _on_diagonal(q * q.shape[-1] ** -0.5)
    scores = _for_each(linear, scaled, k)
    scores = attention.hook_scores(scores.unflatten(1, (heads, -1)))
    pattern = attention.hook_pattern(scores.softmax(dim=-1))
    rows = pattern.flatten(1, 2)
    out = _for_each(torch.mm, rows, v)
    out = attention.hook_out_per_head(_diagonal_of(out, heads))
    return attention.hook_out(attention.out(out.transpose(1, 2).flatten(2)))


def _image_to_token(
    attention: nn.Module,
    tokens: Float[Tensor, "batch token channel"],
    values: Float[Tensor, "batch token channel"],
    image: Places,
    image_encoding: Places,
) -> Float[Tensor, "batch place channel"]:
    """`CrossAttention.forward` with many queries and few keys.

    Scores lie in memory with the places last: a softmax over a last axis of seven would take longer
    than all the rest.
    """
    batch, heads = len(tokens), attention.heads
    q = _placed(attention.q, image, image_encoding, attention.hook_q.name)
    q = _seen(attention.hook_q, q, heads, batch)
    k = attention.hook_k(_heads(attention.k(tokens), heads))
    v = attention.hook_v(_heads(attention.v(values), heads))

    scaled, weights = _on_diagonal(k * k.shape[-1] ** -0.5), _on_diagonal(v)
    scores = _for_each(linear, scaled, q)
    scores = _turned(attention.hook_scores, scores.unflatten(1, (heads, -1)))
    pattern = _turned(attention.hook_pattern, scores.softmax(dim=-2)).flatten(1, 2)
    out = _for_each(torch.mm, pattern.mT, weights)
    out = _seen(attention.hook_out_per_head, out, heads, batch)
    return attention.hook_out(linear(out, attention.out.weight, attention.out.bias))


def _placed(
    layer: nn.Linear, image: Places, image_encoding: Places, what: str
) -> Float[Tensor, "batch_or_1 place inner"]:
    """Image and encoding, added up, through a linear layer. The encoding's part is always kept."""
    encoding = image_encoding.through(layer, what, bias=False)

    def work() -> Tensor:
        return linear(image.rows, layer.weight, layer.bias).add_(encoding)

    weights = [layer.weight, layer.bias, encoding]
    return work() if image.origin is None else beside(image.origin, what, weights, work)


def _for_each(
    product: Callable[[Tensor, Tensor], Tensor],
    left: Float[Tensor, "batch rows inner"],
    right: Float[Tensor, "batch_or_1 some other"],
) -> Float[Tensor, "batch rows columns"]:
    """A product for each prompt set, each alike whether one or many are asked."""
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
    """Vectors of one head each as vectors of all channels, zero in the other heads' ones."""
    batch, heads, tokens, channels = vectors.shape
    blocks = vectors.new_zeros(batch, heads, tokens, heads, channels)
    blocks.diagonal(dim1=1, dim2=3).copy_(vectors.permute(0, 2, 3, 1))
    return blocks.view(batch, heads * tokens, heads * channels)


def _diagonal_of(
    vectors: Float[Tensor, "batch head_token inner"], heads: int
) -> Float[Tensor, "batch head token channel"]:
    """What `_on_diagonal` puts there."""
    blocks = vectors.unflatten(1, (heads, -1)).unflatten(3, (heads, -1))
    return blocks.diagonal(dim1=1, dim2=3).permute(0, 3, 1, 2)


def _seen(
    hook: HookPoint, vectors: Float[Tensor, "batch_or_1 place inner"], heads: int, batch: int
) -> Float[Tensor, "as_many_as_wanted place inner"]:
    """Vectors of the image past a hook point that wants them by head and for each prompt."""
    if not hook.is_watched:
        return vectors
    by_head = _heads(vectors.expand(batch, -1, -1), heads)
    return hook(by_head).transpose(1, 2).flatten(2).contiguous()


def _turned(
    hook: HookPoint, scores: Float[Tensor, "batch head key query"]
) -> Float[Tensor, "batch head key query"]:
    """Scores or a pattern past a hook point that wants the queries before the keys."""
    return hook(scores.transpose(-1, -2)).transpose(-1, -2).contiguous()
