"""What a probe returns: numpy with names, units and a kind of scale; no torch, no drawing."""

from .cells import Cell, value_at
from .comparing import compare
from .derived import (
    common_scales,
    on_scale,
    over_picture,
    picture_wanted,
    with_ends_in_words,
    with_provenance,
)
from .reading_types import (
    Curve,
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    Provenance,
    Reading,
    Underlay,
    frozen_array,
)
from .scale import ColourRange, Scale, range_of

__all__ = [
    "Cell",
    "ColourRange",
    "Curve",
    "Gallery",
    "Heatmap",
    "Matrix",
    "Panel",
    "Profile",
    "Provenance",
    "Reading",
    "Scale",
    "Underlay",
    "common_scales",
    "compare",
    "frozen_array",
    "on_scale",
    "over_picture",
    "picture_wanted",
    "range_of",
    "value_at",
    "with_ends_in_words",
    "with_provenance",
]
