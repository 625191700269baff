"""The coordinate encoder: a point of the picture becomes a vector of sines and cosines."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from .config import SamConfig
from .hooks import HookPoint
from .kernels import cached_for, use_fast
from .layers import gaussian
from .weight_digests import checksum


class CoordinateEncoder(nn.Module):
    """Gaussian Fourier features of a point, the same for grid cells, clicks and box corners.

    The frequencies are drawn once from a normal distribution and never trained.

    Source: "Fourier Features Let Networks Learn High Frequency Functions" (arXiv 2006.10739);
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L171
    """

    frequencies: Tensor

    def __init__(self, config: SamConfig):
        super().__init__()
        self.register_buffer("frequencies", gaussian(2, config.token_dim // 2))
        self.hook_points = HookPoint(
            "batch coordinate channel", "encodings of clicks, then of box corners"
        )
        self.hook_grid = HookPoint("channel row column", "encodings of the token grid's places")

    def forward(
        self, points_unit: Float[Tensor, "batch coordinate 2"]
    ) -> Float[Tensor, "batch coordinate channel"]:
        """Encode points given as x, y from 0 to 1 across the model's input."""
        return self.hook_points(self._encode(points_unit))

    def grid(self, rows: int, columns: int) -> Float[Tensor, "channel row column"]:
        """Encode the centres of a grid of `rows` x `columns` cells over the unit square."""
        if use_fast(self):
            what = f"grid of {rows} x {columns}"
            content = checksum([self.frequencies])
            grid = cached_for(
                self.frequencies, what, [], lambda: self._grid(rows, columns), content
            )
        else:
            grid = self._grid(rows, columns)
        return self.hook_grid(grid)

    def _grid(self, rows: int, columns: int) -> Float[Tensor, "channel row column"]:
        of = self.frequencies
        y = (torch.arange(rows, device=of.device, dtype=of.dtype) + 0.5) / rows
        x = (torch.arange(columns, device=of.device, dtype=of.dtype) + 0.5) / columns
        y, x = torch.meshgrid(y, x, indexing="ij")
        return self._encode(torch.stack([x, y], dim=-1)).permute(2, 0, 1)

    def _encode(self, points_unit: Float[Tensor, "*any 2"]) -> Float[Tensor, "*any channel"]:
        # Products and a sum, no matmul: autocast would round that to bfloat16 and move the points.
        x, y = (2 * points_unit - 1).unsqueeze(-1).unbind(-2)
        angles = 2 * math.pi * (x * self.frequencies[0] + y * self.frequencies[1])
        return torch.cat([angles.sin(), angles.cos()], dim=-1)
