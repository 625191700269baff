"""Patterns on strokes: where their colour goes, and that they change nothing but colours."""

import numpy as np
import pytest

from sam_explore.scenes import Scene, creatures
from sam_explore.scenes.canvas import Canvas
from sam_explore.scenes.shapes import rectangle
from sam_explore.scenes.sketch import Pattern, Sketch
from sam_explore.scenes.textures import KINDS, bitmap, clothe, pave

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def tile(pattern: Pattern, linear=None, offset=(0.0, 0.0), size: int = 64) -> Scene:
    """A red square over the middle half of the frame 0 to 1, with a pattern in blue."""
    sketch = Sketch("tile")
    square = sketch.fill(0, rectangle(0.25, 0.25, 0.75, 0.75), RED, "flat")
    sketch.texture(square, pattern, BLUE)
    canvas = Canvas(size)
    canvas.draw(sketch, linear, offset)
    return canvas.finish()


def blue(drawn: Scene, x: int, y: int) -> bool:
    return drawn.image[y, x].tolist() == [0, 0, 255]


def test_checks_fall_on_the_quarters_that_they_should():
    """Two periods a unit: cells of 16 of 64 pixels, the first corner of a period at the centre."""
    drawn = tile(Pattern("checks", 2, centre=(0.5, 0.5)))
    cells = [[blue(drawn, x, y) for x in (24, 40)] for y in (24, 40)]
    assert cells == [[False, True], [True, False]]
    assert drawn.image[8, 8].tolist() != [0, 0, 255]


@pytest.mark.parametrize("turn", [0, 90])
def test_stripes_turn_with_the_pattern_and_with_the_object(turn):
    """One period a unit and the centre in the middle: the right half, or after 90° the lower."""
    pattern = Pattern("stripes", 1, turn, centre=(0.5, 0.5))
    right, below = blue(tile(pattern), 40, 24), blue(tile(pattern), 24, 40)
    assert (right, below) == ((True, False) if turn == 0 else (False, True))
    quarter = np.array([[0.0, -1.0], [1.0, 0.0]])  # clockwise on screen: x to y, y to minus x
    turned = tile(pattern, quarter, (1.0, 0.0))
    assert blue(turned, 40, 40) == right
    assert blue(turned, 24, 24) == below


def test_a_pattern_looks_the_same_at_twice_the_size():
    pattern = Pattern("dots", 6, 20, centre=(0.5, 0.5))
    small, large = tile(pattern, size=64), tile(pattern, size=128)
    halved = large.image.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small.image).mean() < 4


def test_a_pattern_keeps_to_what_shows_of_its_stroke_and_below_shades():
    sketch = Sketch("tile")
    square = sketch.fill(0, rectangle(0, 0, 1, 1), RED, "flat")
    sketch.fill(sketch.part("door"), rectangle(0.5, 0, 1, 1), (0, 1, 0), "flat")
    sketch.shade(rectangle(0, 0.5, 1, 1), -0.5)
    sketch.texture(square, Pattern("checks", 1, centre=(0.25, 0.5)), BLUE)
    canvas = Canvas(64)
    canvas.draw(sketch)
    image = canvas.finish().image
    assert image[8, 48].tolist() == [0, 255, 0]
    assert image[24, 24].tolist() == [0, 0, 255]
    assert image[40, 8, 2] < 255
    assert image[40, 8, 0] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_covers_a_good_part_and_not_all(kind):
    assert 0.1 < np.mean(np.asarray(bitmap(kind)) > 127) < 0.7


@pytest.mark.parametrize("kind", KINDS)
def test_clothes_change_colours_and_no_label(kind):
    bare, clothed = (_cat((kind,) if worn else ()) for worn in (False, True))
    assert (bare.labels == clothed.labels).all()
    assert bare.regions == clothed.regions
    changed = (bare.image != clothed.image).any(axis=-1)
    assert changed.any()
    outside = bare.labels[0] == 0
    outside[:-1, :-1] &= outside[1:, :-1] & outside[:-1, 1:] & outside[1:, 1:]  # but the outline
    assert not (changed & outside).any()


def _cat(kinds: tuple[str, ...]) -> Scene:
    sketch = creatures.cat(np.random.default_rng(0))
    if kinds:
        clothe(np.random.default_rng(1), sketch, kinds)
    canvas = Canvas(96)
    canvas.draw(sketch, 0.4 * np.eye(2), (0.5, 0.5))
    return canvas.finish()


def test_only_surfaces_with_grain_are_paved():
    sketch = Sketch()
    sketch.fill(None, rectangle(0, 0, 1, 0.5), RED, "flat")
    sketch.fill(None, rectangle(0, 0.5, 1, 1), RED, "flat", grain=0.1)
    pave(np.random.default_rng(0), sketch, ("bricks",))
    canvas = Canvas(64)
    canvas.draw(sketch)
    image = canvas.finish().image
    assert (image[:31] == (255, 0, 0)).all()
    assert (image[33:] != (255, 0, 0)).any()


def test_where_a_texture_lies_is_known_of_each_pixel():
    canvas, sketch = Canvas(64), Sketch("plate")
    plate = sketch.fill(0, rectangle(0.0, 0.0, 1.0, 0.5), (0.9, 0.2, 0.2), "flat")
    sketch.texture(plate, Pattern("dots", 4), (0.1, 0.1, 0.9))
    sketch.fill(0, rectangle(0.5, 0.0, 1.0, 1.0), (0.2, 0.9, 0.2), "flat")
    canvas.draw(sketch)
    lies = canvas.textures()
    # On the whole plate, dots and what lies between them, but where something else covers it.
    assert (lies[:31, :31] == tuple(KINDS).index("dots") + 1).all()
    assert not lies[:, 33:].any()
    assert not lies[33:].any()
