import io
import subprocess
import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from PIL import Image

from sam_explore.plots import raster
from sam_explore.readings import ColourRange

from ..patience import PATIENCE_SECONDS


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_the_lookup_table_holds_the_colours_of_matplotlib():
    table = raster.lookup_table("cividis")
    assert table.shape == (256, 4)
    assert table[0].tolist() == [0, 34, 77, 255]  # cividis begins in a dark blue
    for entry in (0, 100, 255):
        expected = matplotlib.colormaps["cividis"](entry, bytes=True)
        assert table[entry].tolist() == list(expected)


def test_values_find_their_entry_as_computed_by_hand():
    # From -1 to 3 an entry is 4 / 256 = 1/64 wide: 0 lies 64 entries up, 1 (the middle) at 128.
    values = np.array([-9.0, -1.0, 0.0, 1.0 - 1 / 128, 1.0, 2.984375, 3.0, 9.0])
    entries = raster.indices(values, ColourRange(-1.0, 3.0))
    assert entries.tolist() == [0, 0, 64, 127, 128, 255, 255, 255]


def test_an_empty_range_is_refused():
    with pytest.raises(ValueError, match="low must lie below high, but they are 2 and 2"):
        raster.indices(np.zeros(1), ColourRange(2.0, 2.0))


def test_the_outline_are_the_masks_own_pixels_at_its_edge():
    mask = np.zeros((6, 7), bool)
    mask[1:6, 1:6] = True  # touches the lower border of the picture, which is no edge
    assert raster.inside_and_outline(mask, 1).tolist() == [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 2, 2, 2, 2, 2, 0],
        [0, 2, 1, 1, 1, 2, 0],
        [0, 2, 1, 1, 1, 2, 0],
        [0, 2, 1, 1, 1, 2, 0],
        [0, 2, 1, 1, 1, 2, 0],
    ]
    assert raster.inside_and_outline(mask, 2)[3].tolist() == [0, 2, 2, 1, 2, 2, 0]
    assert raster.inside_and_outline(mask, 0)[3].tolist() == [0, 1, 1, 1, 1, 1, 0]


def test_an_indexed_picture_keeps_each_colour_and_its_opacity():
    table = np.array([[10, 20, 30, 0], [200, 100, 50, 115], [255, 255, 255, 255]], np.uint8)
    entries = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)
    assert np.array_equal(decoded(raster.indexed_png(entries, table)), table[entries])


def test_all_256_entries_survive_the_file():
    entries = np.arange(256, dtype=np.uint8).reshape(16, 16)
    table = raster.lookup_table("RdBu")
    assert np.array_equal(decoded(raster.indexed_png(entries, table)), table[entries])


def test_a_picture_cut_from_a_larger_array_is_stored_right():
    table = raster.lookup_table("cividis")
    entries = np.arange(256, dtype=np.uint8).reshape(16, 16)[2:9, 3:7]
    assert np.array_equal(decoded(raster.indexed_png(entries, table)), table[entries])


def test_a_photo_becomes_a_jpeg_of_the_size_asked_for():
    image = np.full((30, 40, 3), (200, 60, 20), np.uint8)
    photo = Image.open(io.BytesIO(raster.jpeg(image, 60, 80)))
    assert (photo.format, photo.size) == ("JPEG", (80, 60))
    assert np.abs(np.asarray(photo).astype(int) - (200, 60, 20)).max() <= 3


def test_a_grey_picture_under_a_map_has_no_dark_shades_and_survives_its_jpeg():
    grey = np.array([[0, 51, 255]], np.uint8)
    assert raster.pale(grey).tolist() == [[70, 107, 255]]  # 70 + 51 / 255 · 185 = 107
    flat = np.full((16, 24), 107, np.uint8)
    drawn = np.asarray(Image.open(BytesIO(raster.grey_jpeg(flat))))
    assert drawn.shape == (16, 24)
    assert np.abs(drawn.astype(int) - 107).max() <= 1


def test_each_pixel_takes_the_cell_under_its_centre():
    assert raster.nearest(6, 3).tolist() == [0, 0, 1, 1, 2, 2]
    assert raster.nearest(3, 6).tolist() == [1, 3, 5]
    assert raster.nearest(4, 1.5).tolist() == [0, 0, 0, 1]  # the second cell only by half
    assert raster.nearest(5, 5).tolist() == [0, 1, 2, 3, 4]


def test_plots_load_neither_torch_nor_a_widget():
    code = (
        "import sys; import sam_explore.plots.raster, sam_explore.plots.style\n"
        "avoided = {'torch', 'ipywidgets', 'ipycanvas', 'sam_explore.model'}\n"
        "print(sorted(avoided & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    assert done.stdout.strip() == "[]"
