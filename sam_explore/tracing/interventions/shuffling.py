"""Give the transformer its tokens in another order."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import in_block

from ..editing import Edits, Intervention
from ..steps import Run


@dataclass(frozen=True)
class ShuffleTokens(Intervention):
    """The image tokens lie in another order while the transformer's blocks run.

    Each token keeps its vector, with the position encoding that was added to it, but lies elsewhere
    on the grid. After the last block each is put back to its own place. A transformer that makes no
    use of the grid gives the same tokens as without this.

    Args:
        seed: of the order, which is drawn by chance.
    """

    seed: int = 0

    def edits(self, run: Run) -> Edits:
        last = run.sam.config.encoder_depth - 1
        return (
            (in_block(0, "hook_residual_pre"), _Shuffle(self.seed, is_undone=False)),
            (in_block(last, "hook_residual_post"), _Shuffle(self.seed, is_undone=True)),
        )


@dataclass(frozen=True)
class _Shuffle:
    """The edits of `ShuffleTokens`: into the order, and back."""

    seed: int
    is_undone: bool

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        flat = tensor.flatten(1, 2)
        order = np.random.default_rng(self.seed).permutation(flat.shape[1])
        order = np.argsort(order) if self.is_undone else order
        return flat[:, torch.from_numpy(order).to(flat.device)].view_as(tensor)
