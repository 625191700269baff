"""The prompt encoder: encoded coordinates plus a learned vector for their kind.

The half input pixel that the original adds to prompts here is added in `geometry.Frame`.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .config import SamConfig
from .hooks import HookPoint
from .layers import gaussian


class PromptEncoder(nn.Module):
    """Adds to each encoded coordinate one of four learned vectors, by its kind.

    A fifth vector, "not a point", is the padding token that follows points given without a box. It
    can also be the only prompt.

    Source: the paper's section 3 and appendix A;
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L73
    """

    # In the reference's order, where the first four are `point_embeddings`.
    KINDS = ("background", "foreground", "box top left", "box bottom right", "not a point")

    def __init__(self, config: SamConfig):
        super().__init__()
        self.background = nn.Parameter(gaussian(1, config.token_dim))
        self.foreground = nn.Parameter(gaussian(1, config.token_dim))
        self.box_top_left = nn.Parameter(gaussian(1, config.token_dim))
        self.box_bottom_right = nn.Parameter(gaussian(1, config.token_dim))
        self.not_a_point = nn.Parameter(gaussian(1, config.token_dim))
        self.hook_tokens = HookPoint(
            "batch prompt channel", "prompt tokens: points, then padding or the box's two corners"
        )

    def learned_vector(self, kind: str) -> Float[Tensor, "1 channel"]:
        """The vector that tokens of one of `KINDS` get."""
        vector: Tensor = getattr(self, kind.replace(" ", "_"))
        return vector

    def forward(
        self,
        encodings: Float[Tensor, "batch coordinate channel"],
        labels: Int[Tensor, "batch point"],
        has_box: bool,
        padding: bool | None = None,
    ) -> Float[Tensor, "batch prompt channel"]:
        """Prompt tokens of encoded points, followed by a box's two encoded corners if there is one.

        Args:
            encodings: the coordinate encoder's output: the points in order, then top left and
                bottom right corner when `has_box`.
            labels: 1 for a foreground and 0 for a background point.
            has_box: whether the last two encodings are a box.
            padding: whether the padding token follows; if None, as in the reference.
        """
        points = labels.shape[1]
        padding = points > 0 and not has_box if padding is None else padding
        is_foreground = (labels == 1)[..., None]
        meaning = torch.where(is_foreground, self.foreground, self.background)
        tokens = [encodings[:, :points] + meaning]
        if has_box:
            tokens.append(
                encodings[:, points:] + torch.cat([self.box_top_left, self.box_bottom_right])
            )
        if padding:
            tokens.append(self.not_a_point.expand(len(encodings), 1, -1))
        return self.hook_tokens(torch.cat(tokens, dim=1))
