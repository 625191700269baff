import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.plots import style
from sam_explore.widgets.canvas.connection import CanvasConnection
from sam_explore.widgets.canvas.picture_drawing import (
    BAND,
    MASK,
    PHOTO,
    PREVIEW,
    PROMPTS,
    Shape,
    Stage,
)

from ..screen import Screen, rgba


def make_stage(width: int, image: np.ndarray) -> Stage:
    stage = Stage(CanvasConnection(), width)
    stage.show_photo(image)
    return stage


def seen(mask: np.ndarray) -> Shape:
    """A mask, asked for the rows and columns that are to be drawn."""
    return lambda rows, columns: mask[np.ix_(rows, columns)]


@pytest.fixture
def stage(screen: Screen):
    """200 CSS pixels, so 400 canvas pixels, for a picture 100 wide and 50 high."""
    stage = make_stage(200, np.full((50, 100, 3), (200, 60, 20), np.uint8))
    yield stage
    stage.close()


def test_the_picture_fits_into_a_square_of_css_pixels_and_has_twice_as_many_of_its_own(stage):
    assert (stage.canvas.width, stage.canvas.height) == (400, 200)
    assert (stage.canvas.layout.width, stage.canvas.layout.height) == ("200px", "auto")
    assert all((layer.width, layer.height) == (400, 200) for layer in stage.canvas._canvases)


def test_a_tall_picture_is_as_high_as_a_wide_one_is_wide(screen):
    stage = make_stage(200, np.zeros((90, 30, 3), np.uint8))
    assert (stage.canvas.layout.width, stage.canvas.layout.height) == ("67px", "auto")
    stage.close()


def test_the_photo_is_drawn_over_its_whole_layer(stage, screen):
    assert screen.drawn(stage.canvas[PHOTO])[0][1][1:] == [0, 0, 400, 200]
    photo = screen.picture(stage.canvas[PHOTO])
    assert photo.shape == (200, 400, 4)
    assert np.abs(photo[..., :3].astype(int) - (200, 60, 20)).max() <= 3


def test_a_photo_that_the_page_enlarges_is_sent_as_small_as_it_is(screen):
    connection, image = CanvasConnection(), np.full((50, 100, 3), (200, 60, 20), np.uint8)
    stage = Stage(connection, 200, enlarges=True)
    stage.show_photo(image)
    assert screen.picture(stage.canvas[PHOTO]).shape == (50, 100, 4)
    assert screen.drawn(stage.canvas[PHOTO])[0][1][1:] == [0, 0, 400, 200]
    assert True in screen.settings(stage.canvas[PHOTO])  # image_smoothing_enabled
    stage.look(stage.viewport.zoomed(2.0))
    stage.show_again()
    assert screen.picture(stage.canvas[PHOTO]).shape == (25, 50, 4)
    stage.close()


def test_a_mask_colours_its_own_pixels_and_outlines_them(stage, screen):
    mask = np.zeros((50, 100), bool)
    mask[10:40, 20:60] = True
    stage.show_mask(seen(mask))
    drawn = screen.picture(stage.canvas[MASK])
    assert screen.drawn(stage.canvas[MASK])[-1][1][1:] == [0, 0, 400, 200]
    assert drawn.shape == (50, 100, 4)  # no larger than the mask: the page enlarges it
    assert np.array_equal(drawn[..., 3] > 0, mask)
    assert tuple(drawn[25, 40]) == style.rgba(style.MASK, style.MASK_OPACITY)
    assert tuple(drawn[10, 20]) == style.rgba(style.SIGN)
    assert False in screen.settings(stage.canvas[MASK])  # image_smoothing_enabled


def test_a_mask_larger_than_the_stage_is_drawn_at_the_stages_size(screen):
    stage = make_stage(200, np.zeros((1000, 500, 3), np.uint8))
    mask = np.zeros((1000, 500), bool)
    mask[:500] = True
    stage.show_mask(seen(mask))
    drawn = screen.picture(stage.canvas[MASK])
    assert drawn.shape == (400, 200, 4)
    assert (drawn[:200, :, 3] > 0).all()
    assert (drawn[200:, :, 3] == 0).all()
    # 1.5 CSS pixels are 3 canvas pixels; the border of the picture is no edge.
    assert (drawn[197:200] == style.rgba(style.SIGN)).all()
    assert (drawn[:197] == style.rgba(style.MASK, style.MASK_OPACITY)).all()
    stage.close()


def test_without_a_mask_the_layer_is_empty(stage, screen):
    stage.show_mask(seen(np.ones((50, 100), bool)))
    stage.show_mask(None)
    assert screen.drawn(stage.canvas[MASK]) == []


def test_points_are_discs_in_their_colour_with_a_plus_or_a_minus(stage, screen):
    stage.show_prompts(Prompts([(25, 10), (50, 20)], [1, 0]))
    commands = screen.drawn(stage.canvas[PROMPTS])
    centres = [tuple(args[:2]) for name, args in commands if name == "fillCircle"]
    assert centres == [(100, 40)] * 3 + [(200, 80)] * 3
    lines = [args for name, args in commands if name == "strokeLine"]
    (plus_across, plus_down, minus) = lines
    assert plus_across[1] == plus_across[3] == 40
    assert plus_down[0] == plus_down[2] == 100
    assert minus[1] == minus[3] == 80
    colours = screen.settings(stage.canvas[PROMPTS])
    assert style.FOREGROUND in colours
    assert style.BACKGROUND in colours


def test_a_box_is_drawn_with_a_dark_rim_and_handles(stage, screen):
    stage.show_prompts(Prompts(box=(10, 5, 50, 25)))
    commands = screen.drawn(stage.canvas[PROMPTS])
    rims = [args for name, args in commands if name == "strokeRect"]
    assert rims == [[40, 20, 160, 80]] * 2
    # A handle at each corner, 10 CSS pixels wide with its rim, 8 without.
    handles = [args for name, args in commands if name == "fillRect"]
    assert handles[0] == [30, 10, 20, 20]
    assert [(x + 8, y + 8) for x, y, width, _ in handles if width == 16] == [
        (40, 20),
        (200, 20),
        (200, 100),
        (40, 100),
    ]
    assert style.BOX in screen.settings(stage.canvas[PROMPTS])


def test_a_new_picture_takes_mask_prompts_and_size_of_the_old_one_away(stage, screen):
    stage.show_mask(seen(np.ones((50, 100), bool)))
    stage.show_prompts(Prompts([(25, 10)]))
    stage.show_photo(np.zeros((30, 30, 3), np.uint8))
    assert screen.drawn(stage.canvas[MASK]) == screen.drawn(stage.canvas[PROMPTS]) == []
    assert (stage.canvas.width, stage.canvas.height) == (400, 400)
    assert screen.picture(stage.canvas[PHOTO]).shape == (400, 400, 4)
    assert rgba(stage._photo)[..., :3].max() <= 3


def test_enlarged_four_times_around_its_middle_a_quarter_of_each_side_fills_the_stage(
    stage, screen
):
    mask = np.zeros((50, 100), bool)
    mask[:, 50:] = True
    stage.show_mask(seen(mask))
    stage.show_prompts(Prompts([(50, 25)]))
    stage.look(stage.viewport.zoomed(4))
    stage.show_again()
    drawn = screen.picture(stage.canvas[MASK])
    assert drawn.shape == (200, 400, 4)  # as many as the canvas has, since it enlarges nothing
    assert (drawn[:, :200, 3] == 0).all()
    assert (drawn[:, 203:, :] == style.rgba(style.MASK, style.MASK_OPACITY)).all()
    discs = [args for name, args in screen.drawn(stage.canvas[PROMPTS]) if name == "fillCircle"]
    assert {tuple(args[:2]) for args in discs} == {(200, 100)}
    assert screen.picture(stage.canvas[PHOTO]).shape == (200, 400, 4)


def test_the_enlarged_photo_is_cut_out_of_the_whole_one(screen):
    image = np.zeros((100, 100, 3), np.uint8)
    image[:50, 50:] = 255
    stage = make_stage(100, image)
    stage.look(stage.viewport.zoomed(2, (200, 0)))  # the right upper quarter, which is white
    stage.show_again()
    # Next to its edge the cut is smoothed with what lies behind.
    assert screen.picture(stage.canvas[PHOTO])[:-20, 20:, :3].min() >= 250
    stage.close()


def test_a_photo_drawn_again_stays_enlarged_and_another_one_does_not(stage, screen):
    image = stage._image
    stage.look(stage.viewport.zoomed(4))
    stage.show_photo(image)
    assert stage.viewport.zoom == 4
    stage.show_photo(image.copy())
    assert stage.viewport.zoom == 1


def test_the_opacity_is_that_of_the_colour_and_not_of_the_outline(stage, screen):
    mask = np.zeros((50, 100), bool)
    mask[10:40, 20:60] = True
    stage.opacity = 0.2
    stage.show_mask(seen(mask))
    drawn = screen.picture(stage.canvas[MASK])
    assert tuple(drawn[25, 40]) == style.rgba(style.MASK, 0.2)
    assert tuple(drawn[10, 20]) == style.rgba(style.SIGN)


def test_a_preview_is_dashed_and_leaves_the_mask_alone(stage, screen):
    stage.show_mask(seen(np.ones((50, 100), bool)))
    mask = screen.drawn(stage.canvas[MASK])
    stage.show_preview([np.array([(10.0, 5.0), (20.0, 5.0), (10.0, 5.0)])])
    commands = screen.drawn(stage.canvas[PREVIEW])
    assert [name for name, _ in commands].count("strokeLineSegments") == 2
    assert ("setLineDash", [[10, 10]]) in commands
    assert commands[-1] == ("setLineDash", [[]])
    assert screen.drawn(stage.canvas[MASK]) == mask
    stage.show_preview([])
    assert screen.drawn(stage.canvas[PREVIEW]) == []


def test_nothing_is_sent_to_take_away_what_is_not_there(stage, screen):
    before = screen.batches
    stage.show_preview([])
    stage.clear_band()
    assert screen.batches == before


def test_a_mask_hint_is_a_dotted_line(stage, screen):
    stage.show_prompts(Prompts(), [np.array([(10.0, 5.0), (20.0, 5.0), (10.0, 5.0)])])
    assert style.HINT in screen.settings(stage.canvas[PROMPTS])
    assert ("setLineDash", [[0.2, 12]]) in screen.drawn(stage.canvas[PROMPTS])


def test_only_the_mark_that_moves_is_drawn_on_its_own_layer(stage, screen):
    before = Prompts([(25, 10), (50, 20)], [1, 0])
    after = Prompts([(25, 10), (60, 30)], [1, 0])
    stage.show_marks_moving(after, before)
    commands = screen.drawn(stage.canvas[BAND])
    assert {tuple(args[:2]) for name, args in commands if name == "fillCircle"} == {(240, 120)}
    stage.clear_band()
    assert screen.drawn(stage.canvas[BAND]) == []
