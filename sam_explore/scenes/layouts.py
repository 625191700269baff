"""Arrangements of the objects in a random scene: a few, a heap, clutter, a row or a flock."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .shapes import Number

Place = tuple[float, float, float]  # radius, x and y of the centre, in the unit square
Floor = tuple[float, float] | None  # the range of y where objects stand; None where they float


@dataclass(frozen=True)
class Layout:
    """places: of each object, the one in the back first. alike: whether all are of one kind."""

    places: list[Place]
    alike: bool


Arrange = Callable[[np.random.Generator, Floor], Layout]


def few(rng: np.random.Generator, floor: Floor) -> Layout:
    """One to five objects that hardly cover one another."""
    count = int(rng.choice([1, 2, 3, 4, 5], p=[0.3, 0.26, 0.22, 0.13, 0.09]))
    largest = {1: 0.48, 2: 0.36, 3: 0.31, 4: 0.27, 5: 0.25}[count]
    return Layout(_scattered(rng, floor, count, largest, gap=0.75), alike=False)


def sparse(rng: np.random.Generator, floor: Floor) -> Layout:
    """One to three large objects, apart from one another where there is room."""
    count = int(rng.choice([1, 2, 3], p=[0.4, 0.35, 0.25]))
    largest = {1: 0.46, 2: 0.36, 3: 0.31}[count]
    return Layout(_scattered(rng, floor, count, largest, gap=0.95), alike=False)


def heap(rng: np.random.Generator, floor: Floor) -> Layout:
    """Three to six objects, most of which cover a part of others."""
    return Layout(_scattered(rng, floor, int(rng.integers(3, 7)), 0.33, gap=0.42), alike=False)


def clutter(rng: np.random.Generator, floor: Floor) -> Layout:
    """Seven to twelve small objects."""
    return Layout(_scattered(rng, floor, int(rng.integers(7, 13)), 0.19, gap=0.6), alike=False)


def flock(rng: np.random.Generator, floor: Floor) -> Layout:
    """Four to nine of a kind, anywhere."""
    count = int(rng.integers(4, 10))
    return Layout(_scattered(rng, floor, count, 0.62 / count**0.5, gap=0.7), alike=True)


def row(rng: np.random.Generator, floor: Floor) -> Layout:
    """Three to six of a kind side by side, some rows growing smaller towards one end."""
    count = int(rng.integers(3, 7))
    step = 1 / (count + 0.2)
    radius = step * rng.uniform(0.48, 0.78)
    shrink = rng.choice([1.0, 1.0, rng.uniform(0.55, 0.9)])
    low, high = floor or (0.35, 0.8)
    feet = rng.uniform(max(low, 1.7 * radius), max(high, 1.8 * radius))
    places = []
    for i in range(count):
        scale = 1 - (1 - shrink) * i / (count - 1)
        x, y = (i + 0.6) * step, feet - (1 - scale) * 0.6 * max(feet - low, 0)
        places.append((radius * scale, x, y - 0.8 * radius * scale))
    return Layout(_far_first(places), alike=True)


LAYOUTS = (few, heap, clutter, row, flock)
LAYOUT_SHARES = (0.6, 0.12, 0.08, 0.1, 0.1)


def layout(rng: np.random.Generator, floor: Floor) -> Layout:
    """A random one of LAYOUTS, by their shares."""
    return LAYOUTS[int(rng.choice(len(LAYOUTS), p=LAYOUT_SHARES))](rng, floor)


def _scattered(
    rng: np.random.Generator, floor: Floor, count: int, largest: float, gap: Number
) -> list[Place]:
    """Circles whose centres are `gap` times the sum of their radii apart, where there is room."""
    places: list[Place] = []
    for i in range(count):
        radius = largest * rng.uniform(0.72 if i == 0 else 0.5, 1.0)
        for _ in range(8):
            x, y = _middle(rng) if count == 1 else _anywhere(rng, radius)
            if floor is not None:
                low, high = floor
                y = min(max(rng.uniform(low, high), 1.5 * radius), high) - 0.8 * radius
            if all(np.hypot(x - px, y - py) > gap * (radius + pr) for pr, px, py in places):
                break
        places.append((radius, x, y))
    return _far_first(places)


def _middle(rng: np.random.Generator) -> tuple[float, float]:
    return rng.normal(0.5, 0.06), rng.normal(0.5, 0.05)


def _anywhere(rng: np.random.Generator, radius: float) -> tuple[float, float]:
    x = rng.uniform(0.55 * radius, 1 - 0.55 * radius)
    return x, rng.uniform(0.6 * radius, 1 - 0.6 * radius)


def _far_first(places: list[Place]) -> list[Place]:
    return sorted(places, key=lambda place: place[2] + 0.8 * place[0])
