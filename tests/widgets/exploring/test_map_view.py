"""The pointer on an explorer's maps, and the token that is picked there."""

import pytest

import sam_explore as sx
from sam_explore.plots import style
from sam_explore.widgets import explore
from sam_explore.widgets.exploring.map_view import PICKED

from ..fake_probes import WAIT_S, Grid, cell_on, map_of
from ..screen import send

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


def test_a_click_on_a_map_picks_the_token(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        send(map_of(explorer).canvas, "mouse_down", *cell_on(explorer, 3, 1))
        assert session.token == (3, 1)
        assert explorer.reading.marks == ((3, 1),)
        send(map_of(explorer).canvas, "mouse_down", 1, 1)  # outside the map
        assert session.token == (3, 1)


def test_the_value_under_the_pointer_is_told_and_follows_the_reading(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        view = map_of(explorer)
        assert "Point at a cell" in view.value.value
        send(view.canvas, "mouse_move", *cell_on(explorer, 2, 3))
        assert "Token at row 2, column 3: 23 apple" in view.value.value
        explorer.set(factor=2)
        assert "Token at row 2, column 3: 46 apple" in view.value.value
        send(view.canvas, "mouse_out")
        assert "Point at a cell" in view.value.value


def test_the_line_says_what_a_click_does(image, open_session):
    with explore(Grid, open_session(image)) as explorer:
        view = map_of(explorer)
        assert "click to pick its token." in view.value.value
        view.on_press = print
        assert "click to ask where it comes from." in view.value.value
        view.on_press = None
        assert "click to pick its token." in view.value.value


def outlined(explorer, screen) -> list[tuple[int, int, int]]:
    """Index of the map, row and column of each cell that is outlined."""
    view = map_of(explorer)
    boxes = [args for name, args in screen.drawn(view.canvas[PICKED]) if name == "strokeRect"]
    found = []
    for x, y, width, height in boxes[::2]:  # a dark one under each
        at = (x + width / 2, y + height / 2)
        index = next(i for i, t in enumerate(view._layout.tiles) if t.cell_at(at[0] / 2, at[1] / 2))
        found.append((index, *view._layout.tiles[index].cell_at(at[0] / 2, at[1] / 2)))
    return found


@pytest.mark.parametrize("synchronous", [True, False])
def test_the_picked_token_is_outlined_in_every_map_over_tokens(
    synchronous, image, open_session, screen
):
    session = open_session(image, synchronous=synchronous)
    with explore(sx.probes.BlockNorms, session) as explorer:
        session.settle(WAIT_S)
        assert outlined(explorer, screen) == [(0, 2, 2), (1, 2, 2)]  # the middle at first
        before = explorer.reading
        session.token = (1, 3)
        session.settle(WAIT_S)
        assert outlined(explorer, screen) == [(0, 1, 3), (1, 1, 3)]
        assert "picked token, row 1, column 3." in map_of(explorer).value.value
        assert explorer.reading is before
        explorer.set(shared=False)
        session.settle(WAIT_S)
        assert outlined(explorer, screen) == [(0, 1, 3), (1, 1, 3)]


def test_an_outline_goes_around_its_cell_in_a_colour_of_its_own(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        session.token = (0, 1)
        view = map_of(explorer)
        tile = view._layout.tiles[0]
        side = tile.width / 4
        boxes = [args for name, args in screen.drawn(view.canvas[PICKED])]
        # 3 CSS pixels around the cell, and two canvas pixels to each of them.
        assert (
            boxes
            == [[2 * (tile.left + side - 3), 2 * (tile.top - 3), 2 * (side + 6), 2 * (side + 6)]]
            * 2
        )
        assert style.CHOSEN in screen.settings(view.canvas[PICKED])


def test_a_view_with_a_token_of_its_own_outlines_that(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session, token=(0, 1)) as explorer:
        session.token = (3, 3)
        assert outlined(explorer, screen) == [(0, 0, 1)]


def test_maps_over_the_picture_outline_nothing(image, open_session, screen):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    with explore(sx.probes.RawLogits, session) as explorer:
        assert outlined(explorer, screen) == []
        assert "picked" not in map_of(explorer).value.value


def test_padding_is_no_token_and_a_named_value_has_its_name(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.WindowLayout, session) as layout:  # 4 tokens in windows of 3: 6
        send(map_of(layout).canvas, "mouse_move", *cell_on(layout, 5, 0))
        assert "Row 5, column 0: no value" in map_of(layout).value.value
        send(map_of(layout).canvas, "mouse_down", *cell_on(layout, 5, 0))
        assert session.token == (2, 2)
        assert outlined(layout, screen) == [(0, 2, 2)]
    session.threshold = -100.0
    with explore(sx.probes.MaskThreshold, session) as binary:
        view = map_of(binary, 1)
        (tile,) = view._layout.tiles
        send(view.canvas, "mouse_move", 2 * (tile.left + 10), 2 * (tile.top + 10))
        row, column = tile.cell_at(tile.left + 10, tile.top + 10)
        assert f"Row {row}, column {column}: inside" in view.value.value


def test_over_masks_in_colours_of_their_own_the_number_of_masks_is_read(
    image, open_session, screen
):
    with explore(
        sx.probes.MissingMask, open_session(image), pred_iou_thresh=0.0, points_per_side=1
    ) as explorer:
        view = map_of(explorer)
        send(view.canvas, "mouse_move", *cell_on(explorer, 2, 3))
        number = int(explorer.reading.readings[0].values[2, 3])
        assert f"Row 2, column 3: {number} masks" in view.value.value
