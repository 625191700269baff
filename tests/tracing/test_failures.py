"""A thousand runs that fail in a random place and way leave the model as it was."""

import random
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model.hooks import first_with_hooks
from sam_explore.prediction import encode, predict
from sam_explore.tracing import Trace, edit, record

from ..small import SMALL, small_sam

HINT = np.random.default_rng(3).normal(size=(20, 20))
# One block of each kind, one layer.
SMALLER = replace(SMALL, encoder_depth=2, global_blocks=(1,), decoder_depth=1)
# With a hint, so that all hook points are reached.
PROMPTS = Prompts(points=[(12, 8)], mask_hint=HINT)


class Broken(Exception):
    """What the edits below raise."""


def raising(tensor, hook):
    raise Broken


def another_shape(tensor, hook):
    return tensor[..., :-1]


def another_dtype(tensor, hook):
    return tensor.double()


def another_type(tensor, hook):
    return tensor.numpy()


def another_device(tensor, hook):
    return tensor.to("meta")


def with_nan(tensor, hook):
    tensor[(-1,) * tensor.ndim] = float("nan")
    return tensor


FAILING = {
    raising: (Broken, "This came from the "),
    another_shape: (ValueError, "must return a tensor"),
    another_dtype: (ValueError, "torch.float64 on cpu."),
    another_type: (ValueError, "but returned a ndarray"),
    another_device: (ValueError, "on meta."),
    with_nan: (ValueError, "holds NaN"),
}


def by_trace(trace: Trace, name: str, fn: Callable) -> None:
    trace.with_edit(name, fn).prediction  # noqa: B018


def by_edit(trace: Trace, name: str, fn: Callable) -> None:
    with edit(trace.sam, {name: fn}), record(trace.sam, name):
        predict(trace.sam, encode(trace.sam, trace.image), trace.prompts)


def by_reading(trace: Trace, name: str, fn: Callable) -> None:
    def reduce(tensor, hook):
        raise Broken

    trace.read(name, reduce)


def test_a_thousand_random_failures_leave_no_hook_and_the_same_numbers():
    sam = small_sam(SMALLER)
    image = np.random.default_rng(0).integers(0, 256, (20, 40, 3), np.uint8)
    trace = Trace(sam, image, PROMPTS)
    logits, iou = (array.copy() for array in (trace.prediction.logits, trace.prediction.iou))
    modules, names, chance = list(sam.modules()), list(sam.hook_points), random.Random(0)

    for _ in range(1000):
        name, fn = chance.choice(names), chance.choice(list(FAILING))
        run = chance.choices([by_trace, by_edit, by_reading], [18, 1, 1])[0]
        error, message = FAILING[raising if run is by_reading else fn]
        with pytest.raises(error, match=re.escape(name)) as raised:
            run(trace, name, fn)
        assert message in "".join([str(raised.value), *getattr(raised.value, "__notes__", ())])
        assert first_with_hooks(modules) is None

    # Computed again, and from the cache: no failure has changed what the runs share.
    for after in (Trace(sam, image, PROMPTS), trace.with_prompts(PROMPTS)):
        np.testing.assert_array_equal(after.prediction.logits, logits)
        np.testing.assert_array_equal(after.prediction.iou, iou)
