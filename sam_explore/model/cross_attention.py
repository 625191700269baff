"""The mask decoder's transformer: attention between output, prompt and image tokens."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .attention import attend
from .config import SamConfig
from .hooks import HookPoint


class CrossAttentionTransformer(nn.Module):
    """Two layers in both directions, then a final attention from the tokens to the image.

    Source: the paper's appendix A and figure 14;
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/transformer.py
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        self.layers = nn.ModuleList(
            CrossAttentionLayer(config, is_first=index == 0)
            for index in range(config.decoder_depth)
        )
        self.final_token_to_image = CrossAttention(config, config.decoder_inner_dim)
        self.final_norm = nn.LayerNorm(config.token_dim)
        self.hook_tokens = HookPoint("batch token channel", "IoU, mask and prompt tokens, decoded")
        self.hook_image = HookPoint("batch place channel", "image tokens, decoded")

    def forward(
        self,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "batch_or_1 place channel"],
        image_encoding: Float[Tensor, "place channel"],
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
        """Decode the tokens against the image.

        Args:
            tokens: IoU token, mask tokens and prompt tokens. As they come in, they also serve as
                their own position encodings in every attention.
            image: image tokens with the mask hint's embedding added, row by row.
            image_encoding: the coordinate encoder's encodings of the token grid.
        """
        token_encoding = tokens
        image = image.expand(len(tokens), -1, -1)
        for layer in self.layers:
            tokens, image = layer(tokens, image, token_encoding, image_encoding)
        return self.read(tokens, image, token_encoding, image_encoding)

    def read(
        self,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "batch place channel"],
        token_encoding: Float[Tensor, "batch token channel"],
        image_encoding: Float[Tensor, "place channel"],
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
        """The tokens' last look at the image, after the layers; arguments as for a layer."""
        read = self.final_token_to_image(
            q=tokens + token_encoding, k=image + image_encoding, v=image
        )
        return self.hook_tokens(self.final_norm(tokens + read)), self.hook_image(image)


class CrossAttentionLayer(nn.Module):
    """Tokens to tokens, tokens to image, an MLP on the tokens, image to tokens."""

    def __init__(self, config: SamConfig, is_first: bool):
        super().__init__()
        dim, inner = config.token_dim, config.decoder_inner_dim
        self.is_first = is_first
        self.self_attention = CrossAttention(config, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.token_to_image = CrossAttention(config, inner)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = TokenMlp(config)
        self.norm3 = nn.LayerNorm(dim)
        self.image_to_token = CrossAttention(config, inner)
        self.norm4 = nn.LayerNorm(dim)
        self.hook_tokens = HookPoint("batch token channel", "tokens after the layer")
        self.hook_image = HookPoint("batch place channel", "image tokens after the layer")

    def forward(
        self,
        tokens: Float[Tensor, "batch token channel"],
        image: Float[Tensor, "batch place channel"],
        token_encoding: Float[Tensor, "batch token channel"],
        image_encoding: Float[Tensor, "place channel"],
    ) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
        if self.is_first:
            # The tokens are their own encodings here, so nothing is added, not even the residual.
            tokens = self.self_attention(q=tokens, k=tokens, v=tokens)
        else:
            placed = tokens + token_encoding
            tokens = tokens + self.self_attention(q=placed, k=placed, v=tokens)
        tokens = self.norm1(tokens)

        placed, placed_image = tokens + token_encoding, image + image_encoding
        tokens = self.norm2(tokens + self.token_to_image(q=placed, k=placed_image, v=image))

        tokens = self.norm3(tokens + self.mlp(tokens))

        placed = tokens + token_encoding
        image = self.norm4(image + self.image_to_token(q=placed_image, k=placed, v=tokens))
        return self.hook_tokens(tokens), self.hook_image(image)


class CrossAttention(nn.Module):
    """Multi-head attention that works in `inner` channels and returns to the token's own."""

    def __init__(self, config: SamConfig, inner: int):
        super().__init__()
        dim = config.token_dim
        self.heads = config.decoder_heads
        self.q = nn.Linear(dim, inner)
        self.k = nn.Linear(dim, inner)
        self.v = nn.Linear(dim, inner)
        self.out = nn.Linear(inner, dim)
        self.hook_q = HookPoint("batch head query channel", "queries")
        self.hook_k = HookPoint("batch head key channel", "keys")
        self.hook_v = HookPoint("batch head key channel", "values")
        self.hook_scores = HookPoint("batch head query key", "scores before the softmax")
        self.hook_pattern = HookPoint("batch head query key", "attention weights after the softmax")
        self.hook_out_per_head = HookPoint(
            "batch head query channel", "weighted values of each head before the output projection"
        )
        self.hook_out = HookPoint("batch query channel", "what the attention adds to its queries")

    def forward(
        self,
        q: Float[Tensor, "batch query channel"],
        k: Float[Tensor, "batch key channel"],
        v: Float[Tensor, "batch key channel"],
    ) -> Float[Tensor, "batch query channel"]:
        q = self.hook_q(self._heads(self.q(q)))
        k = self.hook_k(self._heads(self.k(k)))
        v = self.hook_v(self._heads(self.v(v)))
        out = self.hook_out_per_head(attend(q, k, v, self.hook_scores, self.hook_pattern))
        return self.hook_out(self.out(out.transpose(1, 2).flatten(2)))

    def _heads(
        self, vectors: Float[Tensor, "batch token inner"]
    ) -> Float[Tensor, "batch head token channel"]:
        return vectors.unflatten(2, (self.heads, -1)).transpose(1, 2)


class TokenMlp(nn.Module):
    """Two linear layers with ReLU between them, for each output and prompt token by itself."""

    def __init__(self, config: SamConfig):
        super().__init__()
        self.expand = nn.Linear(config.token_dim, config.decoder_mlp_dim)
        self.contract = nn.Linear(config.decoder_mlp_dim, config.token_dim)
        self.hook_hidden = HookPoint("batch token neuron", "hidden layer after ReLU")

    def forward(
        self, tokens: Float[Tensor, "batch token channel"]
    ) -> Float[Tensor, "batch token channel"]:
        return self.contract(self.hook_hidden(F.relu(self.expand(tokens))))
