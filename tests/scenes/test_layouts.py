"""Where objects are, and what comes in front of them."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from sam_explore.scenes.canvas import Canvas
from sam_explore.scenes.composition import VARIED, compose
from sam_explore.scenes.foregrounds import IN_FRONT
from sam_explore.scenes.layouts import (
    LAYOUT_SHARES,
    LAYOUTS,
    Layout,
    clutter,
    few,
    flock,
    heap,
    layout,
    row,
    sparse,
)

FLOORS = (None, (0.6, 0.95))


@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize(
    ("arranged", "fewest", "most", "alike"),
    [
        (few, 1, 5, False),
        (sparse, 1, 3, False),
        (heap, 3, 6, False),
        (clutter, 7, 12, False),
        (flock, 4, 9, True),
    ],
)
def test_a_layout_has_as_many_as_it_says_and_those_in_front_last(
    arranged, fewest, most, alike, floor
):
    for seed in range(20):
        found = arranged(np.random.default_rng(seed), floor)
        assert fewest <= len(found.places) <= most
        assert found.alike == alike
        feet = [y + 0.8 * radius for radius, _, y in found.places]
        assert feet == sorted(feet)


@pytest.mark.parametrize("arranged", LAYOUTS)
@pytest.mark.parametrize("floor", FLOORS)
def test_objects_have_their_centres_in_the_picture(arranged, floor):
    for seed in range(20):
        for radius, x, y in arranged(np.random.default_rng(seed), floor).places:
            assert 0 < x < 1
            assert -0.1 < y < 1
            assert 0.03 < radius < 0.5


def test_a_row_is_evenly_spaced():
    for seed in range(20):
        across = sorted(x for _, x, _ in row(np.random.default_rng(seed), (0.6, 0.9)).places)
        steps = np.diff(across)
        assert np.allclose(steps, steps[0])
        assert across[0] == pytest.approx(0.6 * steps[0])


def test_a_heap_covers_more_of_itself_than_a_few_do():
    assert _closest(heap) < _closest(few)


def _closest(arranged) -> float:
    """Mean over seeds of the smallest distance between two centres, in sums of their radii."""
    gaps = []
    for seed in range(60):
        found: Layout = arranged(np.random.default_rng(seed), None)
        pairs = [(a, b) for a in found.places for b in found.places if a < b]
        near = [np.hypot(a[1] - b[1], a[2] - b[2]) / (a[0] + b[0]) for a, b in pairs]
        gaps += [min(near)] if near else []
    return float(np.mean(gaps))


@pytest.mark.parametrize("arranged", [row, flock])
def test_rows_and_flocks_are_of_one_kind(arranged):
    alike = replace(VARIED, arrange=arranged)
    for seed in range(3):
        wholes = [r.name for r in compose(alike, seed, 64).regions if r.level == 0]
        assert len(wholes) >= 3
        assert len({re.sub(r" \d+$", "", name) for name in wholes}) == 1


def test_the_layouts_come_in_their_shares():
    found = Counter(layout(np.random.default_rng(seed), None).alike for seed in range(300))
    assert found[True] / 300 == pytest.approx(sum(LAYOUT_SHARES[3:]), abs=0.07)


@pytest.mark.parametrize("place", IN_FRONT)
def test_what_is_in_front_shows_and_has_no_label(place):
    for cover in IN_FRONT[place]:
        canvas = Canvas(64)
        canvas.draw(cover(np.random.default_rng(3), (0.4, 0.6, 0.5)))
        drawn = canvas.finish()
        assert not drawn.labels.any()
        assert np.ptp(drawn.image, axis=(0, 1)).max() > 10, cover.__name__
