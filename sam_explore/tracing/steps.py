"""The steps of a traced run: their inputs, their computation, and the hook points inside."""

import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from sam_explore.geometry import Frame, Prompts
from sam_explore.model import Sam
from sam_explore.model.config import attended
from sam_explore.model.kernels import use_fast
from sam_explore.prediction import prompt_tensors

from .recording import record

# A block's index, or the name of another step.
Step = int | str
EMBED, PROJECT, PROMPTS, DECODE = "embed", "project", "prompts", "decode"


@dataclass(frozen=True, eq=False)
class Run:
    """The inputs of a run."""

    sam: Sam
    pixels: Tensor
    frame: Frame
    prompts: Prompts
    windows: tuple[int, ...]
    relative_positions: str

    def attended(self, block: int) -> tuple[int, int]:
        """Rows and columns of what a block attends to at once: its window, or the whole grid."""
        return attended(self.windows[block], self.frame.grid)


def step_of(hook_name: str) -> Step:
    """The step that contains a hook point."""
    block = re.match(r"image_encoder\.vit\.blocks\.(\d+)\.", hook_name)
    if block:
        return int(block[1])
    if hook_name.startswith("image_encoder.channel_projection."):
        return PROJECT
    if hook_name.startswith("image_encoder."):
        return EMBED
    if hook_name.startswith("mask_decoder.") or hook_name == "coordinate_encoder.hook_grid":
        return DECODE
    return PROMPTS


def inputs_of(step: Step, depth: int) -> tuple[Step, ...]:
    """The steps whose results are inputs of this one, in an encoder of `depth` blocks."""
    if step in (EMBED, PROMPTS):
        return ()
    if step == PROJECT:
        return (depth - 1,)
    if step == DECODE:
        return (PROJECT, PROMPTS)
    return (step - 1,) if step else (EMBED,)


def order_of(step: Step, depth: int) -> int:
    """The position of the step in a run."""
    return (EMBED, *range(depth), PROJECT, PROMPTS, DECODE).index(step)


def compute(step: Step, run: Run, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
    """The result of a step: tokens, or the decoder's logits and predicted IoU."""
    sam, encoder = run.sam, run.sam.image_encoder
    if step == EMBED:
        return encoder.position_encoder(encoder.patch_embedding(run.pixels[None].to(sam.device)))
    if step == PROJECT:
        return encoder.channel_projection(*inputs)
    if step == PROMPTS:
        points, labels, boxes, _ = prompt_tensors([run.prompts], run.frame, sam.device)
        return sam.encode_prompts(points, labels, boxes, run.prompts.has_padding)
    if step == DECODE:
        *_, hints = prompt_tensors([run.prompts], run.frame, sam.device)
        return sam.decode(*inputs, hints)
    return encoder.vit.blocks[step](*inputs, run.windows[step], run.relative_positions)


def explicit_attention(step: Step, sam: Sam, gradients: bool) -> AbstractContextManager:
    """A context in which attention in the step gives the same digits with and without hooks.

    The fast form always does. The plain form is fused unless a hook is attached, so this attaches
    one, and attention runs in its explicit form.

    Args:
        step: the step to be run.
        sam: the model.
        gradients: whether it will run with gradients.
    """
    if step == DECODE:
        component, scores = sam.mask_decoder, "mask_decoder.**.hook_scores"
    elif isinstance(step, int):
        component = sam.image_encoder.vit.blocks[step].attention
        scores = f"image_encoder.vit.blocks.{step}.attention.hook_scores"
    else:
        return nullcontext()
    with torch.no_grad():
        if not gradients and use_fast(component):
            return nullcontext()
    return record(sam, scores, lambda _tensor, _hook: None)


def describe(step: Step, depth: int) -> str:
    """The step in words, for a progress line."""
    if isinstance(step, int):
        return f"Image encoder: block {step + 1} of {depth}"
    return {
        EMBED: "Image encoder: patch embedding",
        PROJECT: "Image encoder: channel projection",
        PROMPTS: "Prompt encoder",
        DECODE: "Mask decoder",
    }[step]
