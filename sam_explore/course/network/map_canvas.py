"""The map on its canvas: pointed at, clicked, and walked through with keys."""

from collections.abc import Callable, Mapping

from ipycanvas import Canvas
from ipywidgets import Image

from sam_explore.model import Step
from sam_explore.plots import raster
from sam_explore.widgets.canvas import KeyPress
from sam_explore.widgets.canvas.viewport import SHARPNESS
from sam_explore.widgets.exploring.paper import PointedView

from .map_drawing import draw_boxes, draw_changed, draw_pointed, draw_tensors, thumbnail
from .map_layout import Box, MapLayout
from .map_words import about_part, linked, short_shape
from .parts import Network, Part
from .run_tensors import RunTensors, heatmap_of
from .tensor_maps import TensorMap

_HINT = "Point at a box to see where its tensor comes from and goes to; click to unfold it."
_KEYS = {
    "Arrows": "go to the next box",
    "Enter": "unfolds or folds it, and lists the exhibits that read it",
    "?": "shows and hides this",
}
_BOXES, _TENSORS, _CHANGED, _MARKS = range(4)


class MapCanvas(PointedView):
    """The map of a network with the tensors of a run.

    Args:
        width: in CSS pixels.
        pick: called with the part that is clicked on.
        guard, redraw: see `PointedView`.
    """

    def __init__(
        self,
        width: int,
        pick: Callable[[Part], None],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._pick = pick
        self._network: Network | None = None
        self._layout = MapLayout((), (), width, 1)
        self._run: RunTensors | None = None
        self._drawn_shapes: dict[str, str] = {}
        self._sheets: list[tuple[Image, TensorMap | None]] = []
        super().__init__(4, width, _HINT, guard, redraw, _KEYS)
        self.canvas.add_class("sam-explore-network")
        self.area.on(key=guard(self._key))

    @property
    def room(self) -> int:
        """The width for the map in CSS pixels."""
        return self._width

    @property
    def layout(self) -> MapLayout:
        """The map as it is laid out now."""
        return self._layout

    def show(self, network: Network, layout: MapLayout, run: RunTensors | None) -> None:
        """Draw a map with the tensors of a run, as far as there are any."""
        is_new = network is not self._network or layout is not self._layout
        self._network, self._layout, self._run = network, layout, run
        shapes = self._shapes()
        if is_new or shapes != self._drawn_shapes:
            self._draw_boxes(shapes)
        self.show_tensors()
        self.show_changed({})
        self._show_pointed()

    def draw_again(self) -> None:
        """Draw everything again, as after a reload of the page."""
        self._draw_boxes(self._shapes())
        self.show_tensors()
        self._show_pointed()

    def _draw_boxes(self, shapes: dict[str, str]) -> None:
        """Draw what no click changes: boxes with their titles and shapes, and the arrows."""
        layout, self._drawn_shapes = self._layout, shapes
        self._fit(layout.width, layout.height)
        self.area.label = (
            f"Map of the network, {len(layout.shown)} boxes. Arrow keys go from box to box. "
            "Question mark: the keys."
        )
        width, height = layout.width, layout.height
        self.area.stops = [[x / width, y / height] for x, y in (b.middle for b in layout.boxes)]
        with self._connection.batch():
            self.canvas[_BOXES].clear()
            draw_boxes(self.canvas[_BOXES], layout, shapes)

    def point_at(self, part: Part | None) -> None:
        """Show a part as if the pointer were on it; None for none."""
        box = None if part is None else self._layout.box_of(part.name)
        self._pointed = None if box is None else box.middle
        self._show_pointed()

    def show_tensors(self) -> None:
        """Draw the tensors of the run; the page gets only the pictures that are new."""
        network, found = self._network, self._found()
        if network is None:
            return
        places = []
        for index, box in enumerate(box for box in self._layout.shown if _is_seen(box, found)):
            tensor = found[box.part.hook]
            if index == len(self._sheets):
                self._sheets.append((self._connection.image("png"), None))
            sheet, before = self._sheets[index]
            if before is not tensor:
                pixels = thumbnail(heatmap_of(network, box.part.hook, tensor))
                sheet.value = raster.rgba_png(pixels)
                self._sheets[index] = sheet, tensor
            places.append((box, tensor, sheet))
        with self._connection.batch():
            self.canvas[_TENSORS].clear()
            draw_tensors(self.canvas[_TENSORS], places)

    def show_changed(self, numbers: Mapping[Step, int]) -> None:
        """Outline the boxes whose tensors are other than before, each with its step's number."""
        network, run = self._network, self._run
        with self._connection.batch():
            self.canvas[_CHANGED].clear()
            if network is None or run is None:
                return
            for box in self._layout.shown:
                number = numbers.get(network.step_of(box.part.hook))
                if number is not None and box.part.hook in run.moving:
                    draw_changed(self.canvas[_CHANGED], box, number)

    def _found(self) -> Mapping[str, TensorMap]:
        return {} if self._run is None else self._run.maps

    def _shapes(self) -> dict[str, str]:
        network, run = self._network, self._run
        if network is None or run is None:
            return {}
        found = run.maps
        boxes = [box for box in self._layout.shown if box.part.hook in {*found, *run.absent}]
        return {
            box.part.name: short_shape(network, box.part, found.get(box.part.hook)) for box in boxes
        }

    def _at(self, x: float, y: float) -> Box | None:
        return self._layout.at(x, y)

    def _mark(self, canvas: Canvas, pointed: Box) -> None:
        if self._network is None:
            return
        names = self._names()
        sources = linked(self._network, self._network.sources(pointed.part), names)
        targets = linked(self._network, self._network.targets(pointed.part), names)
        boxes = [
            [box for part in parts if (box := self._layout.box_of(part.name)) is not None]
            for parts in (sources, targets)
        ]
        draw_pointed(canvas, pointed, *boxes)

    def _in_words(self, pointed: Box) -> str:
        if self._network is None:
            return ""
        found = self._found().get(pointed.part.hook)
        return about_part(self._network, pointed.part, self._names(), found)

    def _names(self) -> frozenset[str]:
        """Names of the boxes; a frame is no place that a tensor comes from."""
        return frozenset(box.part.name for box in self._layout.shown)

    def _press(self, x: float, y: float) -> None:
        box = self._at(x / SHARPNESS, y / SHARPNESS)
        if box is not None:
            self._pick(box.part)

    def _key(self, key: KeyPress) -> None:
        box = self._at(*(length / SHARPNESS for length in key.at))
        if key.name == "move":
            self._move(*key.at)
            self.area.announce(_HINT if box is None else self._in_words(box))
        elif key.name == "enter" and box is not None:
            self._pick(box.part)


def _is_seen(box: Box, found: Mapping[str, TensorMap]) -> bool:
    """Whether a box has a picture: its tensor is in the run, and is not empty."""
    return box.part.hook in found and found[box.part.hook].values.size > 0
