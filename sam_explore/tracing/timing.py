"""Time the model, whole and by component, apart from traces, which share results."""

from collections import defaultdict
from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import (
    COORDINATES,
    IMAGE_TOKENS,
    LOGITS,
    PATCH_TOKENS,
    in_block,
)
from sam_explore.model.description import PROMPTS
from sam_explore.model.lock import lock_of

from .cost import BLOCK_PARTS, COMPONENTS, component_of
from .foreign_hooks import refuse_foreign_hooks
from .recording import record
from .steps import compute, decode
from .trace import Trace


def encoder_seconds(trace: Trace, rounds: int = 1) -> float:
    """Seconds that the image encoder needs in this run's windows, the quickest of `rounds`.

        encoder_seconds(trace.with_windows([8] * 12)) / encoder_seconds(trace.reference)

    The model's encoder runs again on the trace's picture, without cache, recording or edits, and
    with fused attention. A first round can be slow; take three or more to compare.

    Raises:
        ValueError: fewer than one round.
        RuntimeError: the model has hooks, which would be timed too.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be 1 or more, not {rounds}.")
    with lock_of(trace.sam), torch.no_grad():
        refuse_foreign_hooks(trace.sam)
        return min(_seconds(trace) for _ in range(rounds))


def _seconds(trace: Trace) -> float:
    pixels = trace.engine.given.pixels[None].to(trace.sam.device)
    start = perf_counter()
    tokens = trace.sam.encode_image(pixels, trace.windows, trace.relative_positions)
    if tokens.is_cuda:
        torch.cuda.synchronize()
    return perf_counter() - start


def component_seconds(
    trace: Trace, rounds: int = 1, clock: Callable[[], float] | None = None
) -> dict[str, float]:
    """Seconds that each component of the model needs for this run, in the quickest of `rounds`.

        component_seconds(trace, rounds=3)["global attention"]

    The whole model runs again on the trace's picture and prompts, without cache or edits, and the
    time is read where hook points are passed. Attention includes the layer norm before it and the
    relative positions, which are not computed apart; so do the MLPs their norm.

    Args:
        trace: the run.
        rounds: how often. A first round can be slow; take three or more to compare.
        clock: gives the time in seconds; `time.perf_counter` if None. With one thread,
            `time.process_time` is hardly disturbed by other programs.

    Returns:
        Seconds by the names of `tracing.cost.COMPONENTS`, without "relative positions".

    Raises:
        ValueError: fewer than one round.
        RuntimeError: the model has hooks, which would be timed too.
    """
    if rounds < 1:
        raise ValueError(f"rounds must be 1 or more, not {rounds}.")
    with lock_of(trace.sam), torch.no_grad():
        refuse_foreign_hooks(trace.sam)
        return min(
            (_by_component(trace, clock or perf_counter) for _ in range(rounds)),
            key=lambda each: sum(each.values()),
        )


def _by_component(trace: Trace, clock: Callable[[], float]) -> dict[str, float]:
    sam, run = trace.sam, trace.plan.run

    def now(tensor: Tensor | None = None, hook: HookPoint | None = None) -> float:
        if sam.device.type == "cuda":
            torch.cuda.synchronize()
        return clock()

    ends = component_ends(trace.windows)
    start = now()
    with record(sam, list(ends), now) as passed:
        pixels = run.pixels[None].to(sam.device)
        tokens = sam.encode_image(pixels, run.windows, run.relative_positions)
    begun = now()
    prompts = compute(PROMPTS, run)
    prompted = now()
    decode(run, tokens, prompts)
    decoded = now()
    seconds: dict[str, float] = defaultdict(float)
    for name, component in ends.items():
        seconds[component] += passed[name] - start
        start = passed[name]
    seconds[component_of(COORDINATES, sam.description)] += prompted - begun
    seconds[component_of(LOGITS, sam.description)] += decoded - prompted
    return {name: seconds[name] for name in COMPONENTS if name in seconds}


def component_ends(windows: tuple[int, ...]) -> dict[str, str]:
    """The hook points at which a component ends, in the order of a run, and which one it is."""
    windowed, everywhere, _, mlps = BLOCK_PARTS
    first = {PATCH_TOKENS: COMPONENTS[0], in_block(0, "hook_residual_pre"): COMPONENTS[1]}
    blocks: dict[str, str] = {}
    for number, window in enumerate(windows):
        blocks[in_block(number, "hook_residual_mid")] = windowed if window else everywhere
        blocks[in_block(number, "hook_residual_post")] = mlps
    return {**first, **blocks, IMAGE_TOKENS: "channel projection"}
