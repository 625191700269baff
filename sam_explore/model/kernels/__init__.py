"""The fast forms of the network's components, beside the plain ones that a reader opens.

One rule, `use_fast`, chooses between them. Each computes what the plain form computes, but for
rounding, and each passes the same hook points.
"""

from .encoder import fast_mlp, fast_self_attention
from .rule import use_fast

__all__ = ["fast_mlp", "fast_self_attention", "use_fast"]
