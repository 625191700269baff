"""Fast forms of the network's components, next to the plain ones in the model's own files.

`use_fast` dispatches between them. Each computes what the plain form computes, up to rounding, and
passes the same hook points.
"""

from .decoder import fast_answer, fast_decode, fast_layer, fast_prepare, fast_read
from .dispatch import use_fast
from .encoder import fast_mlp, fast_self_attention
from .tensor_cache import cached_for, cached_results

__all__ = [
    "cached_for",
    "cached_results",
    "fast_answer",
    "fast_decode",
    "fast_layer",
    "fast_mlp",
    "fast_prepare",
    "fast_read",
    "fast_self_attention",
    "use_fast",
]
