"""Figures look the same under every style of the user's, and are readable in all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from threading import Event, Thread

import matplotlib
import numpy as np
import pytest
from matplotlib import style as styles
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from sam_explore.plots import style
from sam_explore.plots.drawing import draw
from sam_explore.plots.matplotlib_settings import own_settings

from ..patience import PATIENCE_SECONDS
from .test_drawing import HEATMAP, PANEL, READINGS, pixels  # a panel holds all the others
from .test_style import XYZ, linear

NAMES = ["default", "dark_background", "ggplot", "Solarize_Light2", "seaborn-v0_8-dark"]
HARMFUL = [
    {"image.origin": "lower"},
    {"image.aspect": "auto"},
    {"axes.grid": True},
    {"text.usetex": True, "savefig.facecolor": "black", "figure.dpi": 31, "font.size": 30},
]
each_reading = pytest.mark.parametrize("reading", READINGS, ids=lambda each: type(each).__name__)


@pytest.fixture(autouse=True)
def settings_as_they_were() -> Iterator[None]:
    with matplotlib.rc_context():
        yield


@dataclass(frozen=True)
class Drawn:
    """What a reader gets of a panel: its pixels, its form in a notebook, and a file."""

    pixels: np.ndarray
    in_a_notebook: tuple[dict, dict]
    file: bytes


def drawn() -> Drawn:
    figure, file = draw(PANEL), BytesIO()
    in_a_notebook = figure._repr_mimebundle_()
    figure.savefig(file, dpi=50)
    return Drawn(pixels(figure), in_a_notebook, file.getvalue())


@pytest.fixture(scope="module")
def plain() -> Drawn:
    """As it is drawn with matplotlib's own settings."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        return drawn()


@pytest.mark.parametrize("settings", HARMFUL, ids=lambda each: next(iter(each)))
def test_a_readers_settings_change_no_pixel(settings, plain):
    matplotlib.rcParams.update(settings)

    styled = drawn()
    np.testing.assert_array_equal(styled.pixels, plain.pixels)
    assert styled.in_a_notebook == plain.in_a_notebook
    assert {key: matplotlib.rcParams[key] for key in settings} == settings  # and stay theirs


@pytest.mark.parametrize("name", NAMES)
def test_a_readers_style_changes_no_pixel_of_a_figure_or_of_its_file(name, plain):
    styles.use(name)

    styled = drawn()
    np.testing.assert_array_equal(styled.pixels, plain.pixels)
    assert styled.file == plain.file


def contrasts(figure: Figure) -> dict[str, float]:
    """Of each text with what lies behind it, which is seen once the text is hidden."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # another layout would move them
    texts = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text()]
    places = {each: each.get_window_extent() for each in texts}
    file = BytesIO()
    for each in texts:
        each.set_alpha(0)
    figure.savefig(file, dpi=figure.dpi, facecolor=figure.get_facecolor())
    seen = np.asarray(Image.open(file).convert("RGB"))
    found = {}
    for text, place in places.items():
        left, right = (int(np.clip(x, 0, seen.shape[1] - 1)) for x in (place.x0, place.x1))
        top, low = (
            int(np.clip(seen.shape[0] - y, 0, seen.shape[0] - 1)) for y in place.extents[3:0:-2]
        )
        if place.width and left < right and top < low:
            ground = np.median(seen[top : low + 1, left : right + 1].reshape(-1, 3), axis=0)
            lights = sorted(
                XYZ[1] @ linear(tuple(colour)) + 0.05
                for colour in (ground, 255 * np.array(to_rgb(text.get_color())))
            )
            found[text.get_text()] = lights[1] / lights[0]
    return found


@each_reading
@pytest.mark.parametrize("name", NAMES)
def test_all_text_can_be_read_in_a_figure_of_its_own_and_in_a_readers(reading, name):
    styles.use(name)
    of_theirs = Figure(figsize=(6, 5), layout="constrained")
    draw(reading, of_theirs.subplots())
    for figure in (draw(reading), of_theirs):
        found = contrasts(figure)
        assert found
        assert min(found.values()) >= 4.5, found


def test_maps_in_a_readers_axes_keep_their_upper_row_and_their_squares():
    matplotlib.rcParams.update({"image.origin": "lower", "image.aspect": "auto", "axes.grid": True})
    figure = Figure()
    ax = figure.subplots()
    draw(HEATMAP, ax)

    assert ax.yaxis_inverted()
    assert ax.get_aspect() == 1
    assert not any(line.get_visible() for line in ax.get_xgridlines() + ax.get_ygridlines())


def test_settings_that_a_reader_makes_while_we_draw_stay():
    styles.use("dark_background")
    with own_settings():
        assert matplotlib.rcParams["text.color"] == "black"
        matplotlib.rcParams["text.color"] = "red"
    assert matplotlib.rcParams["text.color"] == "red"
    assert matplotlib.rcParams["axes.facecolor"] == "black"


def test_of_two_drawings_at_once_the_last_puts_the_readers_settings_back():
    styles.use("dark_background")
    entered, leave = Event(), Event()

    def draw_slowly() -> None:
        with own_settings():
            entered.set()
            leave.wait(PATIENCE_SECONDS)

    other = Thread(target=draw_slowly)
    with own_settings():
        other.start()
        assert entered.wait(PATIENCE_SECONDS)
    assert matplotlib.rcParams["text.color"] == "black"  # the other one still draws
    leave.set()
    other.join()
    assert matplotlib.rcParams["text.color"] == "white"


def test_an_error_while_drawing_puts_them_back_too():
    styles.use("dark_background")
    with pytest.raises(ZeroDivisionError), own_settings():
        1 / 0  # noqa: B018
    assert matplotlib.rcParams["text.color"] == "white"


def test_ink_is_what_was_wanted_where_that_is_read():
    assert style.ink_on((1, 1, 1), style.INK) == style.INK
    assert style.ink_on((0.6, 0.6, 0.6), style.FAINT_INK) == style.HALO
    assert style.ink_on((0, 0, 0), style.INK) == style.SIGN
