"""Changes of a prompt, as other prompts or as interventions, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import BACKGROUND, FOREGROUND, Prompts
from sam_explore.model.addresses import IMAGE_TOKENS, PROMPT_TOKENS
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import (
    DropPaddingToken,
    DropPromptToken,
    RetypePromptToken,
    SetPromptToken,
    SwapForegroundBackground,
)

Token = tuple[int, int]


@dataclass(frozen=True)
class PromptChange:
    """A change that prompts of some kind can have.

    Args:
        needs: what the prompts must have, in words; "" if any will do.
        fits: whether they have it.
        make: the changed run, of the run as it is and the picked image token.
    """

    needs: str
    fits: Callable[[Prompts], bool]
    make: Callable[[Trace, Token], Trace]


def with_padding(trace: Trace, further: int) -> Trace:
    """The run with so many padding points more than its prompts have.

    They are points that lose their place and get the padding point's vector, so that the decoder
    can't tell them from it. Points come before a box's corners and the padding point, so those are
    counted from a higher number in the changed run.
    """
    prompts = trace.prompts
    if not prompts.kinds and further:
        prompts = Prompts(mask_hint=prompts.mask_hint, unprompted="padding")
        further -= 1
    edits = []
    for _ in range(further):
        edits.append(RetypePromptToken(len(prompts.points), "not a point"))
        prompts = prompts.with_point((0, 0))
    return trace.with_prompts(prompts).with_interventions(*edits)


def free_vector(trace: Trace, vector: Float[Tensor, "channel"]) -> Trace:
    """The run whose only prompt token is this vector, made as long as a foreground token.

    A place's encoding has a sine and a cosine of each wave, so its length squared is the number of
    waves; a foreground token's is that and its learned vector's, where the two are orthogonal.
    """
    learned = trace.sam.prompt_encoder.foreground.detach().cpu().norm()
    length = (trace.sam.config.token_dim / 2 + learned**2).sqrt()
    vector = vector.detach().cpu() * (length / vector.detach().cpu().norm().clamp_min(1e-12))
    alone = Prompts(mask_hint=trace.prompts.mask_hint, unprompted="padding")
    return trace.with_prompts(alone).with_interventions(SetPromptToken(0, vector))


def _has_points(prompts: Prompts) -> bool:
    return len(prompts.points) > 0


def _has_box(prompts: Prompts) -> bool:
    return prompts.box is not None


def _toggle_padding(trace: Trace, _: Token) -> Trace:
    if trace.prompts.has_padding:
        return trace.with_interventions(DropPaddingToken())
    return with_padding(trace, 1)


def _swap(trace: Trace, _: Token) -> Trace:
    return trace.with_interventions(SwapForegroundBackground())


def _drop_corner(number: int) -> Callable[[Trace, Token], Trace]:
    def drop(trace: Trace, _: Token) -> Trace:
        token = len(trace.prompts.points) + number
        return trace.with_interventions(DropPromptToken(token))

    return drop


def _as_corner(kind: str) -> Callable[[Trace, Token], Trace]:
    def retype(trace: Trace, _: Token) -> Trace:
        return trace.with_interventions(RetypePromptToken(0, kind))

    return retype


def _box_as_points(label: int) -> Callable[[Trace, Token], Trace]:
    def points(trace: Trace, _: Token) -> Trace:
        prompts = trace.prompts
        changed = prompts.with_box(None)
        for corner in np.reshape(np.asarray(prompts.box), (2, 2)):
            changed = changed.with_point(np.clip(corner, 0, trace.frame.image_size[::-1]), label)
        return trace.with_prompts(changed)

    return points


def _negative_box(trace: Trace, _: Token) -> Trace:
    """Both corners, plus what makes a background token of a foreground one."""
    encoder = trace.sam.prompt_encoder
    step = (encoder.background - encoder.foreground)[0]
    first = len(trace.prompts.points)
    tokens = trace[PROMPT_TOKENS][0]
    return trace.with_interventions(
        *(SetPromptToken(each, tokens[each] + step) for each in (first, first + 1))
    )


def _reversed_points(trace: Trace, _: Token) -> Trace:
    prompts = trace.prompts
    changed = replace(prompts, points=prompts.points[::-1], labels=prompts.labels[::-1])
    return trace.with_prompts(changed)


def _nothing(trace: Trace, _: Token) -> Trace:
    return trace.with_prompts(Prompts(mask_hint=trace.prompts.mask_hint, unprompted="nothing"))


def _random_vector(trace: Trace, _: Token) -> Trace:
    chance = np.random.default_rng(0).standard_normal(trace.sam.config.token_dim)
    return free_vector(trace, torch.tensor(chance, dtype=torch.float32, device="cpu"))


def _picked_vector(trace: Trace, token: Token) -> Trace:
    return free_vector(trace, trace[IMAGE_TOKENS][0, :, token[0], token[1]])


_BOX, _POINT = ("a box", _has_box), ("a point", _has_points)
PICKED_TOKEN = "the picked image token alone"
CHANGES = {
    "padding point on or off": PromptChange("", lambda prompts: True, _toggle_padding),
    "foreground and background swapped": PromptChange(*_POINT, _swap),
    "first point as top left corner": PromptChange(*_POINT, _as_corner("box top left")),
    "first point as bottom right corner": PromptChange(*_POINT, _as_corner("box bottom right")),
    "points in reverse order": PromptChange(
        "two points", lambda prompts: len(prompts.points) > 1, _reversed_points
    ),
    "top left corner dropped": PromptChange(*_BOX, _drop_corner(0)),
    "bottom right corner dropped": PromptChange(*_BOX, _drop_corner(1)),
    "box as two points": PromptChange(*_BOX, _box_as_points(FOREGROUND)),
    "negative box: two background points": PromptChange(*_BOX, _box_as_points(BACKGROUND)),
    "negative box: corners made background": PromptChange(*_BOX, _negative_box),
    "no prompt at all": PromptChange(
        "a point or a box", lambda prompts: len(prompts.kinds) > 0, _nothing
    ),
    "a random vector alone": PromptChange("", lambda prompts: True, _random_vector),
    PICKED_TOKEN: PromptChange("", lambda prompts: True, _picked_vector),
}
