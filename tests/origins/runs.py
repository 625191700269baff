"""Runs of the small model that together reach every hook point, and operations of them."""

from collections.abc import Iterator

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.origins import Operation, TraceValues
from sam_explore.tracing import Trace

from ..small import small_trace

HINT = np.random.default_rng(1).normal(size=(20, 20)) * 5


def prompted_trace() -> Trace:
    """A click on the object, one off it, a box and a mask hint; half of the input is padding."""
    prompts = Prompts(points=[(12, 8), (3, 4)], labels=[1, 0], box=(1, 2, 30, 15), mask_hint=HINT)
    return small_trace().with_prompts(prompts)


def places(shape: tuple[int, ...], count: int = 6) -> list[tuple[int, ...]]:
    """Some places of a tensor: its first and last corner, and others in between."""
    rng = np.random.default_rng(0)
    some = [tuple(int(rng.integers(length)) for length in shape) for _ in range(count)]
    return [(0,) * len(shape), tuple(length - 1 for length in shape), *some]


def operations(values: TraceValues, trace: Trace, name: str) -> Iterator[Operation]:
    """How the numbers at some places of a hook point come about."""
    for place in places(tuple(trace[name].shape)):
        yield values.explain(name, place)
