"""The control of every attribution: the same run with shuffled weights."""

from copy import deepcopy
from dataclasses import replace
from threading import Lock
from weakref import WeakKeyDictionary

import torch

from sam_explore.model import Sam
from sam_explore.model.lock import lock_of

from ..foreign_hooks import refuse_foreign_hooks
from ..trace import Trace

# The latest control for each engine, so that other prompts share its encoded picture.
_controls: WeakKeyDictionary = WeakKeyDictionary()
_guard = Lock()


@torch.inference_mode(False)  # else the copy could not be used with gradients later
def with_shuffled_weights(sam: Sam, seed: int = 0) -> Sam:
    """A copy of the model with the numbers within each weight shuffled.

    Each weight keeps its distribution of numbers and loses what was learned. The model itself is
    not changed; the copy needs as much memory again.

    Raises RuntimeError if the model has foreign hooks.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    with lock_of(sam):
        refuse_foreign_hooks(sam)  # the copy would have them for good
        copy = deepcopy(sam).requires_grad_(False)
    for weight in copy.parameters():
        places = torch.randperm(weight.numel(), generator=generator, device="cpu").to(weight.device)
        weight.copy_(weight.flatten()[places].view_as(weight))
    return copy


def control_of(trace: Trace, seed: int = 0) -> Trace:
    """The same run with shuffled weights: picture, prompts, windows and edits are the trace's.

    What an attribution still shows there does not come from what the model has learned. The latest
    control is cached as long as the traces it belongs to, which share it.

    Source: "Sanity Checks for Saliency Maps" (arXiv 1810.03292).
    """
    engine = trace.engine
    engine.refuse_changed_weights()
    with _guard:
        known_seed, control = _controls.get(engine, (None, None))
    if known_seed != seed:
        # Without the guard: it takes the model's lock, which a thread that waits here may hold. And
        # without the interventions, whose functions may keep the trace and so its engine alive.
        with lock_of(trace.sam):
            engine.refuse_changed_weights()  # by whoever held the model until now
            shuffled = with_shuffled_weights(trace.sam, seed)
        control = replace(trace, sam=shuffled, interventions=())
        with _guard:
            _controls[engine] = seed, control
    return replace(
        control,
        prompts=trace.prompts,
        windows=trace.windows,
        relative_positions=trace.relative_positions,
        interventions=trace.interventions,
    )
