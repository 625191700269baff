"""A few fixed pictures by name, composed by hand: the ones that a reader meets first."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from . import buildings, fruit, plants, sea_creatures, vehicles
from .backgrounds import table
from .canvas import Canvas
from .composition import noise, set_down
from .creatures import turtle
from .landscapes import lake, meadow, street, underwater
from .scenes import Scene
from .sketch import Background, Sketch

SIZE = 512

Placed = tuple[Sketch, float, float, float]  # the object, its radius, x and y in the unit square
Recipe = tuple[Background, list[Placed]]


def _turtle(rng: np.random.Generator) -> Recipe:
    skin, shell, grass = (0.33, 0.66, 0.47), (0.78, 0.44, 0.22), (0.68, 0.8, 0.42)
    return meadow(np.random.default_rng(48), grass), [
        (plants.mushroom(rng, (0.86, 0.25, 0.28)), 0.12, 0.12, 0.49),
        (turtle(rng, skin, shell), 0.43, 0.5, 0.57),
    ]


def _car(rng: np.random.Generator) -> Recipe:
    objects = [
        (plants.tree(rng), 0.2, 0.84, 0.5),
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


_RECIPES: dict[str, Callable[[np.random.Generator], Recipe]] = {
    "turtle": _turtle,
    "car": _car,
    "house": _house,
    "flower": _flower,
    "fruit": _fruit,
    "boat": _boat,
    "fish": _fish,
}
EXAMPLES: tuple[str, ...] = tuple(_RECIPES)


def example_scene(name: str) -> Scene:
    """One of EXAMPLES with its ground truth, 512 x 512; always the same.

    Raises ValueError for an unknown name, listing the names.
    """
    if name not in _RECIPES:
        raise ValueError(f"no example is named {name!r}; choose one of: {', '.join(EXAMPLES)}")
    rng = np.random.default_rng(EXAMPLES.index(name))
    background, objects = _RECIPES[name](rng)
    canvas = Canvas(SIZE)
    canvas.draw(background.sketch)
    for sketch, radius, x, y in objects:
        set_down(canvas, sketch, radius * np.eye(2), (x, y), background)
    return canvas.finish(noise(rng, SIZE))


def example(name: str) -> UInt8[np.ndarray, "h w 3"]:
    """The picture of one of EXAMPLES, RGB, 512 x 512. Raises ValueError for an unknown name."""
    return example_scene(name).image
