"""One step of a trace, run as the trace runs it, whether its result is kept or not."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import torch

from sam_explore.model.lock import lock_of

from .editing import edit
from .guards import refuse_changed_weights, refuse_foreign_hooks
from .progress import announce
from .steps import Run, Step, alike, describe

if TYPE_CHECKING:
    from .trace import Trace


@contextmanager
def running(trace: "Trace", step: Step, backwards: bool = False) -> Iterator[Run]:
    """While this lasts, the model is held for one step of the trace, with its edits attached.

    The step is announced, and attention gives the same digits whether it is looked at or not.
    Yields what `compute` needs.

    Args:
        trace: the run that the step belongs to.
        step: what is going to be computed.
        backwards: whether that is a gradient, which is told to whoever follows the progress.

    Raises:
        RuntimeError: somebody else's hooks are in the model, or its weights have changed.
    """
    what = describe(step, trace.sam.config.encoder_depth)
    announce(f"Backwards through the {what[0].lower()}{what[1:]}" if backwards else what)
    # A reader's inference_mode would leave tensors in the cache that take part in no gradient.
    with lock_of(trace.sam), torch.inference_mode(False), ExitStack() as attached:
        refuse_foreign_hooks(trace.sam)
        refuse_changed_weights(trace.sam, trace._family.versions)
        for name, fn in trace._edits_in(step):
            attached.enter_context(edit(trace.sam, {name: fn}))
        attached.enter_context(alike(step, trace.sam, gradients=backwards))
        yield trace._start
