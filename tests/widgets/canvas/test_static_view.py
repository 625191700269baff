"""Views on a page without a kernel: their picture and sentence, and how nbconvert takes them."""

import base64
import io

import numpy as np
import pytest
from ipywidgets import HTML, HBox, VBox
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from sam_explore.plots import style
from sam_explore.prediction import Prediction
from sam_explore.widgets import PromptCanvas, Session, explore
from sam_explore.widgets.canvas.static_view import static_views
from sam_explore.widgets.session import SYNCHRONOUS

from ..fake_probes import Grid

LIVE = "application/vnd.jupyter.widget-view+json"


def pixels(data: dict) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data["image/png"])).convert("RGB")).reshape(-1, 3)


def count(data: dict, colour: str) -> int:
    """How many pixels of the picture have exactly this colour."""
    return int((pixels(data) == style.rgba(colour)[:3]).all(axis=1).sum())


def test_a_canvas_leaves_its_picture_and_sentence_beside_the_live_view(
    answers, image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session, width=192) as canvas:
        bare, _ = canvas._repr_mimebundle_()
        session.add_point((10.0, 20.0))
        session.add_point((50.0, 20.0), 0)
        data, about = canvas._repr_mimebundle_()
    assert LIVE in data
    assert bare["text/plain"] == "The picture, without a prompt."
    words = data["text/plain"]
    assert words.startswith("1 foreground point and 1 background point. Mask 0")
    assert about["image/png"]["alt"] == words
    for colour in (style.FOREGROUND, style.BACKGROUND, style.CHOSEN):
        assert count(data, colour) > 100
        assert count(bare, colour) == 0


def test_the_shown_mask_covers_its_half_of_the_picture(answers, open_session, screen):
    """Mask 2, which the model expects to be the best, is the lower half, all of it in one colour.

    White below MASK at opacity 0.45, which is 115 of 255: 0 x 115 + 255 x 140 over 255 is 140, and
    so for 0x72 and 0xB2: 191 and 220.
    """
    session = open_session(np.full((64, 64, 3), 255, np.uint8))
    session.add_point((32.0, 8.0))
    with PromptCanvas(session, width=192) as canvas:
        data, _ = canvas._repr_mimebundle_()
    covered = (np.abs(pixels(data).astype(int) - (140, 191, 220)) <= 1).all(axis=1).sum()
    stage = (2 * 490) ** 2  # 4.9 inches, twice 100 dots each
    assert 0.45 < covered / stage < 0.5  # less the outline


def test_an_explorer_leaves_its_picture_and_sentence(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        data, about = explorer._repr_mimebundle_()
    assert data["text/plain"] == about["image/png"]["alt"] == "The factor is 1."
    assert len(np.unique(pixels(data), axis=0)) > 16
    assert LIVE in data


def test_what_is_not_answered_in_time_is_said_and_the_live_view_comes(
    answers, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((10.0, 20.0))
    answers.wait_until_asked()
    with PromptCanvas(session, width=192) as canvas:
        data, _ = canvas._repr_mimebundle_()
        answers.gate.set()
    assert LIVE in data
    assert data["text/plain"] == "1 foreground point, not answered when the page was saved."


def test_a_picture_that_fails_takes_nothing_from_the_live_view(
    answers, image, open_session, screen, monkeypatch, caplog
):
    with PromptCanvas(open_session(image), width=192) as canvas:
        monkeypatch.setattr(canvas, "still", lambda: 1 / 0)
        data, _ = canvas._repr_mimebundle_()
    assert LIVE in data
    assert "could not be drawn" in caplog.text
    caplog.clear()


def test_stills_of_a_box_are_those_of_the_views_in_it(answers, image, open_session, screen):
    session = open_session(image)
    with PromptCanvas(session, width=192) as canvas, explore(Grid, session) as explorer:
        box, other = HBox([HTML(), VBox([canvas]), explorer]), HTML()
        names = [box.model_id, explorer.model_id, other.model_id, "unknown"]
        found = static_views(names)
        box.close()
        other.close()
    assert {name: len(each) for name, each in found.items()} == {names[0]: 2, names[1]: 1}
    assert found[names[0]][1][0]["text/plain"] == "The factor is 1."


@pytest.mark.parametrize(("value", "synchronous"), [("1", True), ("0", False), (None, False)])
def test_an_environment_can_make_every_session_synchronous(
    value, synchronous, sam, image, monkeypatch
):
    monkeypatch.delenv(SYNCHRONOUS, raising=False)
    if value is not None:
        monkeypatch.setenv(SYNCHRONOUS, value)
    with Session(sam, image) as session:
        assert session.synchronous == synchronous
        assert isinstance(session.trace.prediction, Prediction)


def test_nbconvert_shows_the_picture_where_no_widget_state_is_stored(
    answers, image, open_session, screen
):
    with PromptCanvas(open_session(image), width=192) as canvas:
        data, about = canvas._repr_mimebundle_()
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    output = new_output("display_data", data, metadata=about)
    notebook = new_notebook(cells=[new_code_cell("canvas", outputs=[output])])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert f'src="data:image/png;base64,{data["image/png"]}"' in page
    assert LIVE not in page
