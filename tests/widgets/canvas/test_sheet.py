"""A sheet has what a canvas would show after the same commands."""

from io import BytesIO
from math import pi

import numpy as np
import pytest
from PIL import Image

from sam_explore.plots import raster
from sam_explore.widgets.canvas.sheet import Sheet

WHITE, RED = [255, 255, 255], [255, 0, 0]


def pixels(sheet: Sheet) -> np.ndarray:
    return np.array(sheet.picture)


def dark(sheet: Sheet) -> np.ndarray:
    return np.argwhere(pixels(sheet).mean(axis=2) < 128)


def test_a_filled_rectangle_fills_just_its_pixels():
    sheet = Sheet(6, 4)
    sheet.fill_style = "#FF0000"
    sheet.fill_rect(1, 0, 3, 2)
    found = pixels(sheet)
    assert (found[:2, 1:4] == RED).all()
    found[:2, 1:4] = WHITE
    assert (found == 255).all()


def test_colours_may_be_faint_or_written_as_numbers():
    sheet = Sheet(2, 1)
    sheet.fill_style = "#FF000080"  # 128 of 255
    sheet.fill_rect(0, 0, 1, 1)
    sheet.fill_style = "rgb(1,2,3)"
    sheet.fill_rect(1, 0, 1, 1)
    faint, numbers = pixels(sheet)[0].tolist()
    assert faint == pytest.approx([255, 127, 127], abs=1)
    assert numbers == [1, 2, 3]


def test_a_line_has_its_width_and_its_dashes():
    sheet = Sheet(12, 6)
    sheet.stroke_style, sheet.line_width = "#000000", 2
    sheet.set_line_dash([4, 4])
    sheet.stroke_line(0, 3, 12, 3)
    assert dark(sheet).tolist() == [[row, x] for row in (2, 3) for x in (0, 1, 2, 3, 8, 9, 10, 11)]


def test_an_outline_leaves_the_inside_alone():
    sheet = Sheet(10, 10)
    sheet.line_width = 2
    sheet.stroke_rect(2, 2, 6, 6)
    found = pixels(sheet)
    assert (found[4:6, 4:6] == 255).all()
    assert (found[1, 1:9] < 128).all()
    assert (found[:, 0] == 255).all()


def test_a_picture_is_drawn_over_what_is_there_by_its_opacity():
    sheet = Sheet(4, 2)
    table = np.array([[0, 0, 0, 255], [0, 0, 255, 0]], np.uint8)  # black, and nothing
    file = raster.indexed_png(np.array([[0, 1]], np.uint8), table)
    sheet.global_alpha, sheet.image_smoothing_enabled = 0.5, False
    sheet.draw_image(file, 0, 0, 4, 2)
    assert pixels(sheet)[..., 0].tolist() == [[127, 127, 255, 255]] * 2
    sheet.draw_image(file, 3, 1, 4, 2)  # beyond the edge
    assert pixels(sheet)[1, 3, 0] == 127


def test_text_starts_ends_or_is_centred_and_stays_in_its_room():
    ends = {}
    for align in ("left", "center", "right"):
        sheet = Sheet(200, 40)
        sheet.font, sheet.text_align = 'bold 20px "DejaVu Sans"', align
        sheet.fill_text("HHHH", 100, 30, 90)
        found = dark(sheet)
        assert found[:, 0].max() <= 30
        ends[align] = found[:, 1].min(), found[:, 1].max()
    assert ends["left"][0] == pytest.approx(102, abs=2)
    assert ends["right"][1] == pytest.approx(98, abs=2)
    assert sum(ends["center"]) / 2 == pytest.approx(100, abs=1)
    heights = []
    for room in (90, 30):
        sheet = Sheet(200, 40)
        sheet.font = "20px sans-serif"
        sheet.fill_text("HHHH", 0, 30, room)
        heights.append(np.ptp(dark(sheet)[:, 0]))
    assert dark(sheet)[:, 1].max() < 30
    assert heights[0] == heights[1]  # squeezed, not made smaller


def test_text_goes_upwards_after_a_quarter_turn():
    sheet = Sheet(40, 200)
    sheet.save()
    sheet.translate(20, 150)
    sheet.rotate(-pi / 2)
    sheet.font = "20px sans-serif"
    sheet.fill_text("HHHH", 0, 0, 100)
    sheet.restore()
    found = dark(sheet)
    assert 140 < found[:, 0].max() <= 150
    assert found[:, 0].min() < 110
    assert found[:, 1].max() <= 21
    sheet.fill_text("H", 0, 20, 100)  # upright again
    assert dark(sheet)[:, 0].min() < 10


def test_a_font_without_a_size_is_refused():
    sheet = Sheet(4, 4)
    sheet.font = "Verdana"
    with pytest.raises(ValueError, match="must begin like 'bold 14px '"):
        sheet.fill_text("H", 0, 4, 4)


def test_the_picture_is_a_copy():
    sheet = Sheet(2, 2)
    before = sheet.picture
    sheet.fill_rect(0, 0, 2, 2)
    file = BytesIO()
    before.save(file, "PNG")
    assert (np.asarray(Image.open(file)) == 255).all()
