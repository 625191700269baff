"""Nulls: what the numbers are when one of the three inputs of a run is shuffled.

Each null keeps all but one thing. What a probe reads equally in the null did not depend on it.

- "weights": the numbers in each tensor of the model change places. Their distribution, the
  architecture, the pictures and the prompts stay; what was learned is gone. (Adebayo et al.,
  "Sanity Checks for Saliency Maps", arXiv 1810.03292, shuffle weights for this reason.)
- "pixels": the pixels of each picture change places. Its colours stay; what is where is gone.
- "prompts": each picture gets the prompts of another one, scaled to its size. Model, pictures and
  the places that are usually clicked stay; that the prompt means this picture is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import UInt8

from sam_explore.geometry import Prompts
from sam_explore.model import Sam

from .picture_prompts import PromptSource, centre

KINDS = ("weights", "pixels", "prompts")


@dataclass(frozen=True)
class Null:
    """What is shuffled, and by which chance.

    Args:
        kind: "weights", "pixels" or "prompts".
        seed: another one shuffles otherwise.
    """

    kind: str
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(
                f"null must be None or one of {', '.join(KINDS)}, not {self.kind!r:.40}."
            )

    def check(self, source: PromptSource) -> None:
        """Raise ValueError if all pictures have the same prompts and these are to be shuffled."""
        if self.kind == "prompts" and (source.fixed is not None or source.function is centre):
            raise ValueError(
                'The null "prompts" gives each picture the prompts of another one, but here all '
                "have the same. Give a table or a function of prompts, or take another null."
            )


def checked_null(kind: str | None, seed: int, source: PromptSource) -> Null | None:
    """The null of this kind, if one is wanted.

    Raises ValueError for an unknown one, or one that would shuffle nothing.
    """
    if kind is None:
        return None
    null = Null(kind, seed)
    null.check(source)
    return null


def shuffle_weights(sam: Sam, seed: int) -> None:
    """Shuffle the numbers within each tensor of the model, in place."""
    with torch.no_grad():
        for number, (_, tensor) in enumerate(sorted(sam.state_dict().items())):
            chance = np.random.default_rng([seed, number])
            order = torch.from_numpy(chance.permutation(tensor.numel())).to(tensor.device)
            tensor.copy_(tensor.flatten()[order].reshape(tensor.shape))


def shuffled_pixels(
    image: UInt8[np.ndarray, "height width 3"], seed: int
) -> UInt8[np.ndarray, "height width 3"]:
    """The same pixels in other places; the same picture is always shuffled alike."""
    pixels = image.reshape(-1, 3)
    return pixels[np.random.default_rng(seed).permutation(len(pixels))].reshape(image.shape)


def others(names: Sequence[str], seed: int) -> dict[str, str]:
    """Another picture for each one, so that each is the other of exactly one."""
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[order[at]]: names[order[at - 1]] for at in range(len(names))}


def scaled(prompts: Prompts, was: tuple[int, int], now: tuple[int, int]) -> Prompts:
    """Prompts in pixels of one picture, at the same place of another; sizes are (height, width).

    Raises ValueError if they have a mask hint.
    """
    if prompts.mask_hint is not None:
        raise ValueError("A mask hint is in the frame of its own picture, and fits no other one.")
    down, across = now[0] / was[0], now[1] / was[1]
    box = None if prompts.box is None else prompts.box * (across, down, across, down)
    return replace(prompts, points=prompts.points * (across, down), box=box)
