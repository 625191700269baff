"""Random scenes: which objects, on which background, where and how large."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from . import buildings, creatures, flyers, fruit, plants, sea_creatures, things, vehicles
from .arrangement import Arrangement, Placed
from .backgrounds import BACKGROUNDS
from .foregrounds import IN_FRONT
from .ground_truth import DrawnFrom, Scene, note_truth
from .layouts import Arrange, layout, sparse
from .shapes import Number
from .sketch import Colour, Kind, Sketch, mixed
from .textures import KINDS, clothe, pave

Family = Callable[[np.random.Generator], Sketch]

LAND = (creatures.turtle, creatures.bird, creatures.cat, creatures.snail)
GARDEN = (plants.flower, plants.tulip, plants.mushroom, plants.tree)
ROAD = (vehicles.car, vehicles.bus, vehicles.truck, vehicles.train)
BUILDINGS = (buildings.house, buildings.castle, buildings.lighthouse)
SHIPS = (vehicles.boat, vehicles.steamer)
SEA = (sea_creatures.fish, sea_creatures.fish, sea_creatures.crab, sea_creatures.octopus)
AIR = (flyers.balloon, flyers.rocket, flyers.aeroplane)
FRUIT = (fruit.apple, fruit.cherries, fruit.melon, fruit.orange)
THINGS = (things.ball, things.robot, things.clock, things.mug, things.cupcake, things.present)
POTTED = (plants.cactus,)
CRAWLING = (creatures.ladybird,)

FAMILIES = (
    LAND + GARDEN + ROAD + BUILDINGS + SHIPS + SEA[1:] + AIR + FRUIT + THINGS + POTTED + CRAWLING
)

AT_HOME = {
    "meadow": LAND + GARDEN + BUILDINGS + LAND + (things.ball,) + AIR,
    "street": ROAD + ROAD + BUILDINGS + (creatures.cat, plants.tree, things.ball),
    "lake": SHIPS,
    "underwater": (*SEA, creatures.turtle),
    "open sky": AIR,
    "table": FRUIT + THINGS + POTTED + (creatures.cat, creatures.bird),
    "paper": FAMILIES,
}
BACKGROUND_SHARES = (0.2, 0.16, 0.09, 0.13, 0.09, 0.17, 0.16)
STRAY_SHARE = 0.12  # of objects on a background where they do not belong

WORN = {
    creatures.__name__: ("fur", "stripes", "dots", "blotches", "scales"),
    sea_creatures.__name__: ("scales", "stripes", "dots", "blotches"),
    buildings.__name__: ("bricks", "wood", "scales", "checks"),
    plants.__name__: ("dots", "stripes", "blotches", "wood", "scales"),
    fruit.__name__: ("dots", "stripes", "blotches", "scales"),
}
LAID = {
    "meadow": ("fur", "blotches"),
    "street": ("bricks", "checks"),
    "underwater": ("blotches", "scales"),
    "table": ("wood", "checks", "stripes", "dots", "bricks"),
    "paper": tuple(KINDS),
}


@dataclass(frozen=True)
class Repertoire:
    """The objects, backgrounds and textures that random scenes are made of.

    at_home: the families that belong on each background.
    strays: those that can be on any background.
    worn: for a module of families, the textures that suit them; for others it is `textures`.
    laid: for a background, the textures of its surfaces.
    textured_share, paved_share: of objects, of backgrounds with a texture.
    camouflage_share: of objects painted much like the background.
    foreground_share: of scenes with something in front of the objects.
    arrange: where the objects are.
    """

    at_home: Mapping[str, tuple[Family, ...]]
    strays: tuple[Family, ...]
    worn: Mapping[str, tuple[Kind, ...]]
    laid: Mapping[str, tuple[Kind, ...]]
    textures: tuple[Kind, ...] = tuple(KINDS)
    textured_share: float = 0.3
    paved_share: float = 0.35
    camouflage_share: float = 0.08
    foreground_share: float = 0.16
    arrange: Arrange = layout


VARIED = Repertoire(AT_HOME, FAMILIES, WORN, LAID)
CLEAR = replace(VARIED, camouflage_share=0.0, foreground_share=0.0, arrange=sparse)


def scene(seed: int, size: int = 256) -> Scene:
    """A random scene of one to twelve objects, the same for the same seed.

    Args:
        seed: any integer that numpy's default_rng takes, 0 or more.
        size: side of the square picture in pixels, at least 32. The layout does not depend on it;
            only regions that become too small to see (fewer than 12 pixels at 256 x 256) are
            dropped.

    Raises:
        ValueError: a smaller size or a negative seed.
    """
    drawn = replace(compose(VARIED, seed, size), drawn_from=DrawnFrom(seed, size))
    note_truth(drawn)
    return drawn


def clear_scene(seed: int, size: int = 256) -> Scene:
    """A random scene as the named examples are, the same for the same seed.

    One to three large objects on any background, with textures as often as in `scene`; none is
    camouflaged and nothing is in front of them. Arguments and errors are those of `scene`.
    """
    return compose(CLEAR, seed, size)


def compose(repertoire: Repertoire, seed: int, size: int) -> Scene:
    """A random scene like those of `scene`, from a given repertoire."""
    return arranged_scene(repertoire, seed, size).drawn()


def compose_with_textures(
    repertoire: Repertoire, seed: int, size: int
) -> tuple[Scene, UInt8[np.ndarray, "size size"]]:
    """The same scene, and where each texture lies, as in `Canvas.textures`."""
    arrangement = arranged_scene(repertoire, seed, size)
    canvas = arrangement.canvas()
    return canvas.finish(arrangement.grain), canvas.textures()


def arranged_scene(repertoire: Repertoire, seed: int, size: int) -> Arrangement:
    """What the scene of a repertoire and a seed is drawn from."""
    if seed < 0:
        raise ValueError(f"expected a seed of 0 or more, got {seed}")
    _check_size(size)
    rng = np.random.default_rng(seed)
    place = list(BACKGROUNDS)[int(rng.choice(len(BACKGROUND_SHARES), p=BACKGROUND_SHARES))]
    background = BACKGROUNDS[place](rng)
    if place in repertoire.laid and rng.random() < repertoire.paved_share:
        pave(rng, background.sketch, repertoire.laid[place])
    light_x = float(rng.choice([-0.5, 0.5]))
    objects, in_front = [], []
    arranged = repertoire.arrange(rng, background.floor)
    painted = _painter(rng, repertoire, place, arranged.alike)
    facing = rng.choice([-1.0, 1.0])
    for radius, x, y in arranged.places:
        sketch = painted()
        if rng.random() < repertoire.camouflage_share:
            camouflage(sketch, background.colour, rng.uniform(0.35, 0.7))
        mirror = facing if arranged.alike else rng.choice([-1.0, 1.0])
        linear = _pose(rng, sketch, radius, mirror, background.floor is None)
        objects.append(Placed(sketch, linear, (x, y)))
    if rng.random() < repertoire.foreground_share:
        covers = IN_FRONT[place]
        in_front.append(covers[int(rng.integers(len(covers)))](rng, background.colour))
    grain = noise(rng, size)
    return Arrangement(size, background, light_x, tuple(objects), tuple(in_front), grain)


def _painter(
    rng: np.random.Generator, repertoire: Repertoire, place: str, alike: bool
) -> Callable[[], Sketch]:
    """A function that draws an object a call; if alike, all of one kind, sometimes copies."""
    if not alike:
        return lambda: _object(rng, repertoire, _family(rng, repertoire, place))
    family, look = _family(rng, repertoire, place), int(rng.integers(2**32))
    if rng.random() < 0.5:
        return lambda: _object(np.random.default_rng(look), repertoire, family)
    return lambda: _object(rng, repertoire, family)


def _family(rng: np.random.Generator, repertoire: Repertoire, place: str) -> Family:
    """A family that belongs to a background, or a stray."""
    stray = rng.random() < STRAY_SHARE
    families = repertoire.strays if stray else repertoire.at_home[place]
    return families[int(rng.integers(len(families)))]


def _object(rng: np.random.Generator, repertoire: Repertoire, family: Family) -> Sketch:
    """An object, in some cases with a texture that suits it."""
    sketch = family(rng)
    if rng.random() < repertoire.textured_share:
        clothe(rng, sketch, repertoire.worn.get(family.__module__, repertoire.textures))
    return sketch


def noise(rng: np.random.Generator, size: int) -> Float32[np.ndarray, "size size"]:
    """Smooth random texture of about -1 to 1; the same pattern at any size."""
    coarse = rng.standard_normal((12, 12), dtype=np.float32) * 0.4
    field = np.asarray(Image.fromarray(coarse).resize((180, 180), Image.Resampling.BICUBIC))
    field = field + rng.standard_normal((180, 180), dtype=np.float32) * 0.36
    return np.asarray(Image.fromarray(field).resize((size, size), Image.Resampling.BICUBIC))


def _check_size(size: int) -> None:
    if size < 32:
        raise ValueError(
            f"expected a size of at least 32 pixels, got {size}; draw larger and scale"
        )


def _pose(rng: np.random.Generator, sketch: Sketch, radius, mirror, floating: bool) -> np.ndarray:
    """Scale, rotation and mirroring as a 2 x 2 matrix; what floats or lies is turned freely."""
    if floating or sketch.ground is None:
        angle = rng.normal() * (0.35 if rng.random() < 0.7 else 1.6)
    else:
        angle = rng.normal() * 0.05
    c, s = np.cos(angle), np.sin(angle)
    stretch = np.diag([mirror * rng.uniform(0.9, 1.1), rng.uniform(0.9, 1.1)])
    return radius * np.array([[c, -s], [s, c]]) @ stretch


def camouflage(sketch: Sketch, colour: Colour, share: Number) -> None:
    """Give every colour of an object a share of another one, usually its surroundings'."""
    for stroke in sketch.strokes:
        stroke.colour = mixed(stroke.colour, colour, share)
