"""Maps that are in wide use, as baselines for the attributions of this package.

Their units differ, so each has a scale of its own: only their orders can be compared.
"""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model.addresses import in_block
from sam_explore.model.autocast import without_autocast
from sam_explore.model.description import PROJECT, PROMPTS, block_step
from sam_explore.model.windows import join_windows, split_windows

from ..recording import find_hooks
from ..steps import Run, compute, decode
from ..trace import Trace
from .gradients import token_gradient
from .removal import content_and_blank
from .scalars import MeanLogit, Scalar

# The place whose content each is about, as in `value_without`.
BASELINES = {
    "Grad-CAM": "embedding",
    "integrated gradients": "embedding",
    "attention rollout": "pixels",
    "relevance": "pixels",
}
_STEPS = 16  # of the path of integrated gradients

Map = Float[np.ndarray, "row column"]


def baseline(trace: Trace, of: Scalar, method: str) -> Map:
    """What a method of BASELINES says of each image token, on a scale of its own.

    Args:
        trace: the run.
        of: a number of its prediction.
        method: "Grad-CAM" weights the channels of the image tokens by their mean gradients and
            keeps what is positive (arXiv 1610.02391). "integrated gradients" adds up gradients from
            the mean token to each token, in the unit of the number (arXiv 1703.01365). "attention
            rollout" follows the mean attention of all heads, with an equal share for each block's
            input, back from the tokens where a mean logit of raw logits is taken, or from all
            (arXiv 2005.00928); it knows nothing of the number otherwise. "relevance" follows
            attention where a gradient is positive, back from what the decoder's gradient says of
            the image tokens (arXiv 2103.15679, here for the encoder alone).

    Raises:
        ValueError: an unknown method, or a number that this run doesn't have.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(_METHODS)}, not {method!r}.")
    of.check(trace.sam.config, trace.frame)
    with torch.inference_mode(False), without_autocast():
        return _METHODS[method](trace, of).double().cpu().numpy()


def _grad_cam(trace: Trace, of: Scalar) -> Float[Tensor, "row column"]:
    weights = token_gradient(trace, of, PROJECT)[0].mean(dim=(1, 2))
    return torch.einsum("c,crw->rw", weights, trace.encoded.tokens[0]).relu()


def _integrated(trace: Trace, of: Scalar) -> Float[Tensor, "row column"]:
    """The mean gradient at the middles of equal steps, times the whole way."""
    engine, plan = trace.engine, trace.plan
    content, blank = content_and_blank(trace, "embedding")
    prompts = engine.output(plan, PROMPTS).detach().clone()

    def number(run: Run, tokens: Tensor) -> Tensor:
        logits, iou = decode(run, tokens, prompts)
        return of.read(logits[0], iou[0], run.frame)

    total = torch.zeros_like(content)
    for step in range(_STEPS):
        tokens = blank + (step + 0.5) / _STEPS * (content - blank)
        total += engine.backward(plan, plan.description.mask_decoder, number, tokens[None])[0]
    return (total / _STEPS * (content - blank)).sum(dim=0)


def _rollout(trace: Trace, of: Scalar) -> Float[Tensor, "row column"]:
    """Shares of what arrives, from block to block; they add up to 1 unless padding has a part."""
    grid = trace.frame.grid
    share = trace.encoded.tokens.new_ones(grid)
    if isinstance(of, MeanLogit) and of.region_frame == "logits":
        inside = torch.tensor(of.region, device=share.device, dtype=share.dtype)
        share = inside.view(grid[0], -1, grid[1], inside.shape[1] // grid[1]).mean(dim=(1, 3))
    share = share / share.sum()
    for block in reversed(range(trace.sam.config.encoder_depth)):
        name = in_block(block, "attention.hook_pattern")
        pattern = trace.read([name], lambda tensor, hook: tensor.mean(dim=1))[name]
        share = (share + _back(trace, block, pattern, share)) / 2
    return share


def _relevance(trace: Trace, of: Scalar) -> Float[Tensor, "row column"]:
    engine, plan = trace.engine, trace.plan
    upstream = token_gradient(trace, of, PROJECT)
    content, blank = content_and_blank(trace, "embedding")
    relevance = (upstream[0] * (content - blank)).sum(dim=0).relu()
    last = trace.sam.config.encoder_depth - 1
    outputs = engine.output(plan, block_step(last))
    upstream = engine.backward(plan, [PROJECT], partial(compute, PROJECT), outputs, upstream)
    for block in range(last, -1, -1):
        pattern, upstream = _weighed(trace, block, upstream)
        relevance = relevance + _back(trace, block, pattern, relevance)
    return relevance


def _weighed(
    trace: Trace, block: int, upstream: Tensor
) -> tuple[Float[Tensor, "window query key"], Tensor]:
    """The positive part of a block's attention times its gradient, and the gradient before it."""
    engine, plan = trace.engine, trace.plan
    chain = plan.description.image_encoder
    step = block_step(block)
    before = engine.output(plan, chain[chain.index(step) - 1])
    (hook,) = find_hooks(trace.sam, [in_block(block, "attention.hook_pattern")])
    found: list[Tensor] = []

    def seen(_module: object, _inputs: object, pattern: Tensor) -> None:
        kept = pattern.detach()
        if pattern.requires_grad:
            pattern.register_hook(lambda by: found.append((by * kept).relu().mean(dim=1)))

    def watched(run: Run, tokens: Tensor) -> Tensor:
        handle = hook.register_forward_hook(seen)
        try:
            return compute(step, run, tokens)
        finally:
            handle.remove()

    earlier = engine.backward(plan, [step], watched, before, upstream)
    if not found:  # an edit replaced the attention by a constant
        windows = trace[hook.name]
        return torch.zeros_like(windows[:, 0]), earlier
    return found[0], earlier


def _back(
    trace: Trace,
    block: int,
    pattern: Float[Tensor, "window query key"],
    share: Float[Tensor, "row column"],
) -> Float[Tensor, "row column"]:
    """What each token, as a key, gets of what the queries have."""
    rows, columns = share.shape
    down, across = trace.attended(block)
    if (down, across) == (rows, columns):
        return (share.flatten() @ pattern[0]).view(rows, columns)
    queries = split_windows(share[None, :, :, None], down).flatten(1)
    keys = torch.einsum("wq,wqk->wk", queries, pattern).view(-1, down, across, 1)
    return join_windows(keys, rows, columns)[0, :, :, 0]


_METHODS = {
    "Grad-CAM": _grad_cam,
    "integrated gradients": _integrated,
    "attention rollout": _rollout,
    "relevance": _relevance,
}
