"""Time the image encoder, apart from traces, which share results."""

from time import perf_counter

import torch

from sam_explore.model.lock import lock_of

from .foreign_hooks import refuse_foreign_hooks
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
