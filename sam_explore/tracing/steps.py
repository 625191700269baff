"""Runs the steps of a traced run; `model.description` lists them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from sam_explore.geometry import Frame, Prompts
from sam_explore.model import Sam, Step
from sam_explore.model.addresses import FINAL_ATTENTION, in_block, in_decoder_attention, in_layer
from sam_explore.model.config import attended
from sam_explore.model.description import EMBED, PREPARE, PROJECT, PROMPTS, READ
from sam_explore.model.kernels import use_fast
from sam_explore.prediction import prompt_tensors

from .recording import record

# The result of a step: a tensor, or several. A type checker can't tell which step gives which.
if TYPE_CHECKING:
    Output = Any
else:
    Output = Tensor | tuple[Tensor, ...]


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


def compute(step: Step, run: Run, *inputs: Output) -> Output:
    """The result of a step, from the results of the steps that it reads."""
    sam, encoder, decoder = run.sam, run.sam.image_encoder, run.sam.mask_decoder
    if step == EMBED:
        return encoder.position_encoder(encoder.patch_embedding(run.pixels[None].to(sam.device)))
    if step.kind == "block" and step.number is not None:
        windows, tables = run.windows, run.relative_positions
        return encoder.vit.blocks[step.number](*inputs, windows[step.number], tables)
    if step == PROJECT:
        return encoder.channel_projection(*inputs)
    if step == PROMPTS:
        points, labels, boxes, _ = prompt_tensors([run.prompts], run.frame, sam.device)
        return sam.encode_prompts(points, labels, boxes, run.prompts.has_padding)
    if step == PREPARE:
        image_tokens, prompt_tokens = inputs
        encoding = sam.coordinate_encoder.grid(*image_tokens.shape[-2:])
        return *decoder.prepare(image_tokens, prompt_tokens, hints_of(run)), encoding
    (state,) = inputs
    if step.kind == "layer" and step.number is not None:
        # The tokens' initial values are their position encoding in every layer. They are part of
        # the state, so that a step needs the result of the step before only.
        tokens, image, *encodings = state if step.number else (*state[:2], state[0], state[2])
        return *decoder.layer(step.number, tokens, image, *encodings), *encodings
    if step == READ:
        return *decoder.read(*state), state[-1]
    tokens, image, encoding = state
    return decoder.answer(tokens, image, encoding.shape[-2:])


def decode(run: Run, image_tokens: Tensor, prompt_tokens: Tensor) -> tuple[Tensor, Tensor]:
    """All steps of the mask decoder at once: logits and predicted IoU."""
    hints = hints_of(run)
    if hints is not None:
        hints = hints.expand(len(prompt_tokens), -1, -1, -1)
    return run.sam.decode(image_tokens, prompt_tokens, hints)


def hints_of(run: Run) -> Tensor | None:
    """The run's mask hint as the model takes it."""
    *_, hints = prompt_tensors([run.prompts], run.frame, run.sam.device)
    return hints


def explicit_attention(steps: Sequence[Step], sam: Sam, gradients: bool) -> AbstractContextManager:
    """A context in which attention gives the same digits with and without hooks.

    The fast form always does. The plain form is fused unless a hook is attached, so this attaches
    one, and attention runs in its explicit form.

    Args:
        steps: what is going to run: steps of the mask decoder, or one other.
        sam: the model.
        gradients: whether it will run with gradients.
    """
    component: nn.Module = sam.mask_decoder
    scores: list[str] = []
    for step in steps:
        if step.kind == "block" and step.number is not None:
            component = sam.image_encoder.vit.blocks[step.number].get_submodule("attention")
            scores.append(in_block(step.number, "attention.hook_scores"))
        elif step.kind == "layer" and step.number is not None:
            scores.append(in_layer(step.number, "**.hook_scores"))
        elif step == READ:
            scores.append(in_decoder_attention(FINAL_ATTENTION, "hook_scores"))
    if not scores:
        return nullcontext()
    with torch.no_grad():
        if not gradients and use_fast(component):
            return nullcontext()
    return record(sam, scores, lambda _tensor, _hook: None)
