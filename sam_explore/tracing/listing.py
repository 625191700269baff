"""List every hook point of a model with its axes, shape and meaning."""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import torch

from sam_explore.model import Sam, SamConfig
from sam_explore.model.config import LOGITS_A_TOKEN

from .recording import find_hooks, record


@dataclass(frozen=True)
class HookInfo:
    """One hook point: its name, the names and lengths of its axes, and what it holds.

    The shape is for one picture and one foreground point, with a mask hint if the
    hook point needs one.
    """

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    meaning: str

    @property
    def bytes(self) -> int:
        """Memory of the tensor in fp32."""
        return 4 * prod(self.shape)


def list_hooks(
    sam: Sam, pattern: str = "**", input_size: tuple[int, int] | None = None
) -> list[HookInfo]:
    """The hook points that match a pattern (see `record`), in the order of the components.

    Axes and shapes are those of the trained windows. In a run with other windows, tensors inside
    a block's attention can have other lengths. In a block that is global in training, an axis
    called batch then counts windows.

    Args:
        sam: the model.
        pattern: which of them.
        input_size: height and width in pixels of the model's input; those of the training if None.
    """
    trained = (sam.config.image_size, sam.config.image_size)
    shapes = _shapes(sam.config, input_size or trained)
    return [
        HookInfo(hook.name, hook.axes, shapes[hook.name], hook.meaning)
        for hook in find_hooks(sam, pattern)
    ]


@lru_cache(maxsize=8)
def _shapes(config: SamConfig, input_size: tuple[int, int]) -> dict[str, tuple[int, ...]]:
    """Shapes at every hook point, from a run on the meta device, which needs no memory."""
    with torch.device("meta"), torch.no_grad():
        sam = Sam(config)
        image = torch.empty(1, 3, *input_size)
        hint_size = (LOGITS_A_TOKEN * length // config.patch_size for length in input_size)
        hint = torch.empty(1, 1, *hint_size)
        with record(sam, "**", lambda tensor, _: tuple(tensor.shape)) as shapes:
            tokens = sam.encode_image(image)
            prompts = sam.encode_prompts(torch.empty(1, 1, 2), torch.empty(1, 1, dtype=torch.long))
            sam.decode(tokens, prompts, hint)
            sam.decode(tokens, prompts)  # the usual case overwrites what both reach
    return shapes
