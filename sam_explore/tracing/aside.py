"""A run for prompts that come and go, which leaves the cache to others."""

from dataclasses import replace

from .cache import Aside
from .engine import Engine
from .trace import Trace


def aside_of(trace: Trace) -> Trace:
    """The same run; what it and runs made of it compute for their prompts is cached apart.

    The results for the latest two prompt sets are kept. The image encoder's are shared.
    """
    engine = trace.engine
    return replace(trace, engine=Engine(trace.sam, engine.given, Aside(engine.store)))
