"""What a scene is drawn from, as data: the background, each object and its place, and the grain."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from .canvas import Canvas, names_in_scene
from .ground_truth import Scene
from .shapes import ellipse
from .sketch import Background, Sketch, mixed


@dataclass(frozen=True, eq=False)
class Placed:
    """An object and its place: a point p of its sketch lies at linear @ p + centre.

    sketch: the object, in its own frame.
    linear: scale, rotation and mirroring.
    centre: x and y in the unit square of the picture.
    """

    sketch: Sketch
    linear: Float64[np.ndarray, "2 2"]
    centre: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Arrangement:
    """All that a scene is drawn from. Nothing in it is changed; `changes` makes others of it.

    size: side of the picture in pixels.
    background: with its own floor and kind of shadow.
    light_x: -0.5 for light from the left, 0.5 for light from the right.
    objects: the one in the back first.
    in_front: what is in front of all objects, and not labelled.
    grain: of all surfaces, about -1 to 1; it belongs to the picture, not to what is drawn.
    """

    size: int
    background: Background
    light_x: float
    objects: tuple[Placed, ...]
    in_front: tuple[Sketch, ...]
    grain: Float32[np.ndarray, "size size"]

    @property
    def names(self) -> list[list[str]]:
        """Of each object, the names of its regions in the scene; the first is the whole."""
        names: list[list[str]] = []
        for each in self.objects:
            names.append(names_in_scene(each.sketch, {name for one in names for name in one}))
        return names

    def find(self, name: str) -> tuple[int, int]:
        """The number of the object and of its region with this name in the scene.

        Raises:
            ValueError: no such name; the names are listed.
        """
        for number, names in enumerate(self.names):
            if name in names:
                return number, names.index(name)
        listed = ", ".join(name for names in self.names for name in names)
        raise ValueError(f"no region is named {name!r}; choose one of: {listed}")

    def drawn(self) -> Scene:
        """The picture and its truth: the same bytes each time."""
        return self.canvas().finish(self.grain)

    def canvas(self) -> Canvas:
        """All of it on a canvas."""
        canvas = Canvas(self.size, self.light_x)
        canvas.draw(self.background.sketch)
        for each in self.objects:
            _set_down(canvas, each.sketch, each.linear, each.centre, self.background)
        for sketch in self.in_front:
            canvas.draw(sketch)
        return canvas


def _set_down(canvas: Canvas, sketch: Sketch, linear, centre, background: Background) -> None:
    """Draw an object with the shadow that fits the background."""
    if background.shadow == "drop":
        shift = (centre[0] - 0.05 * canvas.light_x, centre[1] + 0.022)
        canvas.drop_shadow(sketch, linear, shift, 0.34)
    elif background.shadow == "ground" and sketch.ground is not None:
        feet = linear @ (0, sketch.ground) + centre
        reach = float(np.abs(np.linalg.det(linear))) ** 0.5
        canvas.soft_shadow(
            feet[0] - 0.2 * canvas.light_x * reach, feet[1], reach, 0.2 * reach, 0.55
        )
    canvas.draw(sketch, linear, centre)
    if background.shadow == "water" and sketch.ground is not None:
        _waterline(canvas, sketch, linear, centre, background)


def _waterline(canvas: Canvas, sketch: Sketch, linear, centre, background: Background) -> None:
    """Foam along the lower edge of what swims."""
    feet, reach = linear @ (0, sketch.ground) + centre, float(np.abs(np.linalg.det(linear))) ** 0.5
    foam, pale = Sketch(), mixed(background.colour, (1, 1, 1), 0.7)
    for dx, dy, width in ((-0.3, 0.02, 0.5), (0.35, 0.03, 0.5), (0, 0.0, 0.62)):
        wave = ellipse(feet[0] + dx * reach, feet[1] + dy * reach, width * reach, 0.035 * reach)
        foam.fill(None, wave, mixed(background.colour, pale, 0.5 + dy * 10), "flat")
    for dx, width in ((-0.5, 0.16), (-0.12, 0.2), (0.3, 0.14), (0.56, 0.1)):
        crest = ellipse(feet[0] + dx * reach, feet[1] - 0.01 * reach, width * reach, 0.012 * reach)
        foam.fill(None, crest, pale, "flat")
    canvas.draw(foam)
