"""Estimate the memory of a gradient from the configuration alone."""

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from sam_explore.geometry import Frame, Prompts
from sam_explore.model import Sam, SamConfig
from sam_explore.model.description import PROJECT, PROMPTS
from sam_explore.prediction import prompt_tensors
from sam_explore.preprocessing import Preprocessing, Side

from ..recording import record
from ..step_callback import between_steps
from ..trace import Trace
from .gradients import WITH_RESPECT_TO, input_gradient, token_gradient
from .scalars import Scalar


def estimate_gradient_bytes(
    config: SamConfig,
    with_respect_to: str = "pixels",
    windows: Sequence[int] | None = None,
    by_block: bool = True,
    side: Side = None,
) -> int:
    """The peak memory of `gradient`, in bytes above the weights.

    The same steps run on torch's meta device, where tensors have shapes and no numbers, and their
    allocations are added up. It starts from a picture that is not yet encoded, counts what the
    trace caches, and assumes fp32 and weights that require no gradient, as `load` gives them.
    Allocations inside a library's operation are not counted, nor those for hashing the weights.

    Args:
        config: the model's sizes.
        with_respect_to: as in `gradient`.
        windows: the window of each block in tokens, 0 for global; the trained ones if None.
        by_block: False estimates one backward pass through the whole model at once, which
            `gradient` never does.
        side: of the model's input in pixels, or height and width; that of the training if None.

    Raises:
        ValueError: an unknown name, or windows or sides that the model can't run.
    """
    if with_respect_to not in WITH_RESPECT_TO:
        raise ValueError(
            f"with_respect_to must be one of {', '.join(WITH_RESPECT_TO)}, not {with_respect_to!r}."
        )
    windows = config.windows if windows is None else tuple(windows)
    plain: Any = Preprocessing("stretch", side).side  # a list can't be a key
    return _estimate(config, with_respect_to, windows, by_block, plain)


@lru_cache(maxsize=32)
def _estimate(
    config: SamConfig, with_respect_to: str, windows: tuple[int, ...], by_block: bool, side: Side
) -> int:
    with torch.device("meta"):
        sam = Sam(config).eval().requires_grad_(False)
    image = np.zeros((config.image_size, config.image_size, 3), dtype=np.uint8)
    click = Prompts(points=[(0, 0)])
    trace = Trace(sam, image, click, windows=windows, preprocessing="stretch", side=side)
    of = _MeanOfMask(0)
    with torch.inference_mode(False), between_steps(lambda what: None), _Peak(sam) as peak:
        if with_respect_to not in ("input", "pixels"):
            token_gradient(trace, of, PROJECT if with_respect_to == "embedding" else PROMPTS)
        elif by_block:
            input_gradient(trace, of)
        else:
            _input_gradient_at_once(trace, of)
    return peak.bytes


def _input_gradient_at_once(trace: Trace, of: Scalar) -> Float[Tensor, "1 3 height width"]:
    """As `input_gradient`, by one graph from the picture to the number. Without edits."""
    sam = trace.sam
    points, labels, boxes, hints = prompt_tensors([trace.prompts], trace.frame, sam.device)
    pixels = trace.engine.given.pixels[None].to(sam.device).requires_grad_()
    with torch.enable_grad(), record(sam, "**.hook_scores", lambda _tensor, _hook: None):
        tokens = sam.encode_image(pixels, trace.windows, trace.relative_positions)
        logits, iou = sam.decode(
            tokens, sam.encode_prompts(points, labels, boxes, trace.prompts.has_padding), hints
        )
        return torch.autograd.grad(of.read(logits[0], iou[0], trace.frame), pixels)[0]


@dataclass(frozen=True, eq=False)
class _MeanOfMask(Scalar):
    """The mean of all of a mask's logits: its gradient needs no numbers to know its shape."""

    unit = "logit"

    def read(
        self,
        logits: Float[Tensor, "mask row column"],
        iou: Float[Tensor, "mask"],
        frame: Frame,
    ) -> Float[Tensor, ""]:
        return logits[self.mask].mean()


class _Peak(TorchDispatchMode):
    """Adds up the memory of all tensors made in its context, without views and weights.

    Attributes:
        bytes: the peak.
    """

    def __init__(self, sam: Sam):
        super().__init__()
        self.bytes = self._now = 0
        self._weights = {w.untyped_storage()._cdata for w in (*sam.parameters(), *sam.buffers())}
        self._alive: set[int] = set()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple = (),
        kwargs: dict | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._count(leaf.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        place, size = storage._cdata, storage.nbytes()
        if place in self._alive or place in self._weights:
            return
        weakref.finalize(storage, self._forget, place, size).atexit = False
        self._alive.add(place)
        self._now += size
        self.bytes = max(self.bytes, self._now)

    def _forget(self, place: int, size: int) -> None:
        self._alive.remove(place)
        self._now -= size
