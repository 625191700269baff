"""A few fixed pictures by name, composed by hand, for the first steps of the course."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import UInt8

from sam_explore.provenance import Origin, note_picture

from . import buildings, creatures, flyers, fruit, plants, sea_creatures, things, vehicles
from .arrangement import Arrangement, Placed
from .backgrounds import table
from .composition import camouflage, noise
from .creatures import turtle
from .ground_truth import DrawnFrom, Scene, note_truth
from .landscapes import lake, meadow, open_sky, street, underwater
from .sketch import Background, Sketch
from .textures import clothe

SIZE = 512

Listed = tuple[Sketch, float, float, float]  # the object, its radius, x and y in the unit square
Recipe = tuple[Background, list[Listed]]


def _turtle(rng: np.random.Generator) -> Recipe:
    skin, shell, grass = (0.33, 0.66, 0.47), (0.78, 0.44, 0.22), (0.68, 0.8, 0.42)
    return meadow(np.random.default_rng(48), grass), [
        (plants.mushroom(rng, (0.86, 0.25, 0.28)), 0.12, 0.12, 0.49),
        (turtle(rng, skin, shell), 0.43, 0.5, 0.57),
    ]


def _car(rng: np.random.Generator) -> Recipe:
    objects = [
        (plants.tree(_seeded(0)), 0.2, 0.84, 0.5),
        (vehicles.car(rng, paint=(0.88, 0.26, 0.22)), 0.41, 0.47, 0.63),
    ]
    return street(np.random.default_rng(4)), objects


def _house(rng: np.random.Generator) -> Recipe:
    home = buildings.house(rng, (0.97, 0.88, 0.7), (0.78, 0.34, 0.26), (0.2, 0.45, 0.5))
    return meadow(np.random.default_rng(9)), [
        (plants.tree(rng), 0.22, 0.15, 0.56),
        (home, 0.4, 0.54, 0.5),
    ]


def _flower(rng: np.random.Generator) -> Recipe:
    return meadow(np.random.default_rng(5)), [
        (plants.tulip(rng), 0.26, 0.16, 0.66),
        (plants.flower(rng, (0.95, 0.45, 0.55), (0.98, 0.78, 0.25)), 0.46, 0.54, 0.51),
    ]


def _fruit(rng: np.random.Generator) -> Recipe:
    return table(np.random.default_rng(3)), [
        (fruit.melon(rng), 0.3, 0.66, 0.74),
        (fruit.apple(rng, (0.86, 0.22, 0.2)), 0.3, 0.35, 0.5),
        (fruit.cherries(rng), 0.22, 0.76, 0.46),
    ]


def _boat(rng: np.random.Generator) -> Recipe:
    sails = vehicles.boat(rng, (0.82, 0.27, 0.24), (0.97, 0.93, 0.82))
    return lake(np.random.default_rng(2)), [(sails, 0.42, 0.5, 0.5)]


def _fish(rng: np.random.Generator) -> Recipe:
    return underwater(np.random.default_rng(1)), [
        (sea_creatures.fish(rng), 0.18, 0.2, 0.22),
        (sea_creatures.fish(rng), 0.38, 0.54, 0.5),
    ]


def _cat(rng: np.random.Generator) -> Recipe:
    tabby = creatures.cat(_seeded(3))
    clothe(_seeded(2), tabby, ("fur",))
    return table(_seeded(4)), [
        (tabby, 0.43, 0.4, 0.52),
        (things.mug(_seeded(5)), 0.2, 0.8, 0.73),
    ]


def _castle(rng: np.random.Generator) -> Recipe:
    stronghold = buildings.castle(_seeded(0))
    clothe(_seeded(4), stronghold, ("bricks",))
    return meadow(_seeded(0)), [
        (plants.tree(_seeded(0)), 0.16, 0.1, 0.52),
        (plants.tree(_seeded(0)), 0.19, 0.9, 0.54),
        (stronghold, 0.4, 0.5, 0.54),
    ]


def _balloons(rng: np.random.Generator) -> Recipe:
    places = ((0, 0.38, 0.36, 0.46), (5, 0.2, 0.79, 0.3), (3, 0.15, 0.72, 0.78))
    return open_sky(_seeded(1)), [
        (flyers.balloon(_seeded(look)), radius, x, y) for look, radius, x, y in places
    ]


def _robots(rng: np.random.Generator) -> Recipe:
    looks = enumerate((6, 10, 12))
    return table(_seeded(4)), [
        (things.robot(_seeded(look)), 0.23, 0.18 + 0.32 * i, 0.66) for i, look in looks
    ]


def _octopus(rng: np.random.Generator) -> Recipe:
    """Painted much like the water behind it: hard to find, and hard to segment."""
    depth, hidden = underwater(_seeded(4)), sea_creatures.octopus(_seeded(2))
    clothe(_seeded(1), hidden, ("blotches",))
    camouflage(hidden, depth.colour, 0.6)
    return depth, [
        (sea_creatures.crab(_seeded(3)), 0.17, 0.8, 0.78),
        (hidden, 0.36, 0.42, 0.46),
    ]


def _seeded(seed: int) -> np.random.Generator:
    """The random numbers of an object's or a background's look; the seed is chosen by eye."""
    return np.random.default_rng(seed)


_RECIPES: dict[str, Callable[[np.random.Generator], Recipe]] = {
    "turtle": _turtle,
    "car": _car,
    "house": _house,
    "flower": _flower,
    "fruit": _fruit,
    "boat": _boat,
    "fish": _fish,
    "cat": _cat,
    "castle": _castle,
    "balloons": _balloons,
    "robots": _robots,
    "octopus": _octopus,
}
EXAMPLES: tuple[str, ...] = tuple(_RECIPES)


def example_scene(name: str) -> Scene:
    """One of EXAMPLES with its ground truth, 512 x 512; always the same.

    Raises ValueError for an unknown name, listing the names.
    """
    return replace(arranged_example(name).drawn(), drawn_from=DrawnFrom(name, SIZE))


def arranged_example(name: str) -> Arrangement:
    """What one of EXAMPLES is drawn from. Raises ValueError for an unknown name."""
    if name not in _RECIPES:
        raise ValueError(f"no example is named {name!r}; choose one of: {', '.join(EXAMPLES)}")
    rng = np.random.default_rng(EXAMPLES.index(name))
    background, objects = _RECIPES[name](rng)
    placed = tuple(Placed(sketch, radius * np.eye(2), (x, y)) for sketch, radius, x, y in objects)
    return Arrangement(SIZE, background, -0.5, placed, (), noise(rng, SIZE))


def example(name: str) -> UInt8[np.ndarray, "h w 3"]:
    """The picture of one of EXAMPLES, RGB, 512 x 512. Raises ValueError for an unknown name."""
    drawn = example_scene(name)
    note_truth(drawn)
    image = drawn.image
    note_picture(image, Origin(f'sx.example("{name}")'))
    return image


example.names = EXAMPLES  # type: ignore[attr-defined]  # for those who know the public name only
