"""The live picture of any reading: a view for each part, reused while the kinds are the same."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from ipywidgets import Box, HBox, VBox, Widget

from ...plots import style
from ...readings import Cell, Gallery, Heatmap, Profile, Reading
from ..canvas.closing import close_all
from ..canvas.html import Html, Markup, element
from .arrangement import GAP_CSS, Arrangement, Part, arrange
from .map_view import MapView
from .profile_view import ProfileView
from .table_view import TableView


class ReadingView:
    """A view of maps, of curves or of a table, or several for a panel.

    Args:
        width: the largest width of the picture in CSS pixels.
        make_map, make_profile, make_table: make a view of maps, curves or a table of this width.
    """

    def __init__(
        self,
        width: int,
        make_map: Callable[[int], MapView],
        make_profile: Callable[[int], ProfileView],
        make_table: Callable[[int], TableView],
    ):
        self._width, self._make_map = width, make_map
        self._make_profile, self._make_table = make_profile, make_table
        self._kinds: tuple = ()
        self.views: list[Any] = []  # one for each part, of its kind
        self._on_press: Callable[[Cell], None] | None = None
        self._title = Html()
        self.widget = VBox([])
        self.widget.layout.overflow = "visible"
        self.widget.layout.flex = "none"
        self.widget.layout.grid_gap = f"{GAP_CSS}px"
        # On a narrow page pictures side by side wrap, so that they are not cut off.
        self.widget.layout.max_width = "100%"

    def show(self, reading: Reading) -> list[Callable[[], None]]:
        """The callbacks that draw this reading, part by part, instead of the earlier one."""
        arranged = arrange(reading, self._width)
        draw_parts = [
            partial(self._show_part, index, part) for index, part in enumerate(arranged.parts)
        ]
        return [partial(self._make_room, arranged), *draw_parts]

    def _make_room(self, arranged: Arrangement) -> None:
        kinds = tuple(map(type, arranged.parts)), arranged.across
        if kinds != self._kinds:
            self._rebuild(arranged)
            self._kinds = kinds
        self._title.value = _heading(arranged.title)
        self._title.layout.display = None if arranged.title else "none"

    def _show_part(self, index: int, part: Reading) -> None:
        self.views[index].show(part)

    def fade(self) -> None:
        """Draw all maps again with the current opacity."""
        for view in self.views:
            if isinstance(view, MapView):
                view.fade()

    def outline_picked(self) -> None:
        """Outline the picked token in all maps over tokens."""
        for view in self.views:
            if isinstance(view, MapView):
                view.outline_picked()

    def ask_at_clicks(self, on_press: Callable[[Cell], None] | None) -> None:
        """Call this with the cell that is clicked on; with None, clicks pick tokens again."""
        self._on_press = on_press
        for part, view in enumerate(self.views):
            view.on_press = None if on_press is None else partial(_press_part, on_press, part)
            view.area.cursor = "default" if on_press is None else "help"

    def close(self) -> None:
        """Remove all views."""
        self._drop()
        close_all(self._title, self.widget)

    def _rebuild(self, arranged: Arrangement) -> None:
        self._drop()
        self.views = [
            self._make_view(part, width)
            for part, width in zip(arranged.parts, arranged.widths, strict=True)
        ]
        rows = []
        for places in arranged.rows:
            row = HBox(_side_by_side([view.widget for view in self.views[places]], arranged.room))
            row.layout.flex_flow = "row wrap"
            row.layout.grid_gap = f"{GAP_CSS}px"
            row.layout.align_items = "flex-start"
            row.layout.overflow = "visible"
            rows.append(row)
        self.widget.children = [self._title, *rows]
        self.ask_at_clicks(self._on_press)

    def _make_view(self, part: Part, width: int) -> MapView | ProfileView | TableView:
        if isinstance(part, Heatmap | Gallery):
            return self._make_map(width)
        return (self._make_profile if isinstance(part, Profile) else self._make_table)(width)

    def _drop(self) -> None:
        rows = self.widget.children[1:]
        places = [place for row in rows for place in row.children if isinstance(place, Box)]
        self.widget.children = []
        for view in self.views:
            view.close()
        close_all(*rows, *places)
        self.views = []


def _press_part(on_press: Callable[[Cell], None], part: int, cell: Cell) -> None:
    on_press(replace(cell, part=part))


def _side_by_side(widgets: list[Widget], room: int) -> list[Widget]:
    """The parts of a row that wraps: three stay together, or lie one below the other.

    Args:
        widgets: what is shown.
        room: the width that three side by side need, in CSS pixels.
    """
    if len(widgets) < 3:
        return widgets
    places = [Box([widget]) for widget in widgets]
    for place in places:
        # In less room the basis is so large that each takes a line of its own, in more it is 0.
        place.layout.flex = f"1 1 calc(({room}px - 100%) * 999)"
        place.layout.min_width = "0"
        place.layout.overflow = "visible"
    return places


def _heading(words: str) -> Markup:
    return element("div", words, style=f"font-weight:600;line-height:1.45;color:{style.TEXT}")
