"""Gradients of a number of the prediction with respect to its inputs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.model import Step
from sam_explore.model.description import EMBED, PROJECT, PROMPTS
from sam_explore.prediction import batches, prompt_tensors

from ..steps import Run, compute, decode
from ..trace import Trace
from .picture import picture_gradient
from .scalars import Scalar


def gradient(trace: Trace, of: Scalar, with_respect_to: str) -> Float[np.ndarray, "*shape"]:
    """The derivative of a number of the prediction with respect to something it depends on.

        gradient(trace, MeanLogit(1, trace.prediction.masks()[1]), "points")

    | with_respect_to | shape | unit: that of the number, by |
    |---|---|---|
    | "points" | (point, 2), x before y | pixel of the picture that a click moves |
    | "box" | (4,), x0, y0, x1, y1 | pixel of the picture that an edge moves |
    | "prompt_tokens" | (prompt, channel) | unit of the prompt tokens as the decoder gets them |
    | "embedding" | (channel, row, column) | unit of the image tokens as the decoder gets them |
    | "input" | (3, height, width) | unit of the model's normalised input, padding included |
    | "pixels" | (height, width, 3), RGB | grey level (of 255) of the picture's pixel |

    It goes backward through the trace step by step. Each step runs again from its cached input, so
    that never more than one block's intermediate values are in memory; see
    `estimate_gradient_bytes`. Edits, windows and the explicit form of attention are those of the
    trace. An edit that returns constants stops the gradient there. Callbacks of `between_steps` are
    called for each step, and can stop it. The weights get no gradients: their `grad` and
    `requires_grad` stay as they are.

    For "pixels", the scaling to the model's input counts as linear, without Pillow's rounding to
    whole grey levels.

    Raises:
        ValueError: another name than these, a number that this run doesn't have, or points or a box
            where the prompts have none.
        RuntimeError: foreign hooks in the model, or changed weights.
    """
    if with_respect_to not in _ROUTES:
        raise ValueError(
            f"with_respect_to must be one of {', '.join(_ROUTES)}, not {with_respect_to!r}."
        )
    of.check(trace.sam.config, trace.frame)
    # autograd does not record in a caller's inference_mode, so leave that here.
    with torch.inference_mode(False):
        found = _ROUTES[with_respect_to](trace, of)
    return found if isinstance(found, np.ndarray) else found.cpu().numpy()


def click_gradients(
    trace: Trace, ofs: Sequence[Scalar], prompts: Sequence[Prompts]
) -> Float[np.ndarray, "prompt 2"]:
    """`gradient` with respect to the last point of each of several prompt sets, x before y.

    Prompt sets of one kind go through the mask decoder together, unless its tensors are edited.

    Args:
        trace: the run, whose own prompts don't matter.
        ofs: a number of each prompt set's answer.
        prompts: prompt sets with a point each.
    """
    decoder = trace.plan.description.mask_decoder
    edited = any(map(trace.plan.edits_in, (PROMPTS, *decoder)))
    encoded, found = trace.encoded, np.zeros((len(prompts), 2), np.float32)
    sets = [[index] for index in range(len(prompts))]
    with torch.inference_mode(False):
        for batch in sets if edited else batches(trace.sam, encoded, prompts):
            some = [prompts[index] for index in batch]
            numbers = [ofs[index] for index in batch]
            found[batch] = _last_points(trace, numbers, some)
    return found


def _last_points(
    trace: Trace, ofs: Sequence[Scalar], prompts: Sequence[Prompts]
) -> Float[np.ndarray, "prompt 2"]:
    """The same for prompt sets of one kind."""
    run = trace.with_prompts(prompts[0])
    tokens = run.encoded.tokens.detach().clone()
    points, labels, boxes, hints = prompt_tensors(prompts, run.frame, run.sam.device)

    def total(run: Run, places: Tensor) -> Tensor:
        given = run.sam.encode_prompts(places, labels, boxes, prompts[0].has_padding)
        logits, iou = run.sam.decode(tokens, given, hints)
        numbers = [of.read(logits[i], iou[i], run.frame) for i, of in enumerate(ofs)]
        return torch.stack(numbers).sum()  # a set's number depends on its own points alone

    steps = (*run.plan.description.mask_decoder, PROMPTS)
    by_unit = run.engine.backward(run.plan, steps, total, points)[:, -1].cpu().numpy()
    unit_by_px = run.frame.unit_from_px(np.ones(2)) - run.frame.unit_from_px(np.zeros(2))
    return (by_unit * unit_by_px).astype(np.float32)


def input_gradient(trace: Trace, of: Scalar) -> Float[Tensor, "3 height width"]:
    """`gradient` with respect to the model's input, where the model is."""
    # In the order of the run, and held here, since a small cache would compute them again.
    engine, plan = trace.engine, trace.plan
    steps = plan.description.image_encoder
    outputs = [engine.output(plan, step) for step in steps[:-1]]
    upstream = token_gradient(trace, of, PROJECT)
    for step in reversed(steps[1:]):
        upstream = engine.backward(plan, [step], partial(compute, step), outputs.pop(), upstream)
    pixels = engine.given.pixels.to(trace.sam.device)
    return engine.backward(plan, [EMBED], _embed, pixels, upstream)


def token_gradient(trace: Trace, of: Scalar, step: Step) -> Float[Tensor, "1 *shape"]:
    """`gradient` with respect to the image tokens (PROJECT) or the prompt tokens (PROMPTS)."""
    engine, plan = trace.engine, trace.plan
    tokens, prompts = (engine.output(plan, each).detach().clone() for each in (PROJECT, PROMPTS))

    def number(run: Run, changed: Tensor) -> Tensor:
        inputs = (changed, prompts) if step == PROJECT else (tokens, changed)
        logits, iou = decode(run, *inputs)
        return of.read(logits[0], iou[0], run.frame)

    decoder = plan.description.mask_decoder
    return engine.backward(plan, decoder, number, tokens if step == PROJECT else prompts)


def _embed(run: Run, pixels: Float[Tensor, "3 height width"]) -> Tensor:
    return compute(EMBED, replace(run, pixels=pixels))


def _pixels(trace: Trace, of: Scalar) -> Float[np.ndarray, "height width 3"]:
    return picture_gradient(
        input_gradient(trace, of), trace.frame, trace.sam.config, trace.preprocessing
    )


def _points(trace: Trace, of: Scalar) -> Float[np.ndarray, "point 2"]:
    if not len(trace.prompts.points):
        raise ValueError(
            "There is no click to move in these prompts. Give the trace one: "
            "trace.with_prompts(sx.Prompts(points=[(x, y)]))."
        )
    return _coordinates(trace, of, 0)[0]


def _box(trace: Trace, of: Scalar) -> Float[np.ndarray, "4"]:
    if trace.prompts.box is None:
        raise ValueError(
            "There is no box to move in these prompts. Give the trace one: "
            "trace.with_prompts(sx.Prompts(box=(x0, y0, x1, y1)))."
        )
    return _coordinates(trace, of, 1)[0]


def _coordinates(trace: Trace, of: Scalar, which: int) -> Float[np.ndarray, "1 *shape"]:
    """The gradient with respect to the points (0) or the box (1), by pixel of the picture."""
    points, labels, boxes, _ = prompt_tensors([trace.prompts], trace.frame, trace.sam.device)
    place = points if boxes is None or which == 0 else boxes

    def tokens(run: Run, changed: Tensor) -> Tensor:
        given = (changed, labels, boxes) if which == 0 else (points, labels, changed)
        return run.sam.encode_prompts(*given, trace.prompts.has_padding)

    upstream = token_gradient(trace, of, PROMPTS)
    by_unit = trace.engine.backward(trace.plan, [PROMPTS], tokens, place, upstream).cpu().numpy()
    unit_by_px = trace.frame.unit_from_px(np.ones(2)) - trace.frame.unit_from_px(np.zeros(2))
    by_px = by_unit.reshape(*by_unit.shape[:1], -1, 2) * unit_by_px
    return by_px.reshape(by_unit.shape).astype(np.float32)


_ROUTES: dict[str, Callable[[Trace, Scalar], Tensor | np.ndarray]] = {
    "points": _points,
    "box": _box,
    "prompt_tokens": lambda trace, of: token_gradient(trace, of, PROMPTS)[0],
    "embedding": lambda trace, of: token_gradient(trace, of, PROJECT)[0],
    "input": input_gradient,
    "pixels": _pixels,
}
WITH_RESPECT_TO = tuple(_ROUTES)
