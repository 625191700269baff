"""Outlines: closed polygons as point arrays, x to the right and y down, in any unit."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float64

Points = Float64[np.ndarray, "_ 2"]
Number = float | int
Corner = tuple[Number, Number] | Float64[np.ndarray, "2"]


@lru_cache(maxsize=64)
def _circle(count: int) -> np.ndarray:
    angles = np.arange(count) * (2 * np.pi / count)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def turned(points: Points, degrees: Number, x: Number = 0.0, y: Number = 0.0) -> Points:
    """The points turned clockwise on screen about (x, y)."""
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    return (points - (x, y)) @ np.array([[c, s], [-s, c]]) + (x, y)


def moved(points: Points, x: Number, y: Number, scale: Number = 1.0) -> Points:
    """The points scaled about the origin, then moved by (x, y)."""
    return points * scale + (x, y)


def polygon(*corners: Corner) -> Points:
    """The corners as they are."""
    return np.array(corners, dtype=np.float64)


def ellipse(
    x: Number, y: Number, rx: Number, ry: Number | None = None, turn: Number = 0.0, count: int = 36
) -> Points:
    """An ellipse around (x, y), turned clockwise by `turn` degrees; a circle without ry."""
    points = _circle(count) * (rx, rx if ry is None else ry)
    return (turned(points, turn) if turn else points) + (x, y)


def circle_at(point: np.ndarray, radius: Number) -> Points:
    """A circle around a point of a path."""
    x, y = point
    return ellipse(x, y, radius)


def dome(x: Number, y: Number, rx: Number, ry: Number, count: int = 20) -> Points:
    """The upper half of an ellipse, its flat side on y."""
    angles = np.linspace(np.pi, 2 * np.pi, count)
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)


def sector(
    x: Number, y: Number, radius: Number, start: Number, stop: Number, count: int = 14
) -> Points:
    """A slice of a disc from `start` to `stop` degrees, clockwise on screen from the right."""
    angles = np.deg2rad(np.linspace(start, stop, count))
    rim = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
    return np.concatenate([[(x, y)], rim])


def rectangle(x0: Number, y0: Number, x1: Number, y1: Number, radius: Number = 0.0) -> Points:
    """A rectangle, its corners rounded by `radius`."""
    if not radius:
        return polygon((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    corner = _circle(24).reshape(4, 6, 2) * radius
    left, right, top, bottom = x0 + radius, x1 - radius, y0 + radius, y1 - radius
    centres = ((right, bottom), (left, bottom), (left, top), (right, top))
    return np.concatenate([corner[i] + centres[i] for i in range(4)])


@lru_cache(maxsize=16)
def _catmull_rom(steps: int) -> np.ndarray:
    t = np.arange(steps)[:, None] / steps
    powers = np.concatenate([t**0, t, t**2, t**3], axis=1)
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])
    return powers @ basis / 2


@lru_cache(maxsize=64)
def _neighbours(count: int) -> np.ndarray:
    """Of each corner of a closed curve: the one before, itself and the two after."""
    return (np.arange(count)[:, None] + np.array([-1, 0, 1, 2])) % count


def smooth(*corners: Corner, steps: int = 6) -> Points:
    """A closed curve through the corners, `steps` points for each of them."""
    points = np.asarray(corners, dtype=np.float64)
    return (_catmull_rom(steps) @ points[_neighbours(len(points))]).reshape(-1, 2)


def curve(*corners: Corner, steps: int = 6) -> Points:
    """An open curve through the corners, to be widened by `ribbon`."""
    closed = smooth(corners[0], *corners, corners[-1], steps=steps)
    return closed[steps : steps * len(corners) + 1]


def ribbon(path: Points, widths: Number | tuple[Number, ...] | Float64[np.ndarray, "_"]) -> Points:
    """A band along an open path, as wide at each of its points as `widths` says."""
    path = np.asarray(path, dtype=np.float64)
    along = np.gradient(path, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    half = np.broadcast_to(np.asarray(widths, dtype=np.float64), len(path))[:, None] / 2
    return np.concatenate([path + across * half, (path - across * half)[::-1]])


def arch(
    x0: Number, x1: Number, y: Number, height: Number, width: Number, count: int = 14
) -> Points:
    """A band that rises from (x0, y) to `height` above and falls to (x1, y); sags if negative."""
    s = np.linspace(0, 1, count)
    path = np.stack([x0 + (x1 - x0) * s, y - height * 4 * s * (1 - s)], axis=1)
    return ribbon(path, width)


def star(
    x: Number, y: Number, outer: Number, inner: Number, tips: int = 5, turn: Number = -90
) -> Points:
    """A star around (x, y) with its first tip in the direction `turn`."""
    points = _circle(2 * tips) * np.tile([outer, inner], tips)[:, None]
    return moved(turned(points, turn), x, y)
