"""Draws scenes with changes: what is not changed stays to the last bit."""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace

import numpy as np

from sam_explore.provenance import Origin, note_picture

from .arrangement import Arrangement, Placed
from .changes import PLAIN, Changes, Shift
from .composition import VARIED, arranged_scene
from .examples import SIZE, arranged_example
from .foregrounds import board
from .ground_truth import DrawnFrom, Scene, note_truth
from .sketch import Sketch, hue_turned
from .textures import reclothe


def changed_scene(
    what: str | int,
    *,
    moved_px: Mapping[str, Shift] | None = None,
    textures: Mapping[str, str] | None = None,
    cover_px: Shift | None = None,
    hue: float = 0.0,
    size: int = 256,
) -> Scene:
    """A named example or a random scene with changes, and the truth of it.

        sx.course.changed_scene("turtle", moved_px={"turtle/head": (0, -40)})

    Without a change it is the scene of `sx.example` or `sx.scene`, bit for bit.

    Args:
        what: an example's name, or a seed as for `sx.scene`.
        moved_px, textures, cover_px, hue: as in `Changes`.
        size: side in pixels of a random scene; examples have 512.

    Raises:
        ValueError: an unknown example, region or texture, or a seed or a size as in `sx.scene`.
    """
    changes = Changes(moved_px or {}, textures or {}, cover_px, hue)
    return draw_changed(DrawnFrom(what, SIZE if isinstance(what, str) else size, changes))


def draw_changed(drawn_from: DrawnFrom) -> Scene:
    """The scene; its truth and its code are remembered, as those of `sx.example` are.

    Raises:
        ValueError: as in `changed_scene`.
    """
    drawn = changed(arrangement_of(drawn_from), drawn_from.changes).drawn()
    scene = replace(drawn, drawn_from=drawn_from)
    note_changed(scene)
    return scene


def note_changed(scene: Scene) -> None:
    """Remember the truth and the code of a scene that is drawn by name or seed."""
    note_truth(scene)
    if scene.drawn_from is not None:
        what, changes = scene.drawn_from.what, scene.drawn_from.changes.code
        size = "" if isinstance(what, str) else f", size={scene.drawn_from.size}"
        code = f"sx.course.changed_scene({what!r}{changes}{size}).image"
        note_picture(scene.image, Origin(code))


def arrangement_of(drawn_from: DrawnFrom) -> Arrangement:
    """What a scene is drawn from, before its changes."""
    if isinstance(drawn_from.what, str):
        return arranged_example(drawn_from.what)
    return arranged_scene(VARIED, drawn_from.what, drawn_from.size)


def changed(arrangement: Arrangement, changes: Changes) -> Arrangement:
    """An arrangement with changes; the one given is not changed.

    Textures come first, then moves, a whole's and its parts' in any order.

    Raises:
        ValueError: a name that no region of it has, or a texture for a part.
    """
    objects = list(arrangement.objects)
    for name, kind in changes.textures.items():
        number, region = arrangement.find(name)
        if region:
            whole = arrangement.names[number][0]
            raise ValueError(f"a texture is for a whole, and {name!r} is a part of {whole!r}")
        sketch = copy(objects[number].sketch)
        reclothe(sketch, None if kind == PLAIN else kind)
        objects[number] = replace(objects[number], sketch=sketch)
    for name, shift_px in changes.moved_px.items():
        number, region = arrangement.find(name)
        shift = np.array(shift_px) / arrangement.size
        objects[number] = _moved(objects[number], region, shift)
    in_front = arrangement.in_front
    if changes.cover_px is not None:
        x, y = (each / arrangement.size for each in changes.cover_px)
        in_front = (*in_front, board(x, y))
    background = arrangement.background
    if changes.hue:
        background = hue_turned(background, changes.hue)
    return replace(arrangement, background=background, objects=tuple(objects), in_front=in_front)


def _moved(placed: Placed, region: int, shift: np.ndarray) -> Placed:
    """An object with a region moved in the unit square of the picture."""
    if region == 0:
        x, y = placed.centre
        return replace(placed, centre=(x + float(shift[0]), y + float(shift[1])))
    inner = np.linalg.inv(placed.linear) @ shift
    return replace(placed, sketch=_with_part_moved(placed.sketch, region, inner))


def _with_part_moved(sketch: Sketch, region: int, shift: np.ndarray) -> Sketch:
    """A sketch with a region moved in its own frame. A shading goes with the stroke before it."""
    moving = {region}
    for number, (_, _, parent) in enumerate(sketch.regions):
        if parent in moving:
            moving.add(number)
    strokes, goes = [], False
    for stroke in sketch.strokes:
        goes = goes if stroke.region is None else stroke.region in moving
        if goes:
            stroke = replace(stroke, points=stroke.points + shift)
            if stroke.pattern is not None:
                x, y = stroke.pattern.centre
                centre = (x + float(shift[0]), y + float(shift[1]))
                stroke = replace(stroke, pattern=replace(stroke.pattern, centre=centre))
        strokes.append(stroke)
    moved = copy(sketch)
    moved.strokes = strokes
    return moved
