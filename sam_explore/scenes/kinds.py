"""The broad kind of each object that scenes are drawn from, by its name."""

import re
from functools import lru_cache

import numpy as np

from . import buildings, creatures, flyers, fruit, plants, sea_creatures, things, vehicles
from .composition import FAMILIES

_KIND_OF_MODULE = {
    creatures.__name__: "animal",
    sea_creatures.__name__: "animal",
    plants.__name__: "plant",
    fruit.__name__: "fruit",
    vehicles.__name__: "vehicle",
    flyers.__name__: "vehicle",
    buildings.__name__: "building",
    things.__name__: "thing",
}
BROAD_KINDS: tuple[str, ...] = tuple(dict.fromkeys(_KIND_OF_MODULE.values()))


def name_of(region: str) -> str:
    """What a whole region shows, without its number: "turtle" of "turtle 2"."""
    return re.sub(r" \d+$", "", region)


def broad_kind(region: str) -> str:
    """One of BROAD_KINDS for the name of a whole region, such as "animal" for "turtle 2".

    Raises:
        ValueError: a name that no object of a drawn scene has.
    """
    name, kinds = name_of(region), _kinds()
    if name not in kinds:
        raise ValueError(f"no drawn object is named {name!r}; choose one of: {', '.join(kinds)}")
    return kinds[name]


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    """Names as the families' sketches have them."""
    drawn = {family: family(np.random.default_rng(0)) for family in FAMILIES}
    return {
        sketch.regions[0][0]: _KIND_OF_MODULE[family.__module__] for family, sketch in drawn.items()
    }
