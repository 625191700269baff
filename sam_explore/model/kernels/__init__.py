"""The fast forms of the network's components, beside the plain ones that a reader opens.

One rule, `use_fast`, chooses between them. Each computes what the plain form computes, but for
rounding, and each passes the same hook points.
"""

from .decoder import fast_decode
from .encoder import fast_mlp, fast_self_attention
from .keeping import beside, kept_beside
from .rule import use_fast

__all__ = ["beside", "fast_decode", "fast_mlp", "fast_self_attention", "kept_beside", "use_fast"]
