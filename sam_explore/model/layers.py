"""Small layers that several components share."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .hooks import HookPoint


def gaussian(*shape: int) -> Tensor:
    """Standard normal numbers; on the meta device, an empty tensor of this shape."""
    # Drawing them there would import sympy, which takes a third of a second.
    on_meta = torch.get_default_device().type == "meta"
    return torch.empty(shape) if on_meta else torch.randn(shape)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of a channel-first map, at each position separately."""

    def __init__(self, channels: int):
        super().__init__(channels, eps=1e-6)

    def forward(
        self, features: Float[Tensor, "batch channel row column"]
    ) -> Float[Tensor, "batch channel row column"]:
        return super().forward(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Linear(nn.Linear):
    """A linear layer that multiplies in the precision of its weights, between fp32 tensors.

    With weights in bf16 its input is rounded to bf16 and its output is converted back to fp32. The
    residual stream and everything that hook points pass stay fp32.
    """

    def forward(
        self, vectors: Float[Tensor, "*place channel_in"]
    ) -> Float[Tensor, "*place channel_out"]:
        product = F.linear(vectors.to(self.weight.dtype), self.weight, self.bias)
        return product.to(vectors.dtype)


class TokenHead(nn.Module):
    """Three linear layers with ReLU between them, as SAM puts on each of its output tokens."""

    def __init__(self, dim: int, hidden_dim: int, out_dim: int):
        super().__init__()
        sizes = [dim, hidden_dim, hidden_dim, out_dim]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))
        self.hook_hidden1 = HookPoint("batch neuron", "first hidden layer after ReLU")
        self.hook_hidden2 = HookPoint("batch neuron", "second hidden layer after ReLU")

    def forward(self, token: Float[Tensor, "batch channel"]) -> Float[Tensor, "batch out"]:
        token = self.hook_hidden1(F.relu(self.layers[0](token)))
        token = self.hook_hidden2(F.relu(self.layers[1](token)))
        return self.layers[2](token)
