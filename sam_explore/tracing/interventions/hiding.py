"""The edit behind every knock-out: keys that some queries of an attention can't see."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool
from torch import Tensor

from sam_explore.model import HookPoint

from .positions import by_window


@dataclass(frozen=True)
class Hide:
    """An edit of attention scores: -inf, so a weight of exactly 0, for pairs of query and key.

    Args:
        queries: which queries can't see the keys, None for all.
        keys: which keys.
        head: one head, or None for all.
        grid: in the image encoder, rows and columns of the grid. Queries and keys are then numbered
            row by row over the grid, whatever their windows. None elsewhere.
    """

    queries: frozenset[int] | None
    keys: frozenset[int] | None
    head: int | None = None
    grid: tuple[int, int] | None = None

    def __call__(self, scores: Tensor, hook: HookPoint) -> Tensor:
        windows, _, queries, keys = scores.shape
        looking = self._marked("query", self.queries, windows, queries, hook)
        hidden = self._marked("key", self.keys, windows, keys, hook)
        if (looking.any(dim=1) & hidden.all(dim=1)).any():
            raise ValueError(
                f"In {hook.name} some queries would have no key left to attend to. Leave at least "
                "one key that they can see, in each window."
            )
        pairs = (looking[:, :, None] & hidden[:, None, :]).to(scores.device)
        some = scores if self.head is None else scores[:, self.head, None]
        some.masked_fill_(pairs[:, None], float("-inf"))
        return scores

    def _marked(
        self, name: str, places: frozenset[int] | None, windows: int, count: int, hook: HookPoint
    ) -> Bool[Tensor, "window token"]:
        if self.grid is not None:
            return by_window(places, self.grid, windows, count)
        outside = [place for place in places or () if place >= count]
        if outside:
            raise ValueError(
                f"{name} {min(outside)} is not there in {hook.name}: this run has {count}, "
                f"from 0 to {count - 1}."
            )
        marked = torch.zeros(1, count, dtype=torch.bool, device="cpu")
        marked[:, slice(None) if places is None else sorted(places)] = True
        return marked
