"""Readings as figures: what is drawn where, in which colours, and with which words."""

import subprocess
import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from sam_explore.plots import style
from sam_explore.plots.drawing import draw, draw_on, size_of
from sam_explore.plots.maps import gallery_shape
from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale, Underlay

from ..patience import PATIENCE_SECONDS

HEATMAP = Heatmap(
    np.array([[-1.0, 0.0, 1.0], [2.0, np.nan, 3.0]]),
    "A map",
    "It goes from −1 to 3.",
    Scale("logit", centre=0.0),
    frame="tokens",
    marks=((1, 2),),
    grid_lines=((0,), (0, 1)),
)
NORMS = Heatmap(np.array([[1.0, 2.0], [3.0, 9.0]]), "Norms", "From 1 to 9.", Scale("L2 norm"))
GALLERY = Gallery((NORMS, NORMS, HEATMAP), "Three maps", "Three.", shared=Scale("L2 norm"))
PROFILE = Profile(
    np.arange(4.0),
    (
        Curve(np.array([1.0, 2.0, np.nan, 4.0]), "one", np.zeros(4), np.full(4, 5.0)),
        Curve(np.array([4.0, 3.0, 2.0, 1.0]), "other", style="points"),
        Curve(np.array([2.0, 2.0, 1.0, 1.0]), "third", style="steps"),
    ),
    "Three curves",
    "They cross.",
    "block",
    "L2 norm",
    x_marks=((1.5, "threshold"),),
)
MATRIX = Matrix(
    np.array([[0.0, 1.0, 0.5]]), ("row",), ("a", "b", "c"), "A table", "Three.", "which", "what"
)
PANEL = Panel((HEATMAP, PROFILE, MATRIX, GALLERY), "All kinds", "All.", across=2)
READINGS = [HEATMAP, GALLERY, PROFILE, MATRIX, PANEL]


def pixels(figure: Figure) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(figure.png())).convert("RGB")).astype(int)


def maps_in(figure: Figure) -> list:
    return [image for ax in figure.axes for image in ax.images]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: type(reading).__name__)
def test_each_kind_of_reading_fills_a_figure(reading):
    figure = draw(reading)
    assert isinstance(figure, Figure)
    assert tuple(figure.get_size_inches()) == size_of(reading)
    assert len(np.unique(pixels(figure).reshape(-1, 3), axis=0)) > 10


def test_a_picture_of_another_sharpness_is_that_of_savefig_and_the_figure_keeps_its_own():
    figure, saved = draw(PANEL), BytesIO()
    picture = Image.open(BytesIO(figure.png(150)))
    draw(PANEL).savefig(saved, dpi=150)
    assert np.array_equal(picture, Image.open(saved))
    assert figure.dpi == style.DPI


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: type(reading).__name__)
def test_each_kind_can_be_drawn_into_axes_of_a_larger_figure(reading):
    figure = Figure(figsize=(12, 6), layout="constrained")
    axes = figure.subplots(1, 2)
    assert draw(reading, axes[1]) is figure
    figure.savefig(BytesIO(), format="png")
    assert not axes[0].has_data()
    drawn = [
        ax for ax in figure.findobj(lambda artist: hasattr(artist, "has_data")) if ax.has_data()
    ]
    assert drawn


def test_axes_of_a_part_of_a_figure_give_the_whole_figure_back():
    figure = Figure(layout="constrained")
    ax = figure.subfigures(1, 2)[0].subplots()
    assert draw(HEATMAP, ax) is figure


def test_several_pictures_do_not_fit_into_axes_without_a_grid():
    ax = Figure().add_axes((0.2, 0.2, 0.3, 0.3))
    with pytest.raises(ValueError, match="axes that were placed freely"):
        draw(GALLERY, ax)


def test_what_is_no_reading_is_refused_with_what_to_do():
    with pytest.raises(TypeError, match=r"draw\(probe\(trace\)\)\. It got a type\."):
        draw(Heatmap)


def test_a_stated_centre_lies_in_the_middle_of_a_diverging_map():
    (image,) = maps_in(draw(HEATMAP))
    assert image.get_clim() == (-3, 3)
    assert image.get_cmap().name == style.DIVERGING
    bar = draw(HEATMAP).axes[0].child_axes[0]
    assert 0 in bar.get_yticks()


def test_equal_distances_from_a_centre_that_is_not_zero_look_equally_strong():
    values = np.array([[1.0, 2.0, 3.0]])
    (image,) = maps_in(draw(Heatmap(values, "t", "w.", Scale("logit", centre=2.0))))
    below, centre, above = image.to_rgba(values)[0]
    assert (centre[:3] > 0.95).all()
    lightness = [colour[:3] @ (0.3, 0.59, 0.11) for colour in (below, above)]
    assert lightness[0] == pytest.approx(lightness[1], abs=0.15)


def test_what_goes_from_little_to_much_is_drawn_in_cividis_from_end_to_end():
    (image,) = maps_in(draw(NORMS))
    assert image.get_cmap().name == "cividis"
    assert image.get_clim() == (1, 9)
    stated = Heatmap(NORMS.values, "t", "w.", Scale("L2 norm", low=0.0, high=20.0))
    assert maps_in(draw(stated))[0].get_clim() == (0, 20)


def test_a_map_of_one_value_still_has_a_range():
    (image,) = maps_in(draw(Heatmap(np.full((2, 2), 7.0), "t", "w.")))
    low, high = image.get_clim()
    assert low < 7 < high


def test_nan_shows_the_ground():
    (image,) = maps_in(draw(HEATMAP))
    drawn = image.to_rgba(image.get_array())
    assert drawn[1, 1, 3] == 0
    assert (np.delete(drawn[..., 3].ravel(), 4) == 1).all()


def test_a_map_of_nan_alone_is_drawn():
    assert pixels(draw(Heatmap(np.full((2, 2), np.nan), "t", "w."))).min() < 255


def test_lines_lie_after_their_rows_and_columns_and_marks_around_their_cells():
    (ax,) = draw(HEATMAP).axes
    lines, marks = (each for each in ax.collections if isinstance(each, LineCollection))
    drawn = [np.asarray(path.vertices).tolist() for path in lines.get_paths()]
    assert drawn == [
        [[-0.5, 0.5], [2.5, 0.5]],
        [[0.5, -0.5], [0.5, 1.5]],
        [[1.5, -0.5], [1.5, 1.5]],
    ]
    (outline,) = marks.get_paths()
    assert outline.get_extents().bounds == (1.5, 0.5, 1, 1)  # column 2, row 1


def test_a_grid_of_tokens_names_rows_and_columns_and_a_picture_does_not():
    (ax,) = draw(HEATMAP).axes
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("token row", "token column")
    assert ax.yaxis_inverted()  # row 0 on top
    (ax,) = draw(Heatmap(NORMS.values, "t", "w.", frame="picture")).axes
    assert (ax.get_xlabel(), list(ax.get_xticks())) == ("", [])


def test_a_gallery_has_one_range_for_all_maps_or_one_for_each():
    shared = maps_in(draw(GALLERY))
    assert [image.get_clim() for image in shared] == [(-1, 9)] * 3
    own = maps_in(draw(Gallery(GALLERY.maps, "t", "w.")))
    assert [image.get_clim() for image in own] == [(1, 9), (1, 9), (-3, 3)]
    assert own[2].get_cmap().name == style.DIVERGING


def test_a_gallery_has_one_colour_bar_for_all_maps_or_one_for_each():
    assert [ax.get_ylabel() for ax in draw(GALLERY).axes if ax.get_ylabel()] == ["L2 norm"]
    figure = draw(Gallery(GALLERY.maps, "t", "w."))
    assert sum(len(ax.child_axes) for ax in figure.axes) == 3


def test_a_map_in_colours_of_its_own_is_drawn_in_them_without_a_colour_bar():
    colours = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
    one = Heatmap(np.ones((1, 2)), "a", "A.", colours=colours)
    for reading in (one, Gallery((one, one), "g", "G.")):
        axes = draw(reading).axes
        assert not any(ax.child_axes for ax in axes)
        assert axes[0].images[0].get_array().tolist() == colours.tolist()


@pytest.mark.parametrize(
    ("count", "shape"),
    [(1, (1, 1)), (2, (1, 2)), (4, (2, 2)), (8, (2, 4)), (12, (3, 4)), (24, (4, 6)), (32, (4, 8))],
)
def test_maps_of_a_gallery_leave_no_hole_where_that_can_be(count, shape):
    assert gallery_shape(count) == shape


def test_a_few_named_values_get_a_swatch_with_the_name_each():
    named = Scale(low=0.0, high=1.0, names=((0.0, "outside"), (1.0, "inside")))
    figure = draw(Heatmap(np.eye(2), "t", "w.", named, frame="picture"))
    (image,) = maps_in(figure)
    bar = figure.axes[0].child_axes[0]
    assert [label.get_text() for label in bar.get_yticklabels()] == ["outside", "inside"]
    (swatches,) = (each for each in bar.collections if each.get_array() is not None)
    shown = swatches.to_rgba(swatches.get_array()).reshape(-1, 4)
    assert np.array_equal(shown, image.to_rgba([0.0, 1.0]))


def test_curves_differ_by_more_than_their_colour_and_have_a_legend():
    (ax,) = draw(PROFILE).axes
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["one", "other", "third"]
    curves = ax.lines[:3]
    assert [to_hex(curve.get_color()) for curve in curves] == [
        colour.lower() for colour in style.CURVES[:3]
    ]
    assert len({(curve.get_linestyle(), curve.get_marker()) for curve in curves}) == 3
    assert len(set(style.CURVES)) == len(style.CURVES) == len(style.DASHES) == len(style.POINTS)


def test_a_single_curve_has_no_legend():
    one = Profile(np.arange(2.0), (Curve(np.ones(2), "one"),), "t", "w.", "x", "y")
    assert draw(one).axes[0].get_legend() is None


def test_a_curve_of_many_places_has_no_marks_and_gives_no_warning(recwarn):
    many = Profile(np.arange(50.0), (Curve(np.ones(50), "one"),), "t", "w.", "x", "y")
    (line,) = draw(many).axes[0].lines
    assert line.get_marker() == ""
    assert not [str(each.message) for each in recwarn]


def test_a_band_spans_its_curve_and_a_marked_place_its_name():
    (ax,) = draw(PROFILE).axes
    (band,) = ax.collections
    assert band.get_datalim(ax.transData).bounds == (0, 0, 3, 5)
    assert [text.get_text() for text in ax.texts] == ["threshold"]
    assert ax.lines[3].get_xdata() == [1.5, 1.5]


def test_points_have_bars_and_no_band_between_them():
    points = Curve(
        np.array([2.0, 5.0]), "points", np.array([1.0, 4.0]), np.array([3.0, 9.0]), "points"
    )
    (ax,) = draw(Profile(np.arange(2.0), (points,), "t", "w.", "x", "y")).axes
    (bars,) = (each for each in ax.collections if isinstance(each, LineCollection))
    assert [segment.tolist() for segment in bars.get_segments()] == [
        [[0, 1], [0, 3]],
        [[1, 4], [1, 9]],
    ]
    assert len(ax.collections) == 1


def test_axes_can_be_logarithmic():
    profile = Profile(np.arange(1.0, 5), PROFILE.curves[1:], "t", "w.", "x", "y", log="xy")
    (ax,) = draw(profile).axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_places_with_names_are_labelled_as_far_as_they_fit():
    x = np.arange(-1.0, 32)
    names = ("embedding", *map(str, range(32)))
    profile = Profile(x, (Curve(x, "one"),), "t", "w.", "block", "y", x_labels=names)
    (ax,) = draw(profile).axes
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels[:3] == ["embedding", "1", "3"]
    assert len(labels) == 17


def test_a_small_table_has_its_numbers_written_in_and_a_large_one_has_not():
    (ax,) = draw(MATRIX).axes
    assert [text.get_text() for text in ax.texts] == ["0", "1", "0.5"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]
    names = tuple(map(str, range(20)))
    large = Matrix(np.ones((20, 20)), names, names, "t", "w.", "r", "c")
    assert not draw(large).axes[0].texts


def test_numbers_in_a_table_can_be_read_on_dark_and_on_light_cells():
    (ax,) = draw(MATRIX).axes
    assert [text.get_color() for text in ax.texts[:2]] == [style.SIGN, style.HALO]


def test_a_panel_stands_in_rows_of_its_readings():
    figure = draw(PANEL)
    titles = [part.axes[0].get_title(loc="left") for part in figure.subfigs[:3]]
    assert titles == ["A map", "Three curves", "A table"]
    assert len(figure.subfigs) == 4
    assert len(draw(Panel((MATRIX, MATRIX, MATRIX), "t", "w.", across=2)).subfigs) == 4


def test_a_panel_too_wide_for_a_page_has_fewer_pictures_in_a_row():
    """Charts are 6.4 inches wide, so two are within 14.5 and three are not."""
    one, two, three = (
        size_of(Panel((PROFILE,) * 3, "t", "w.", across=across)) for across in (1, 2, 3)
    )
    assert three == two
    assert (one[0], two[0]) == (6.4, 12.8)
    assert two[1] < one[1]
    wide = Panel((HEATMAP,) * 3, "t", "w.", across=3)  # of 4.4 inches each
    assert size_of(wide)[0] == pytest.approx(13.2)


def test_a_notebook_gets_a_sharp_picture_and_its_words():
    data, about = draw(HEATMAP)._repr_mimebundle_()
    width, height = Image.open(BytesIO(data["image/png"])).size
    assert about["image/png"] == {
        "width": width // 2,
        "height": height // 2,
        "alt": "It goes from −1 to 3.",
    }
    assert data["text/plain"] == "It goes from −1 to 3."


def test_one_figure_can_be_cleared_and_filled_again():
    figure = draw(HEATMAP)
    first = pixels(figure)
    figure.clear()
    draw_on(figure, NORMS)
    assert figure.words == "From 1 to 9."
    assert not np.array_equal(pixels(figure), first)
    figure.clear()
    draw_on(figure, HEATMAP)
    assert np.array_equal(pixels(figure), first)


def test_drawing_uses_neither_torch_nor_pyplot():
    code = (
        "import sys, numpy as np\n"
        "from sam_explore.plots.drawing import draw\n"
        "from sam_explore.readings import Heatmap\n"
        "draw(Heatmap(np.ones((2, 2)), 't', 'w.')).png()\n"
        "print(sorted({'torch', 'matplotlib.pyplot', 'sam_explore.model'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def over(values: np.ndarray, rows: float, columns: float, *, wanted: bool = True) -> Heatmap:
    """A map over a picture that fills so many rows and columns of it."""
    below = Underlay(np.zeros((10, 20), np.uint8), rows, columns, wanted)
    return Heatmap(values, "t", "w.", frame="tokens", underlay=below)


def test_a_picture_lies_below_the_cells_that_show_it_and_not_below_padding():
    # A picture of 2 : 1 in four rows and columns of tokens fills the upper two rows.
    (ax, *_) = draw(over(np.arange(16.0).reshape(4, 4), 2, 4)).axes
    picture, cells = ax.images
    assert picture.get_extent() == [-0.5, 3.5, 1.5, -0.5]
    assert (cells.get_extent(), cells.get_alpha()) == ([-0.5, 3.5, 3.5, -0.5], style.MAP_OPACITY)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 3.5), (3.5, -0.5))
    (ax, *_) = draw(over(np.arange(12.0).reshape(3, 4), 2.5, 4)).axes  # and half of the third
    assert ax.images[0].get_extent() == [-0.5, 3.5, 2.0, -0.5]


def test_a_map_is_alone_if_the_picture_does_not_help_or_is_not_wanted():
    values = np.eye(4)
    assert len(draw(over(values, 2, 4, wanted=False)).axes[0].images) == 1
    assert len(draw(over(values, 2, 4), map_opacity=1.0).axes[0].images) == 1
    _, cells = draw(over(values, 2, 4, wanted=False), map_opacity=0.3).axes[0].images
    assert cells.get_alpha() == 0.3
    with pytest.raises(ValueError, match="map_opacity must be a number from 0 to 1, or None"):
        draw(over(values, 2, 4), map_opacity=2.0)


def test_the_colour_bar_of_a_map_over_a_picture_has_its_full_colours():
    figure = draw(over(np.array([[0.0, 1.0]]), 1, 2))
    shown = pixels(figure).reshape(-1, 3)
    for end in (0.0, 1.0):
        wanted = np.array(matplotlib.colormaps[style.SEQUENTIAL](end)[:3]) * 255
        assert np.abs(shown - wanted).max(axis=1).min() <= 8  # at 0.6 it would be 102 off


def test_nan_shows_the_picture_whatever_the_scale():
    values = np.array([[np.nan, -14.0], [3.0, 1.0]])
    below = Underlay(np.full((2, 2), 255, np.uint8), 2, 2)
    (ax, *_) = draw(Heatmap(values, "t", "w.", Scale(centre=0.0), "tokens", underlay=below)).axes
    shown = ax.images[1].to_rgba(ax.images[1].get_array())
    assert shown[0, 0, 3] == 0
    # 3 of ±14, of which half of the nearer side reach 2: asinh(1.5) / asinh(7) of the way to blue.
    expected = matplotlib.colormaps[style.DIVERGING](0.5 + np.arcsinh(1.5) / np.arcsinh(7) / 2)
    np.testing.assert_allclose(shown[1, 0, :3], expected[:3], atol=0.01)


def test_a_bar_has_an_arrow_at_an_end_that_values_lie_beyond():
    scale = Scale(centre=0.0, low=-2.0, high=2.0)
    bars = [
        draw(Heatmap(np.array([values]), "t", "w.", scale)).axes[0].child_axes[0]._colorbar.extend
        for values in ([-2.0, 2.0], [-3.0, 2.0], [0.0, 5.0], [-3.0, 5.0])
    ]
    assert bars == ["neither", "min", "max", "both"]


def test_readings_that_are_compared_get_one_scale():
    one, other = (
        Heatmap(np.array([values]), "t", "w.", Scale("logit", centre=0.0))
        for values in ([-14.0, 1.0], [5.0, 2.0])
    )
    first = draw(one, same_scale_as=other).axes[0].images[0].norm
    second = draw(other, same_scale_as=one).axes[0].images[0].norm
    assert (first.vmin, first.vmax) == (second.vmin, second.vmax) == (-14, 14)
    assert float(first(2.0)) == float(second(2.0))
    alone = draw(other, same_scale_as=Scale("logit", centre=0.0, high=3.0)).axes[0].images[0].norm
    assert (alone.vmin, alone.vmax) == (-3, 3)
