"""Textures for the exam only, never drawn in training."""

import numpy as np

from sam_explore.scenes.textures import Grid


def zigzag(u: Grid, v: Grid) -> Grid:
    """Bands that run up and down."""
    return (v + np.abs(u % 1 - 0.5)) % 1 < 0.45


def plaid(u: Grid, v: Grid) -> Grid:
    """Broad and narrow bands both ways, woven: a twill shows one or the other where they cross."""
    twill = (6 * (u + v)) % 1 < 0.5
    return np.where(twill, _bands(u), _bands(v))


def _bands(w: Grid) -> Grid:
    return (w % 1 < 0.42) | (np.abs(w % 1 - 0.71) < 0.05)


def honeycomb(u: Grid, v: Grid) -> Grid:
    """The walls between hexagons one period wide, whose centres form two shifted grids."""
    step = np.array([1.0, np.sqrt(3)])
    places = np.stack([u, v], axis=-1)
    here, there = ((places - shift) % step - step / 2 for shift in (0, step / 2))
    nearer = (here**2).sum(axis=-1) < (there**2).sum(axis=-1)
    x, y = np.abs(np.where(nearer[..., None], here, there)).transpose(2, 0, 1)
    return np.maximum(x, 0.5 * x + np.sqrt(0.75) * y) > 0.42


HELD_OUT_TEXTURES = (zigzag, plaid, honeycomb)
