"""The control of every attribution: the same run of a model whose weights mean nothing."""

from copy import deepcopy
from dataclasses import replace
from threading import Lock
from weakref import WeakKeyDictionary

import torch

from sam_explore.model import Sam
from sam_explore.model.lock import lock_of

from ..trace import Trace

# The latest control of traces that share an engine, so that other prompts share its image encoder.
_controls: WeakKeyDictionary = WeakKeyDictionary()
_guard = Lock()


def with_shuffled_weights(sam: Sam, seed: int = 0) -> Sam:
    """A copy of the model in which the numbers of each weight have changed places at random.

    Each weight keeps its own numbers and so their size and spread, and loses what was learned. The
    model itself stays as it is; the copy takes as much memory again.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    with lock_of(sam):
        copy = deepcopy(sam).requires_grad_(False)
    for weight in copy.parameters():
        places = torch.randperm(weight.numel(), generator=generator, device="cpu").to(weight.device)
        weight.copy_(weight.flatten()[places].view_as(weight))
    return copy


def control_of(trace: Trace, seed: int = 0) -> Trace:
    """The same run with shuffled weights: picture, prompts, windows and edits are the trace's.

    What an attribution still shows there, it doesn't owe to what the model has learned. The latest
    control is kept as long as the traces that it belongs to, and shared among them.

    Source: "Sanity Checks for Saliency Maps" (arXiv 1810.03292).
    """
    engine = trace.engine
    engine.refuse_changed_weights()
    with _guard:
        known_seed, control = _controls.get(engine, (None, None))
        if known_seed != seed:
            control = replace(trace, sam=with_shuffled_weights(trace.sam, seed))
            _controls[engine] = seed, control
    return replace(
        control,
        prompts=trace.prompts,
        windows=trace.windows,
        relative_positions=trace.relative_positions,
        interventions=trace.interventions,
    )
