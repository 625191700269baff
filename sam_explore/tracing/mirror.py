"""A run on the mirror image of a trace's picture, with a shared cache."""

from sam_explore.fingerprints import fingerprint

from .engine import Engine
from .input import GivenPicture
from .trace import Trace


def mirror_of(trace: Trace) -> Trace:
    """The same model, windows and preprocessing on the mirrored picture, without prompts.

    The mirror image and its results are kept in the trace's cache and count towards its limit, so
    that it is encoded once for all traces that share the cache.
    """
    engine, given = trace.engine, trace.engine.given
    key = fingerprint((engine.origin, "mirror image"))
    mirrored = engine.store.get(key)
    if mirrored is None:
        mirrored = GivenPicture.of(trace.image[:, ::-1], given.preprocessing, trace.sam.config)
        engine.store.put(key, mirrored)
    return Trace(
        trace.sam,
        mirrored.image,
        windows=trace.windows,
        relative_positions=trace.relative_positions,
        preprocessing=trace.preprocessing,
        side=trace.side,
        keep_aspect=trace.keep_aspect,
        cache_bytes=trace.cache_bytes,
        engine=Engine(trace.sam, mirrored, engine.store),
    )
