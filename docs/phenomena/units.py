"""Units: whether single channels, neurons and heads follow what is known of a scene, and what.

python docs/phenomena/units.py --help
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from common import Row, run
from jaxtyping import Float

from sam_explore.model import Sam
from sam_explore.probes.common.token_factors import FACTORS
from sam_explore.probes.common.unit_index import Fit, UnitIndex, fit_of
from sam_explore.probes.common.unit_indexing import SCENES, unit_index
from sam_explore.probes.common.units import CHANNEL, HEAD, IMAGE_CHANNEL, NEURON, Layer, layers_of
from sam_explore.scenes.kinds import BROAD_KINDS
from sam_explore.scenes.textures import KINDS as TEXTURES
from sam_explore.tracing import Trace

SHUFFLED = "the same units with shuffled weights"
SIDES = ("upper", "lower", "left", "right")
FAMILIES = {
    "objects, parts and boundaries": ("object", "boundary", "part", "in front", "behind"),
    "kinds of objects": BROAD_KINDS,
    "textures": ("texture", *TEXTURES),
    "light and colour": tuple(
        f"{each} quarter" for each in ("lightest", "darkest", "reddest", "greenest", "bluest")
    ),
    "places": tuple(f"{each} quarter" for each in SIDES),
}

Groups = dict[str, tuple[Layer, ...]]


def groups_of(sam: Sam) -> Groups:
    """The units that are compared, by name: of the first, a middle and the last block."""
    depth = sam.config.encoder_depth
    blocks = dict.fromkeys((0, depth // 2 - 1, depth - 1))
    heads = tuple(each for each in layers_of(sam.config) if each.kind == HEAD)
    found: Groups = {"heads of all blocks": heads}
    for kind in (NEURON, CHANNEL):
        for block in blocks:
            found[Layer(kind, block).name] = (Layer(kind, block),)
    last = Layer(IMAGE_CHANNEL)
    return found | {last.name: (last,)}


def fits_best(fit: Fit, family: Sequence[str]) -> Float[np.ndarray, "unit"]:
    """1 for each unit whose best factor beyond chance is of a family, else 0."""
    places = [FACTORS.index(each) for each in family]
    return np.isin(fit.beyond.argmax(axis=1), places).astype(float)


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """How well units fit a factor, and which."""
    enough = [each for each in SCENES if each >= options.scenes]
    size = sam.config.image_size
    trace = Trace(sam, np.zeros((size, size, 3), np.uint8))
    index = unit_index(trace, enough[0] if enough else SCENES[-1])
    groups = groups_of(sam)
    return [*_how_well(index, groups), *_which(index, groups)]


def _fits(index: UnitIndex, layers: Sequence[Layer]) -> tuple[list[Fit], list[Fit]]:
    return (
        [fit_of(index, index.layers[layer]) for layer in layers],
        [fit_of(index, index.shuffled[layer]) for layer in layers],
    )


def _how_well(index: UnitIndex, groups: Groups) -> Iterator[Row]:
    for name, layers in groups.items():
        ours, shuffled = (
            np.concatenate([fit.beyond.max(axis=1) for fit in fits])
            for fits in _fits(index, layers)
        )
        yield Row(f"{name}: best IoU beyond chance", ours, SHUFFLED, shuffled)


def _which(index: UnitIndex, groups: Groups) -> Iterator[Row]:
    """Of the last neurons and of the channels of the image tokens."""
    for name in list(groups)[3], list(groups)[-1]:
        ((ours,), (shuffled,)) = _fits(index, groups[name])
        for family, factors in FAMILIES.items():
            values, null = (fits_best(each, factors) for each in (ours, shuffled))
            yield Row(f"{name}: those that fit {family} best", values, SHUFFLED, null)


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for row in rows:
        name, what = row.measured.split(": ")
        claim = f"the {name} fit some factor better than with shuffled weights"
        if what.startswith("those"):
            family = what.removeprefix("those that fit ").removesuffix(" best")
            claim = f"more of the {name} fit {family} best than with shuffled weights"
        found[claim] = row.sign
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments, scenes=256)


if __name__ == "__main__":
    main()
