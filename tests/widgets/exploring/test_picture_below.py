"""The picture below maps: its position, the maps' opacity, and what is sent to the page."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.plots import style
from sam_explore.widgets import explore
from sam_explore.widgets.exploring.explorer import checked_view
from sam_explore.widgets.exploring.map_view import MAPS, NOTES, PICTURES

from ..fake_probes import cell_on, map_of
from ..screen import front_end_sets, rgba, send, tell_of

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


def pictures(explorer, screen) -> list[list]:
    """Where pictures are drawn below the maps, as x, y, width and height in canvas pixels."""
    drawn = screen.drawn(map_of(explorer).canvas[PICTURES])
    return [arguments[1:] for name, arguments in drawn if name == "drawImage"]


def opacity(explorer, screen) -> float:
    """What the cells were drawn with."""
    return screen.settings(map_of(explorer).canvas[MAPS])[0]


def test_the_picture_lies_in_the_tokens_that_show_it_and_not_over_padding(open_session, screen):
    # 64 x 24 pixels in an input of 64 x 64: all four columns, and the rows 0 and half of 1.
    session = open_session(np.full((24, 64, 3), 51, np.uint8))
    with explore(sx.probes.BlockChannel, session) as explorer:
        tile = map_of(explorer)._layout.tiles[0]
        [place] = pictures(explorer, screen)
        assert place == [2 * tile.left, 2 * tile.top, 2 * tile.width, 2 * tile.height * 1.5 / 4]
        shown = rgba(map_of(explorer)._picture)
        assert shown.shape == (24, 64, 4)
        assert np.abs(shown[..., :3].astype(int) - 107).max() <= 1  # 51, paler


def test_a_map_of_windows_that_reach_beyond_the_grid_has_the_picture_in_its_own_tokens(
    open_session, screen
):
    session = open_session(np.full((24, 64, 3), 51, np.uint8))
    with explore(sx.probes.WindowLayout, session) as explorer:  # 4 tokens, filled up to 6
        tile = map_of(explorer)._layout.tiles[0]
        [(x, y, width, height)] = pictures(explorer, screen)
        assert (x, y) == (2 * tile.left, 2 * tile.top)
        assert width == pytest.approx(2 * tile.width * 4 / 6)
        assert height == pytest.approx(2 * tile.height * 1.5 / 6)


def test_logits_end_with_a_part_of_their_last_row_where_the_picture_ends(open_session, screen):
    # 64 x 22 pixels; a logit covers 4 x 4: 16 columns, 6 rows of which the last is half a row.
    session = open_session(np.full((22, 64, 3), 51, np.uint8))
    session.add_point((10, 10))
    with explore(sx.probes.RawLogits, session) as explorer:
        tiles = map_of(explorer)._layout.tiles
        assert tiles[0].heatmap.values.shape == (6, 16)
        for tile, (x, y, width, height) in zip(tiles, pictures(explorer, screen), strict=True):
            assert (x, y, width) == (2 * tile.left, 2 * tile.top, 2 * tile.width)
            assert height == pytest.approx(2 * tile.height * 5.5 / 6)


def test_one_control_moves_the_opacity_of_all_exhibits(image, open_session, screen):
    session = open_session(image)
    channel = explore(sx.probes.BlockChannel, session)
    norms = explore(sx.probes.BlockNorms, session)
    with channel, norms:
        assert opacity(channel, screen) == opacity(norms, screen) == style.MAP_OPACITY
        front_end_sets(channel._below.slider, value=25)
        assert session.map_opacity == 0.25
        assert norms._below.slider.value == 25
        assert opacity(channel, screen) == opacity(norms, screen) == 0.25
        session.map_opacity = 0.75
        assert channel._below.slider.value == norms._below.slider.value == 75
        assert opacity(channel, screen) == opacity(norms, screen) == 0.75
    with pytest.raises(ValueError, match=r"map_opacity must be a number from 0 to 1, not 1\.5"):
        session.map_opacity = 1.5


def test_a_map_that_the_picture_does_not_help_is_alone_until_it_is_wanted(
    image, open_session, screen
):
    with explore(sx.probes.PositionEncodingChannel, open_session(image)) as explorer:
        assert explorer._below.widget.layout.display == "flex"
        assert not explorer._below.box.value
        assert opacity(explorer, screen) == 1
        assert pictures(explorer, screen) == []
        front_end_sets(explorer._below.box, value=True)
        assert opacity(explorer, screen) == style.MAP_OPACITY
        assert len(pictures(explorer, screen)) == 1
        assert explorer.code.endswith(f"(session.trace), map_opacity={style.MAP_OPACITY})")
        explorer.set(channel=3)  # the next reading leaves it as it was chosen
        assert opacity(explorer, screen) == style.MAP_OPACITY


def test_a_chart_has_no_such_control(image, open_session, screen):
    with explore(sx.probes.NormsByDepth, open_session(image)) as explorer:
        assert explorer._below.widget.layout.display == "none"
        assert explorer.code == "sx.draw(sx.probes.NormsByDepth()(session.trace))"


def test_no_photo_is_sent_again_by_a_click_or_a_knob_or_another_opacity(
    image, open_session, screen
):
    session = open_session(image)
    session.add_point((10, 10))
    with explore(sx.probes.RawLogits, session) as explorer:
        told = tell_of(map_of(explorer)._picture)
        session.add_point((40, 40))
        session.threshold = 1.0
        session.map_opacity = 0.2
        assert told == []
        session.image = image[:32]
        session.add_point((10, 10))
        assert len(told) == 1


def test_a_place_without_a_value_shows_the_picture_or_the_paper(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.AttentionRow, session, block=0, token=(0, 0)) as explorer:
        view = map_of(explorer)
        cells = rgba(view._cells)
        x, y = (int(at) // 2 for at in cell_on(explorer, 3, 3))  # beyond the window of 3 x 3
        assert cells[y, x, 3] == 0
        x, y = (int(at) // 2 for at in cell_on(explorer, 1, 1))
        assert cells[y, x, 3] == 255
        session.map_opacity = 1.0
        assert pictures(explorer, screen) == []  # else it would show through there
        paper = [args for name, args in screen.drawn(view.canvas[PICTURES]) if name == "fillRect"]
        assert paper == [[0, 0, view.canvas.width, view.canvas.height]]


def test_the_pointer_reads_the_same_value_over_the_picture(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockNorms, session) as explorer:
        session.map_opacity = 0.1
        view = map_of(explorer)
        send(view.canvas, "mouse_move", *cell_on(explorer, 1, 2))
        value = explorer.reading.maps[0].values[1, 2]
        assert f"token at row 1, column 2: {value:.4g} L2 norm" in view.value.value


def test_the_logits_next_to_the_picture_and_the_static_view_follow_too(view):
    view.session.add_point((10, 10))
    logits = view.canvas._logits
    assert rgba(logits._image)[0, 0, 3] == round(255 * style.MAP_OPACITY)
    before = view.canvas.still()[0]["image/png"]
    view.session.map_opacity = 1.0
    assert rgba(logits._image)[0, 0, 3] == 255
    assert view.canvas.still()[0]["image/png"] != before


def test_the_still_of_an_exhibit_is_drawn_as_the_exhibit_is(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockChannel, session) as explorer:
        drawn = [explorer.still()[0]["image/png"]]
        session.map_opacity = 0.2
        drawn.append(explorer.still()[0]["image/png"])
        front_end_sets(explorer._below.box, value=False)
        drawn.append(explorer.still()[0]["image/png"])
        assert len(set(drawn)) == 3
        plain = sx.draw(explorer.reading, map_opacity=1.0)
        assert len(plain.axes[0].images) == 1


def test_a_view_that_is_closed_hears_no_opacity(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockNorms, session):
        pass
    session.map_opacity = 0.3
    assert session.error == ""


def test_exhibits_that_are_compared_have_one_scale_whatever_they_show(image, open_session, screen):
    session = open_session(image)
    first = explore(sx.probes.BlockChannel, session)
    with first, explore(sx.probes.BlockChannel, session, block=1, same_scale_as=first) as second:

        def scales() -> tuple:
            return tuple(map_of(each)._layout.tiles[0].colours for each in (first, second))

        def reach() -> float:
            return max(float(np.abs(each.reading.values).max()) for each in (first, second))

        for change in ({"channel": 0}, {"channel": 5}, {"channel": 7, "block": 0}):
            first.set(**change)
            one, other = scales()
            assert one == other
            assert one.high == pytest.approx(reach())
        second.set(channel=9)
        assert scales()[0] == scales()[1]
        assert eval(second.code.splitlines()[-1], _names(second, session)).axes
    with pytest.raises(TypeError, match="same_scale_as expects another view"):
        checked_view(session)


def _names(explorer, session) -> dict:
    names = {"sx": sx, "session": session}
    for line in explorer.code.splitlines()[:-1]:
        exec(line, names)
    return names


def test_a_bar_has_an_arrow_where_values_lie_beyond_its_end(image, open_session, screen):
    session = open_session(image)
    session.add_point((10, 10))
    with explore(sx.probes.RawLogits, session, span=0.01) as explorer:
        arrows = [
            args
            for name, args in screen.drawn(map_of(explorer).canvas[NOTES])
            if name == "fillPolygon"
        ]
        values = np.concatenate([each.values.ravel() for each in explorer.reading.maps])
        expected = int((values > 0.01).any()) + int((values < -0.01).any())
        assert len(arrows) == expected > 0
        assert "Colours end at −0.01 and 0.01 logit" in explorer.words
