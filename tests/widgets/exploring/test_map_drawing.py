"""How cells become colours, and what is drawn over and around them, in canvas pixels by hand."""

import re
from io import BytesIO

import numpy as np
import pytest
from ipycanvas import Canvas
from PIL import Image

from sam_explore.plots import style
from sam_explore.readings import Gallery, Heatmap, Scale
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.exploring.map_drawing import (
    PAPER,
    annotate,
    bar_entries,
    cell_entries,
    cells_png,
    draw_picked,
)
from sam_explore.widgets.exploring.map_layout import ARROW, AXIS, lay_out

FLAT = Scale(low=0.0, high=1.0)


def heatmap(values, scale: Scale = FLAT, **more: object) -> Heatmap:
    return Heatmap(np.array(values, float), "a map", "", scale, **more)


def entries_of(one: Heatmap, width: int = 400) -> np.ndarray:
    """The entry in the middle of each cell."""
    layout = lay_out(one, width)
    (tile,) = layout.tiles
    rows, columns = one.values.shape
    down = [int(tile.top + (r + 0.5) * tile.height / rows) for r in range(rows)]
    across = [int(tile.left + (c + 0.5) * tile.width / columns) for c in range(columns)]
    return cell_entries(layout)[np.ix_(down, across)]


def test_the_lowest_value_has_the_first_colour_and_the_highest_the_last():
    assert entries_of(heatmap([[0.0, 1.0]])).tolist() == [[0, 254]]


def test_values_beyond_the_scale_have_its_end_colours_and_not_that_of_paper():
    assert entries_of(heatmap([[-3.0, 5.0]])).tolist() == [[0, 254]]


def test_no_value_is_paper():
    assert entries_of(heatmap([[np.nan, 1.0], [0.0, np.nan]])).tolist() == [
        [PAPER, 254],
        [0, PAPER],
    ]


def test_a_map_in_colours_of_its_own_is_drawn_in_these_and_has_no_bar():
    red_and_blue = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
    one = heatmap([[0.2, 0.1]], colours=red_and_blue)
    layout = lay_out(Gallery((one, heatmap([[0.0, 1.0]])), "both", ""), 400)
    pixels = np.asarray(Image.open(BytesIO(cells_png(layout))).convert("RGBA"))
    left, right = layout.tiles
    line = pixels[left.top + 2]
    assert line[left.left + 2].tolist() == [255, 0, 0, 255]
    assert line[left.left + left.width - 2].tolist() == [0, 0, 255, 255]
    assert pixels[0, 0, 3] == 0  # paper
    assert left.bar is None
    assert right.bar is not None
    alone = lay_out(one, 400)
    assert (alone.bar, alone.ticks) == (None, ())


def test_all_that_is_no_map_is_paper():
    layout = lay_out(heatmap([[0.0, 1.0]]), 400)
    (tile,) = layout.tiles
    entries = cell_entries(layout)
    assert entries.shape == (layout.height, layout.width)
    assert (entries[: tile.top] == PAPER).all()
    assert (entries[:, : tile.left] == PAPER).all()


def test_cells_that_are_no_whole_number_of_css_pixels_are_drawn_at_the_pixels_of_the_canvas():
    layout = lay_out(heatmap(np.zeros((2, 300))), 200)
    (tile,) = layout.tiles
    assert tile.width % 300
    entries = cell_entries(layout)
    assert entries.shape == (2 * layout.height, 2 * layout.width)
    assert (entries[: 2 * tile.top] == PAPER).all()
    whole = entries[2 * tile.top : 2 * (tile.top + tile.height), 2 * tile.left :][
        :, : 2 * tile.width
    ]
    assert (whole != PAPER).all()


def test_each_cell_fills_its_place_and_no_other():
    layout = lay_out(heatmap([[0.0, 1.0, 0.5], [1.0, 0.0, np.nan]]), 400)
    (tile,) = layout.tiles
    cell = tile.width // 3
    shown = cell_entries(layout)[tile.top : tile.top + 2 * cell, tile.left : tile.left + 3 * cell]
    for row, expected in enumerate([[0, 254, 128], [254, 0, PAPER]]):
        for column, entry in enumerate(expected):
            part = shown[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            assert (part == entry).all()


def test_a_shared_bar_goes_from_the_last_colour_down_to_the_first():
    layout = lay_out(heatmap([[0.0, 1.0]]), 400)
    bar = bar_entries(layout)  # drawn as large as its place
    assert bar.tolist() == [[entry] for entry in range(254, -1, -1)]


def test_maps_with_bars_of_their_own_have_them_below_from_left_to_right():
    one = heatmap([[0.0, 1.0]])
    layout = lay_out(Gallery((one, one), "g", ""), 400)
    assert bar_entries(layout).tolist() == [list(range(255))]
    first, second = layout.tiles
    for tile in (first, second):
        left, top, width, _ = tile.bar
        assert (left, width) == (tile.left + ARROW, tile.width - 2 * ARROW)
        assert top >= tile.top + tile.height


@pytest.fixture
def canvas(screen):
    canvas = Canvas(width=10, height=10)
    yield canvas
    close_all(canvas)


def texts(screen, canvas) -> list[str]:
    return [arguments[0] for name, arguments in screen.drawn(canvas) if name == "fillText"]


def test_a_map_over_tokens_has_its_rows_and_columns_numbered(screen, canvas):
    one = heatmap(np.zeros((3, 2)), frame="tokens")
    annotate(canvas, one, lay_out(one, 400))
    assert texts(screen, canvas)[0] == "a map"
    assert texts(screen, canvas)[-5:] == ["0", "1", "2", "0", "1"]


@pytest.mark.parametrize(("count", "every"), [(1, 1), (7, 1), (8, 2), (16, 4), (64, 16)])
def test_of_many_rows_some_are_numbered(screen, canvas, count, every):
    one = heatmap(np.zeros((count, count)), frame="tokens")
    annotate(canvas, one, lay_out(one, 400))
    expected = [str(row) for row in range(0, count, every)]
    assert texts(screen, canvas)[-2 * len(expected) :] == 2 * expected


def test_a_map_over_the_picture_has_no_numbers_of_rows(screen, canvas):
    one = heatmap(np.zeros((2, 2)), frame="picture")
    annotate(canvas, one, lay_out(one, 400))
    assert texts(screen, canvas)[0] == "a map"
    assert texts(screen, canvas)[1:] == [words for _, words in lay_out(one, 400).ticks]


def test_text_has_the_type_and_the_sizes_of_charts(screen, canvas):
    one = heatmap(np.zeros((3, 2)), Scale("unit"), frame="tokens")
    two = Gallery((one, one), "maps", "", one.scale)
    sizes = {style.TITLE_PX, style.NUMBER_PX, style.LABEL_PX, style.SMALL_TITLE_PX}
    for reading, expected in ((one, sizes - {12} | {style.LABEL_PX}), (two, sizes)):
        canvas.clear()
        annotate(canvas, reading, lay_out(reading, 400))
        fonts = {each for each in screen.settings(canvas) if "px" in str(each)}
        assert {int(re.search(r"(\d+)px", each)[1]) / 2 for each in fonts} == expected
        assert all(f'"{style.FONTS[0]}"' in each for each in fonts)


def test_a_title_that_is_too_long_for_its_map_has_more_lines():
    title = "Token 0: predicted IoU 0.42,\ntrue IoU 0.37, stability 0.05"
    one = Heatmap(np.zeros((4, 4)), title, "", FLAT)
    two = Gallery((one,) * 4, "maps", "", FLAT)
    wide, narrow = (lay_out(two, width).tiles[0].title for width in (560, 300))
    assert wide == tuple(title.split("\n"))
    assert narrow == ("Token 0:", "predicted", "IoU 0.42,", "true IoU 0.37,", "stability 0.05")


def test_lines_lie_after_their_rows_and_columns_with_a_halo(screen, canvas):
    one = heatmap(np.zeros((4, 4)), grid_lines=((1,), (0,)))
    layout = lay_out(one, 400)
    (tile,) = layout.tiles
    annotate(canvas, one, layout)
    left, top, size = 2 * tile.left, 2 * tile.top, 2 * tile.width
    lines = [arguments for name, arguments in screen.drawn(canvas) if name == "strokeLine"]
    row = [left, top + size / 2, left + size, top + size / 2]
    column = [left + size / 4, top, left + size / 4, top + size]
    assert lines[:4] == [row, column, row, column]


def test_the_picked_token_is_outlined_around_its_cell(screen, canvas):
    """By 3 CSS pixels, 6 of the canvas, so that a mark of the same cell stays to be seen."""
    one = heatmap(np.zeros((4, 4)), frame="tokens")
    (tile,) = lay_out(one, 400).tiles
    assert tile.left == AXIS
    draw_picked(canvas, tile, 1, 2)
    cell = 2 * tile.width / 4
    place = [2 * tile.left + 2 * cell - 6, 2 * tile.top + cell - 6, cell + 12, cell + 12]
    assert screen.drawn(canvas) == [("strokeRect", place)] * 2
    assert style.CHOSEN in screen.settings(canvas)


@pytest.mark.parametrize("token", [(4, 0), (0, 4)])
def test_a_token_that_the_map_lacks_is_not_outlined(screen, canvas, token):
    (tile,) = lay_out(heatmap(np.zeros((4, 4)), frame="tokens"), 400).tiles
    draw_picked(canvas, tile, *token)
    assert screen.drawn(canvas) == []
