"""The views of a reading: their kinds, their positions, and when they are made again."""

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile
from sam_explore.widgets.exploring.map_view import MapView
from sam_explore.widgets.exploring.profile_view import ProfileView
from sam_explore.widgets.exploring.reading_view import ReadingView
from sam_explore.widgets.exploring.table_view import TableView

LINE = np.arange(4.0)
MAP = Heatmap(LINE.reshape(2, 2), "a map", "")
PROFILE = Profile(LINE, (Curve(LINE, "one"),), "a curve", "", "x", "y")
MATRIX = Matrix(LINE.reshape(2, 2), ("a", "b"), ("c", "d"), "a table", "", "row", "column")
GALLERY = Gallery((MAP, MAP), "two maps", "")


@pytest.fixture
def widths() -> list[int]:
    return []


@pytest.fixture
def view(screen, widths):
    def make(width: int) -> MapView:
        widths.append(width)
        return MapView(
            width, print, lambda: (0, 0), lambda: 1.0, lambda callback: callback, lambda: None
        )

    def chart(width: int) -> ProfileView:
        return ProfileView(width, lambda callback: callback, lambda: None)

    def table(width: int) -> TableView:
        return TableView(width, lambda callback: callback, lambda: None)

    view = ReadingView(600, make, chart, table)
    yield view
    view.close()


def show(view: ReadingView, reading) -> None:
    for draw in view.show(reading):
        draw()


def rows(view: ReadingView) -> list[int]:
    """How many views each row has."""
    return [len(row.children) for row in view.widget.children[1:]]


@pytest.mark.parametrize(
    ("reading", "kind"),
    [(MAP, MapView), (GALLERY, MapView), (PROFILE, ProfileView), (MATRIX, TableView)],
)
def test_each_kind_of_reading_has_its_kind_of_view(view, reading, kind):
    show(view, reading)
    assert [type(each) for each in view.views] == [kind]
    assert rows(view) == [1]
    assert view._title.layout.display == "none"


def test_a_single_map_needs_less_room_than_a_gallery(view, widths):
    show(view, MAP)
    show(view, GALLERY)
    assert widths == [440, 600]


def test_a_panel_lies_in_rows_under_its_title(view, widths):
    """Rows of two share 1.48 x 600 = 888 pixels less a gap of 12: 438 each."""
    show(view, Panel((MAP, PROFILE, MAP), "all <three>", "", across=2))
    assert rows(view) == [2, 1]
    assert widths == [438, 438]
    assert "all &lt;three&gt;" in view._title.value
    assert view._title.layout.display is None


def test_three_wrap_together(view, widths):
    """They share 1.5 x 600 = 900 pixels less two gaps of 12: 292 each."""
    show(view, Panel((MAP, MAP, PROFILE), "t", "", across=3))
    row = view.widget.children[1]
    assert widths == [292, 292]
    assert {place.layout.flex for place in row.children} == {"1 1 calc((900px - 100%) * 999)"}
    assert [place.children for place in row.children] == [(each.widget,) for each in view.views]


def test_views_are_kept_as_long_as_the_kinds_are_the_same(view):
    show(view, Panel((MAP, PROFILE), "t", "", across=2))
    kept = list(view.views)
    show(view, Panel((MAP, PROFILE), "another title", "", across=2))
    assert view.views == kept
    assert "another title" in view._title.value
    show(view, Panel((MAP, PROFILE), "t", "", across=1))
    assert not set(view.views) & set(kept)
    assert rows(view) == [1, 1]


def test_views_that_are_replaced_leave_nothing(view):
    show(view, MAP)
    before = len(_instances)
    show(view, Panel((MAP, PROFILE, MATRIX), "t", "", across=3))
    assert len(_instances) > before
    show(view, MAP)
    assert len(_instances) == before


def test_each_part_is_drawn_by_a_call_of_its_own(view):
    draws = view.show(Panel((MAP, PROFILE), "t", "", across=2))
    assert len(draws) == 3  # room for all of it, and two parts
    draws[0]()
    assert len(view.views) == 2
    assert view.views[0].area.label == ""
    draws[1]()
    assert view.views[0].area.label == "a map"
