"""Static views are the same under every matplotlib style of the user's."""

from collections.abc import Iterator

import matplotlib
import numpy as np
import pytest
from matplotlib import style as styles

from sam_explore.readings import Curve, Matrix, Profile
from sam_explore.widgets import PromptCanvas, explore

from .fake_probes import Grid

PROFILE = Profile(np.arange(3.0), (Curve(np.arange(3.0), "one"),), "t", "w.", "block", "norm")
MATRIX = Matrix(np.eye(2), ("a", "b"), ("c", "d"), "t", "w.", "r", "c")


@pytest.fixture(autouse=True)
def settings_as_they_were() -> Iterator[None]:
    with matplotlib.rc_context():
        yield


def set_everything() -> None:
    styles.use("dark_background")
    settings = {"image.origin": "lower", "image.aspect": "auto", "axes.grid": True}
    matplotlib.rcParams.update({**settings, "figure.dpi": 50, "font.size": 25})


def test_stills_are_the_same(answers, image, open_session, screen):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    with PromptCanvas(session, width=192) as canvas, explore(Grid, session) as explorer:
        plain = canvas.still(), explorer.still()
        set_everything()
        assert (canvas.still(), explorer.still()) == plain
